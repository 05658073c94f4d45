package sqlite

import (
	"context"

	"keystation/inventory"
)

var approvals = define("approvals", `id requisition version position goes_to whom person name state note by_id by_name by_method in_name_of reason
	asked_at paused_at answered_at`,
	table[inventory.Approval]{
		id:    func(a *inventory.Approval) string { return string(a.ID) },
		about: func(a *inventory.Approval) []string { return []string{string(a.Requisition)} },
		bind: func(a *inventory.Approval) []any {
			by := maybeActor(a.By)
			return []any{a.ID, a.Requisition, a.Version, a.Position, a.To, a.Whom, ref(a.Person), a.Name, a.State, a.Note, by[0], by[1], by[2],
				a.InNameOf, a.Reason, at(a.AskedAt), maybeAt(a.PausedAt), maybeAt(a.AnsweredAt)}
		},
		into: func(a *inventory.Approval) []any {
			by := intoMaybeActor(&a.By)
			return []any{&a.ID, &a.Requisition, &a.Version, &a.Position, &a.To, &a.Whom, intoRef(&a.Person), &a.Name, &a.State, &a.Note, by[0], by[1], by[2],
				&a.InNameOf, &a.Reason, atInto{&a.AskedAt}, maybeAtInto{&a.PausedAt}, maybeAtInto{&a.AnsweredAt}}
		},
	})

// submitted sends a requisition to whoever decides about it: seats are made for this version, and who sits on them gets a
// letter. Where nobody has to decide it is approved at once. It gives what there is to log.
func (tx *txn) submitted(ctx context.Context, r inventory.Requisition) ([]inventory.Event, error) {
	routing, err := tx.routing(ctx, r)
	if err != nil {
		return nil, err
	}
	seats, automatic := routing.Decide()
	rows, err := tx.sit(ctx, r, 0, seats)
	if err != nil {
		return nil, err
	}
	if automatic {
		r, ev, err := r.Approve(inventory.System("within entitlement"), tx.now)
		if err != nil {
			return nil, err
		}
		return []inventory.Event{ev}, requisitions.save(ctx, tx, r)
	}
	if err := tx.tellSeats(ctx, r, rows, inventory.LetterToApprove, inventory.LetterFacts{Number: r.Number, Name: routing.Person.Name, Path: "/approvals/" + r.Number}); err != nil {
		return nil, err
	}
	return []inventory.Event{{Action: "requisition.routed", Subjects: []string{string(r.ID)}, Payload: rows}}, nil
}

// sit writes seats behind those that are there.
func (tx *txn) sit(ctx context.Context, r inventory.Requisition, behind int, seats []inventory.Seat) ([]inventory.Approval, error) {
	rows := make([]inventory.Approval, len(seats))
	for i, s := range seats {
		a := s.Sit(r, behind+i+1, tx.now)
		var err error
		if a.ID, err = inventory.NewID[inventory.ApprovalID](); err != nil {
			return nil, err
		}
		if err := approvals.save(ctx, tx, a); err != nil {
			return nil, err
		}
		rows[i] = a
	}
	return rows, nil
}

