package softkey_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"keystation/station/softkey"
)

// TestWatchHIDG plugs a gadget in and out, once so fast that the watcher can see it only by the node being another one.
func TestWatchHIDG(t *testing.T) {
	node := filepath.Join(t.TempDir(), "hidg0")
	next := node + ".next"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	steps := []func() error{
		func() error { return os.Remove(node) },
		func() error { return os.WriteFile(node, nil, 0o600) },
		func() error { // in one event: pulled and plugged in again
			return errors.Join(os.WriteFile(next, nil, 0o600), os.Rename(next, node))
		},
		nil, // the coming that follows the going
		func() error { stop(); return nil },
	}
	if err := os.WriteFile(node, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var seen []bool
	err := softkey.WatchHIDG(ctx, node, func(there bool) error {
		seen = append(seen, there)
		step := steps[len(seen)-1]
		if step == nil {
			return nil
		}
		return step()
	})
	if want := []bool{true, false, true, false, true}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("seen %v, want %v; %v", seen, want, err)
	}
}

func TestWatchHIDG_ends(t *testing.T) {
	broken := errors.New("no key")
	node := filepath.Join(t.TempDir(), "hidg0")
	if err := os.WriteFile(node, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := softkey.WatchHIDG(t.Context(), node, func(bool) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := softkey.WatchHIDG(t.Context(), filepath.Join(node, "in", "no", "folder"), nil); err == nil {
		t.Error("it watches a folder that is not there")
	}
	if _, err := softkey.OpenHIDG(node + "9"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
