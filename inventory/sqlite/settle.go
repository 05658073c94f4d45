package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"keystation/inventory"
)

// SettleRecall notes that a recalled key is back, or will not come back, and takes the key with its custody to where that
// leaves it. The recall closes with its last key.
func (s *Store) SettleRecall(ctx context.Context, by inventory.Actor, number string, tag inventory.AssetTag, to inventory.RecallItemState, note string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		r, err := recalls.one(ctx, tx.sql, "WHERE number = $1", inventory.RecallNumber(number))
		if err != nil {
			return absent(err, "There is no recall %s: check its number.", number)
		}
		k, err := keys.one(ctx, tx.sql, "WHERE asset_tag = $1", tag)
		if err != nil {
			return absent(err, "There is no key with the asset tag %s: scan or type it again.", tag)
		}
		i, err := recallItems.one(ctx, tx.sql, "WHERE recall = $1 AND key_id = $2", r.ID, k.ID)
		if err != nil {
			return absent(err, "Key %s is not of recall %s.", tag, r.Number)
		}
		if err := tx.settle(ctx, i, to, note); err != nil {
			return err
		}
		return tx.leaveRecalled(ctx, k, to, note)
	})
}

// leaveRecalled takes a key to where its settled recall leaves it. One that came back is at the bench; of one that is
// written off nobody is the holder any more.
func (tx *txn) leaveRecalled(ctx context.Context, k inventory.Key, to inventory.RecallItemState, note string) error {
	why := "recalled: " + string(to)
	if note != "" {
		why = "recalled: " + note
	}
	was := k.State
	k, events, err := k.Settle(to, why, tx.now)
	if err != nil || len(events) == 0 {
		return err
	}
	if err := keys.save(ctx, tx, k); err != nil {
		return err
	}
	if was.WithSomebody() {
		if err := tx.backFrom(ctx, k, to); err != nil {
			return err
		}
	}
	return tx.logAll(ctx, events)
}

func (tx *txn) backFrom(ctx context.Context, k inventory.Key, to inventory.RecallItemState) error {
	if to == inventory.RecallReturned {
		id, err := inventory.NewID[inventory.CustodyID]()
		if err != nil {
			return err
		}
		return tx.handOver(ctx, inventory.Custody{ID: id, Key: k.ID, Holder: inventory.Bench, From: tx.now, By: tx.by, Note: k.StateReason})
	}
	open, err := custody.one(ctx, tx.sql, "WHERE key_id = $1 AND until IS NULL", k.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	open.To = &tx.now
	return custody.save(ctx, tx, open)
}

// follow does what a key's change of state means elsewhere, whoever moved it: a stock key that is none any more is kept for
// no line, and a recall of a key that is back, or gone for good, is settled.
func (tx *txn) follow(ctx context.Context, of inventory.KeyID, m inventory.KeyMoved) error {
	if m.From == inventory.Received && m.To != inventory.Received {
		if err := tx.unreserve(ctx, "key_id", string(of), "the key is "+string(m.To)); err != nil {
			return err
		}
	}
	to := m.Settles()
	if to == "" {
		return nil
	}
	i, err := recallItems.one(ctx, tx.sql, "WHERE key_id = $1 AND state = 'due'", of)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	note := m.Reason
	if note == "" {
		note = "The key is " + string(m.To) + "."
	}
	return tx.settle(ctx, i, to, note)
}

// settle ends one item of a recall with its incidents, and the recall with its last item.
func (tx *txn) settle(ctx context.Context, i inventory.RecallItem, to inventory.RecallItemState, note string) error {
	i, ev, err := i.Settle(to, note, tx.now)
	if err != nil {
		return err
	}
	if err := recallItems.save(ctx, tx, i); err != nil {
		return err
	}
	events, err := tx.closeIncidents(ctx, i.Key, inventory.IncidentUntrusted, "Recalled: "+i.State.Outcome()+".")
	if err != nil {
		return err
	}
	if err := tx.logAll(ctx, append([]inventory.Event{ev}, events...)); err != nil {
		return err
	}
	return tx.closeRecall(ctx, i.Recall)
}

// closeRecall closes a recall of which no key is due any more.
func (tx *txn) closeRecall(ctx context.Context, id inventory.RecallID) error {
	var due bool
	err := tx.sql.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM recall_items WHERE recall = $1 AND state = 'due')", id).Scan(&due)
	if err != nil || due {
		return err
	}
	r, err := recalls.one(ctx, tx.sql, "WHERE id = $1", id)
	if err != nil {
		return err
	}
	r, ev := r.Close(tx.now)
	if err := recalls.save(ctx, tx, r); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}
