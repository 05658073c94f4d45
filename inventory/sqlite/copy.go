package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// keepCopy keeps a copy of the database with the schema that it has, beside it, for its owner alone. The copy gets its
// name when it is whole and on the disk, so that one with a name can be relied on. The folder is locked.
func (s *Store) keepCopy(ctx context.Context, has int64) error {
	name := fmt.Sprintf("%s.schema-%d", s.path, has)
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); err != nil { // whatever else it is, writing says so
			break
		}
		if s.copied(ctx, name, has) {
			return nil // by a program that died before it was done with the rest
		}
		name = fmt.Sprintf("%s.schema-%d-%d", s.path, has, n)
	}
	part := s.path + ".part"
	removeFiles(part) // of a program that died
	if err := s.copyTo(ctx, part); err != nil {
		removeFiles(part)
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return noCopy(name, err)
	}
	return syncFolder(filepath.Dir(name))
}

// copyTo writes a copy of the database and has it on the disk.
func (s *Store) copyTo(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return noCopy(path, err)
	}
	_, err = s.writer.ExecContext(ctx, "VACUUM INTO $1", path)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return noCopy(path, refusal(err))
	}
	return nil
}

// noCopy is why a database is not brought up to date. What has a sentence of its own keeps it.
func noCopy(path string, err error) error {
	if _, said := errors.AsType[*inventory.Error](err); said {
		return fmt.Errorf("copy database: %w", err)
	}
	return &inventory.Error{Kind: inventory.Unavailable, Err: err,
		Msg: "The database must be copied before it is brought up to date, but " + path + " cannot be made: check that you may write in its folder and that there is room."}
}

// copied tells if the file at path is a whole copy of the database as it is now.
func (s *Store) copied(ctx context.Context, path string, has int64) bool {
	db, err := open(ctx, path, "mode=ro&immutable=1")
	if err != nil {
		return false
	}
	defer db.Close()
	var sound string
	err = db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&sound)
	version, older := schemaVersion(ctx, db)
	return err == nil && older == nil && sound == "ok" && version == has && sameLedger(ctx, db, s.readers)
}

// sameLedger tells if two databases tell the same story.
func sameLedger(ctx context.Context, one, other *sql.DB) bool {
	var sizes [2]int64
	var roots [2]ledger.Hash
	for i, db := range []*sql.DB{one, other} {
		var err error
		if sizes[i], roots[i], err = head(ctx, db); err != nil {
			return false
		}
	}
	return sizes[0] == sizes[1] && roots[0] == roots[1]
}

// lockFolder waits until no other program holds the folder, and holds it until unlock or until this process ends,
// however it ends. The folder and not the database is held: SQLite loses its own locks when another handle of the file
// is closed.
func lockFolder(ctx context.Context, dir string) (unlock func() error, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, unlockable(dir, err)
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, unlockable(dir, errors.Join(err, f.Close()))
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait until another keystation has brought the database up to date: %w", ctx.Err()), f.Close())
		}
	}
}

func unlockable(dir string, err error) error {
	return &inventory.Error{Kind: inventory.Unavailable, Err: err,
		Msg: "The database must be brought up to date, but its folder " + dir + " cannot be locked meanwhile: start keystation once as a user who may list that folder."}
}
