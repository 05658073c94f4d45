package inventory_test

import (
	"testing"

	"keystation/inventory"
)

func TestAudit_String(t *testing.T) {
	for _, tt := range []struct {
		have inventory.Audit
		want string
	}{
		{inventory.Audit{Entries: 9, Rows: 4}, "9 entries, 4 rows: consistent with itself, not proven against an outside checkpoint."},
		{inventory.Audit{Entries: 9, Rows: 4, Erased: 2, Outside: 1, OutsideSize: 5}, "9 entries, 4 rows, 2 erased payloads: consistent with itself, and proven against an outside checkpoint up to entry 5."},
		{inventory.Audit{Entries: 9, Rows: 4, Outside: 1, OutsideSize: 9}, "9 entries, 4 rows: consistent with itself and with an outside checkpoint of all of it."},
		{inventory.Audit{Entries: 9, Findings: []inventory.Finding{{Sentence: "Entry 3 is missing."}, {Sentence: "More."}}}, "Entry 3 is missing."},
	} {
		if got := tt.have.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
