package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// Options are what a store is told by the configuration. The zero value is a store for one user that cannot read
// addresses.
type Options struct {
	Group string           // of the bench: may read and write the files; empty: nobody but the owner
	Locks string           // directory of the owners' lock files; empty: beside the database, named FILE.locks
	Now   func() time.Time // nil: the system's clock
	Rand  io.Reader        // of salts; nil: the system's

	// Entitlement is how many keys people may have without anybody wondering. The zero value: as [inventory.DefaultEntitlement].
	Entitlement inventory.Entitlement

	// Commit is put around every commit: actions are those of its ledger entries, in order, and what it returns is what
	// the commit came to. nil: nothing stands between.
	Commit func(actions []string, commit func() error) error

	// SealAddress and OpenAddress close and open the address of a requisition, whose id the sealed bytes name. Without
	// the first no address can be imported, without the second no order that has one can be read.
	SealAddress func(requisition string, a inventory.Address) ([]byte, error)
	OpenAddress func(requisition string, blob []byte) (inventory.Address, error)
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	path    string
	options Options
	writer  *sql.DB // one connection
	readers *sql.DB // read-only
	group   group
	tree    *ledger.Rebuilder // as of the last commit of this process; touched by the leader of the group only
}

// Init makes the database of s at path and opens it. It never touches a file that is there already. The settings are
// entry 1 of its ledger.
func Init(ctx context.Context, path string, o Options, s inventory.Settings, by inventory.Actor) (*Store, error) {
	if err := createFile(path, o.Group); err != nil {
		return nil, err
	}
	store, err := initFile(ctx, path, o, s, by)
	if err != nil {
		removeFiles(path) // ours alone: it did not exist before
		return nil, err
	}
	return store, nil
}

func initFile(ctx context.Context, path string, o Options, s inventory.Settings, by inventory.Actor) (*Store, error) {
	store, err := connect(ctx, path, o, func(context.Context, *sql.DB, string) error { return nil })
	if err != nil {
		return nil, err
	}
	if err := store.found(ctx, s, by); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// found applies the schema and writes the settings.
func (s *Store) found(ctx context.Context, v inventory.Settings, by inventory.Actor) error {
	if err := migrate(ctx, s.writer); err != nil {
		return err
	}
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		v.CreatedAt = tx.now
		if err := settings.save(ctx, tx, v); err != nil {
			return err
		}
		return tx.log(ctx, inventory.Event{Action: "settings.made", Payload: v})
	})
}

// Open opens the database at path. A missing file, a file that is no database of ours, and a database made by a newer
// program are refused, each with its sentence.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if err := findFile(path); err != nil {
		return nil, err
	}
	store, err := connect(ctx, path, o, ours)
	if err != nil {
		return nil, err
	}
	if err := store.upToDate(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// connect opens the readers and, when they find the file fit, the writer, and gives the files to the group. The writer
// is second because its opening alone changes a file that does not use a write-ahead log yet.
func connect(ctx context.Context, path string, o Options, fit func(context.Context, *sql.DB, string) error) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Entitlement == (inventory.Entitlement{}) {
		o.Entitlement = inventory.DefaultEntitlement()
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Commit == nil {
		o.Commit = func(_ []string, commit func() error) error { return commit() }
	}
	if o.Locks == "" {
		o.Locks = path + ".locks"
	}
	if err := shareFiles(path, o.Group); err != nil {
		return nil, err
	}
	readers, err := openReaders(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := fit(ctx, readers, path); err != nil {
		return nil, errors.Join(err, readers.Close())
	}
	writer, err := openWriter(ctx, path)
	if err != nil {
		return nil, errors.Join(err, readers.Close())
	}
	if err := shareFiles(path, o.Group); err != nil { // what another process removed meanwhile was made anew
		return nil, errors.Join(err, readers.Close(), writer.Close())
	}
	return &Store{path: path, options: o, writer: writer, readers: readers}, nil
}

// Close closes the database. Whoever still writes gets an error.
func (s *Store) Close() error {
	if err := errors.Join(s.readers.Close(), s.writer.Close()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Path is where the database stands.
func (s *Store) Path() string { return s.path }

func findFile(path string) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return inventory.Refuse(inventory.NotFound, "There is no database at %s: make one with keystation init --db %s.", path, path)
	case err != nil:
		return &inventory.Error{Kind: inventory.Unavailable, Msg: "The database at " + path + " cannot be reached: check the folder's permissions.", Err: err}
	case info.IsDir():
		return inventory.Refuse(inventory.Invalid, "%s is a folder, not a database: name the file in it.", path)
	}
	if err := syscall.Access(path, 2); errors.Is(err, syscall.EROFS) { // 2: to write; who may is told by opening it
		return &inventory.Error{Kind: inventory.Unavailable, Msg: "The disk with the database may be read but not written: mount it so that it can be written, then start again.", Err: err}
	}
	return nil
}
