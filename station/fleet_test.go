package station_test

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
)

var _ station.Fleet = (*sqlite.Store)(nil)

// reviewer judges the fleet of s by a policy that wants an option of every key.
func reviewer(s *inventorytest.Store) station.Reviewer {
	p := station.DefaultPolicy(inventory.LocalRPID)
	return station.Reviewer{Fleet: s, Policy: p, Now: s.Clock.Now}
}

func TestReviewer_Review(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "4711", "R-1001")
	s.MustMake("1-2", "4712", "R-1001")
	s.MustMake("1-3", "4713", "")
	f, err := reviewer(s).Foresee(t.Context())
	if err != nil || f.Keys != 3 || f.Refused != 3 || f.AtDesk != 3 || len(f.Changes) != 3 {
		t.Fatalf("%+v, %v", f, err)
	}
	r, err := reviewer(s).Review(t.Context(), inventorytest.Operator, "A new policy.")
	if err != nil || r.Keys != 3 || r.Changed != 3 || r.Refused != 3 || r.EndedAt == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err = reviewer(s).Review(t.Context(), inventorytest.Operator, "Once more."); err != nil || r.Keys != 3 || r.Changed != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	a, err := s.Verify(t.Context(), sqlite.VerifyOptions{})
	if err != nil || !a.Holds() {
		t.Error(a, err)
	}
}
