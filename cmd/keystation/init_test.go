package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"keystation/inventory"
)

// fading is a context that ends when it is looked at for the n-th time.
type fading struct {
	context.Context
	end  context.CancelFunc
	left atomic.Int64
}

func newFading(t *testing.T, n int) *fading {
	ctx, end := context.WithCancel(t.Context())
	t.Cleanup(end)
	f := &fading{Context: ctx, end: end}
	f.left.Store(int64(n))
	return f
}

// Done ends the context when it is time.
func (f *fading) Done() <-chan struct{} {
	if f.left.Add(-1) == 0 {
		f.end()
	}
	return f.Context.Done()
}

func configAt(dir string) Config {
	cfg := defaultConfig()
	cfg.Database.Path = filepath.Join(dir, "keys.db")
	cfg.complete()
	return cfg
}

// TestInit_allOrNone interrupts init at its beginning, in its middle and as late as it can be: nothing is left.
func TestInit_allOrNone(t *testing.T) {
	t.Parallel()
	whole := newFading(t, 1_000_000)
	if _, err := initialize(whole, configAt(t.TempDir()), "", ""); err != nil {
		t.Fatal(err)
	}
	looks := 1_000_000 - int(whole.left.Load())
	interrupted := 0
	for _, back := range []int{looks - 1, looks / 2, 12, 10, 8, 6, 4, 3, 2, 1} {
		n, dir := looks-back, t.TempDir()
		_, err := initialize(newFading(t, n), configAt(filepath.Join(dir, "new")), "", "")
		left, globErr := filepath.Glob(filepath.Join(dir, "*"))
		if globErr != nil {
			t.Fatal(globErr)
		}
		if err == nil {
			continue // it was done before it noticed
		}
		interrupted++
		if len(left) > 0 {
			t.Fatalf("interrupted at %d (%v), init left %q", n, err, left)
		}
	}
	if interrupted < 3 {
		t.Errorf("init was interrupted %d times only", interrupted)
	}
}

// TestInit_keepsOthers: what somebody else put beside the new database stays, and what init made goes.
func TestInit_keepsOthers(t *testing.T) {
	t.Parallel()
	cfg := configAt(t.TempDir())
	mine := filepath.Join(cfg.Bench.Dir, "mine.txt")
	if err := os.Mkdir(cfg.Bench.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := inventory.Settings{RPID: "localhost"}
	var m made // past the first look, as if the folder had come a moment later
	err := m.writeSecrets(cfg, &s)
	if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(err.Error(), "is left as it is") {
		t.Fatalf("got %v, want a refusal", err)
	}
	if err := m.undo(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("what was there is gone: %v", err)
	}
	if _, err := os.Stat(cfg.Secrets.Dir); err == nil {
		t.Error("the secrets of nothing are left")
	}
}

// TestInit_atOnce starts several at the same place: one wins, and what it made is whole.
func TestInit_atOnce(t *testing.T) {
	t.Parallel()
	cfg := configAt(t.TempDir())
	var won atomic.Int64
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			_, err := initialize(t.Context(), cfg, "", "")
			switch {
			case err == nil:
				won.Add(1)
			case inventory.KindOf(err) != inventory.Conflict:
				t.Errorf("got %v, want a refusal", err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d of them made the database", won.Load())
	}
	d, err := openDesk(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if s := checkSecrets(t.Context(), d); !s.pass {
		t.Errorf("the winner's secrets do not fit its database: %s", s.found)
	}
}

// TestDemo_usedFolder speaks of the flag that its user gave.
func TestDemo_usedFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "demo.db.bench"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, errs, code := call(t, "demo", "--once", "--dir", dir)
	if want := "The folder " + dir + " holds a demo already: choose another --dir, or remove it.\n"; code != exitFailure || errs != want {
		t.Errorf("exit code %d, %q; want %q", code, errs, want)
	}
}
