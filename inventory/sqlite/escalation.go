package sqlite

import (
	"context"
	"fmt"
	"time"

	"keystation/inventory"
)

// Escalate gives seats that waited for too long to the next in the routing table. It tells how many.
func (s *Store) Escalate(ctx context.Context) (int, error) {
	n := 0
	err := s.update(ctx, inventory.System("escalation"), func(ctx context.Context, tx *txn) error {
		n = 0
		if tx.rules.DecideWithin <= 0 {
			return nil
		}
		late, err := approvals.list(ctx, tx.sql, "WHERE state = 'waiting' AND asked_at < $1 AND goes_to <> 'admins' ORDER BY asked_at LIMIT 500", at(tx.now.Add(-tx.rules.DecideWithin)))
		if err != nil {
			return err
		}
		for _, a := range late {
			if err := tx.passOver(ctx, a, fmt.Sprintf("No answer within %s.", within(tx.rules.DecideWithin))); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func within(d time.Duration) string {
	if days := int(d / (24 * time.Hour)); days > 0 {
		return fmt.Sprintf("%d days", days)
	}
	return d.String()
}

// passOn gives what waits for somebody who is away, without a stand-in, to the next.
func (tx *txn) passOn(ctx context.Context, a inventory.Absence) error {
	if a.StandIn != "" || !a.On(inventory.Day(tx.now)) {
		return nil
	}
	p, err := person(ctx, tx.sql, a.Person)
	if err != nil {
		return err
	}
	waiting, err := approvals.list(ctx, tx.sql, "WHERE person = $1 AND state = 'waiting' ORDER BY asked_at", a.Person)
	if err != nil {
		return err
	}
	for _, seat := range waiting {
		if err := tx.passOver(ctx, seat, fmt.Sprintf("%s is away until %s.", p.Name, a.Until)); err != nil {
			return err
		}
	}
	return nil
}

// passOver gives a seat to the next row of the table that nobody was asked by yet.
func (tx *txn) passOver(ctx context.Context, a inventory.Approval, why string) error {
	r, err := requisition(ctx, tx.sql, a.Requisition)
	if err != nil {
		return err
	}
	routing, err := tx.routing(ctx, r)
	if err != nil {
		return err
	}
	seats, err := seatsOf(ctx, tx.sql, r)
	if err != nil {
		return err
	}
	next := routing.Next(seats)
	if err := approvals.save(ctx, tx, a.PassOver(why, tx.now)); err != nil {
		return err
	}
	rows, err := tx.sit(ctx, r, len(seats), next)
	if err != nil {
		return err
	}
	if err := tx.log(ctx, inventory.Event{Action: "requisition.passed-on", Subjects: []string{string(r.ID)}, Payload: append([]inventory.Approval{a}, rows...)}); err != nil {
		return err
	}
	return tx.tellSeats(ctx, r, rows, inventory.LetterToApprove, inventory.LetterFacts{Number: r.Number, Name: routing.Person.Name, Path: "/approvals/" + r.Number})
}
