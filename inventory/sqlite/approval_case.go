package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
)

// ApprovalCase gives a requisition with all that whoever decides about it looks at. One that is not theirs to decide, and
// never was, is as good as none.
func (s *Store) ApprovalCase(ctx context.Context, by inventory.Actor, number string) (inventory.ApprovalCase, error) {
	var c inventory.ApprovalCase
	var err error
	if c.RequisitionRow, err = s.RequisitionByNumber(ctx, number); err != nil {
		return c, err
	}
	r := c.Requisition
	if may, err := mayRead(ctx, s.readers, by, r, inventory.Day(s.options.Now())); err != nil || !may {
		if err == nil {
			err = inventory.Refuse(inventory.NotFound, "There is no requisition %s: check its number.", number)
		}
		return c, err
	}
	if c.Seats, err = seatsOf(ctx, s.readers, r); err != nil {
		return c, err
	}
	if err := s.mySeat(ctx, by, &c); err != nil {
		return c, err
	}
	return c, s.caseFacts(ctx, &c)
}

// mySeat says which seat of a case is by's, and if a yes of theirs can be taken back.
func (s *Store) mySeat(ctx context.Context, by inventory.Actor, c *inventory.ApprovalCase) error {
	roles, err := rolesOf(ctx, s.readers, inventory.PersonID(by.ID))
	if err != nil {
		return err
	}
	d, err := decider(ctx, s.readers, by, roles)
	if err != nil {
		return err
	}
	if err := standsFor(ctx, s.readers, &d, inventory.Day(s.options.Now())); err != nil {
		return err
	}
	if c.Requisition.MayDecide(d, c.Seats) == nil {
		if a, inNameOf, err := inventory.SeatFor(d, c.Seats); err == nil {
			c.Mine, c.InNameOf = &a, inNameOf
			if a.State == inventory.ApprovalWaiting && a.PausedAt == nil && s.options.Entitlement.DecideWithin > 0 && a.To != inventory.ToAdmins {
				due := a.AskedAt.Add(s.options.Entitlement.DecideWithin)
				c.Due = &due
			}
		}
	}
	begun := false
	for _, l := range c.Lines {
		begun = begun || l.Line.State != inventory.LineOpen && l.Line.State != inventory.LineCancelled
	}
	for _, a := range c.Seats {
		mine := a.State == inventory.ApprovalApproved && a.By != nil && a.By.ID == by.ID
		c.Undo = c.Undo || mine && !begun && (c.Requisition.State == inventory.Submitted || c.Requisition.State == inventory.Approved)
	}
	return nil
}

// caseFacts reads what speaks for and against a case.
func (s *Store) caseFacts(ctx context.Context, c *inventory.ApprovalCase) error {
	r, id := c.Requisition, c.Person.ID
	var err error
	c.Entitlement = s.options.Entitlement.For(r.Tier)
	if c.Holdings, err = holdings(ctx, s.readers, id, r.ID, s.options.Entitlement.LossMonths, s.options.Now()); err != nil {
		return err
	}
	held, err := others(ctx, s.readers, "", id)
	if err != nil {
		return err
	}
	for _, h := range held {
		c.Keys = append(c.Keys, h.Key)
	}
	if c.Losses, err = incidents.list(ctx, s.readers, "WHERE person IN "+selves+" AND kind IN ('lost', 'stolen', 'damaged') ORDER BY opened_at DESC LIMIT 10", id); err != nil {
		return err
	}
	if c.Others, err = requisitions.list(ctx, s.readers, "WHERE person = $1 AND id <> $2 AND state IN ('submitted', 'approved', 'fulfilling', 'sent') ORDER BY id DESC LIMIT 10", id, r.ID); err != nil {
		return err
	}
	for i := range c.Others {
		c.Others[i].Address = nil
	}
	if c.Comments, err = comments.list(ctx, s.readers, "WHERE requisition = $1 ORDER BY id", r.ID); err != nil {
		return err
	}
	if r.RequestedBy != "" {
		p, err := person(ctx, s.readers, r.RequestedBy)
		if err != nil {
			return err
		}
		c.RequestedBy = p.Name
	}
	err = s.readers.QueryRowContext(ctx, "SELECT COALESCE(sum(n), 0) FROM key_counts WHERE state = 'received' AND verdict <> 'refused'").Scan(&c.Stock)
	if err != nil {
		return fmt.Errorf("count stock: %w", err)
	}
	return nil
}

