package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"keystation/inventory"
)

var custody = define("custody", `id key_id holder_kind holder_id holder_name since until by_id by_name by_method note`,
	table[inventory.Custody]{
		id:    func(c *inventory.Custody) string { return string(c.ID) },
		about: func(c *inventory.Custody) []string { return []string{string(c.Key)} },
		bind: func(c *inventory.Custody) []any {
			return []any{c.ID, c.Key, c.Holder.Kind, c.Holder.ID, c.Holder.Name, at(c.From), maybeAt(c.To),
				c.By.ID, c.By.Name, c.By.Method, c.Note}
		},
		into: func(c *inventory.Custody) []any {
			return []any{&c.ID, &c.Key, &c.Holder.Kind, &c.Holder.ID, &c.Holder.Name, atInto{&c.From}, maybeAtInto{&c.To},
				&c.By.ID, &c.By.Name, &c.By.Method, &c.Note}
		},
	})

// handOver opens c. The row that was open for the key ends where c begins; a key that its holder has already is left
// where it is.
func (tx *txn) handOver(ctx context.Context, c inventory.Custody) error {
	was, err := custody.one(ctx, tx.sql, "WHERE key_id = $1 AND until IS NULL", c.Key)
	if errors.Is(err, sql.ErrNoRows) {
		return custody.save(ctx, tx, c)
	}
	if err != nil {
		return err
	}
	if was.Holder.Kind == c.Holder.Kind && was.Holder.ID == c.Holder.ID {
		return nil
	}
	if c.From.Before(was.From) {
		return inventory.Refuse(inventory.Conflict, "The key went to %s after this hand-over is said to have happened: check the clock.", was.Holder.Name)
	}
	was.To = &c.From
	if err := custody.save(ctx, tx, was); err != nil {
		return err
	}
	return custody.save(ctx, tx, c)
}
