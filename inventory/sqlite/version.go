package sqlite

import (
	"context"
	"slices"
	"time"

	"keystation/inventory"
)

var changes = define("changes", "id requisition version what reopened by_id by_name by_method at",
	table[inventory.Change]{
		id:    func(c *inventory.Change) string { return string(c.ID) },
		about: func(c *inventory.Change) []string { return []string{string(c.Requisition)} },
		bind: func(c *inventory.Change) []any {
			return []any{c.ID, c.Requisition, c.Version, inList(c.What), c.Reopened, c.By.ID, c.By.Name, c.By.Method, at(c.At)}
		},
		into: func(c *inventory.Change) []any {
			return []any{&c.ID, &c.Requisition, &c.Version, intoList(&c.What), &c.Reopened, &c.By.ID, &c.By.Name, &c.By.Method, atInto{&c.At}}
		},
	})

// ChangeRequisition makes a new version of the requisition that people call number. Its person may, who asked for them, and the
// desk; for anybody else there is none. A new address voids what was printed, and for elevated and critical people everything
// that was decided: keys that were made go back to stock, and a run that makes one stops at its next safe point.
func (s *Store) ChangeRequisition(ctx context.Context, by inventory.Actor, number string, w inventory.Wish) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		r, err := tx.changeable(ctx, number)
		if err != nil {
			return err
		}
		was, err := lines.list(ctx, tx.sql, "WHERE requisition = $1 ORDER BY position", r.ID)
		if err != nil {
			return err
		}
		now, all, c, ev, err := r.Change(w, was, tx.by, tx.now)
		if err != nil {
			return err
		}
		if w.Address != nil {
			if now.Address, err = s.sealAddress(now.ID, *w.Address); err != nil {
				return err
			}
		}
		return tx.changedTo(ctx, r, now, all, c, ev)
	})
}

// changeable gives the requisition if whoever acts may change it.
func (tx *txn) changeable(ctx context.Context, number string) (inventory.Requisition, error) {
	r, err := tx.readable(ctx, number)
	if err != nil || tx.asks(r) {
		return r, err
	}
	return r, tx.needs(ctx, r, inventory.Operator, inventory.Admin)
}

// needs refuses, as if there were no such requisition, whoever has none of the roles. The user of this machine has all.
func (tx *txn) needs(ctx context.Context, r inventory.Requisition, of ...inventory.Role) error {
	if !tx.by.Known() {
		return nil
	}
	roles, err := rolesOf(ctx, tx.sql, inventory.PersonID(tx.by.ID))
	if err != nil {
		return err
	}
	for _, want := range of {
		for _, has := range roles {
			if has == want {
				return nil
			}
		}
	}
	return inventory.Refuse(inventory.NotFound, "There is no requisition %s that you may change: check its number.", r.Number)
}

// changedTo writes a new version with all that follows from it.
func (tx *txn) changedTo(ctx context.Context, was, now inventory.Requisition, all []inventory.Line, c inventory.Change, ev inventory.Event) error {
	follow := tx.goOn
	if c.Reopened {
		follow = tx.beginAnew
	}
	if err := follow(ctx, was, now, all, c); err != nil {
		return err
	}
	if err := requisitions.save(ctx, tx, now); err != nil {
		return err
	}
	var err error
	if c.ID, err = inventory.NewID[inventory.ChangeID](); err != nil {
		return err
	}
	if err := changes.save(ctx, tx, c); err != nil {
		return err
	}
	if err := tx.log(ctx, ev); err != nil {
		return err
	}
	if err := tx.tellChange(ctx, now, c); err != nil || !c.Reopened {
		return err
	}
	events, err := tx.submitted(ctx, now)
	if err != nil {
		return err
	}
	return tx.logAll(ctx, events)
}

