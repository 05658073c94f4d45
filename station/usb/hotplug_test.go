package usb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"keystation/station"
	"keystation/station/usb"
)

// watched gives the changes of a machine. Its folder of nodes exists already.
func (m *machine) watched(ctx context.Context) <-chan struct{} {
	m.t.Helper()
	if err := os.MkdirAll(m.dev, 0o755); err != nil {
		m.t.Fatal(err)
	}
	changes, err := m.bus().Changes(ctx)
	if err != nil {
		m.t.Skip("this machine has no inotify left:", err)
	}
	return changes
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// until looks at the bus after each change until it is as wanted.
func (m *machine) until(changes <-chan struct{}, want func([]station.Port) bool) {
	m.t.Helper()
	for range changes {
		ports, err := m.bus().Attached(m.t.Context())
		if err != nil {
			m.t.Fatal(err)
		}
		if want(ports) {
			return
		}
	}
	m.t.Fatal("the bus tells no more")
}

// TestBus_Changes lives through a day of a port: a key comes, udev gives it to the bench, it is pulled, another comes.
func TestBus_Changes(t *testing.T) {
	m := newMachine(t)
	changes := m.watched(t.Context())
	node := m.plug("1-2.3", "hidraw4", "17")
	m.until(changes, func(p []station.Port) bool { return len(p) == 1 && p[0].Plug == "1:17" })
	m.must(os.Chmod(node, 0o660))
	if _, ok := <-changes; !ok {
		t.Fatal("a node that changes hands is not told")
	}
	m.must(os.Remove(node))
	m.until(changes, func(p []station.Port) bool { return len(p) == 0 })
	m.nodes = nil
	m.plug("1-2.1", "hidraw0", "18")
	m.until(changes, func(p []station.Port) bool { return len(p) == 1 && p[0].ID == "1-2.1" })
}

// TestBus_Changes_ofNobody: what is no key's node is not told, and neither is what is written to one.
func TestBus_Changes_ofNobody(t *testing.T) {
	m := newMachine(t)
	key := m.plug("1-2.3", "hidraw4", "17")
	changes := m.watched(t.Context())
	m.write(filepath.Join(m.dev, "ttyS0"), "")
	m.write(filepath.Join(m.dev, "null"), "a byte")
	m.write(key, "a report")
	m.write(filepath.Join(m.dev, "hidraw5"), "")
	if _, ok := <-changes; !ok {
		t.Fatal("the bus tells no more")
	}
	select {
	case <-changes:
		t.Fatal("more than the one new node was told")
	default:
	}
}

// TestBus_Changes_together plugs sixteen keys at once: whoever comes to look sees them all in the end, and nobody is
// kept waiting by changes that nobody takes.
func TestBus_Changes_together(t *testing.T) {
	m := newMachine(t)
	changes := m.watched(t.Context())
	paths := make([]string, 16)
	for i := range paths {
		paths[i] = m.plug(fmt.Sprintf("1-2.%d", i+1), fmt.Sprintf("hidraw%d", i), fmt.Sprint(20+i))
		m.must(os.Remove(paths[i]))
	}
	var all sync.WaitGroup
	for _, path := range paths {
		all.Go(func() {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	m.until(changes, func(p []station.Port) bool { return len(p) == len(paths) })
}

// TestBus_Changes_end closes the channel with its context, so that nothing is left running.
func TestBus_Changes_end(t *testing.T) {
	m := newMachine(t)
	ctx, stop := context.WithCancel(t.Context())
	changes := m.watched(ctx)
	stop()
	for range changes {
	}
	gone := usb.Bus{Dev: filepath.Join(m.dev, "gone")}
	if c, err := gone.Changes(t.Context()); err == nil || c != nil {
		t.Fatal("a folder that is not there is watched")
	}
}
