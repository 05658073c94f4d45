package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/sqlite"
)

// copies are the files beside an older database that hold it as it was, or a piece of it.
func copies(t *testing.T, path string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{".schema-*", ".part*"} {
		files, err := filepath.Glob(path + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names = append(names, strings.TrimPrefix(f, path))
		}
	}
	return names
}

// wantUpToDate opens an older database, which must hold its ledger and stand beside these copies afterwards.
func wantUpToDate(t *testing.T, path string, want ...string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, err := s.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !a.Holds() || a.Entries < 40 {
		t.Errorf("brought up to date: %+v, %v", a, err)
	}
	if got := copies(t, path); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the copies are %q, want %q", got, want)
	}
	for _, name := range want {
		if info, err := os.Stat(path + name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// The power may fail at any point of the way up: whatever was left there, the next start goes on.
func TestOpen_afterAPowerCut(t *testing.T) {
	whole := func(t *testing.T, path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, tc := range map[string]struct {
		leftover string
		holds    func(t *testing.T, path string) []byte
		want     []string
	}{
		"before the copy":                {"", nil, []string{".schema-3"}},
		"while the copy was written":     {".part", func(t *testing.T, p string) []byte { return whole(t, p)[:5000] }, []string{".schema-3"}},
		"when the copy was whole":        {".schema-3", whole, []string{".schema-3"}},
		"in an older program's copy":     {".schema-3", func(t *testing.T, p string) []byte { return whole(t, p)[:20000] }, []string{".schema-3", ".schema-3-2"}},
		"before an older program copied": {".schema-3", func(*testing.T, string) []byte { return nil }, []string{".schema-3", ".schema-3-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := older(t, served(t), 3)
			if tc.leftover != "" {
				if err := os.WriteFile(path+tc.leftover, tc.holds(t, path), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			wantUpToDate(t, path, tc.want...)
		})
	}
}

// A copy of the same schema that tells of another time, from before a backup was put back, is kept beside the new one.
func TestOpen_keepsAnotherCopy(t *testing.T) {
	path := older(t, served(t), 3)
	if err := os.Rename(older(t, storied(t), 3), path+".schema-3"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path+".schema-3", 0o600); err != nil {
		t.Fatal(err)
	}
	wantUpToDate(t, path, ".schema-3", ".schema-3-2")
}

// Of several programs that start at once after an update one brings the database up to date, and all go on.
func TestOpen_severalAtOnce(t *testing.T) {
	path := older(t, served(t), 2)
	db := sqlite.Engine("file:" + path)
	vandal{t, db}.do("PRAGMA journal_mode = WAL") // as every program leaves it
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	wantUpToDate(t, path, ".schema-2")
}

// Whoever finds the database being brought up to date waits, and can be told to stop waiting.
func TestOpen_waitsForAnother(t *testing.T) {
	path := older(t, served(t), 3)
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	if _, err := sqlite.Open(ctx, path, sqlite.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("opened while another has the folder: %v", err)
	}
	if got := copies(t, path); len(got) != 0 {
		t.Errorf("it made %q", got)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	wantUpToDate(t, path, ".schema-3")
}

// Where no copy can be made the database stays as it is.
func TestOpen_withoutRoomForACopy(t *testing.T) {
	path := older(t, served(t), 3)
	if err := os.MkdirAll(filepath.Join(path+".part", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if inventory.KindOf(err) != inventory.Unavailable || !strings.Contains(inventory.Sentence(err), "must be copied") {
		t.Errorf("got %v", err)
	}
	if err := os.RemoveAll(path + ".part"); err != nil {
		t.Fatal(err)
	}
	wantUpToDate(t, path, ".schema-3")
}
