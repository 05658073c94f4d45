package sqlite_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

func newOwner(t *testing.T, s *inventorytest.Store) *sqlite.Owner {
	t.Helper()
	o, err := sqlite.NewOwner(s.Options.Locks)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// die ends the kit's process as far as its lock goes: the file stays, the lock does not.
func die(t *testing.T, s *inventorytest.Store) {
	t.Helper()
	path := filepath.Join(s.Options.Locks, s.Owner.Name())
	if err := s.Owner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStore_Unfinished(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "", "") // it has ended
	r := s.MustBegin("1-2")
	r.MustTake("R-1001")
	r.MustIdentify("4711")
	r.MustWalk()
	blank := s.MustBegin("1-3")
	heir := newOwner(t, s)
	defer heir.Close()

	if left, err := s.Unfinished(t.Context(), heir.Name()); err != nil || len(left) != 0 {
		t.Fatalf("while its process lives: %+v, %v", left, err)
	}
	if left, err := s.Unfinished(t.Context(), s.Owner.Name()); err != nil || len(left) != 0 {
		t.Fatalf("its own: %+v, %v", left, err)
	}
	die(t, s)
	left, err := s.Unfinished(t.Context(), heir.Name())
	if err != nil || len(left) != 2 {
		t.Fatalf("%d runs, %v", len(left), err)
	}
	u := left[0]
	if u.Run.ID != r.Row.ID || u.Run.Owner != heir.Name() || u.Key == nil || u.Key.ID != r.Key.ID || u.Run.Line != r.Row.Line {
		t.Errorf("%+v", u.Run)
	}
	if last := u.Last(); last.Step != inventory.Record || last.Phase != inventory.Intent || len(u.Entries) != 19 || len(u.Registrations) != 1 {
		t.Errorf("%d entries, the last %+v; %d registrations", len(u.Entries), last, len(u.Registrations))
	}
	if b := left[1]; b.Run.ID != blank.Row.ID || b.Key != nil || len(b.Entries) != 1 {
		t.Errorf("%+v", b)
	}
	second := newOwner(t, s)
	defer second.Close()
	if again, err := s.Unfinished(t.Context(), second.Name()); err != nil || len(again) != 0 {
		t.Errorf("a second heir gets %+v, %v", again, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// The file of a process that ended in order is gone, and so is its claim.
func TestStore_Unfinished_whenTheLockFileIsGone(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustBegin("1-1")
	if err := s.Owner.Close(); err != nil {
		t.Fatal(err)
	}
	heir := newOwner(t, s)
	defer heir.Close()
	if left, err := s.Unfinished(t.Context(), heir.Name()); err != nil || len(left) != 1 {
		t.Errorf("%+v, %v", left, err)
	}
}

// Of many processes that start at the same time after a crash, each run goes to exactly one.
func TestStore_Unfinished_atTheSameTime(t *testing.T) {
	s := inventorytest.Open(t)
	const runs = 5
	for range runs {
		s.MustBegin("1-1")
	}
	die(t, s)
	var mu sync.Mutex
	taken := map[inventory.RunID]int{}
	var all sync.WaitGroup
	for range 4 {
		again, heir := s.MustAgain(), newOwner(t, s)
		defer heir.Close()
		all.Go(func() {
			left, err := again.Unfinished(t.Context(), heir.Name())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, u := range left {
				taken[u.Run.ID]++
			}
		})
	}
	all.Wait()
	for id, n := range taken {
		if n != 1 {
			t.Errorf("run %s was taken %d times", id, n)
		}
	}
	if len(taken) != runs {
		t.Errorf("%d of %d runs were taken", len(taken), runs)
	}
}

// Whoever looks in another folder than that of the locks must not take everybody for dead.
func TestStore_Unfinished_inAnotherFolder(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustBegin("1-1")
	heir := newOwner(t, s)
	defer heir.Close()
	s.Options.Locks = t.TempDir()
	if left, err := s.MustAgain().Unfinished(t.Context(), heir.Name()); inventory.KindOf(err) != inventory.Unavailable || left != nil {
		t.Errorf("%+v, %v", left, err)
	}
}

func TestNewOwner_whereItMayNotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.NewOwner(filepath.Join(file, "locks")); inventory.KindOf(err) != inventory.Unavailable {
		t.Error(err)
	}
}
