package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"keystation/inventory"
)

// replacementOf is what one replacement requisition is for.
type replacementOf struct {
	person inventory.PersonID
	tier   inventory.Tier
}

// replace writes a requisition for each person and tier, and the lines of it into what they replace.
func (c *calling) replace(ctx context.Context) error {
	for _, to := range c.order {
		if err := c.requisition(ctx, to, c.replaced[to]); err != nil {
			return err
		}
	}
	return nil
}

func (c *calling) requisition(ctx context.Context, to replacementOf, instead []*calledKey) error {
	r := inventory.Requisition{Person: to.person, Tier: to.tier, Reason: c.instead(instead)}
	var err error
	if r.ID, err = inventory.NewID[inventory.RequisitionID](); err != nil {
		return err
	}
	if r.Number, err = nextNumber(ctx, c.tx.sql, "requisitions", "R-"); err != nil {
		return err
	}
	if err := c.address(ctx, &r, instead); err != nil {
		return err
	}
	r, ev, err := r.Submit(c.tx.now)
	if err != nil {
		return err
	}
	events := []inventory.Event{ev}
	if r, ev, err = c.approve(r); err != nil {
		return err
	}
	events = append(events, ev)
	c.opened.Requisitions = append(c.opened.Requisitions, r.Number)
	if err := requisitions.save(ctx, c.tx, r); err != nil {
		return err
	}
	if err := c.lines(ctx, r, instead); err != nil {
		return err
	}
	if r.State == inventory.Submitted {
		routed, err := c.tx.submitted(ctx, r)
		if err != nil {
			return err
		}
		events = append(events, routed...)
	}
	return c.tx.logAll(ctx, events)
}

// approve approves a replacement in the name of whoever recalls, since the key that it replaces was approved. Their own, and
// a critical one, has to be approved by others.
func (c *calling) approve(r inventory.Requisition) (inventory.Requisition, inventory.Event, error) {
	if r.Tier != inventory.Critical {
		approved, ev, err := r.Approve(c.tx.by, c.tx.now)
		if inventory.KindOf(err) != inventory.Forbidden {
			return approved, ev, err
		}
	}
	c.opened.Submitted = append(c.opened.Submitted, r.Number)
	return r, inventory.Event{}, nil
}

// instead is the reason of a requisition, which names what it replaces as long as that is read at a glance.
func (c *calling) instead(of []*calledKey) string {
	tags := make([]string, len(of))
	for i, k := range of {
		tags[i] = string(k.key.Tag)
	}
	what := strings.Join(tags, " and ")
	if len(tags) > 2 {
		what = fmt.Sprintf("%d keys", len(tags))
	}
	return fmt.Sprintf("Replaces %s (recall %s)", what, c.opened.Recall.Number)
}

func (c *calling) lines(ctx context.Context, r inventory.Requisition, instead []*calledKey) error {
	for i, k := range instead {
		id, err := inventory.NewID[inventory.LineID]()
		if err != nil {
			return err
		}
		k.item.Line = id
		l := inventory.Line{ID: id, Requisition: r.ID, Position: i + 1, Purpose: k.purpose, Connector: k.connector,
			State: inventory.LineOpen, ChangedAt: c.tx.now}
		if err := lines.save(ctx, c.tx, l); err != nil {
			return err
		}
	}
	return nil
}

// address gives r the newest address of its person. Sealed bytes name their requisition, so it is opened and sealed anew;
// where this process cannot, the keys are picked up, and each item says so.
func (c *calling) address(ctx context.Context, r *inventory.Requisition, instead []*calledKey) error {
	last, err := requisitions.one(ctx, c.tx.sql, "WHERE person = $1 AND length(address) > 0 ORDER BY id DESC LIMIT 1", r.Person)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it was picked up before
	}
	if err != nil {
		return err
	}
	a, err := c.s.openAddress(last)
	if err == nil {
		r.Address, err = c.s.sealAddress(r.ID, a)
	}
	if err == nil {
		return nil
	}
	r.Address = nil
	c.opened.PickUps++
	for _, k := range instead {
		k.item.Note = fmt.Sprintf("Its replacement is picked up: the address of %s could not be read here.", last.Number)
	}
	return nil
}
