package sqlite

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"keystation/inventory"
)

// SQLite keeps two files beside the database while it is open: the write-ahead log and its index. All three hold the
// same rows, so all three need the same mode and group.
var suffixes = []string{"", "-wal", "-shm"}

// createFile makes an empty file that nobody else may read. It fails when there is one.
func createFile(path, group string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return inventory.Refuse(inventory.Conflict, "%s exists already: name another file, or move that one away first.", path)
	case err != nil:
		return &inventory.Error{Kind: inventory.Unavailable, Msg: "The database " + path + " cannot be made: check that the folder exists and that you may write in it.", Err: err}
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make database file: %w", err)
	}
	if err := shareFiles(path, group); err != nil {
		removeFiles(path)
		return err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		removeFiles(path)
		return err
	}
	return nil
}

// syncFolder puts the names in a folder on the disk. A folder that may be written and not listed is left to the system.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if errors.Is(err, os.ErrPermission) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open database folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync database folder: %w", err)
	}
	return nil
}

func removeFiles(path string) {
	for _, suffix := range suffixes {
		_ = os.Remove(path + suffix)
	}
}

// shareFiles gives the database and its companions their mode, and their group when one is named. A companion that is
// missing is made, empty, since SQLite would give it the group of whoever comes first and shut everybody else out.
// Files of another user are theirs to give; if they were not given, opening them says so.
func shareFiles(path, group string) error {
	mode, gid := os.FileMode(0o600), -1
	if group != "" {
		id, err := groupID(group)
		if err != nil {
			return err
		}
		mode, gid = 0o660, id
	}
	for i, suffix := range suffixes {
		if i > 0 && group != "" {
			if err := makeCompanion(path+suffix, mode, gid); err != nil {
				return err
			}
			continue
		}
		if err := share(path+suffix, mode, gid); err != nil {
			return err
		}
	}
	return nil
}

// makeCompanion makes the file under another name first: nobody ever sees it with the wrong group.
func makeCompanion(path string, mode os.FileMode, gid int) error {
	if _, err := os.Lstat(path); err == nil {
		return share(path, mode, gid)
	}
	scratch := fmt.Sprintf("%s.%d", path, os.Getpid())
	f, err := os.OpenFile(scratch, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil // the folder is not ours to write in: SQLite will say so if it must write
	}
	defer os.Remove(scratch)
	if err := f.Close(); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	if err := share(scratch, mode, gid); err != nil {
		return err
	}
	if err := os.Link(scratch, path); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

func share(path string, mode os.FileMode, gid int) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("share %s: %w", path, err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) != os.Geteuid() {
		return nil
	}
	if gid >= 0 && int(owner.Gid) != gid {
		if err := os.Chown(path, -1, gid); err != nil {
			return &inventory.Error{Kind: inventory.Forbidden, Msg: "The database cannot be given to the bench's group: add your user to that group, or name another.", Err: err}
		}
	}
	if info.Mode().Perm() == mode {
		return nil
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("share %s: %w", path, err)
	}
	return nil
}

func groupID(name string) (int, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		if _, numeric := strconv.Atoi(name); numeric != nil {
			return 0, inventory.Refuse(inventory.Invalid, "There is no group %q on this machine: make it or name another in the configuration.", name)
		}
		g = &user.Group{Gid: name}
	}
	id, err := strconv.Atoi(g.Gid)
	if err != nil {
		return 0, fmt.Errorf("look up group %q: %w", name, err)
	}
	return id, nil
}
