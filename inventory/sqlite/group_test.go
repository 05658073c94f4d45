package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// waitFor lets the others run until n requests wait.
func waitFor(t *testing.T, s *inventorytest.Store, n int) {
	t.Helper()
	for s.Waiting() < n {
		if t.Context().Err() != nil {
			t.Fatalf("%d of %d wait", s.Waiting(), n)
		}
		runtime.Gosched()
	}
}

// Sixteen ports that write at the same time share one commit, and the one that is refused spoils nobody else's.
func TestStore_Append_groupsCommits(t *testing.T) {
	s := inventorytest.Open(t)
	const ports = 16
	runs := make([]*inventorytest.Run, ports)
	for i := range runs {
		runs[i] = s.MustBegin(fmt.Sprint("1-", i+1))
	}
	before, served := s.Commits()
	head := size(t, s)
	letGo := s.Hold(t.Context())
	errs := make([]error, ports)
	var all sync.WaitGroup
	for i, r := range runs {
		e := inventory.Entered{Entry: r.Entry(inventory.Identify, inventory.Done)}
		if i == 7 {
			e.Entry.Seq = 1 // it is there already
		}
		all.Go(func() { errs[i] = s.Append(t.Context(), inventorytest.Operator, e) })
	}
	waitFor(t, s, ports)
	letGo()
	all.Wait()
	for i, err := range errs {
		if want := i == 7; (inventory.KindOf(err) == inventory.Conflict) != want || (err != nil) != want {
			t.Errorf("port %d: %v", i, err)
		}
	}
	after, servedAfter := s.Commits()
	if after-before != 1 || servedAfter-served != ports {
		t.Errorf("%d commits for %d requests, want 1 for %d", after-before, servedAfter-served, ports)
	}
	if got := size(t, s) - head; got != ports-1 {
		t.Errorf("%d entries, want %d", got, ports-1)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// Without any help, many writers need fewer commits than they write, and all of it is there.
func TestStore_Append_fromManyPorts(t *testing.T) {
	s := inventorytest.Open(t)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			r := s.MustBegin(fmt.Sprint("1-", i+1))
			for range 8 {
				r.MustAppend(inventory.Entered{Entry: r.Entry(inventory.Identify, inventory.Done)})
			}
		})
	}
	all.Wait()
	if commits, served := s.Commits(); commits >= served || served < 16*9 {
		t.Errorf("%d commits for %d requests", commits, served)
	}
	if a := mustVerify(t, s); !a.Holds() || a.Entries < 16*9 {
		t.Error(a)
	}
}

// Whoever gives up while waiting has written nothing.
func TestStore_Append_givenUpWhileWaiting(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-1")
	head := size(t, s)
	letGo := s.Hold(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		gone <- s.Append(ctx, inventorytest.Operator, inventory.Entered{Entry: inventory.Entry{Run: r.Row.ID, Seq: 2, Step: inventory.Identify, Phase: inventory.Ended, Outcome: inventory.Done}})
	}()
	waitFor(t, s, 1)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	letGo()
	if err := s.Append(ctx, inventorytest.Operator, inventory.Entered{Entry: r.Entry(inventory.Identify, inventory.Done)}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
	if size(t, s) != head {
		t.Error("something was written")
	}
}

// An act that panics leaves a store that works.
func TestStore_update_survivesAPanic(t *testing.T) {
	s := inventorytest.Open(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		s.Panic(t.Context())
	}()
	s.MustMake("1-1", "", "")
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// Two processes write to one file: neither loses anything, and the ledger is one.
func TestStore_twoProcesses(t *testing.T) {
	s := inventorytest.Open(t)
	other := *s
	other.Store = s.MustAgain()
	var all sync.WaitGroup
	for _, kit := range []*inventorytest.Store{s, &other} {
		for i := range 3 {
			all.Go(func() { kit.MustMake(fmt.Sprintf("%p-%d", kit, i), "", "") })
		}
	}
	all.Wait()
	page, err := s.KeyList(t.Context(), inventory.KeyQuery{})
	if err != nil || len(page.Rows) != 6 {
		t.Errorf("%d keys, %v", len(page.Rows), err)
	}
	a, err := other.Verify(t.Context(), sqlite.VerifyOptions{})
	if err != nil || !a.Holds() {
		t.Errorf("%s, %v", a, err)
	}
}
