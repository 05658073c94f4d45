package sqlite_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

const approvals = "reference,person,reason,approved_by\n"

// A requisition that waits is approved by the same row with a name in approved_by.
func TestStore_ImportRequisitions_approves(t *testing.T) {
	for name, file := range map[string]string{
		"by its reference":  approvals + "T-3,alan@example.com,Travels,Mary Somerville\n",
		"the whole row":     "reference,person,reason,keys,connector,tier,approved_by\nT-3,alan@example.com,Travels,1,usb-a,standard,Mary Somerville\n",
		"person and reason": "person,reason,approved_by\nE-3,Travels,Mary Somerville\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := inventorytest.Open(t)
			if err := s.Makeable(t.Context(), "r-1003"); inventory.KindOf(err) != inventory.Conflict {
				t.Fatalf("R-1003 at first: %v", err)
			}
			r := importRequisitions(t, s, false, file)
			if r[0].Outcome != inventory.RowUpdated || r[0].What != "R-1003" || r[0].Sentence != "Requisition R-1003 is approved now, by Mary Somerville." {
				t.Fatalf("%+v", r)
			}
			for _, number := range []string{"R-1003", "r-1003", "1003"} {
				if err := s.Makeable(t.Context(), number); err != nil {
					t.Errorf("%s: %v", number, err)
				}
			}
			row, err := s.RequisitionByNumber(t.Context(), "1003")
			if by := row.Requisition.ApprovedBy; err != nil || by == nil || by.Method != inventory.ByClaim {
				t.Errorf("%+v, %v", row, err)
			}
			if got := outcomes(importRequisitions(t, s, false, file)); got != "unchanged" {
				t.Errorf("once more: %s", got)
			}
			if a := mustVerify(t, s); !a.Holds() {
				t.Error(a)
			}
		})
	}
}

// What the row says must be what was submitted, and nobody approves their own.
func TestStore_ImportRequisitions_approvesNothingElse(t *testing.T) {
	s := inventorytest.Open(t)
	importRequisitions(t, s, false, `reference,person,reason,tier,recipient,street,city,country
C-1,E-3,Signs releases,critical,,,,
C-2,E-3,Moves house,,Alan Turing,Street 1,Ulm,DE
`)
	results := importRequisitions(t, s, false, `reference,person,reason,keys,tier,recipient,street,city,country,approved_by
T-3,E-3,Travels,2,,,,,,Mary Somerville
T-3,E-3,Travels,,,,,,,alan turing
C-1,E-3,Signs releases,,,,,,,Mary Somerville
C-2,E-3,Moves house,,,Alan Turing,Street 2,Ulm,DE,Mary Somerville
C-2,E-3,Moves house,,,Alan Turing,Street 1,Ulm,DE,Mary Somerville
`)
	if got := outcomes(results); got != "refused refused refused refused updated" {
		t.Errorf("%s: %+v", got, results)
	}
	for i, want := range []string{"with other keys than", "Nobody approves their own", "critical requisition cannot be approved by a name", "with other address than", "approved now"} {
		if !strings.Contains(results[i].Sentence, want) {
			t.Errorf("row %d: %q, want %q", i, results[i].Sentence, want)
		}
	}
}

func TestStore_ImportRequisitions_checks(t *testing.T) {
	s := inventorytest.Open(t)
	rows, err := inventory.ReadRequisitions(strings.NewReader("person,reason,recipient,street,city,country\nE-1,One,王,Street 1,Ulm,DE\nE-1,Two,Ada,Street 1,Ulm,DE\n"))
	if err != nil {
		t.Fatal(err)
	}
	before := size(t, s)
	results, err := s.ImportRequisitions(t.Context(), inventorytest.Operator, rows, true, func(o inventory.Order) error {
		if o.Address.Recipient == "王" && o.Person.Name == "Ada Lovelace" {
			return inventory.Refuse(inventory.Invalid, "No glyph.")
		}
		return nil
	})
	if err != nil || outcomes(results) != "refused created" || results[0].Sentence != "No glyph." || size(t, s) != before {
		t.Errorf("%+v, %v", results, err)
	}
}
