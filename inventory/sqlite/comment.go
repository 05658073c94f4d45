package sqlite

import (
	"context"

	"keystation/inventory"
)

var comments = define("comments", "id requisition by_id by_name by_method kind text at",
	table[inventory.Comment]{
		id:    func(c *inventory.Comment) string { return string(c.ID) },
		about: func(c *inventory.Comment) []string { return []string{string(c.Requisition)} },
		bind: func(c *inventory.Comment) []any {
			return []any{c.ID, c.Requisition, c.By.ID, c.By.Name, c.By.Method, c.Kind, c.Text, at(c.At)}
		},
		into: func(c *inventory.Comment) []any {
			return []any{&c.ID, &c.Requisition, &c.By.ID, &c.By.Name, &c.By.Method, &c.Kind, &c.Text, atInto{&c.At}}
		},
	})

// Comment says something about a requisition. Of its person, or of who asked for them, it is the answer where an approver
// waits for one, and the approver's clock goes on.
func (s *Store) Comment(ctx context.Context, by inventory.Actor, number, text string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		r, err := tx.readable(ctx, number)
		if err != nil {
			return err
		}
		kind := inventory.Remark
		if tx.asks(r) {
			answered, err := tx.answered(ctx, r)
			if err != nil {
				return err
			}
			if answered {
				kind = inventory.Answer
			}
		}
		if err := tx.say(ctx, r, kind, text); err != nil {
			return err
		}
		return tx.tellOthers(ctx, r, kind)
	})
}

// asks tells if whoever acts is the one that r is for, or asked for them.
func (tx *txn) asks(r inventory.Requisition) bool {
	return tx.by.ID != "" && (tx.by.ID == string(r.Person) || tx.by.ID == string(r.RequestedBy))
}

// say writes a comment.
func (tx *txn) say(ctx context.Context, r inventory.Requisition, kind inventory.CommentKind, text string) error {
	c := inventory.Comment{Requisition: r.ID, Kind: kind, Text: text}
	var err error
	if c.ID, err = inventory.NewID[inventory.CommentID](); err != nil {
		return err
	}
	c, ev, err := c.Say(tx.by, tx.now)
	if err != nil {
		return err
	}
	if err := comments.save(ctx, tx, c); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}

// answered lets the clocks go on that stand for an answer. It tells if one did.
func (tx *txn) answered(ctx context.Context, r inventory.Requisition) (bool, error) {
	asked, err := approvals.list(ctx, tx.sql, "WHERE requisition = $1 AND version = $2 AND state = 'asked-back'", r.ID, r.Version)
	if err != nil {
		return false, err
	}
	for _, a := range asked {
		a = a.Answered(tx.now)
		if r.Held != "" {
			a = a.Pause(tx.now)
		}
		if err := approvals.save(ctx, tx, a); err != nil {
			return false, err
		}
	}
	return len(asked) > 0, nil
}

// tellOthers writes to those on the other side of a comment: to the person what others said, to those who decide what the
// person said.
func (tx *txn) tellOthers(ctx context.Context, r inventory.Requisition, kind inventory.CommentKind) error {
	facts := inventory.LetterFacts{Number: r.Number, By: tx.by.Name, Path: "/requisitions/" + r.Number}
	if !tx.asks(r) {
		return tx.tellAsker(ctx, r, inventory.LetterComment, facts)
	}
	seats, err := approvals.list(ctx, tx.sql, "WHERE requisition = $1 AND version = $2 AND state IN ('waiting', 'asked-back') ORDER BY position", r.ID, r.Version)
	if err != nil {
		return err
	}
	letter := inventory.LetterComment
	if kind == inventory.Answer {
		letter, facts.Path = inventory.LetterAnswered, "/approvals/"+r.Number
	}
	return tx.tellSeats(ctx, r, seats, letter, facts)
}

// tellAsker writes to whom r is for, and to who asked for them.
func (tx *txn) tellAsker(ctx context.Context, r inventory.Requisition, letter inventory.LetterKind, facts inventory.LetterFacts) error {
	for _, id := range []inventory.PersonID{r.Person, r.RequestedBy} {
		if id == "" {
			continue
		}
		p, err := person(ctx, tx.sql, id)
		if err != nil {
			return err
		}
		if err := tx.post(ctx, p, letter, facts, false); err != nil {
			return err
		}
	}
	return nil
}

// readable gives the requisition that people call number, if whoever acts may read it: their own, one that they asked for in
// somebody's name, one that was theirs to decide, or any where their role lets them. Anything else is as good as none.
func (tx *txn) readable(ctx context.Context, number string) (inventory.Requisition, error) {
	r, err := requisitions.one(ctx, tx.sql, "WHERE number = $1", inventory.RequisitionNumber(number))
	if err != nil {
		return r, absent(err, "There is no requisition %s: check its number.", number)
	}
	may, err := mayRead(ctx, tx.sql, tx.by, r, inventory.Day(tx.now))
	if err == nil && !may {
		err = inventory.Refuse(inventory.NotFound, "There is no requisition %s: check its number.", number)
	}
	return r, err
}

// mayRead tells if an actor may read r on a day.
func mayRead(ctx context.Context, q querier, by inventory.Actor, r inventory.Requisition, day string) (bool, error) {
	if by.ID == string(r.Person) || by.ID == string(r.RequestedBy) || by.Method == inventory.ByOSUser || by.Method == inventory.BySystem {
		return true, nil
	}
	if was, err := wasSecond(ctx, q, by, r); was || err != nil {
		return was, err
	}
	roles, err := rolesOf(ctx, q, inventory.PersonID(by.ID))
	if err != nil {
		return false, err
	}
	for _, role := range roles {
		if role != inventory.Approver {
			return true, nil // operator, help desk, auditor, admin
		}
	}
	d, err := decider(ctx, q, by, roles)
	if err != nil {
		return false, err
	}
	if err := standsFor(ctx, q, &d, day); err != nil {
		return false, err
	}
	seats, err := approvals.list(ctx, q, "WHERE requisition = $1 ORDER BY version, position", r.ID)
	if err != nil {
		return false, err
	}
	for _, a := range seats {
		if mine, _ := a.Sits(d); mine || a.By != nil && a.By.ID == by.ID {
			return true, nil
		}
	}
	return false, nil
}
