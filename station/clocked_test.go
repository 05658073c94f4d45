package station_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/inventory/seal"
	"keystation/inventory/sqlite"
)

// clocked is the real store with a watch beside it: what lies between two writes is a step. It is safe for concurrent
// use, but its laps mean something only while one run goes on.
type clocked struct {
	*sqlite.Store

	mu      sync.Mutex
	last    time.Time
	taking  time.Duration // for the line, in the current step
	laps    []lap
	commits int
}

// lap is one step of a run.
type lap struct {
	step  inventory.Step
	act   time.Duration // everything but the writing
	books time.Duration // the commits
}

func (c *clocked) Begin(ctx context.Context, run inventory.Run, first inventory.Entry) error {
	began := time.Now()
	err := c.Store.Begin(ctx, run, first)
	c.note("begin", began, began)
	return err
}

func (c *clocked) Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error {
	began := time.Now()
	err := c.Store.Append(ctx, by, es...)
	c.note(es[0].Entry.Step, c.last, began)
	return err
}

func (c *clocked) TakeLine(ctx context.Context, by inventory.Actor, run inventory.RunID, want inventory.Want) (inventory.Order, error) {
	began := time.Now()
	o, err := c.Store.TakeLine(ctx, by, run, want)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taking += time.Since(began)
	c.commits++
	return o, err
}

// note writes down a step that began at from and went into the books at wrote.
func (c *clocked) note(step inventory.Step, from, wrote time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = time.Now()
	c.laps = append(c.laps, lap{step, wrote.Sub(from) - c.taking, c.last.Sub(wrote) + c.taking})
	c.taking = 0
	c.commits++
}

// newClockedRig is a rig as in production: PINs sealed with age, a line for every key, every step taken that needs no
// identity provider.
func newClockedRig(t testing.TB, dir string, keys int) (*rig, *clocked) {
	t.Helper()
	r := newRigIn(t, dir)
	c := &clocked{Store: r.store}
	_, recipient, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if r.cfg.Sealer, err = seal.NewSealer(recipient); err != nil {
		t.Fatal(err)
	}
	r.cfg.Journal, r.cfg.Books, r.cfg.Policy.MinPINLength = c, c, minPIN
	orderKeys(t, r.store, keys)
	return r, c
}

// minPIN is the minimum PIN length that the keys of a benchmark are given.
const minPIN = 6

func orderKeys(t testing.TB, s *sqlite.Store, keys int) {
	t.Helper()
	people, err := inventory.ReadPeople(strings.NewReader("name,email\nAda Lovelace,ada@example.com\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ImportPeople(t.Context(), inventory.System("test"), people, false); err != nil {
		t.Fatal(err)
	}
	rows := strings.Repeat("ada@example.com,Signs releases,1,Mary Somerville\n", keys)
	asked, err := inventory.ReadRequisitions(strings.NewReader("person,reason,keys,approved_by\n" + rows))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ImportRequisitions(t.Context(), inventory.System("test"), asked, false); err != nil {
		t.Fatal(err)
	}
}

// inMemory is where a file system keeps nothing on a disk: syncing costs nothing there.
const inMemory = "/dev/shm"

// hasMemory tells if there is such a file system: Linux has one, unless somebody took it away.
func hasMemory() bool {
	var about unix.Statfs_t
	return unix.Statfs(inMemory, &about) == nil && about.Type == unix.TMPFS_MAGIC
}