// tellSeats writes to those who sit on open seats: of a group and a role to each.
func (tx *txn) tellSeats(ctx context.Context, r inventory.Requisition, seats []inventory.Approval, kind inventory.LetterKind, facts inventory.LetterFacts) error {
	told := map[inventory.PersonID]bool{r.Person: true, r.RequestedBy: true, inventory.PersonID(tx.by.ID): true}
	for _, a := range seats {
		if !a.Open() {
			continue
		}
		all, err := sitters(ctx, tx.sql, a, inventory.Day(tx.now))
		if err != nil {
			return err
		}
		for _, p := range all {
			if told[p.ID] || p.State != inventory.PersonActive || p.Held != "" {
				continue
			}
			told[p.ID] = true
			if err := tx.post(ctx, p, kind, facts, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// sitters are the people who may answer for a seat.
func sitters(ctx context.Context, q querier, a inventory.Approval, day string) ([]inventory.Person, error) {
	role := map[inventory.RouteTo]inventory.Role{inventory.ToApprovers: inventory.Approver, inventory.ToAdmins: inventory.Admin}[a.To]
	return people.list(ctx, q, `WHERE id = $1 OR id IN (SELECT stand_in FROM absences WHERE person = $1 AND ended_at IS NULL AND from_day <= $2 AND until_day >= $2)
		OR id IN (SELECT person FROM memberships WHERE fold(group_name) = fold($3) AND $3 <> '' AND until IS NULL)
		OR id IN (SELECT person FROM grants WHERE role = $4 AND until IS NULL) ORDER BY id`, ref(a.Person), day, a.Whom, role)
}

// readDirectory reads people, their absences of a day, their stand-ins, and when those are away.
func readDirectory(ctx context.Context, q querier, d *inventory.Directory, ids []inventory.PersonID, day string) error {
	text, err := list(ids)
	if err != nil {
		return err
	}
	away, err := absences.list(ctx, q, `WHERE ended_at IS NULL AND from_day <= ?2 AND until_day >= ?2 AND person IN (SELECT value FROM json_each(?1)
		UNION SELECT s.stand_in FROM absences s JOIN json_each(?1) w ON s.person = w.value WHERE s.ended_at IS NULL AND s.from_day <= ?2 AND s.until_day >= ?2) ORDER BY id`, text, day)
	if err != nil {
		return err
	}
	for _, a := range away {
		d.Absences[a.Person] = a
		ids = append(ids, a.StandIn)
	}
	if text, err = list(ids); err != nil {
		return err
	}
	all, err := people.list(ctx, q, "WHERE id IN (SELECT value FROM json_each($1))", text)
	for _, p := range all {
		d.People[p.ID] = p
	}
	return err
}

// decider is whoever acts, with all by which a seat may be theirs.
func decider(ctx context.Context, q querier, by inventory.Actor, roles []inventory.Role) (inventory.Decider, error) {
	d := inventory.Decider{Actor: by, Roles: roles, Names: map[inventory.PersonID]string{}}
	groups, err := queryRows(ctx, q, func(g *string) []any { return []any{g} },
		"SELECT group_name FROM memberships WHERE person = $1 AND until IS NULL", by.ID)
	if err != nil {
		return d, err
	}
	d.Groups = groups
	return d, nil
}

// standsFor fills in for whom a decider stands in on a day.
func standsFor(ctx context.Context, q querier, d *inventory.Decider, day string) error {
	rows, err := queryRows(ctx, q, func(p *inventory.Person) []any { return people.into(p) },
		"SELECT "+people.qualified("p")+` FROM absences a JOIN people p ON p.id = a.person
		WHERE a.stand_in = $1 AND a.ended_at IS NULL AND a.from_day <= $2 AND a.until_day >= $2`, d.Actor.ID, day)
	for _, p := range rows {
		d.StandsFor = append(d.StandsFor, p.ID)
		d.Names[p.ID] = p.Name
	}
	return err
}

// deciding is a requisition under the hands of somebody who decides about it.
type deciding struct {
	r        inventory.Requisition
	seats    []inventory.Approval
	mine     inventory.Approval
	inNameOf string
}

// decides gives the requisition that people call number with the seat of whoever acts.
func (tx *txn) decides(ctx context.Context, number string) (deciding, error) {
	var d deciding
	var err error
	if d.r, err = requisitions.one(ctx, tx.sql, "WHERE number = $1", inventory.RequisitionNumber(number)); err != nil {
		return d, absent(err, "There is no requisition %s: check its number.", number)
	}
	if d.seats, err = seatsOf(ctx, tx.sql, d.r); err != nil {
		return d, err
	}
	roles, err := rolesOf(ctx, tx.sql, inventory.PersonID(tx.by.ID))
	if err != nil {
		return d, err
	}
	who, err := decider(ctx, tx.sql, tx.by, roles)
	if err != nil {
		return d, err
	}
	if err := standsFor(ctx, tx.sql, &who, inventory.Day(tx.now)); err != nil {
		return d, err
	}
	if err := d.r.MayDecide(who, d.seats); err != nil {
		return d, err
	}
	d.mine, d.inNameOf, err = inventory.SeatFor(who, d.seats)
	return d, err
}

// seatsOf are the seats of this version of r.
func seatsOf(ctx context.Context, q querier, r inventory.Requisition) ([]inventory.Approval, error) {
	return approvals.list(ctx, q, "WHERE requisition = $1 AND version = $2 ORDER BY position", r.ID, r.Version)
}

// Approve answers a seat with yes. Once the last one did, the bench makes the keys.
func (s *Store) Approve(ctx context.Context, by inventory.Actor, number, reason string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error { return tx.approve(ctx, number, reason) })
}

func (tx *txn) approve(ctx context.Context, number, reason string) error {
	d, err := tx.decides(ctx, number)
	if err != nil {
		return err
	}
	return tx.sayYes(ctx, d, reason)
}

// approveUnopened approves what nobody has to look at first.
func (tx *txn) approveUnopened(ctx context.Context, number string) error {
	d, err := tx.decides(ctx, number)
	if err != nil {
		return err
	}
	h, err := holdings(ctx, tx.sql, d.r.Person, d.r.ID, tx.rules.LossMonths, tx.now)
	if err != nil {
		return err
	}
	if err := d.r.CheckBatch(d.mine, h); err != nil {
		return err
	}
	return tx.sayYes(ctx, d, "")
}

// sayYes answers the seat of whoever acts. The last yes approves.
func (tx *txn) sayYes(ctx context.Context, d deciding, reason string) error {
	p, err := person(ctx, tx.sql, d.r.Person)
	if err != nil {
		return err
	}
	if err := p.MayTake(); err != nil {
		return err
	}
	if err := d.r.CheckYes(reason); err != nil {
		return err
	}
	a, err := d.mine.Approve(tx.by, d.inNameOf, reason, tx.now)
	if err != nil {
		return err
	}
	if err := approvals.save(ctx, tx, a); err != nil {
		return err
	}
	if err := tx.log(ctx, inventory.Event{Action: "requisition.seat-approved", Subjects: []string{string(d.r.ID)}, Payload: a}); err != nil {
		return err
	}
	for i := range d.seats {
		if d.seats[i].ID == a.ID {
			d.seats[i] = a
		}
	}
	if inventory.Stand(d.r.Version, d.seats).Open > 0 { // one of whom only whoever approved just now is left goes on at once
		return tx.passStuck(ctx, "requisition = $1", d.r.ID)
	}
	r, ev, err := d.r.Approve(tx.by, tx.now)
	if err != nil {
		return err
	}
	return tx.decided(ctx, r, ev, inventory.LetterApproved, "")
}

// decided writes what came of a decision, and tells who asked.
func (tx *txn) decided(ctx context.Context, r inventory.Requisition, ev inventory.Event, letter inventory.LetterKind, reason string) error {
	if err := requisitions.save(ctx, tx, r); err != nil {
		return err
	}
	if err := tx.log(ctx, ev); err != nil {
		return err
	}
	return tx.tellAsker(ctx, r, letter, inventory.LetterFacts{Number: r.Number, By: tx.by.Name, Reason: reason, Path: "/requisitions/" + r.Number})
}

// ApproveAll approves several requisitions, each for itself: one that is refused does not hold up the others. What has to be
// looked at first is refused.
func (s *Store) ApproveAll(ctx context.Context, by inventory.Actor, numbers []string) ([]inventory.RowResult, error) {
	results := make([]inventory.RowResult, len(numbers))
	for i, number := range numbers {
		results[i] = inventory.RowResult{Line: i + 1, What: number, Outcome: inventory.RowUpdated}
		err := s.update(ctx, by, func(ctx context.Context, tx *txn) error { return tx.approveUnopened(ctx, number) })
		if kind := inventory.KindOf(err); kind == inventory.Internal {
			return results[:i], err
		}
		if err != nil {
			results[i].Outcome, results[i].Sentence = inventory.RowRefused, inventory.Sentence(err)
		}
	}
	return results, nil
}

// Reject answers a seat with no, which ends the requisition. Its person reads the reason.
func (s *Store) Reject(ctx context.Context, by inventory.Actor, number, reason string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		d, err := tx.decides(ctx, number)
		if err != nil {
			return err
		}
		a, err := d.mine.Reject(tx.by, d.inNameOf, reason, tx.now)
		if err != nil {
			return err
		}
		if err := approvals.save(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.voidSeats(ctx, d.seats, a.ID, "It was rejected."); err != nil {
			return err
		}
		r, ev, err := d.r.Reject(tx.by, a.Reason, tx.now)
		if err != nil {
			return err
		}
		if err := tx.endLines(ctx, r); err != nil {
			return err
		}
		return tx.decided(ctx, r, ev, inventory.LetterRejected, a.Reason)
	})
}

// endLines cancels the lines of a requisition that was never made for.
func (tx *txn) endLines(ctx context.Context, r inventory.Requisition) error {
	all, err := lines.list(ctx, tx.sql, "WHERE requisition = $1 AND state = 'open'", r.ID)
	if err != nil {
		return err
	}
	for _, l := range all {
		if err := tx.unreserve(ctx, "line", string(l.ID), "the requisition was rejected"); err != nil {
			return err
		}
		if l, err = l.Cancel(tx.now); err != nil {
			return err
		}
		if err := lines.save(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}

// voidSeats ends the seats that are still open, but one.
func (tx *txn) voidSeats(ctx context.Context, seats []inventory.Approval, but inventory.ApprovalID, note string) error {
	for _, a := range seats {
		if a.ID == but || !a.Open() {
			continue
		}
		if err := approvals.save(ctx, tx, a.Void(note, tx.now)); err != nil {
			return err
		}
	}
	return nil
}

// AskBack puts a question to who asked; the clock of the seat stands until they answer.
func (s *Store) AskBack(ctx context.Context, by inventory.Actor, number, question string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		d, err := tx.decides(ctx, number)
		if err != nil {
			return err
		}
		a, err := d.mine.AskBack(tx.now)
		if err != nil {
			return err
		}
		if err := approvals.save(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.say(ctx, d.r, inventory.Question, question); err != nil {
			return err
		}
		return tx.tellAsker(ctx, d.r, inventory.LetterAskedBack, inventory.LetterFacts{Number: d.r.Number, By: tx.by.Name, Path: "/requisitions/" + d.r.Number})
	})
}
