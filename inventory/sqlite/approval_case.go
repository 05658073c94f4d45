package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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
	return s.myUndo(ctx, by, roles, c)
}

// myUndo says if by can take back a yes: their own, or as an admin the last that was given.
func (s *Store) myUndo(ctx context.Context, by inventory.Actor, roles []inventory.Role, c *inventory.ApprovalCase) error {
	begun := slices.ContainsFunc(c.Lines, func(l inventory.LineRow) bool {
		return l.Line.State != inventory.LineOpen && l.Line.State != inventory.LineCancelled
	})
	if begun || c.Requisition.State != inventory.Submitted && c.Requisition.State != inventory.Approved {
		return nil
	}
	a, err := lastYes(ctx, s.readers, c.Requisition, by, slices.Contains(roles, inventory.Admin))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if c.Undo = err == nil; c.Undo && a.By.ID != by.ID {
		c.UndoOf = a.By.Name
	}
	return err
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
	c.Stock, err = s.stock(ctx)
	return err
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
