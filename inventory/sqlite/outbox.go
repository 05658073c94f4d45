package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

// post puts a letter to p down with the act that it tells of. One who has no e-mail address gets none. Where both is true
// it goes to the second address too.
func (tx *txn) post(ctx context.Context, p inventory.Person, kind inventory.LetterKind, facts inventory.LetterFacts, both bool) error {
	to := []string{p.Email}
	if both {
		to = append(to, p.SecondEmail)
	}
	text, err := json.Marshal(facts)
	if err != nil {
		return fmt.Errorf("post letter: %w", err)
	}
	for _, address := range to {
		if address == "" {
			continue
		}
		id, err := inventory.NewID[inventory.LetterID]()
		if err != nil {
			return err
		}
		if _, err := tx.sql.ExecContext(ctx, `INSERT INTO outbox (id, person, recipient, language, kind, facts, created_at, due, tries, trouble)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, '')`, id, p.ID, address, p.Language, kind, string(text), at(tx.now)); err != nil {
			return fmt.Errorf("post letter: %w", err)
		}
	}
	return nil
}

// alert is a letter that goes to both addresses of p, for what a thief of the first one would rather hide. It carries the
// link that says "this was not me".
func (tx *txn) alert(ctx context.Context, p inventory.Person, kind inventory.LetterKind, facts inventory.LetterFacts) error {
	return tx.post(ctx, p, kind, facts, true)
}

// postAll is a letter to everybody with a role.
func (tx *txn) postAll(ctx context.Context, role inventory.Role, kind inventory.LetterKind, facts inventory.LetterFacts) error {
	all, err := people.list(ctx, tx.sql, `WHERE state = 'active' AND id IN (SELECT person FROM grants WHERE role = $1 AND until IS NULL) ORDER BY id`, role)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := tx.post(ctx, p, kind, facts, false); err != nil {
			return err
		}
	}
	return nil
}

// beside runs writes that the ledger does not follow: sessions and mail on its way. They are no acts, and what they hold is
// gone some time later.
func (s *Store) beside(ctx context.Context, write func(q execer) error) error {
	stx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = stx.Rollback() }() // after a commit it does nothing
	if err := write(stx); err != nil {
		return err
	}
	if err := stx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// An execer is a transaction that writes.
type execer interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}
