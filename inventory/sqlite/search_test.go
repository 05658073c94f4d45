package sqlite_test

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// Case does not matter, in any script.
func TestStore_search_case(t *testing.T) {
	s := inventorytest.Open(t)
	importPeople(t, s, false, "name,email\nJürgen Groß,jg@example.com\nΕλένη Παπαδόπουλος,ep@example.com\n100%_sure,p@example.com\n")
	importRequisitions(t, s, false, "person,reason\nep@example.com,Größere Rechte\n")
	for text, want := range map[string]string{
		"JÜRGEN": "Jürgen Groß", "jürgen gro": "Jürgen Groß", "ΕΛΈΝΗ": "Ελένη Παπαδόπουλος", "ΠΑΠΑΔΌΠΟΥΛΟΣ": "Ελένη Παπαδόπουλος",
		"КОВАЛ": "Софья Ковалевская", "EP@EXAMPLE.COM": "Ελένη Παπαδόπουλος", "0%_S": "100%_sure", "engines": "Ada Lovelace",
	} {
		if got := wantPerson(t, s, text); got.Name != want {
			t.Errorf("%s finds %s", text, got.Name)
		}
	}
	for _, text := range []string{"r-1005", "1005", "GRÖSSERE", "größere", "GRÖßERE", "ελένη", "ΕΛΈΝΗ"} {
		p, err := s.RequisitionList(t.Context(), inventory.RequisitionQuery{Text: text})
		if found := err == nil && len(p.Rows) == 1 && p.Rows[0].Requisition.Number == "R-1005"; found == (text == "GRÖSSERE") {
			t.Errorf("%s finds %+v, %v", text, p.Rows, err)
		}
	}
}

// Whatever is on the slip finds the key.
func TestStore_KeyList_printed(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	p, err := s.BeginParcel(t.Context(), inventorytest.Operator, *r.Order, r.Key)
	if err != nil {
		t.Fatal(err)
	}
	tag := string(r.Key.Tag)
	for _, text := range []string{"https://keys.example.com/a/" + tag, tag, tag[:4] + " " + tag[5:], p.Number, "p-1001", "P1001", "ADA LOVE"} {
		page, err := s.KeyList(t.Context(), inventory.KeyQuery{Text: text})
		if err != nil || len(page.Rows) != 1 || page.Rows[0].Key.ID != r.Key.ID {
			t.Errorf("%q finds %d keys, %v", text, len(page.Rows), err)
		}
	}
	if page, err := s.KeyList(t.Context(), inventory.KeyQuery{Text: "P-1002"}); err != nil || len(page.Rows) != 0 {
		t.Errorf("a parcel that is not there finds %d keys, %v", len(page.Rows), err)
	}
}

// A key that a run has in hand says so, and for whom, before its record.
func TestStore_KeyList_making(t *testing.T) {
	s := inventorytest.Open(t)
	for range 2 { // a run that was left behind counts once
		r := s.MustBegin("1-1")
		r.MustTake("R-1001")
		r.MustIdentify("")
	}
	s.MustMake("1-2", "4711", "")
	page, err := s.KeyList(t.Context(), inventory.KeyQuery{})
	if err != nil || len(page.Rows) != 3 {
		t.Fatalf("%+v, %v", page.Rows, err)
	}
	if made := page.Rows[0]; made.Making || made.For != nil {
		t.Errorf("a key that is made: %+v", made)
	}
	for _, row := range page.Rows[1:] {
		if !row.Making || row.For == nil || row.For.Number != "R-1001" {
			t.Errorf("a key in the making: %+v", row)
		}
	}
}

// What is made and not handed over is neither held nor waited for.
func TestStore_PersonList_made(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "4711", "R-1001")
	page, err := s.PersonList(t.Context(), inventory.PersonQuery{Text: "Ada"})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("%+v, %v", page.Rows, err)
	}
	if r := page.Rows[0]; r.Holds != 0 || r.Made != 1 || r.Wants != 1 {
		t.Errorf("%+v", r)
	}
}

// Of an address the page learns the country, nothing else.
func TestStore_RequisitionByNumber_country(t *testing.T) {
	s := inventorytest.Open(t)
	for number, country := range map[string]string{"R-1001": "GB", "R-1002": ""} {
		r, err := s.RequisitionByNumber(t.Context(), number)
		if err != nil || r.Country != country || r.Posted != (country != "") || r.Requisition.Address != nil {
			t.Errorf("%s: %+v, %v", number, r, err)
		}
	}
}
