package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/mattn/go-sqlite3"

	"keystation/inventory"
)

// Pragmas stand in the name because the pool opens connections when it likes, and a PRAGMA by Exec reaches one of
// them only. FULL: the journal of a run must survive a power cut.
const (
	writerPragmas = "_journal_mode=WAL&_busy_timeout=10000&_txlock=immediate&_foreign_keys=on&_synchronous=FULL&_secure_delete=on&_stmt_cache_size=128"
	readerPragmas = "mode=ro&_query_only=on&_busy_timeout=10000&_foreign_keys=on&_stmt_cache_size=64"
	readerCount   = 4
)

func openWriter(ctx context.Context, path string) (*sql.DB, error) {
	db, err := open(ctx, path, writerPragmas)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func openReaders(ctx context.Context, path string) (*sql.DB, error) {
	db, err := open(ctx, path, readerPragmas)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readerCount)
	db.SetMaxIdleConns(readerCount)
	return db, nil
}

func open(ctx context.Context, path, pragmas string) (*sql.DB, error) {
	db := sql.OpenDB(connector{name: "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas})
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return nil, errors.Join(refusal(fmt.Errorf("open database %s: %w", path, err)), db.Close())
	}
	return db, nil
}

// connector opens connections whose statements can call fold.
type connector struct{ name string }

// Connect opens one.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.name) }

// Driver gives the engine.
func (c connector) Driver() driver.Driver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(conn *sqlite3.SQLiteConn) error {
		return conn.RegisterFunc("fold", fold, true)
	}}
}

// faults are what SQLite says about the file, in words.
var faults = []struct {
	code sqlite3.ErrNo
	kind inventory.Kind
	says string
}{
	{sqlite3.ErrBusy, inventory.Unavailable, "Another keystation is writing to the database: try again in a moment."},
	{sqlite3.ErrLocked, inventory.Unavailable, "Another keystation is writing to the database: try again in a moment."},
	{sqlite3.ErrNotADB, inventory.Invalid, "This file is not a keystation database: name the file that keystation init made."},
	{sqlite3.ErrCorrupt, inventory.Internal, "The database file is damaged: stop, keep a copy of it, and restore the last backup."},
	{sqlite3.ErrFull, inventory.Unavailable, "The disk with the database is full: make room on it, then start again."},
	{sqlite3.ErrIoErr, inventory.Unavailable, "The disk with the database cannot be read or written: see what the system's log says about it, then start again."},
	{sqlite3.ErrReadonly, inventory.Forbidden, "The database may be read but not written by this user: run as its owner, or as a member of the bench's group, which has to be let at its folder too."},
	{sqlite3.ErrPerm, inventory.Forbidden, "The database may not be opened by this user: run as its owner, or as a member of the bench's group, which has to be let at its folder too."},
	{sqlite3.ErrCantOpen, inventory.Forbidden, "The database may not be opened by this user: run as its owner, or as a member of the bench's group, and check the folder's permissions."},
}

// conflicts are the rules that the schema itself enforces, in words. They are matched by what SQLite says it was.
var conflicts = []struct{ text, says string }{
	{"UNIQUE constraint failed: keys.asset_tag", "Another key has this asset tag already: put the key aside and print a new label."},
	{"UNIQUE constraint failed: index 'keys_serial'", "Another key of this vendor has this serial number already: look it up before making this one."},
	{"UNIQUE constraint failed: people.email", "Another person has this e-mail address already."},
	{"UNIQUE constraint failed: people.external_id", "Another person has this external id already."},
	{"UNIQUE constraint failed: requisitions.reference", "Another requisition has this reference already."},
	{"UNIQUE constraint failed: lines.run", "This run has a line already: release that one first."},
	{"UNIQUE constraint failed: custody.key_id", "Somebody else holds this key already: close that custody first."},
	{"UNIQUE constraint failed: entries.run", "This was written already: the run goes on elsewhere, or its record is done."},
	{"custody: only an empty end", "A custody that has ended cannot be changed: record a new one."},
}

// refusal makes an error that a person can read of one that SQLite gave. Other errors pass as they are.
func refusal(err error) error {
	if _, said := errors.AsType[*inventory.Error](err); said {
		return err
	}
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return err
	}
	if e.Code == sqlite3.ErrConstraint {
		for _, c := range conflicts {
			if strings.Contains(e.Error(), c.text) {
				return &inventory.Error{Kind: inventory.Conflict, Msg: c.says, Err: err}
			}
		}
		return &inventory.Error{Kind: inventory.Internal, Msg: "The database refused a row that breaks its rules. It is our fault: please report what you did.", Err: err}
	}
	for _, f := range faults {
		if e.Code == f.code {
			return &inventory.Error{Kind: f.kind, Msg: f.says, Err: err}
		}
	}
	return err
}

// ofEngine tells if err is of the database itself or of the context, not of a value in it.
func ofEngine(err error) bool {
	_, engine := errors.AsType[sqlite3.Error](err)
	return engine || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone)
}

// nextNumber gives the number after the highest in use, with its prefix. The index over the expression makes it one look-up.
func nextNumber(ctx context.Context, q querier, table, prefix string) (string, error) {
	const first = 1001
	var last sql.NullInt64
	err := q.QueryRowContext(ctx, "SELECT max(CAST(substr(number, 3) AS INTEGER)) FROM "+table).Scan(&last)
	if err != nil {
		return "", fmt.Errorf("number %s: %w", table, err)
	}
	return fmt.Sprintf("%s%d", prefix, max(last.Int64+1, first)), nil
}
