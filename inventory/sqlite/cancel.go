package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

// CancelRequisition cancels the requisition that people call number, and its lines, all or nothing. Keys that are ready
// for it go back to stock and their sealed PINs are void. A run that makes one is not told: it looks by itself whether its
// line stands, and its record is refused.
func (s *Store) CancelRequisition(ctx context.Context, by inventory.Actor, number, reason string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		r, err := requisitions.one(ctx, tx.sql, "WHERE number = $1", inventory.RequisitionNumber(number))
		if err != nil {
			return absent(err, "There is no requisition %s: check its number.", number)
		}
		if !tx.asks(r) {
			if err := tx.needs(ctx, r, inventory.Operator, inventory.HelpDesk, inventory.Admin); err != nil {
				return err
			}
		}
		was, err := lines.list(ctx, tx.sql, "WHERE requisition = $1 ORDER BY position", r.ID)
		if err != nil {
			return err
		}
		r, ev, err := r.Cancel(reason, was, tx.now)
		if err != nil {
			return err
		}
		if err := requisitions.save(ctx, tx, r); err != nil {
			return err
		}
		seats, err := seatsOf(ctx, tx.sql, r)
		if err != nil {
			return err
		}
		if err := tx.voidSeats(ctx, seats, "", "It was cancelled."); err != nil {
			return err
		}
		if !tx.asks(r) { // else they know
			if err := tx.tellAsker(ctx, r, inventory.LetterCancelled, inventory.LetterFacts{Number: r.Number, By: tx.by.Name, Reason: reason, Path: "/requisitions/" + r.Number}); err != nil {
				return err
			}
		}
		events, err := tx.cancelLines(ctx, r, was)
		if err != nil {
			return err
		}
		return tx.logAll(ctx, append([]inventory.Event{ev}, events...))
	})
}

// cancelLines asks the rules of those lines of r that the desk still has, and of the keys that were made for them, and gives
// the events.
func (tx *txn) cancelLines(ctx context.Context, r inventory.Requisition, all []inventory.Line) ([]inventory.Event, error) {
	var events []inventory.Event
	for _, l := range all {
		if !l.Here() {
			continue
		}
		if l.Key != "" {
			ev, err := tx.takeBack(ctx, l, r.Number+" was cancelled")
			if err != nil {
				return nil, err
			}
			events = append(events, ev)
		}
		if err := tx.unreserve(ctx, "line", string(l.ID), "the requisition was cancelled"); err != nil {
			return nil, err
		}
		l, err := l.Cancel(tx.now)
		if err != nil {
			return nil, err
		}
		if err := lines.save(ctx, tx, l); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// takeBack takes the key of a line that is being cancelled back to stock, and voids the PIN that its run sealed.
func (tx *txn) takeBack(ctx context.Context, l inventory.Line, why string) (inventory.Event, error) {
	k, err := key(ctx, tx.sql, l.Key)
	if err != nil {
		return inventory.Event{}, err
	}
	back, ev, err := k.TakeBack(why, tx.now)
	if err != nil {
		return ev, err
	}
	if ev.Action != "" {
		if err := keys.save(ctx, tx, back); err != nil {
			return ev, err
		}
	}
	return ev, tx.voidSeals(ctx, l.Key, "", l.Run)
}

// cancelledTold reads what the ledger tells about the end of a requisition q that was cancelled. The reason stands nowhere
// else, so that it is gone when it is erased there.
const cancelledTold = `CASE WHEN q.state = 'cancelled' THEN (SELECT t.payload FROM ledger_subjects b CROSS JOIN ledger_leaves f ON f.seq = b.seq
	LEFT JOIN ledger_payloads t ON t.seq = b.seq WHERE b.subject = q.id AND json_extract(f.header, '$.action') = 'requisition.cancelled'
	ORDER BY b.seq DESC LIMIT 1) END`

// toldInto reads who moved a requisition, and why, out of a payload that may have been erased.
type toldInto struct{ by, why *string }

func (c toldInto) Scan(v any) error {
	*c.by, *c.why = "", ""
	payload, ok := v.([]byte)
	if !ok {
		return nil
	}
	var told struct {
		Actor string                     `json:"actor"`
		What  inventory.RequisitionMoved `json:"what"`
	}
	if err := json.Unmarshal(payload, &told); err != nil {
		return fmt.Errorf("read ledger payload: %w", err)
	}
	*c.by, *c.why = told.Actor, told.What.Text
	return nil
}
