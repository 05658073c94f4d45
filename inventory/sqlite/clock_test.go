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
