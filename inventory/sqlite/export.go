package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"keystation/inventory"
)

// Export calls do with every row, kind by kind, as they were at one moment. The kinds are settings, person,
// requisition, line, key, custody, run, entry, registration, seal, parcel, hub and checkpoint; a row is the noun of package
// inventory. Sealed bytes (PINs, addresses, printed lines) are left out.
func (s *Store) Export(ctx context.Context, do func(kind string, row any) error) error {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("export: %w", refusal(err))
	}
	defer func() { _ = tx.Rollback() }()
	bare := func(r *inventory.Requisition) { r.Address = nil }
	for _, export := range []func() error{
		exported(ctx, tx, do, "settings", settings, "id", nil),
		exported(ctx, tx, do, "person", people, "id", nil),
		exported(ctx, tx, do, "requisition", requisitions, "id", bare),
		exported(ctx, tx, do, "line", lines, "requisition, position", nil),
		exported(ctx, tx, do, "key", keys, "id", nil),
		exported(ctx, tx, do, "custody", custody, "key_id, id", nil),
		exported(ctx, tx, do, "run", runs, "id", nil),
		exported(ctx, tx, do, "entry", entries, "ordinal", nil),
		exported(ctx, tx, do, "registration", registrations, "id", nil),
		exported(ctx, tx, do, "seal", seals, "id", func(v *inventory.Seal) { v.Blob = nil }),
		exported(ctx, tx, do, "parcel", parcels, "id", func(v *inventory.Parcel) { v.PrintedLines = nil }),
		exported(ctx, tx, do, "hub", hubs, "host", nil),
		exported(ctx, tx, do, "checkpoint", checkpoints, "size", nil),
	} {
		if err := export(); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	return nil
}

func exported[T any](ctx context.Context, q querier, do func(string, any) error, kind string, t *table[T], order string, hide func(*T)) func() error {
	return func() error {
		return t.each(ctx, q, "ORDER BY "+order, func(v T) error {
			if hide != nil {
				hide(&v)
			}
			return do(kind, v)
		})
	}
}
