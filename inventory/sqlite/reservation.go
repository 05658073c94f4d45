package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"keystation/inventory"
)

var reservations = define("reservations", "id line key_id by_id by_name by_method since until ended",
	table[inventory.Reservation]{
		id:    func(r *inventory.Reservation) string { return string(r.ID) },
		about: func(r *inventory.Reservation) []string { return []string{string(r.Line), string(r.Key)} },
		bind: func(r *inventory.Reservation) []any {
			return []any{r.ID, r.Line, r.Key, r.By.ID, r.By.Name, r.By.Method, at(r.Since), maybeAt(r.Until), r.Ended}
		},
		into: func(r *inventory.Reservation) []any {
			return []any{&r.ID, &r.Line, &r.Key, &r.By.ID, &r.By.Name, &r.By.Method, atInto{&r.Since}, maybeAtInto{&r.Until}, &r.Ended}
		},
	})

// Reserve keeps a stock key for a line, in place of another that was kept for it.
func (s *Store) Reserve(ctx context.Context, by inventory.Actor, id inventory.LineID, tag inventory.AssetTag) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		k, err := keys.one(ctx, tx.sql, "WHERE asset_tag = $1", tag)
		if err != nil {
			return absent(err, "There is no key %s: check its tag.", tag)
		}
		o, err := tx.bareOrder(ctx, id)
		if err != nil {
			return err
		}
		if other, err := reservations.one(ctx, tx.sql, "WHERE key_id = $1 AND until IS NULL", k.ID); err == nil && other.Line != id {
			return inventory.Refuse(inventory.Conflict, "Key %s is reserved for somebody else: let it go there first.", tag)
		}
		res, ev, err := o.Reserve(k, tx.by, tx.now)
		if err != nil {
			return err
		}
		if err := tx.unreserve(ctx, "line", string(id), "another key was reserved"); err != nil {
			return err
		}
		if res.ID, err = inventory.NewID[inventory.ReservationID](); err != nil {
			return err
		}
		if err := reservations.save(ctx, tx, res); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// Unreserve lets the key of a line go.
func (s *Store) Unreserve(ctx context.Context, by inventory.Actor, id inventory.LineID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error { return tx.unreserve(ctx, "line", string(id), "let go") })
}

// unreserve ends the reservation of a line or a key, if there is one.
func (tx *txn) unreserve(ctx context.Context, column, id, why string) error {
	res, err := reservations.one(ctx, tx.sql, "WHERE "+column+" = $1 AND until IS NULL", id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	k, err := key(ctx, tx.sql, res.Key)
	if err != nil {
		return err
	}
	o, err := tx.bareOrder(ctx, res.Line)
	if err != nil {
		return err
	}
	res, ev, err := res.End(why, k.Tag, o.Requisition.Number, tx.now)
	if err != nil {
		return err
	}
	if err := reservations.save(ctx, tx, res); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}
