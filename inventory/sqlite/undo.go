package sqlite

import (
	"context"

	"keystation/inventory"
)

// Undo takes back the yes that whoever acts gave, until the bench has a key of it in hand. An admin takes back the last one that
// was given where none is theirs; whose it was is written down, and they are told.
func (s *Store) Undo(ctx context.Context, by inventory.Actor, number string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		r, err := requisitions.one(ctx, tx.sql, "WHERE number = $1", inventory.RequisitionNumber(number))
		if err != nil {
			return absent(err, "There is no requisition %s: check its number.", number)
		}
		a, err := lastYes(ctx, tx.sql, r, tx.by, tx.needs(ctx, r, inventory.Admin) == nil)
		if err != nil {
			return absent(err, "There is no approval of yours of %s that could be taken back.", number)
		}
		back := a.Undo(tx.now)
		if r.Held != "" {
			back = back.Pause(tx.now)
		}
		if err := approvals.save(ctx, tx, back); err != nil {
			return err
		}
		why := "The approval of " + a.By.Name + " was taken back."
		if err := tx.tellOverruled(ctx, r, a); err != nil {
			return err
		}
		if r.State == inventory.Submitted {
			return tx.log(ctx, inventory.Event{Action: "requisition.seat-undone", Subjects: []string{string(r.ID)}, Payload: inventory.RequisitionMoved{Number: r.Number, State: r.State, Text: why}})
		}
		return tx.takeApprovalBack(ctx, r, why)
	})
}

// lastYes is the yes to this version of r that an actor can take back: their own, or anybody's where they may for all. What
// nobody had to decide has no yes.
func lastYes(ctx context.Context, q querier, r inventory.Requisition, by inventory.Actor, all bool) (inventory.Approval, error) {
	return approvals.one(ctx, q, `WHERE requisition = ?1 AND version = ?2 AND state = 'approved' AND goes_to <> 'automatic' AND (by_id = ?3 OR ?4)
		ORDER BY by_id = ?3 DESC, answered_at DESC, position DESC LIMIT 1`, r.ID, r.Version, by.ID, all)
}

// tellOverruled writes to whoever gave a yes that somebody else takes back.
func (tx *txn) tellOverruled(ctx context.Context, r inventory.Requisition, a inventory.Approval) error {
	if a.By.ID == tx.by.ID || !a.By.Known() {
		return nil
	}
	p, err := person(ctx, tx.sql, inventory.PersonID(a.By.ID))
	if err != nil {
		return err
	}
	return tx.post(ctx, p, inventory.LetterReopened, inventory.LetterFacts{Number: r.Number, By: tx.by.Name, Path: "/approvals/" + r.Number}, false)
}

// takeApprovalBack brings an approved requisition back to be decided.
func (tx *txn) takeApprovalBack(ctx context.Context, r inventory.Requisition, why string) error {
	all, err := lines.list(ctx, tx.sql, "WHERE requisition = $1 ORDER BY position", r.ID)
	if err != nil {
		return err
	}
	r, ev, err := r.TakeApprovalBack(why, all, tx.now)
	if err != nil {
		return err
	}
	return tx.decided(ctx, r, ev, inventory.LetterReopened, "")
}
