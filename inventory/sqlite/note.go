package sqlite

import (
	"context"

	"keystation/inventory"
)

// Note writes entries about what changed no row, such as a making session that was opened, all or none.
func (s *Store) Note(ctx context.Context, by inventory.Actor, events ...inventory.Event) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error { return tx.logAll(ctx, events) })
}
