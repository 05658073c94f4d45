package sqlite

import (
	"context"

	"keystation/inventory"
)

var seals = define("seals", "id run key_id blob sha256 state created_at changed_at",
	table[inventory.Seal]{
		id:    func(s *inventory.Seal) string { return string(s.ID) },
		about: func(s *inventory.Seal) []string { return []string{string(s.Key), string(s.Run)} },
		bind: func(s *inventory.Seal) []any {
			return []any{s.ID, s.Run, s.Key, blob(s.Blob), s.SHA256, s.State, at(s.CreatedAt), at(s.ChangedAt)}
		},
		into: func(s *inventory.Seal) []any {
			return []any{&s.ID, &s.Run, &s.Key, &s.Blob, &s.SHA256, &s.State, atInto{&s.CreatedAt}, atInto{&s.ChangedAt}}
		},
	})

// notLater finds the rows of a run, whose id and a parenthesis follow, and of earlier ones. Earlier is who was written
// earlier: an id begins with the time, and the clock may have been set back since.
const notLater = "(SELECT w.rowid FROM runs w WHERE w.id = run) <= (SELECT w.rowid FROM runs w WHERE w.id = "

// voidSeals destroys every sealed PIN of a key, save one, that a run or an earlier one made: what a later run sealed is on
// the key now, however late this run ends.
func (tx *txn) voidSeals(ctx context.Context, of inventory.KeyID, save inventory.SealID, by inventory.RunID) error {
	live, err := seals.list(ctx, tx.sql,
		"WHERE key_id = $1 AND state IN ('sealed', 'released') AND id <> $2 AND "+notLater+"$3) ORDER BY rowid", of, save, by)
	if err != nil {
		return err
	}
	for _, s := range live {
		if err := seals.save(ctx, tx, s.Void(tx.now)); err != nil {
			return err
		}
	}
	return nil
}

// lastSeal gives the newest seal of a key without its blob, or nil.
func (s *Store) lastSeal(ctx context.Context, of inventory.KeyID) (*inventory.Seal, error) {
	list, err := seals.list(ctx, s.readers, "WHERE key_id = $1 ORDER BY rowid DESC LIMIT 1", of)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	list[0].Blob = nil
	return &list[0], nil
}
