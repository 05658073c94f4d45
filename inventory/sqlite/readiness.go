package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"keystation/inventory"
)

var readiness = define("readiness", "version authenticator rows by_id by_name by_method at", table[inventory.Readiness]{
	id:    func(r *inventory.Readiness) string { return decimal(r.Version) },
	about: func(*inventory.Readiness) []string { return []string{"readiness"} },
	bind: func(r *inventory.Readiness) []any {
		return []any{r.Version, r.Authenticator, inList(r.Rows), r.By.ID, r.By.Name, r.By.Method, at(r.At)}
	},
	into: func(r *inventory.Readiness) []any {
		return []any{&r.Version, &r.Authenticator, intoList(&r.Rows), &r.By.ID, &r.By.Name, &r.By.Method, atInto{&r.At}}
	},
})

// Readiness gives the table in force; the one that comes with the program when nobody changed it.
func (s *Store) Readiness(ctx context.Context) (inventory.Readiness, error) {
	return newestReadiness(ctx, s.readers)
}

// ReadinessHistory lists the versions of the table, the newest first.
func (s *Store) ReadinessHistory(ctx context.Context) ([]inventory.Readiness, error) {
	return readiness.list(ctx, s.readers, "ORDER BY version DESC")
}

// ChangeReadiness puts a table in force. It must be the answer to the version that whoever changes it saw (0: the one that
// comes with the program): somebody else may have changed it meanwhile.
func (s *Store) ChangeReadiness(ctx context.Context, by inventory.Actor, r inventory.Readiness, seen int64) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		last, err := newestReadiness(ctx, tx.sql)
		if err != nil {
			return err
		}
		if last.Version != seen {
			return inventory.Refuse(inventory.Conflict, "The table was changed meanwhile by %s: look at version %d, then make your change in it.", last.By.Name, last.Version)
		}
		r, ev, err := r.Change(last.Version, by, tx.now)
		if err != nil {
			return err
		}
		if err := readiness.save(ctx, tx, r); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

func newestReadiness(ctx context.Context, q querier) (inventory.Readiness, error) {
	r, err := readiness.one(ctx, q, "ORDER BY version DESC LIMIT 1")
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.DefaultReadiness(), nil
	}
	return r, err
}
