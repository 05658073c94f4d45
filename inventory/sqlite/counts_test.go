package sqlite_test

import (
	"slices"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// What is kept counted is what counting finds: while keys are made, moved and judged, and requisitions decided and
// cancelled, and when a row goes.
func TestStore_Overview_counts(t *testing.T) {
	s := inventorytest.Open(t)
	v := newVandal(t, s)
	same := func(after string) {
		t.Helper()
		for counted, kept := range map[string]string{
			"SELECT aaguid || state || verdict || firmware || count(*) FROM keys GROUP BY aaguid, state, verdict, firmware ORDER BY 1": "SELECT aaguid || state || verdict || firmware || n FROM key_counts WHERE n > 0 ORDER BY 1",
			"SELECT state || count(*) FROM requisitions GROUP BY state ORDER BY 1":                                                     "SELECT state || n FROM requisition_counts WHERE n > 0 ORDER BY 1",
		} {
			if want, got := v.strings(counted), v.strings(kept); !slices.Equal(got, want) {
				t.Errorf("after %s: %q is kept, %q is there", after, got, want)
			}
		}
	}
	same("the import")
	made := s.MustMake("1-1", "4711", "R-1001")
	same("a key")
	distrusted(t, s)
	same("doubts")
	if err := s.CancelRequisition(t.Context(), inventory.System("test"), "R-1003", "Not needed."); err != nil {
		t.Fatal(err)
	}
	same("a requisition is cancelled")
	all, err := s.Overview(t.Context())
	if err != nil || all.Keys[made.Key.State] == 0 || all.Requisitions[inventory.Cancelled] != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, none := all.Requisitions[inventory.Closed]; none {
		t.Error("a state in which nothing is, is counted")
	}
	v.do("PRAGMA foreign_keys = OFF")
	v.do("DELETE FROM keys WHERE id = '" + string(made.Key.ID) + "'")
	v.do("DELETE FROM requisitions WHERE number = 'R-1003'")
	same("rows were taken away by hand")
}

// A database from before has its rows counted when it is brought up to date.
func TestOpen_counts(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "4711", "R-1001")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	v := newVandal(t, s)
	for _, table := range []string{"keys", "requisitions"} {
		for _, event := range []string{"counted", "recounted", "discounted"} {
			v.do("DROP TRIGGER " + table + "_" + event)
		}
	}
	v.do("DROP TABLE key_counts")
	v.do("DROP TABLE requisition_counts")
	v.do("CREATE INDEX keys_spread ON keys (aaguid, state, verdict, firmware, test)")
	v.do("DELETE FROM goose_db_version WHERE version_id >= 22")
	all, err := s.MustAgain().Overview(t.Context())
	if err != nil || all.Keys[inventory.Ready] != 1 || all.Requisitions[inventory.Submitted] != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}
