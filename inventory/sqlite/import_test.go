package sqlite_test

import (
	"fmt"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

func importPeople(t *testing.T, s *inventorytest.Store, dry bool, file string) []inventory.RowResult {
	t.Helper()
	rows, err := inventory.ReadPeople(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	results, err := s.ImportPeople(t.Context(), inventorytest.Operator, rows, dry)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func importRequisitions(t *testing.T, s *inventorytest.Store, dry bool, file string) []inventory.RowResult {
	t.Helper()
	rows, err := inventory.ReadRequisitions(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	results, err := s.ImportRequisitions(t.Context(), inventorytest.Operator, rows, dry)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func outcomes(results []inventory.RowResult) string {
	var words []string
	for _, r := range results {
		words = append(words, string(r.Outcome))
	}
	return strings.Join(words, " ")
}

func wantPerson(t *testing.T, s *inventorytest.Store, text string) inventory.Person {
	t.Helper()
	p, err := s.PersonList(t.Context(), inventory.PersonQuery{Text: text})
	if err != nil || len(p.Rows) != 1 {
		t.Fatalf("%d people are called %s, %v", len(p.Rows), text, err)
	}
	return p.Rows[0].Person
}

func TestStore_ImportPeople(t *testing.T) {
	s := inventorytest.Open(t)
	ada := wantPerson(t, s, "Ada")
	results := importPeople(t, s, false, `name,email,external_id
Augusta Ada King,ADA@example.com,E-1
Grace Hopper,grace@example.com,
Alan Turing,alan.turing@example.com,E-3
Mary Somerville,mary@example.com,E-9
,nobody@example.com,
Eve,ada@example.com,E-66
Mary Somerville,mary@example.com,E-9
`)
	if got, want := outcomes(results), "updated unchanged updated created refused refused unchanged"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if r := results[5]; r.Line != 7 || r.What != "Eve" || !strings.Contains(r.Sentence, "This is the person of line 2, described otherwise") {
		t.Errorf("%+v", r)
	}
	now := wantPerson(t, s, "Augusta")
	if now.ID != ada.ID || now.Email != "ADA@example.com" || now.Department != "Engines" || !now.ChangedAt.After(ada.ChangedAt) {
		t.Errorf("Ada became %+v", now)
	}
	if g := wantPerson(t, s, "Grace"); g.ExternalID != "E-2" {
		t.Errorf("an empty cell took the external id away: %+v", g)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

func TestStore_ImportPeople_dryRun(t *testing.T) {
	s := inventorytest.Open(t)
	before := size(t, s)
	results := importPeople(t, s, true, "name,email\nAda King,ada@example.com\nMary Somerville,mary@example.com\n")
	if got := outcomes(results); got != "updated created" {
		t.Error(got)
	}
	if size(t, s) != before {
		t.Error("the dry run wrote to the ledger")
	}
	wantPerson(t, s, "Ada Lovelace")
}

// A whole directory is one transaction.
func TestStore_ImportPeople_inOneCommit(t *testing.T) {
	s := inventorytest.Empty(t)
	var file strings.Builder
	file.WriteString("name,email\n")
	for i := range 500 {
		fmt.Fprintf(&file, "Person %d,p%d@example.com\n", i, i)
	}
	before, _ := s.Commits()
	importPeople(t, s, false, file.String())
	after, _ := s.Commits()
	if after-before != 1 || size(t, s) != 501 {
		t.Errorf("%d commits, %d entries", after-before, size(t, s))
	}
}

func TestStore_ImportRequisitions(t *testing.T) {
	s := inventorytest.Open(t)
	results := importRequisitions(t, s, false, `reference,person,reason,keys,recipient,street,city,country,approved_by
,grace@example.com,Second desk,2,,,,,Mary Somerville
,nobody@example.com,Reason,1,,,,,
,ada@example.com,Own,1,,,,,ADA LOVELACE
,E-3,Reason,9,,,,,
T-1,grace@example.com,Other,1,,,,,
T-1,ada@example.com,Production access,2,,,,,
,E-2,Second desk,2,,,,,
T-9,alan@example.com,Conference,1,Alan Turing,Street 1,Ulm,DE,
`)
	if got, want := outcomes(results), "created refused refused refused refused unchanged unchanged created"; got != want {
		t.Errorf("got %s, want %s: %+v", got, want, results)
	}
	for i, want := range map[int]string{
		1: `"nobody@example.com": import people first.`, 2: "Nobody approves their own", 4: "The reference T-1 is that of R-1001",
		5: "This is requisition R-1001, which is approved.", 6: "This is requisition R-1005, which is approved.",
	} {
		if !strings.Contains(results[i].Sentence, want) {
			t.Errorf("row %d: %q, want %q", i, results[i].Sentence, want)
		}
	}
	if results[0].What != "R-1005" || results[7].What != "R-1006" {
		t.Errorf("numbers %s and %s", results[0].What, results[7].What)
	}
	r, err := s.RequisitionByNumber(t.Context(), "R-1005")
	if err != nil || r.Requisition.State != inventory.Approved || len(r.Lines) != 2 || r.Lines[1].Line.Purpose != inventory.Spare {
		t.Errorf("%+v, %v", r, err)
	}
	if by := r.Requisition.ApprovedBy; by == nil || by.Method != inventory.ByClaim || by.Name != "Mary Somerville" {
		t.Errorf("approved by %+v", by)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// The same file twice makes nothing twice.
func TestStore_ImportRequisitions_again(t *testing.T) {
	s := inventorytest.Open(t)
	before := size(t, s)
	if got := outcomes(importRequisitions(t, s, false, inventorytest.Requisitions)); got != "unchanged unchanged unchanged unchanged" {
		t.Error(got)
	}
	if size(t, s) != before {
		t.Error("something was written")
	}
	if got := outcomes(importRequisitions(t, s, true, "person,reason\nE-1,Dry\n")); got != "created" || size(t, s) != before {
		t.Errorf("dry run: %s", got)
	}
}

func TestStore_ImportRequisitions_withoutARecipient(t *testing.T) {
	s := inventorytest.Open(t)
	s.Options.SealAddress = nil
	again, err := sqlite.Open(t.Context(), s.Path(), s.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	rows, err := inventory.ReadRequisitions(strings.NewReader("person,reason,recipient,street,city,country\nE-1,Reason,Ada,Street 1,London,GB\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.ImportRequisitions(t.Context(), inventorytest.Operator, rows, false); inventory.KindOf(err) != inventory.Unavailable {
		t.Errorf("got %v", err)
	}
}
