package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// log writes ev to the ledger. The rows saved since the leaf before stand in its header, and what they are about
// among its subjects.
func (tx *txn) log(ctx context.Context, ev inventory.Event) error {
	payload, err := inventory.Canonical(inventory.Told{Actor: tx.by.Name, What: ev.Payload})
	if err != nil {
		return err
	}
	salt, err := tx.salt()
	if err != nil {
		return err
	}
	header, err := tx.header(ctx, ev)
	if err != nil {
		return err
	}
	text, err := inventory.Canonical(header)
	if err != nil {
		return err
	}
	commitment := ledger.Commit(salt, payload)
	mark := hex.EncodeToString(commitment[:])
	if _, err := tx.sql.ExecContext(ctx, "INSERT INTO ledger_leaves (seq, header, commitment) VALUES ($1, $2, $3)",
		header.Seq, string(text), mark); err != nil {
		return fmt.Errorf("write leaf %d: %w", header.Seq, err)
	}
	if _, err := tx.sql.ExecContext(ctx, "INSERT INTO ledger_payloads (seq, salt, payload) VALUES ($1, $2, $3)",
		header.Seq, salt[:], payload); err != nil {
		return fmt.Errorf("write payload %d: %w", header.Seq, err)
	}
	if err := tx.saveSubjects(ctx, header); err != nil {
		return err
	}
	if err := tx.grow(ctx, leafBytes(text, mark)); err != nil {
		return err
	}
	tx.rows, tx.about, tx.actions = nil, nil, append(tx.actions, ev.Action)
	if moved, is := ev.Payload.(inventory.KeyMoved); is {
		return tx.follow(ctx, inventory.KeyID(ev.Subjects[0]), moved)
	}
	return nil
}

// leafBytes are the canonical bytes of an [inventory.Leaf], put together from its parts.
func leafBytes(header []byte, commitment string) []byte {
	b := make([]byte, 0, len(header)+len(commitment)+28)
	b = append(append(b, `{"header":`...), header...)
	b = append(append(b, `,"commitment":"`...), commitment...)
	return append(b, `"}`...)
}

func (tx *txn) header(ctx context.Context, ev inventory.Event) (inventory.Header, error) {
	h := inventory.Header{
		Seq: tx.tree.Size() + 1, At: at(tx.now), Action: ev.Action, Subjects: []inventory.Subject{},
		ActorID: tx.by.ID, Method: tx.by.Method, Rows: append([]inventory.RowHash{}, tx.rows...),
	}
	if h.Action == "" || h.ActorID == "" || h.Method == "" {
		return h, fmt.Errorf("write leaf %d: action %q by %q (%s) is not complete", h.Seq, h.Action, h.ActorID, h.Method)
	}
	seen := map[string]bool{"": true}
	for _, id := range append(slices.Clone(ev.Subjects), tx.about...) {
		if seen[id] {
			continue
		}
		seen[id] = true
		var prev sql.NullInt64
		if err := tx.sql.QueryRowContext(ctx, "SELECT max(seq) FROM ledger_subjects WHERE subject = $1", id).Scan(&prev); err != nil {
			return h, fmt.Errorf("look up subject: %w", err)
		}
		h.Subjects = append(h.Subjects, inventory.Subject{ID: id, Prev: prev.Int64})
	}
	return h, nil
}

func (tx *txn) saveSubjects(ctx context.Context, h inventory.Header) error {
	for _, s := range h.Subjects {
		if _, err := tx.sql.ExecContext(ctx, "INSERT INTO ledger_subjects (seq, subject) VALUES ($1, $2)", h.Seq, s.ID); err != nil {
			return fmt.Errorf("write subject of leaf %d: %w", h.Seq, err)
		}
	}
	return nil
}

// grow adds the leaf to the tree and stores the hashes that this adds.
func (tx *txn) grow(ctx context.Context, leaf []byte) error {
	index := ledger.StoredIndex(tx.tree.Size())
	for i, h := range tx.tree.Add(leaf) {
		if _, err := tx.sql.ExecContext(ctx, "INSERT INTO ledger_nodes (idx, hash) VALUES ($1, $2)", index+int64(i), h[:]); err != nil {
			return fmt.Errorf("write tree: %w", err)
		}
	}
	return nil
}

// resume gives the tree as the database has it: another process may have written since our last commit. A tree that
// does not fit its head is not built upon.
func (s *Store) resume(ctx context.Context, q querier) (*ledger.Rebuilder, error) {
	size, root, err := head(ctx, q)
	if err != nil {
		return nil, err
	}
	if s.tree != nil && s.tree.Size() == size && s.tree.Root() == root {
		same := *s.tree
		return &same, nil
	}
	tree, err := ledger.Resume(size, nodeReader(ctx, q))
	if err == nil && tree.Root() == root {
		return tree, nil
	}
	return nil, &inventory.Error{Kind: inventory.Internal,
		Msg: "The ledger does not hold, so nothing more is written to it: run keystation audit verify.", Err: err}
}

// head gives size and root after the last transaction.
func head(ctx context.Context, q querier) (int64, ledger.Hash, error) {
	var size int64
	var root []byte
	err := q.QueryRowContext(ctx, "SELECT size, root FROM ledger_heads ORDER BY size DESC LIMIT 1").Scan(&size, &root)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ledger.EmptyRoot(), nil
	}
	if err != nil {
		return 0, ledger.Hash{}, fmt.Errorf("read ledger head: %w", err)
	}
	return size, asHash(root), nil
}

func saveHead(ctx context.Context, tx *sql.Tx, tree *ledger.Rebuilder) error {
	root := tree.Root()
	if _, err := tx.ExecContext(ctx, "INSERT INTO ledger_heads (size, root) VALUES ($1, $2)", tree.Size(), root[:]); err != nil {
		return fmt.Errorf("write ledger head: %w", err)
	}
	return nil
}

func nodeReader(ctx context.Context, q querier) ledger.Reader {
	return func(indexes []int64) ([]ledger.Hash, error) {
		hashes := make([]ledger.Hash, 0, len(indexes))
		for _, i := range indexes {
			var b []byte
			if err := q.QueryRowContext(ctx, "SELECT hash FROM ledger_nodes WHERE idx = $1", i).Scan(&b); err != nil {
				return nil, fmt.Errorf("read tree at %d: %w", i, err)
			}
			hashes = append(hashes, asHash(b))
		}
		return hashes, nil
	}
}

// asHash takes what the schema has checked to be 32 bytes; anything else becomes a hash of nothing.
func asHash(b []byte) ledger.Hash {
	var h ledger.Hash
	if len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}
