package sqlite

import (
	"context"
	"fmt"
	"time"

	"keystation/inventory"
)

// Escalate gives seats that waited for too long, or that nobody can answer any more, to the next in the routing table, and
// seats to requisitions that have none. What stands still is left alone. It tells how many it was.
func (s *Store) Escalate(ctx context.Context) (int, error) {
	n := 0
	err := s.update(ctx, inventory.System("escalation"), func(ctx context.Context, tx *txn) error {
		var err error
		if n, err = tx.routeLeft(ctx); err != nil {
			return err
		}
		waiting, err := tx.overdue(ctx)
		if err != nil {
			return err
		}
		for _, a := range waiting {
			passed, err := tx.passLate(ctx, a)
			if err != nil {
				return err
			}
			if passed {
				n++
			}
		}
		return nil
	})
	return n, err
}

// routeLeft gives seats to what was submitted before people decided here.
func (tx *txn) routeLeft(ctx context.Context) (int, error) {
	left, err := requisitions.list(ctx, tx.sql, `WHERE state = 'submitted' AND held = '' AND NOT EXISTS (
		SELECT 1 FROM approvals a WHERE a.requisition = requisitions.id AND a.version = requisitions.version) ORDER BY id LIMIT 500`)
	if err != nil {
		return 0, err
	}
	for _, r := range left {
		events, err := tx.submitted(ctx, r)
		if err != nil {
			return 0, err
		}
		if err := tx.logAll(ctx, events); err != nil {
			return 0, err
		}
	}
	return len(left), nil
}

// overdue finds the seats that may have to go to the next: those that wait for too long, and those whose people have left, are
// on hold or are away without anybody who stands in.
func (tx *txn) overdue(ctx context.Context) ([]inventory.Approval, error) {
	before := ""
	if tx.rules.DecideWithin > 0 {
		before = at(tx.now.Add(-tx.rules.DecideWithin))
	}
	return approvals.list(ctx, tx.sql, `WHERE id IN (WITH out(id) AS (SELECT id FROM people WHERE state <> 'active' OR held <> ''),
			away(id, alone) AS (SELECT person, stand_in IS NULL OR stand_in IN (SELECT id FROM out)
				OR stand_in IN (SELECT person FROM absences WHERE ended_at IS NULL AND from_day <= ?2 AND until_day >= ?2) FROM absences WHERE ended_at IS NULL AND from_day <= ?2 AND until_day >= ?2),
			absent(id) AS (SELECT id FROM out UNION SELECT id FROM away)
		SELECT a.id FROM approvals a JOIN requisitions q ON q.id = a.requisition AND q.version = a.version
		WHERE a.state = 'waiting' AND a.goes_to <> 'admins' AND q.state = 'submitted' AND q.held = '' AND (a.asked_at < ?1
			OR a.person IN (SELECT id FROM out) OR a.person IN (SELECT id FROM away WHERE alone)
			OR a.goes_to = 'group' AND NOT EXISTS (SELECT 1 FROM memberships m WHERE fold(m.group_name) = fold(a.whom) AND m.until IS NULL AND m.person NOT IN (SELECT id FROM absent))
			OR a.goes_to = 'approvers' AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.role = 'approver' AND g.until IS NULL AND g.person NOT IN (SELECT id FROM absent)))
		ORDER BY a.asked_at LIMIT 500) ORDER BY asked_at, id`, before, inventory.Day(tx.now))
}

// passLate gives a seat to the next when nobody can answer for it, or nobody did in time. It tells if it did.
func (tx *txn) passLate(ctx context.Context, a inventory.Approval) (bool, error) {
	r, err := requisition(ctx, tx.sql, a.Requisition)
	if err != nil || r.Held != "" {
		return false, err
	}
	routing, err := tx.routing(ctx, r)
	if err != nil {
		return false, err
	}
	why := routing.Stuck(a)
	if why == "" && a.To != inventory.ToAdmins && a.Late(tx.rules.DecideWithin, tx.now) {
		why = fmt.Sprintf("No answer within %s.", within(tx.rules.DecideWithin))
	}
	if why == "" {
		return false, nil
	}
	return true, tx.passOver(ctx, routing, a, why)
}

func within(d time.Duration) string {
	if days := int(d / (24 * time.Hour)); days > 0 {
		return fmt.Sprintf("%d days", days)
	}
	return d.String()
}

// passOn gives what waits for somebody who is away from today, without a stand-in, to the next.
func (tx *txn) passOn(ctx context.Context, a inventory.Absence) error {
	if a.StandIn != "" || !a.On(inventory.Day(tx.now)) {
		return nil
	}
	return tx.passStuck(ctx, "person = $1", a.Person)
}

// passStuck gives those seats to the next that nobody can answer any more, of those that wait.
func (tx *txn) passStuck(ctx context.Context, where string, arg any) error {
	waiting, err := approvals.list(ctx, tx.sql, "WHERE "+where+" AND state = 'waiting' ORDER BY asked_at, position", arg)
	if err != nil {
		return err
	}
	for _, a := range waiting {
		if _, err := tx.passLate(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// passOver gives a seat to the next row of the table that nobody was asked by yet.
func (tx *txn) passOver(ctx context.Context, routing inventory.Routing, a inventory.Approval, why string) error {
	r := routing.Requisition
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
