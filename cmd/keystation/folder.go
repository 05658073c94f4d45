package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"keystation/inventory"
)

// makeFolder makes a folder with a mode that the umask does not change, and gives it to a group (-1: leave it).
func makeFolder(path string, mode os.FileMode, gid int) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return unwritable(path, err)
	}
	if err := os.Chown(path, -1, gid); err != nil {
		return unwritable(path, err)
	}
	if err := os.Chmod(path, mode); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// writeFile makes a new file that is on the disk when it returns.
func writeFile(path, text string, mode os.FileMode, gid int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unwritable(path, err)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chown(-1, gid), f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return unwritable(path, err)
	}
	return nil
}

// writable proves that files can be made in a folder, by making one.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return unwritable(dir, err)
	}
	f, err := os.CreateTemp(dir, ".try-*")
	if err != nil {
		return unwritable(dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func unwritable(path string, err error) error {
	why := "it cannot be written"
	if errors.Is(err, fs.ErrPermission) {
		why = "this user may not write there"
	}
	return &inventory.Error{
		Kind: inventory.Unavailable,
		Msg:  fmt.Sprintf("%s: %s. Mend its permissions or choose another place.", path, why),
		Err:  err,
	}
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

// osActor is the system user who runs the program.
func osActor() inventory.Actor {
	u, err := user.Current()
	if err != nil {
		return inventory.Actor{ID: "os:" + strconv.Itoa(os.Getuid()), Name: "uid " + strconv.Itoa(os.Getuid()), Method: inventory.ByOSUser}
	}
	return inventory.Actor{ID: "os:" + u.Username, Name: u.Username, Method: inventory.ByOSUser}
}