// beginAnew lets go of what was made for a version that has to be decided again, and of what was said about it: a yes to the old
// address is none to the new one.
func (tx *txn) beginAnew(ctx context.Context, was, now inventory.Requisition, all []inventory.Line, _ inventory.Change) error {
	events, err := tx.letGo(ctx, now, all)
	if err != nil {
		return err
	}
	if err := tx.logAll(ctx, events); err != nil {
		return err
	}
	seats, err := seatsOf(ctx, tx.sql, was)
	if err != nil {
		return err
	}
	for _, a := range seats {
		if !a.Open() && a.State != inventory.ApprovalApproved {
			continue
		}
		if err := approvals.save(ctx, tx, a.Void("Something else is asked for by now.", tx.now)); err != nil {
			return err
		}
	}
	return nil
}

// goOn lets a version that nobody has to decide again take the place of the one before: whoever decides about that decides
// about this one as well.
func (tx *txn) goOn(ctx context.Context, was, now inventory.Requisition, all []inventory.Line, c inventory.Change) error {
	for _, l := range all {
		if err := lines.save(ctx, tx, l); err != nil {
			return err
		}
	}
	if err := tx.voidPackets(ctx, all, c); err != nil {
		return err
	}
	return tx.carrySeats(ctx, was, now)
}

// letGo takes back what was made and printed for a requisition that has to be decided anew; its lines are open again.
func (tx *txn) letGo(ctx context.Context, r inventory.Requisition, all []inventory.Line) ([]inventory.Event, error) {
	var events []inventory.Event
	for _, l := range all {
		if !l.Here() {
			continue
		}
		if l.Key != "" {
			ev, err := tx.takeBack(ctx, l, r.Number+" was changed and has to be decided again")
			if err != nil {
				return nil, err
			}
			if ev.Action != "" {
				events = append(events, ev)
			}
		}
		if l.State == inventory.LineMaking || l.State == inventory.LineMade {
			l.State, l.Run, l.Key, l.ChangedAt = inventory.LineOpen, "", "", tx.now
		}
		if err := lines.save(ctx, tx, l); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// voidPackets forgets what was printed for another address, so that it is printed anew; whoever stands at the desk throws the
// old one away.
func (tx *txn) voidPackets(ctx context.Context, all []inventory.Line, c inventory.Change) error {
	if !slices.Contains(c.What, "address") && !slices.Contains(c.What, "place") {
		return nil
	}
	for _, l := range all {
		if !l.Here() {
			continue
		}
		printed, err := parcels.list(ctx, tx.sql, "WHERE line = $1 AND packet_sha256 <> ''", l.ID)
		if err != nil {
			return err
		}
		for _, p := range printed {
			k, err := key(ctx, tx.sql, p.Key)
			if err != nil {
				return err
			}
			if k.State.WithSomebody() {
				return inventory.Refuse(inventory.Conflict, "Key %s is %s: its parcel goes where it is addressed to. Have it taken out first.", k.Tag, k.State)
			}
			p.PrintedLines, p.PacketSHA256, p.PrintedAt = nil, "", time.Time{}
			if err := parcels.save(ctx, tx, p); err != nil {
				return err
			}
			if err := tx.log(ctx, p.Event("parcel.voided", k.Tag)); err != nil {
				return err
			}
		}
	}
	return nil
}

// carrySeats lets the seats of one version be those of the next.
func (tx *txn) carrySeats(ctx context.Context, was, now inventory.Requisition) error {
	seats, err := seatsOf(ctx, tx.sql, was)
	if err != nil {
		return err
	}
	for _, a := range seats {
		a.Version = now.Version
		if err := approvals.save(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// tellChange writes to the person at both addresses when the address is another, since a thief would rather hide that.
func (tx *txn) tellChange(ctx context.Context, r inventory.Requisition, c inventory.Change) error {
	facts := inventory.LetterFacts{Number: r.Number, By: tx.by.Name, Path: "/requisitions/" + r.Number}
	for _, what := range c.What {
		if what == "address" || what == "place" {
			p, err := person(ctx, tx.sql, r.Person)
			if err != nil {
				return err
			}
			return tx.alert(ctx, p, inventory.LetterAddress, facts)
		}
	}
	return nil
}
