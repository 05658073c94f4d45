package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"

	"keystation/inventory"
)

var metadata = define("metadata", "no next_update sha256 signer entries imported_at blob", table[inventory.Metadata]{
	id:    func(m *inventory.Metadata) string { return decimal(m.No) },
	about: func(*inventory.Metadata) []string { return nil },
	bind: func(m *inventory.Metadata) []any {
		return []any{m.No, at(m.NextUpdate), m.SHA256, m.Signer, m.Entries, at(m.ImportedAt), blob(m.Blob)}
	},
	into: func(m *inventory.Metadata) []any {
		return []any{&m.No, atInto{&m.NextUpdate}, &m.SHA256, &m.Signer, &m.Entries, atInto{&m.ImportedAt}, &m.Blob}
	},
})

// ImportMetadata keeps a verified BLOB in the place of the one before, whose bytes are dropped. An older one is refused
// and the one that is here stays; the same one once more (same) changes nothing, unless the bytes of the one that is here
// were changed: they are as they were then.
func (s *Store) ImportMetadata(ctx context.Context, by inventory.Actor, m inventory.Metadata) (kept inventory.Metadata, same bool, err error) {
	err = s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		before, err := newestMetadata(ctx, tx.sql)
		if err != nil {
			return err
		}
		var ev inventory.Event
		kept, ev, same, err = m.Supersede(before, tx.now)
		if err != nil || same && intact(before) {
			return err
		}
		switch {
		case same:
			kept, ev = before.Mend(m.Blob)
		case before.No != 0:
			before.Blob = nil // in no hash: the digest of the bytes is
			if err := metadata.save(ctx, tx, before); err != nil {
				return err
			}
		}
		if err := metadata.save(ctx, tx, kept); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
	return kept, same, err
}

// Metadata gives the newest BLOB; one with the number 0 when there is none. Its bytes are those that were imported.
func (s *Store) Metadata(ctx context.Context) (inventory.Metadata, error) {
	m, err := newestMetadata(ctx, s.readers)
	if err != nil || m.No == 0 {
		return m, err
	}
	if !intact(m) {
		return inventory.Metadata{}, inventory.Refuse(inventory.Internal,
			"The metadata in the database are not the ones that were imported: somebody changed them. Import them again: keystation mds import FILE.")
	}
	return m, nil
}

// intact tells if the bytes are those that were imported.
func intact(m inventory.Metadata) bool {
	sum := sha256.Sum256(m.Blob)
	return hex.EncodeToString(sum[:]) == m.SHA256
}

// MetadataInfo is [Store.Metadata] without the bytes.
func (s *Store) MetadataInfo(ctx context.Context) (inventory.Metadata, error) {
	all, err := queryRows(ctx, s.readers, metadata.into, "SELECT no, next_update, sha256, signer, entries, imported_at, x'' FROM metadata ORDER BY no DESC LIMIT 1")
	if err != nil || len(all) == 0 {
		return inventory.Metadata{}, err
	}
	return all[0], nil
}

func newestMetadata(ctx context.Context, q querier) (inventory.Metadata, error) {
	m, err := metadata.one(ctx, q, "ORDER BY no DESC LIMIT 1")
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Metadata{}, nil
	}
	return m, err
}
