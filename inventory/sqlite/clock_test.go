package sqlite_test

import (
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// TestStore_clockBack sets the clock back between two keys, as a machine does that asks for the time late: both keys are
// in the books with one holder each, the ledger holds, and each is counted at the time that was told when it was made.
func TestStore_clockBack(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "", "R-1001")
	back := inventorytest.Start.Add(-48 * time.Hour)
	s.Clock.Set(back)
	s.MustMake("1-2", "", "R-1002")
	for since, want := range map[time.Time]int{inventorytest.Start: 1, back: 2} {
		if n, err := s.MadeSince(t.Context(), since); err != nil || n != want {
			t.Errorf("since %v %d keys were made, %v; want %d", since, n, err, want)
		}
	}
	o, err := s.Overview(t.Context())
	if err != nil || o.Keys[inventory.Ready] != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	audit, err := s.Verify(t.Context(), sqlite.VerifyOptions{})
	if err != nil || !audit.Holds() {
		t.Errorf("the ledger does not hold: %+v, %v", audit, err)
	}
}

// ahead is the id of a run that began while the clock was years ahead.
const ahead = inventory.RunID("f1a206af-81f6-7077-b20f-cf52f9461b1d")

// TestStore_clockBackBetweenRuns has a run die whose id is later than that of every other, since the clock was set right
// afterwards. Its key is made by another run; when the dead one is closed at last, the PIN and the tag that are on the key
// stay, and it is nowhere taken for the key's last run. Compacting the file changes nothing.
func TestStore_clockBackBetweenRuns(t *testing.T) {
	s := inventorytest.Open(t)
	dead := s.MustBeginAs(ahead, "1-1")
	dead.MustIdentify("")
	made := s.MustBegin("1-2")
	made.MustTake("R-1001")
	made.MustMeet(dead.Key)
	newVandal(t, s).do("VACUUM")
	made.MustWalk()
	wantLeftAt(t, s, "1-1", false)
	made.MustRecord()

	row, now := dead.Row, inventory.Instant(s.Clock.Now())
	row.End, row.EndedAt = inventory.RunInterrupted, &now
	dead.MustAppend(inventory.Entered{
		Entry: dead.Entry(inventory.Reset, inventory.Failed), Run: &row, Release: true, VoidSeals: dead.Key.ID,
		Revoke: &inventory.Revocation{Key: dead.Key.ID, Why: "the run ended without a key"},
	})
	if v, err := s.LiveSeal(t.Context(), made.Key.ID); err != nil || v.Run != made.Row.ID {
		t.Errorf("the PIN on the key: %+v, %v", v, err)
	}
	if live, err := s.Registrations(t.Context(), made.Key.ID); err != nil || len(live) != 1 {
		t.Errorf("the tag on the key: %+v, %v", live, err)
	}
	d, err := s.KeyDossier(t.Context(), made.Key.Tag)
	if err != nil || len(d.Runs) != 2 || d.Runs[0].Run.ID != made.Row.ID || d.Seal == nil || d.Seal.State != inventory.Sealed {
		t.Errorf("the page of the key says %+v, seal %+v, %v", d.Runs, d.Seal, err)
	}
}

// TestStore_Rework_clockBack has the run that failed last bear the earlier id: the key is on the list, with that run.
func TestStore_Rework_clockBack(t *testing.T) {
	s := inventorytest.Open(t)
	first := s.MustBeginAs(ahead, "1-1")
	first.MustIdentify("")
	stop(t, s, first, inventory.Record, inventory.RunStocked, "")
	last := s.MustBegin("1-2")
	last.MustMeet(first.Key)
	stop(t, s, last, inventory.Reset, inventory.RunFailed, "No answer.")
	if rows := rework(t, s); len(rows) != 1 || rows[0].Run != last.Row.ID {
		t.Errorf("the list is %+v, want the run at 1-2", rows)
	}
	wantLeftAt(t, s, "1-1", false)
	wantLeftAt(t, s, "1-2", true)
}

// wantLeftAt asks if a blank key was left at a port.
func wantLeftAt(t *testing.T, s *inventorytest.Store, port string, want bool) {
	t.Helper()
	_, err := s.KeyLeftAt(t.Context(), port, inventorytest.AAGUID, "1.0")
	if (err == nil) != want || err != nil && inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("a key left at %s: %v, want one: %v", port, err, want)
	}
}
