package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
)

// FindSession gives what a session holds, by the hash of its token; false when there is none, or it is over.
func (s *Store) FindSession(ctx context.Context, hash string) (data []byte, found bool, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT data FROM sessions WHERE hash = $1 AND expires_at > $2", hash, at(s.options.Now())).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	return data, true, nil
}

// CommitSession begins a session, and takes away those that are over.
func (s *Store) CommitSession(ctx context.Context, hash string, of inventory.PersonID, data []byte, expires time.Time) error {
	return s.beside(ctx, func(tx execer) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO sessions (hash, person, data, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (hash) DO UPDATE SET person = excluded.person, data = excluded.data, expires_at = excluded.expires_at`,
			hash, of, data, at(expires)); err != nil {
			return fmt.Errorf("begin session: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE expires_at <= $1", at(s.options.Now())); err != nil {
			return fmt.Errorf("drop old sessions: %w", err)
		}
		return nil
	})
}

// KeepSession keeps a session that was begun before. One that was ended in the meantime stays ended: a request that was on its
// way then must not bring it back.
func (s *Store) KeepSession(ctx context.Context, hash string, of inventory.PersonID, data []byte, expires time.Time) error {
	return s.beside(ctx, func(tx execer) error {
		if _, err := tx.ExecContext(ctx, "UPDATE sessions SET person = $1, data = $2, expires_at = $3 WHERE hash = $4", of, data, at(expires), hash); err != nil {
			return fmt.Errorf("keep session: %w", err)
		}
		return nil
	})
}

// DeleteSession ends a session.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	return s.beside(ctx, func(tx execer) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE hash = $1", hash); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return nil
	})
}

// EndSessions ends all sessions of a person.
func (s *Store) EndSessions(ctx context.Context, of inventory.PersonID) error {
	return s.beside(ctx, func(tx execer) error { return endSessions(ctx, tx, of) })
}

func endSessions(ctx context.Context, tx execer, of inventory.PersonID) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE person = $1 AND person <> ''", of); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// Sessions lists those of a person that are not over.
func (s *Store) Sessions(ctx context.Context, of inventory.PersonID) ([]inventory.Session, error) {
	return queryRows(ctx, s.readers, func(k *inventory.Session) []any { return []any{&k.Hash, &k.Data} },
		"SELECT hash, data FROM sessions WHERE person = $1 AND person <> '' AND expires_at > $2 ORDER BY hash", of, at(s.options.Now()))
}
