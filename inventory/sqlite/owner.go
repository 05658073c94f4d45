package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"keystation/inventory"
)

// Owner is a process as the journal knows it: the name of a file that it holds locked as long as it lives. The system
// lets go of the lock when the process ends, however it ends, so another process can tell that a run is nobody's. The
// lock belongs to the open file (flock, not POSIX record locks), so closing another handle does not lose it.
type Owner struct {
	name string
	file *os.File
}

// NewOwner makes a lock file in dir, which it makes too when it is missing, and holds it.
func NewOwner(dir string) (*Owner, error) {
	if err := os.MkdirAll(dir, 0o770); err != nil {
		return nil, lockFault(err)
	}
	id, err := inventory.NewID[string]()
	if err != nil {
		return nil, fmt.Errorf("name lock file: %w", err)
	}
	o := &Owner{name: id + ".lock"}
	o.file, err = os.OpenFile(filepath.Join(dir, o.name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, lockFault(err)
	}
	o.share(dir)
	if err := syscall.Flock(int(o.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, lockFault(errors.Join(err, o.Close()))
	}
	return o, nil
}

// share lets whoever shares the folder try the lock. Where that cannot be given, others take the run to be alive.
func (o *Owner) share(dir string) {
	info, err := os.Stat(dir)
	if err != nil {
		return
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	if ok && o.file.Chown(-1, int(of.Gid)) == nil {
		_ = o.file.Chmod(info.Mode().Perm() & 0o660)
	}
}

func lockFault(err error) error {
	return &inventory.Error{Kind: inventory.Unavailable,
		Msg: "The lock file of this process cannot be made: check that you may write in the lock folder.", Err: err}
}

// Name is what runs carry as their owner.
func (o *Owner) Name() string { return o.name }

// Close lets go. Runs of this owner that have no end are anybody's from now on.
func (o *Owner) Close() error {
	return errors.Join(os.Remove(o.file.Name()), o.file.Close())
}

// Undecidable lists the runs without an end of whose process this user cannot tell if it lives, since its lock file may
// not be opened. Nobody takes them over but a user who may.
func (s *Store) Undecidable(ctx context.Context) ([]inventory.Run, error) {
	open, err := runs.list(ctx, s.readers, "WHERE ended_at IS NULL ORDER BY id")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(open, func(r inventory.Run) bool {
		f, err := os.Open(filepath.Join(s.options.Locks, filepath.Base(r.Owner)))
		if err == nil {
			_ = f.Close() // nothing was read
		}
		return !errors.Is(err, os.ErrPermission)
	}), nil
}

// ownerLives tells if the process with this lock file runs. A file that is gone belongs to nobody; one that cannot be
// opened is another user's, and is taken to be held.
func ownerLives(dir, name string) (bool, error) {
	if name == "" || name != filepath.Base(name) {
		return false, nil
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDONLY, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case errors.Is(err, os.ErrPermission):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at lock file: %w", err)
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) // shared: two who ask at once do not take each other for it
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("try lock file: %w", err)
	}
	_ = os.Remove(f.Name()) // its process is gone for good: names are never used twice
	return false, nil
}
