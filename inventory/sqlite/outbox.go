package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

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
	due, digest := tx.now, false
	if kind == inventory.LetterToApprove {
		if digest, err = wantsDigest(ctx, tx.sql, p.ID); err != nil {
			return err
		}
	}
	if digest {
		due = p.NextDigest(tx.now)
	}
	for _, address := range to {
		if address == "" {
			continue
		}
		id, err := inventory.NewID[inventory.LetterID]()
		if err != nil {
			return err
		}
		if _, err := tx.sql.ExecContext(ctx, `INSERT INTO outbox (id, person, recipient, language, kind, facts, created_at, due, tries, trouble, digest)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', $9)`, id, p.ID, address, p.Language, kind, string(text), at(tx.now), at(due), digest); err != nil {
			return fmt.Errorf("post letter: %w", err)
		}
	}
	return nil
}

// alert is a letter that goes to both addresses of p, for what a thief of the first one would rather hide. It carries the
// link that says "this was not me".
func (tx *txn) alert(ctx context.Context, p inventory.Person, kind inventory.LetterKind, facts inventory.LetterFacts) error {
	token := rand.Text()
	if _, err := tx.sql.ExecContext(ctx, "INSERT INTO denials (hash, person, kind, number, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		inventory.HashToken(token), p.ID, kind, facts.Number, at(tx.now), at(tx.now.Add(inventory.DenialTime))); err != nil {
		return fmt.Errorf("make denial: %w", err)
	}
	facts.Deny = "/not-me/" + token
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

// postSecurity is a letter to those who see to what went wrong: the help desk and the admins.
func (tx *txn) postSecurity(ctx context.Context, kind inventory.LetterKind, facts inventory.LetterFacts) error {
	all, err := people.list(ctx, tx.sql, `WHERE state = 'active' AND id IN (SELECT person FROM grants WHERE role IN ('help-desk', 'admin') AND until IS NULL) ORDER BY id`)
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

const letterColumns = "id, person, recipient, language, kind, facts, created_at, due, tries, sent_at, trouble"

func intoLetter(l *inventory.Letter) []any {
	return []any{&l.ID, &l.Person, &l.To, &l.Language, &l.Kind, factsInto{&l.Facts}, atInto{&l.CreatedAt}, atInto{&l.Due}, &l.Tries,
		maybeAtInto{&l.SentAt}, &l.Trouble}
}

type factsInto struct{ to *inventory.LetterFacts }

func (c factsInto) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("facts column holds %T", v)
	}
	*c.to = inventory.LetterFacts{}
	if err := json.Unmarshal([]byte(text), c.to); err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	return nil
}

// DueLetters lists letters whose time has come, the oldest first. What was collected for the mail of the day becomes one.
func (s *Store) DueLetters(ctx context.Context, now time.Time, limit int) ([]inventory.Letter, error) {
	var waits bool
	if err := s.readers.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM outbox WHERE digest = 1 AND sent_at IS NULL AND due <= $1)", at(now)).Scan(&waits); err != nil {
		return nil, fmt.Errorf("look for digests: %w", err)
	}
	if waits {
		if err := s.beside(ctx, func(q execer) error { return collect(ctx, q, now) }); err != nil {
			return nil, err
		}
	}
	return queryRows(ctx, s.readers, intoLetter, "SELECT "+letterColumns+` FROM outbox WHERE sent_at IS NULL AND digest = 0 AND due <= $1
		ORDER BY due, id LIMIT $2`, at(now), limit)
}

// LettersWaiting tells how many letters are not gone yet though their time has come, since when, and the trouble with the one
// that was tried last.
func (s *Store) LettersWaiting(ctx context.Context) (inventory.OutboxState, error) {
	var o inventory.OutboxState
	err := s.readers.QueryRowContext(ctx, `SELECT count(*), min(created_at), COALESCE((SELECT trouble FROM outbox WHERE sent_at IS NULL AND trouble <> '' ORDER BY due DESC LIMIT 1), '')
		FROM outbox WHERE sent_at IS NULL AND digest = 0`).Scan(&o.Waiting, maybeAtInto{&o.Since}, &o.Trouble)
	if err != nil {
		return o, fmt.Errorf("look into the outbox: %w", err)
	}
	return o, nil
}

// LetterSent notes that a letter is gone.
func (s *Store) LetterSent(ctx context.Context, id inventory.LetterID, when time.Time) error {
	return s.letter(ctx, "UPDATE outbox SET sent_at = $1, facts = json_remove(facts, '$.deny'), tries = tries + 1, trouble = '' WHERE id = $2", at(when), id)
}

// LetterFailed notes why a letter is not gone, and when to try again.
func (s *Store) LetterFailed(ctx context.Context, id inventory.LetterID, trouble string, next time.Time) error {
	return s.letter(ctx, "UPDATE outbox SET tries = tries + 1, trouble = $1, due = $2 WHERE id = $3", trouble, at(next), id)
}

// ForgetLetters deletes letters that were sent before a time, and links that do not work any more.
func (s *Store) ForgetLetters(ctx context.Context, before time.Time) error {
	var old bool
	if err := s.readers.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM outbox WHERE sent_at < $1) OR EXISTS (SELECT 1 FROM denials WHERE expires_at < $1)", at(before)).Scan(&old); err != nil || !old {
		return err
	}
	return s.beside(ctx, func(q execer) error {
		for _, statement := range []string{"DELETE FROM outbox WHERE sent_at < $1", "DELETE FROM denials WHERE expires_at < $1"} {
			if _, err := q.ExecContext(ctx, statement, at(before)); err != nil {
				return fmt.Errorf("forget letters: %w", err)
			}
		}
		return nil
	})
}

func (s *Store) letter(ctx context.Context, statement string, args ...any) error {
	return s.beside(ctx, func(q execer) error {
		if _, err := q.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("note letter: %w", err)
		}
		return nil
	})
}
