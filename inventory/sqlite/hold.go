package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
)

// Denial gives what a link is about that says "this was not me"; NotFound when there is none.
func (s *Store) Denial(ctx context.Context, token string) (inventory.Denial, error) {
	return denial(ctx, s.readers, token)
}

func denial(ctx context.Context, q querier, token string) (inventory.Denial, error) {
	var d inventory.Denial
	err := q.QueryRowContext(ctx, "SELECT "+people.qualified("p")+`, d.kind, d.number, d.made_at, d.expires_at, d.used_at
		FROM denials d JOIN people p ON p.id = d.person WHERE d.hash = $1`, inventory.HashToken(token)).
		Scan(append(people.into(&d.Person), &d.Kind, &d.Number, atInto{&d.MadeAt}, atInto{&d.ExpiresAt}, maybeAtInto{&d.UsedAt})...)
	return d, absent(err, "This link is none of ours, or it was forgotten: call the help desk.")
}

// Deny puts the person of a link on hold, who says that something was not them: their sessions end, their requisitions stand
// still, and the help desk and the admins are told. Whoever holds the link is taken for the person, as a claim.
func (s *Store) Deny(ctx context.Context, token string) error {
	d, err := s.Denial(ctx, token)
	if err != nil {
		return err
	}
	by := inventory.Actor{ID: string(d.Person.ID), Name: d.Person.Name, Method: inventory.ByClaim}
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		d, err := denial(ctx, tx.sql, token)
		if err != nil {
			return err
		}
		if err := d.Use(tx.now); err != nil {
			return err
		}
		if _, err := tx.sql.ExecContext(ctx, "UPDATE denials SET used_at = $1 WHERE hash = $2", at(tx.now), inventory.HashToken(token)); err != nil {
			return fmt.Errorf("use denial: %w", err)
		}
		why := "They were told of something done in their name, and said that it was not them (" + string(d.Kind) + ")."
		if err := tx.hold(ctx, d.Person, why); err != nil {
			return err
		}
		if err := errors.Join(tx.ungrant(ctx, d), tx.unkey(ctx, d)); err != nil {
			return err
		}
		return tx.postSecurity(ctx, inventory.LetterSuspended, inventory.LetterFacts{Name: d.Person.Name, Reason: string(d.Kind), Number: d.Number, Path: "/held"})
	})
}

// ungrant takes the role back that somebody says nobody should have given them.
func (tx *txn) ungrant(ctx context.Context, d inventory.Denial) error {
	if d.Kind != inventory.LetterRoleGranted {
		return nil
	}
	given, err := grants.list(ctx, tx.sql, "WHERE person = $1 AND since = $2 AND until IS NULL ORDER BY id", d.Person.ID, at(d.MadeAt))
	if err != nil {
		return err
	}
	for _, g := range given {
		if err := tx.withdrawRole(ctx, d.Person, g); err != nil {
			return err
		}
	}
	return nil
}

// unkey removes the passkey that somebody says was not added by them.
func (tx *txn) unkey(ctx context.Context, d inventory.Denial) error {
	if d.Kind != inventory.LetterPasskey {
		return nil
	}
	added, err := passkeys.list(ctx, tx.sql, "WHERE person = $1 AND created_at = $2 AND removed_at IS NULL ORDER BY id", d.Person.ID, at(d.MadeAt))
	if err != nil {
		return err
	}
	for _, k := range added {
		k, ev, err := k.Remove(0, true, tx.now) // a stranger's is no way in that would be missed
		if err != nil {
			return err
		}
		if err := passkeys.save(ctx, tx, k); err != nil {
			return err
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
	}
	return nil
}

// HoldPerson puts somebody on hold, in the name of the help desk.
func (s *Store) HoldPerson(ctx context.Context, by inventory.Actor, id inventory.PersonID, why string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, id)
		if err != nil {
			return err
		}
		return tx.hold(ctx, p, why)
	})
}

func (tx *txn) hold(ctx context.Context, p inventory.Person, why string) error {
	held, ev, err := p.Hold(why, tx.now)
	if err != nil {
		return err
	}
	if ev.Action == "" { // on hold already
		ev = inventory.Event{Action: "person.denied", Subjects: []string{string(p.ID)}, Payload: inventory.HeldFor{Reason: why}}
	} else if err := people.save(ctx, tx, held); err != nil {
		return err
	}
	events := []inventory.Event{ev}
	if _, err := tx.sql.ExecContext(ctx, "DELETE FROM sessions WHERE person = $1", p.ID); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	theirs, err := requisitions.list(ctx, tx.sql, "WHERE (person = $1 OR requested_by = $1) AND state IN ('submitted', 'approved', 'fulfilling') AND held = ''", p.ID)
	if err != nil {
		return err
	}
	for _, r := range theirs {
		r, ev := r.Hold(held.Held, tx.now)
		if err := requisitions.save(ctx, tx, r); err != nil {
			return err
		}
		if err := tx.clocks(ctx, r, inventory.Approval.Pause); err != nil {
			return err
		}
		events = append(events, ev)
	}
	return tx.logAll(ctx, events)
}

// clocks stops the clocks of those who decide about r, or lets them go on.
func (tx *txn) clocks(ctx context.Context, r inventory.Requisition, turn func(inventory.Approval, time.Time) inventory.Approval) error {
	seats, err := approvals.list(ctx, tx.sql, "WHERE requisition = $1 AND version = $2 AND state = 'waiting' ORDER BY position", r.ID, r.Version)
	if err != nil {
		return err
	}
	for _, a := range seats {
		if err := approvals.save(ctx, tx, turn(a, tx.now)); err != nil {
			return err
		}
	}
	return nil
}

// ReleasePerson lets things go on in the name of somebody who was on hold.
func (s *Store) ReleasePerson(ctx context.Context, by inventory.Actor, id inventory.PersonID, why string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, id)
		if err != nil {
			return err
		}
		was := p.Held
		p, ev, err := p.Release(by, why, tx.now)
		if err != nil {
			return err
		}
		if err := people.save(ctx, tx, p); err != nil {
			return err
		}
		events := []inventory.Event{ev}
		stand, err := requisitions.list(ctx, tx.sql, "WHERE (person = $1 OR requested_by = $1) AND held = $2 AND state IN ('submitted', 'approved', 'fulfilling')", p.ID, was)
		if err != nil {
			return err
		}
		for _, r := range stand {
			r, ev := r.GoOn(was, tx.now)
			if err := requisitions.save(ctx, tx, r); err != nil {
				return err
			}
			if err := tx.clocks(ctx, r, inventory.Approval.Resume); err != nil {
				return err
			}
			events = append(events, ev)
		}
		return tx.logAll(ctx, events)
	})
}

// HeldPeople lists who is on hold, by name.
func (s *Store) HeldPeople(ctx context.Context) ([]inventory.Person, error) {
	return people.list(ctx, s.readers, "WHERE held <> '' ORDER BY name, id LIMIT 500")
}
