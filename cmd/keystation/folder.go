package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"keystation/inventory"
)

// made is what one call has put on the disk, in its order: it can be taken away again, and nothing else with it.
type made struct{ paths []string }

// folder makes a folder with a mode that the umask does not change, and gives it to a group (-1: leave it). Folders
// above it that are missing are made too. One that is there already is refused.
func (m *made) folder(path string, mode os.FileMode, gid int) error {
	err := os.Mkdir(path, 0o700)
	if above := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && above != path {
		if err := m.folder(above, 0o700, -1); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o700)
	}
	if err != nil {
		return inTheWay(path, err)
	}
	m.paths = append(m.paths, path)
	if err := os.Chown(path, -1, gid); err != nil {
		return unwritable(path, err)
	}
	if err := os.Chmod(path, mode); err != nil {
		return unwritable(path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// file makes a new file.
func (m *made) file(path, text string, mode os.FileMode, gid int) error {
	if err := writeFile(path, text, mode, gid); err != nil {
		return err
	}
	m.paths = append(m.paths, path)
	return nil
}

// undo takes away what was made, the last first. A folder that somebody else has put something into stays, and is told.
func (m *made) undo() error {
	var errs []error
	for _, path := range slices.Backward(m.paths) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// inTheWay says why a path cannot be made: something has the name already, or this user may not.
func inTheWay(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return inventory.Refuse(inventory.Conflict, "%s exists already and is left as it is: choose another --db, or move it away.", path)
	}
	return unwritable(path, err)
}

// writeFile makes a new file that is on the disk under its name when it returns, or not there at all.
func writeFile(path, text string, mode os.FileMode, gid int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return inTheWay(path, err)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chown(-1, gid), f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(unwritable(path, err), os.Remove(path))
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder puts the names in a folder on the disk: a file that is synced can still lose its name.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // one may write into a folder that one may not list; it is synced when the system likes
	}
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return unwritable(dir, err)
	}
	return nil
}

// packetRoom is more than a packet needs on the disk.
const packetRoom = 256 << 10

// writable proves that a packet can be put into a folder, by putting as much there, and takes away what a program left
// there that was killed while it wrote.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return unwritable(dir, err)
	}
	if err := sweep(dir); err != nil {
		return unwritable(dir, err)
	}
	f, err := os.CreateTemp(dir, ".try-*")
	if err != nil {
		return unwritable(dir, err)
	}
	_, err = f.Write(make([]byte, packetRoom))
	if err := errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return unwritable(dir, err)
	}
	return nil
}

// sweep removes files that were never put in their place. One that is younger than an hour may be another program's.
func sweep(dir string) error {
	for _, name := range []string{".try-*", ".packet-*"} {
		left, err := filepath.Glob(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("list what was left: %w", err)
		}
		for _, path := range left {
			info, err := os.Stat(path)
			if err != nil || time.Since(info.ModTime()) < time.Hour {
				continue // it is gone by now, or in use
			}
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove what was left: %w", err)
			}
		}
	}
	return nil
}

// unwritables are why a path cannot be written, in words.
var unwritables = []struct {
	is   error
	says string
}{
	{syscall.ENOSPC, "the disk is full. Make room on it and start again."},
	{syscall.EDQUOT, "this user may use no more of the disk. Make room there and start again."},
	{syscall.EROFS, "the disk may be read but not written. Mend that or choose another place."},
	{fs.ErrPermission, "this user may not write there. Mend its permissions or choose another place."},
	{nil, "it cannot be written. Mend its permissions or choose another place."},
}

func unwritable(path string, err error) error {
	for _, u := range unwritables {
		if u.is == nil || errors.Is(err, u.is) {
			return &inventory.Error{Kind: inventory.Unavailable, Msg: path + ": " + u.says, Err: err}
		}
	}
	return err
}

// readSecret reads a small text file such as an identity.
func readSecret(dir, name string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return "", &inventory.Error{
			Kind: inventory.Unavailable,
			Msg:  fmt.Sprintf("%s cannot be read: run as the user that may, or name its folder in the configuration.", filepath.Join(dir, name)),
			Err:  err,
		}
	}
	return strings.TrimSpace(string(b)), nil
}

// groupID finds a system group; -1 for none.
func groupID(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, &inventory.Error{
			Kind: inventory.Invalid, Err: err,
			Msg: fmt.Sprintf("There is no group %q on this machine: make it with groupadd, or name another.", name),
		}
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return 0, fmt.Errorf("read group id: %w", err)
	}
	return gid, nil
}

// groupWrites tells if a folder is a group's and the group may write in it.
func groupWrites(dir, group string) bool {
	gid, err := groupID(group)
	if err != nil {
		return false
	}
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(of.Gid) == gid && info.Mode().Perm()&0o030 == 0o030
}

// osActor is the system user who runs the program. Ids stand in the ledger's clear headers, from which nothing can be
// erased, so the id is the number and the login name is only the name.
func osActor() inventory.Actor {
	uid := strconv.Itoa(os.Getuid())
	a := inventory.Actor{ID: "os:" + uid, Name: "uid " + uid, Method: inventory.ByOSUser}
	if u, err := user.Current(); err == nil {
		a.Name = u.Username
	}
	return a
}
