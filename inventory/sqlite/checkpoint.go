package sqlite

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

var checkpoints = defineLog("ledger_checkpoints", "size at note", table[inventory.Checkpoint]{
	id:    func(c *inventory.Checkpoint) string { return strconv.FormatInt(c.Size, 10) },
	about: func(*inventory.Checkpoint) []string { return nil },
	bind:  func(c *inventory.Checkpoint) []any { return []any{c.Size, at(c.At), c.Note} },
	into:  func(c *inventory.Checkpoint) []any { return []any{&c.Size, atInto{&c.At}, &c.Note} },
})

// CheckpointSigned is the payload of ledger.checkpoint.
type CheckpointSigned struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// Checkpoint signs how far the ledger goes now, keeps the note and gives it. The entry that says so comes after what
// the note covers.
func (s *Store) Checkpoint(ctx context.Context, by inventory.Actor, signerKey string) ([]byte, error) {
	v, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	var note []byte
	err = s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		c := ledger.Checkpoint{Origin: v.Origin, Size: tx.tree.Size(), Root: tx.tree.Root(), Time: tx.now.Truncate(time.Second)}
		if note, err = c.Sign(signerKey); err != nil {
			return err
		}
		if _, err := ledger.OpenCheckpoint(note, v.Verifier); err != nil {
			return &inventory.Error{Kind: inventory.Invalid, Msg: "This signing key is not the one this database was made with: use the one in its secrets folder.", Err: err}
		}
		if err := checkpoints.save(ctx, tx, inventory.Checkpoint{Size: c.Size, At: c.Time, Note: string(note)}); err != nil {
			return err
		}
		return tx.log(ctx, inventory.Event{Action: "ledger.checkpoint", Payload: CheckpointSigned{c.Size, c.Root.String()}})
	})
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return note, nil
}
