package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"keystation/inventory"
	"keystation/schema"
)

// migrate applies what is missing of the schema, one transaction per file.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := migrations(db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("apply schema: %w", refusal(err))
	}
	return nil
}

// migrations are the files of the schema by the numbers in their names. SQLite itself takes each apart: to look for the
// ends of statements first, as goose would, is slower than to run them.
func migrations(db *sql.DB) (*goose.Provider, error) {
	names, err := fs.Glob(schema.FS, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	var files []*goose.Migration
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		files = append(files, goose.NewGoMigration(version, &goose.GoFunc{RunTx: apply(name)}, nil))
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, nil, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(files...))
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return p, nil
}

// apply runs one file of the schema.
func apply(name string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		text, err := schema.FS.ReadFile(name)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, string(text))
		return err
	}
}

// ours refuses what is no database of ours, and one that a newer program made.
func ours(ctx context.Context, readers *sql.DB, path string) error {
	has, err := schemaVersion(ctx, readers)
	if err != nil {
		return inventory.Refuse(inventory.Invalid, "%s is a database, but not one of keystation: name the file that keystation init made.", path)
	}
	knows, err := newestSchema(readers)
	if err != nil {
		return err
	}
	if has > knows {
		return inventory.Refuse(inventory.Conflict,
			"This database was made by a newer keystation (schema %d, this program knows %d): install that version.", has, knows)
	}
	return nil
}

// newestSchema is the version that this program brings a database to.
func newestSchema(db *sql.DB) (int64, error) {
	p, err := migrations(db)
	if err != nil {
		return 0, err
	}
	sources := p.ListSources()
	return sources[len(sources)-1].Version, nil
}

// upToDate brings an older database up to this program, after making a copy. Of several programs that start at once the
// first does it and the others wait.
func (s *Store) upToDate(ctx context.Context) (err error) {
	knows, err := newestSchema(s.writer)
	if err != nil {
		return err
	}
	if has, err := schemaVersion(ctx, s.readers); err != nil || has >= knows {
		return err
	}
	unlock, err := lockFolder(ctx, filepath.Dir(s.path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	has, err := schemaVersion(ctx, s.readers)
	if err != nil || has >= knows {
		return err
	}
	if err := s.keepCopy(ctx, has); err != nil {
		return err
	}
	return migrate(ctx, s.writer)
}

func schemaVersion(ctx context.Context, q querier) (int64, error) {
	var v sql.NullInt64
	err := q.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied = 1").Scan(&v)
	if err == nil && v.Int64 == 0 {
		err = errors.New("no version")
	}
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return v.Int64, nil
}