// ApprovalQueue lists what waits for whoever asks, critical first, then by age. At most a hundred.
func (s *Store) ApprovalQueue(ctx context.Context, by inventory.Actor) ([]inventory.ApprovalRow, error) {
	roles, err := rolesOf(ctx, s.readers, inventory.PersonID(by.ID))
	if err != nil {
		return nil, err
	}
	d, err := decider(ctx, s.readers, by, roles)
	if err != nil {
		return nil, err
	}
	day := inventory.Day(s.options.Now())
	if err := standsFor(ctx, s.readers, &d, day); err != nil {
		return nil, err
	}
	seats, err := s.openSeats(ctx, d)
	if err != nil {
		return nil, err
	}
	return s.queueRows(ctx, d, seats)
}

// openSeats are the open seats that could be d's.
func (s *Store) openSeats(ctx context.Context, d inventory.Decider) ([]inventory.Approval, error) {
	groups, err := list(d.Groups)
	if err != nil {
		return nil, err
	}
	persons, err := list(append([]inventory.PersonID{inventory.PersonID(d.Actor.ID)}, d.StandsFor...))
	if err != nil {
		return nil, err
	}
	roles, err := list(d.Roles)
	if err != nil {
		return nil, err
	}
	return approvals.list(ctx, s.readers, `WHERE state IN ('waiting', 'asked-back') AND (person IN (SELECT value FROM json_each($1))
		OR whom <> '' AND fold(whom) IN (SELECT fold(value) FROM json_each($2)) OR goes_to = 'approvers' AND 'approver' IN (SELECT value FROM json_each($3))
		OR goes_to = 'admins' AND 'admin' IN (SELECT value FROM json_each($3))) ORDER BY asked_at LIMIT 200`, persons, groups, roles)
}

// queueRows makes rows of seats, one for each requisition that d may decide about.
func (s *Store) queueRows(ctx context.Context, d inventory.Decider, seats []inventory.Approval) ([]inventory.ApprovalRow, error) {
	ids := make([]inventory.RequisitionID, 0, len(seats))
	for _, a := range seats {
		ids = append(ids, a.Requisition)
	}
	text, err := list(ids)
	if err != nil {
		return nil, err
	}
	rows, err := s.requisitionRows(ctx, `q.id IN (SELECT value FROM json_each(?1)) AND q.state = 'submitted'
		ORDER BY CASE q.tier WHEN 'critical' THEN 0 WHEN 'elevated' THEN 1 ELSE 2 END, q.id LIMIT 100`, text)
	if err != nil {
		return nil, err
	}
	had, err := s.answeredBy(ctx, d.Actor.ID, text)
	if err != nil {
		return nil, err
	}
	out := []inventory.ApprovalRow{}
	for _, r := range rows {
		if had[r.Requisition.ID] || r.Requisition.MayDecide(d, nil) != nil {
			continue
		}
		for _, a := range seats {
			mine, inNameOf := a.Sits(d)
			if a.Requisition == r.Requisition.ID && a.Version == r.Requisition.Version && mine {
				out = append(out, inventory.ApprovalRow{RequisitionRow: r, Seat: a, InNameOf: inNameOf, Late: a.Late(s.options.Entitlement.DecideWithin, s.options.Now())})
				break
			}
		}
	}
	return out, nil
}

// answeredBy tells which of the requisitions somebody approved already.
func (s *Store) answeredBy(ctx context.Context, actor, ids string) (map[inventory.RequisitionID]bool, error) {
	done, err := queryRows(ctx, s.readers, func(id *inventory.RequisitionID) []any { return []any{id} },
		`SELECT a.requisition FROM approvals a JOIN requisitions q ON q.id = a.requisition AND q.version = a.version
		WHERE a.requisition IN (SELECT value FROM json_each($1)) AND a.state = 'approved' AND a.by_id = $2`, ids, actor)
	had := map[inventory.RequisitionID]bool{}
	for _, id := range done {
		had[id] = true
	}
	return had, err
}

// holdings is what a person has beside a requisition.
func holdings(ctx context.Context, q querier, of inventory.PersonID, beside inventory.RequisitionID, months int, now time.Time) (inventory.Holdings, error) {
	var h inventory.Holdings
	all, err := others(ctx, q, "", of)
	if err != nil {
		return h, err
	}
	h.Keys = len(all)
	err = q.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM requisitions q JOIN lines l ON l.requisition = q.id WHERE q.person = $1 AND q.id <> $2
			AND q.state IN ('submitted', 'approved', 'fulfilling') AND l.state = 'open'),
		(SELECT count(*) FROM incidents WHERE person IN `+selves+` AND kind IN ('lost', 'stolen') AND opened_at >= $3),
		(SELECT count(*) FROM incidents WHERE person IN `+selves+` AND kind = 'stolen' AND opened_at >= $3)`,
		of, beside, at(now.AddDate(0, -months, 0))).Scan(&h.Coming, &h.Lost, &h.Stolen)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return h, fmt.Errorf("read holdings: %w", err)
	}
	return h, nil
}
