package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"keystation/inventory"
)

// A table tells how values of T stand in the database: which columns, in the order in which bind gives their values
// and into takes them. The ledger names a row by the table and by what id says.
type table[T any] struct {
	name    string
	columns []string // the first is the primary key, unless the table is append-only
	id      func(*T) string
	about   func(*T) []string // ids of what the row is about: the entry that changes it is found under them
	bind    func(*T) []any
	into    func(*T) []any

	selects, saves string
}

// define makes a table whose rows are inserted or replaced by their primary key.
func define[T any](name, columns string, t table[T]) *table[T] {
	t.appendOnly(name, columns)
	var set []string
	for _, c := range t.columns[1:] {
		set = append(set, c+" = excluded."+c)
	}
	conflict := fmt.Sprintf("ON CONFLICT (%s) DO UPDATE SET %s RETURNING", t.columns[0], strings.Join(set, ", "))
	t.saves = strings.Replace(t.saves, "RETURNING", conflict, 1)
	return &t
}

// defineLog makes a table whose rows are inserted, never replaced.
func defineLog[T any](name, columns string, t table[T]) *table[T] {
	t.appendOnly(name, columns)
	return &t
}

func (t *table[T]) appendOnly(name, columns string) {
	t.name, t.columns = name, strings.Fields(strings.ReplaceAll(columns, ",", " "))
	list := strings.Join(t.columns, ", ")
	var marks []string
	for i := range t.columns {
		marks = append(marks, fmt.Sprintf("$%d", i+1))
	}
	t.selects = fmt.Sprintf("SELECT %s FROM %s ", list, name)
	t.saves = fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) RETURNING %s", name, list, strings.Join(marks, ", "), list)
}

// qualified lists the columns with their table's alias before each, for statements that join.
func (t *table[T]) qualified(alias string) string {
	return alias + "." + strings.Join(t.columns, ", "+alias+".")
}

// A querier is a transaction or the pool of readers.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// one reads the row that tail finds. Its error wraps sql.ErrNoRows when there is none.
func (t *table[T]) one(ctx context.Context, q querier, tail string, args ...any) (T, error) {
	var v T
	err := q.QueryRowContext(ctx, t.selects+tail, args...).Scan(t.into(&v)...)
	if err != nil {
		return v, fmt.Errorf("read %s: %w", t.name, err)
	}
	return v, nil
}

// list reads the rows that tail finds. It gives an empty list, not nil, when there are none.
func (t *table[T]) list(ctx context.Context, q querier, tail string, args ...any) ([]T, error) {
	all := []T{}
	err := t.each(ctx, q, tail, func(v T) error {
		all = append(all, v)
		return nil
	}, args...)
	return all, err
}

// each calls do with the rows that tail finds, one after the other.
func (t *table[T]) each(ctx context.Context, q querier, tail string, do func(T) error, args ...any) error {
	rows, err := q.QueryContext(ctx, t.selects+tail, args...)
	if err != nil {
		return fmt.Errorf("list %s: %w", t.name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(t.into(&v)...); err != nil {
			return fmt.Errorf("list %s: %w", t.name, err)
		}
		if err := do(v); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list %s: %w", t.name, err)
	}
	return nil
}

// save writes v and notes the hash of the row as it reads back, for the next leaf of tx.
func (t *table[T]) save(ctx context.Context, tx *txn, v T) error {
	var back T
	if err := tx.sql.QueryRowContext(ctx, t.saves, t.bind(&v)...).Scan(t.into(&back)...); err != nil {
		return refusal(fmt.Errorf("save %s: %w", t.name, err))
	}
	return t.changed(tx, &back)
}

// changed notes a row as it reads back for the next leaf.
func (t *table[T]) changed(tx *txn, back *T) error {
	hash, err := t.digest(back)
	if err != nil {
		return err
	}
	tx.changed(hash, t.about(back))
	return nil
}

// set changes one column of a row that is there, as save does. It spares the indexes of the other columns, which is what
// counts when very many rows change.
func (t *table[T]) set(ctx context.Context, tx *txn, id, column string, value any) error {
	var back T
	statement := fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s = $2 RETURNING %s", t.name, column, t.columns[0], strings.Join(t.columns, ", "))
	if err := tx.sql.QueryRowContext(ctx, statement, value, id).Scan(t.into(&back)...); err != nil {
		return refusal(fmt.Errorf("set %s of %s: %w", column, t.name, err))
	}
	return t.changed(tx, &back)
}

func (t *table[T]) digest(v *T) (inventory.RowHash, error) {
	sum, err := inventory.Digest(v)
	if err != nil {
		return inventory.RowHash{}, fmt.Errorf("hash row of %s: %w", t.name, err)
	}
	return inventory.RowHash{Table: t.name, ID: t.id(v), SHA256: sum}, nil
}

// absent makes a refusal of err when no row was found, with the sentence for it.
func absent(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Refuse(inventory.NotFound, format, args...)
	}
	return err
}

// queryRows runs a statement that no table describes and reads its rows with scan.
func queryRows[T any](ctx context.Context, q querier, scan func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		var v T
		if err := rows.Scan(scan(&v)...); err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return all, nil
}
