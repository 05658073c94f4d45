package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// A txn is one act on its way to the disk: its rows and its ledger entries. It is used by one goroutine.
type txn struct {
	sql     *sql.Tx
	tree    *ledger.Rebuilder
	by      inventory.Actor
	now     time.Time // fixed for the whole transaction
	salt    func() ([32]byte, error)
	rows    []inventory.RowHash // saved since the last leaf
	about   []string            // what those rows are about
	actions []string            // of the entries written so far
	rules   inventory.Entitlement
	broken  error // what ended the transaction under this act
}

// changed notes the row for the next leaf. Of a row that is saved twice the last hash counts.
func (tx *txn) changed(row inventory.RowHash, about []string) {
	i := slices.IndexFunc(tx.rows, func(r inventory.RowHash) bool { return r.Table == row.Table && r.ID == row.ID })
	if i >= 0 {
		tx.rows = slices.Delete(tx.rows, i, i+1)
	}
	tx.rows, tx.about = append(tx.rows, row), append(tx.about, about...)
}

// commit runs the acts of a batch in one transaction, each in a savepoint. It tells if anything was committed. What
// went wrong with one is in its request; what went wrong with the transaction is in all.
func (s *Store) commit(batch []*request) bool {
	committed, err := s.transact(context.Background(), batch)
	if err != nil {
		for _, r := range batch {
			if r.err == nil || errors.Is(r.err, errUnwritten) {
				r.err = refusal(err)
			}
		}
	}
	return committed
}

func (s *Store) transact(ctx context.Context, batch []*request) (bool, error) {
	stx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = stx.Rollback() }() // after a commit it does nothing
	tree, err := s.resume(ctx, stx)
	if err != nil {
		return false, err
	}
	before, now := tree.Size(), inventory.Instant(s.options.Now())
	for _, r := range batch {
		if err := s.attempt(ctx, stx, tree, now, r); err != nil {
			return false, err
		}
	}
	if tree.Size() == before {
		return false, nil
	}
	if err := saveHead(ctx, stx, tree); err != nil {
		return false, err
	}
	if err := s.options.Commit(actionsOf(batch), stx.Commit); err != nil {
		return false, fmt.Errorf("commit: %w", err)
	}
	s.tree = tree
	return true, nil
}

// attempt runs one act. Its own failure is undone and noted in r; the error returned is one that ends the transaction.
func (s *Store) attempt(ctx context.Context, stx *sql.Tx, tree *ledger.Rebuilder, now time.Time, r *request) error {
	if r.err = r.ctx.Err(); r.err != nil {
		return nil
	}
	tx := &txn{sql: stx, tree: tree, by: r.by, now: now, salt: s.salt, rules: s.options.Entitlement}
	r.err = tx.nested(ctx, func() error { return tx.run(ctx, r.act) })
	r.actions = tx.actions
	return tx.broken
}

// actionsOf are the actions of the entries that a batch wrote.
func actionsOf(batch []*request) (all []string) {
	for _, r := range batch {
		if r.err == nil {
			all = append(all, r.actions...)
		}
	}
	return all
}

// nested runs act in a savepoint: when it fails, nothing of it is left, and what came before it stays.
func (tx *txn) nested(ctx context.Context, act func() error) error {
	tree, rows, about := *tx.tree, slices.Clone(tx.rows), slices.Clone(tx.about)
	if err := tx.point(ctx, "SAVEPOINT act"); err != nil {
		return err
	}
	err := act()
	if err != nil {
		*tx.tree, tx.rows, tx.about = tree, rows, about
		if err := tx.point(ctx, "ROLLBACK TO act"); err != nil {
			return err
		}
	}
	return errors.Join(err, tx.point(ctx, "RELEASE act"))
}

// point moves a savepoint. When even that fails SQLite has given up the whole transaction.
func (tx *txn) point(ctx context.Context, statement string) error {
	if _, err := tx.sql.ExecContext(ctx, statement); err != nil {
		tx.broken = fmt.Errorf("%s: %w", strings.ToLower(statement), err)
	}
	return tx.broken
}

func (tx *txn) run(ctx context.Context, act func(context.Context, *txn) error) error {
	if err := act(ctx, tx); err != nil {
		return refusal(err)
	}
	if len(tx.rows) > 0 {
		return fmt.Errorf("row %s of %s was changed without an event that says so", tx.rows[0].ID, tx.rows[0].Table)
	}
	return nil
}

func (s *Store) salt() ([32]byte, error) { return ledger.NewSalt(s.options.Rand) }
