package inventory

import (
	"strings"
	"testing"
)

func TestCheckCountry(t *testing.T) {
	if n := len(strings.Fields(countries)); n != 250 {
		t.Errorf("%d codes; ISO 3166-1 has 249, and XK is used", n)
	}
	for _, code := range strings.Fields(countries) {
		if err := CheckCountry(code); err != nil {
			t.Error(err)
		}
	}
	for _, code := range []string{"ZZ", "EU", "AA", "AB", "D", "de", "DEU", " D", "XX"} {
		if KindOf(CheckCountry(code)) != Invalid {
			t.Errorf("%q passes", code)
		}
	}
	refused(t, CheckCountry("EL"), Invalid, `The country "EL" is no code of ISO 3166-1: write GR.`)
}

func TestPerson_Check_email(t *testing.T) {
	for _, fine := range []string{"ada@example.com", "a.b+c@mail.example.co.uk", "o'brien@example.com", "zoë@example.com", "root@localhost"} {
		if err := (Person{Name: "Ada", Email: fine}).Check(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"ada", "ada@", "@example.com", "a@b@c", "Ada <ada@example.com>", "ada@example.com, b@example.com", "ada @example.com", "ada@example..com"} {
		if (Person{Name: "Ada", Email: bad}).Check() == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestReadRequisitions_connector(t *testing.T) {
	for cell, refusal := range map[string]string{
		"": "", "usb-a": "", "USB-C": "", "nfc": "", "lightning": "", "ble": "",
		"usb-d": `"usb-d" is no connector: use usb-a, usb-c, nfc, lightning or ble, or leave it empty for any.`,
	} {
		rows, err := ReadRequisitions(strings.NewReader("person,reason,connector\nE-1,Travels," + cell + "\n"))
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		refused(t, rows[0].Err, Invalid, refusal)
		if rows[0].Connector != strings.ToLower(cell) {
			t.Errorf("connector %q of %q", rows[0].Connector, cell)
		}
	}
}

func TestImportedRequisition_Approves(t *testing.T) {
	was := Requisition{Number: "R-1003", Tier: Standard, State: Submitted}
	lines := []Line{{Connector: "usb-a"}}
	tests := []struct {
		name    string
		row     ImportedRequisition
		refusal string
	}{
		{"cells left out", ImportedRequisition{Keys: 2}, ""},
		{"the same row", ImportedRequisition{Keys: 1, KeysGiven: true, Connector: "usb-a", Tier: Standard, Address: reachable()}, ""},
		{"more keys, elsewhere", ImportedRequisition{Keys: 2, KeysGiven: true, Address: Address{City: "Paris"}},
			"Requisition R-1003 was submitted with other keys and address than this row has: approve it with the row it was submitted with."},
		{"another connector and tier", ImportedRequisition{Connector: "nfc", Tier: Elevated},
			"Requisition R-1003 was submitted with other connector and tier than this row has: approve it with the row it was submitted with."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { refused(t, tt.row.Approves(was, lines, reachable()), Conflict, tt.refusal) })
	}
	was.Tier = Critical
	if KindOf((ImportedRequisition{}).Approves(was, lines, Address{})) != Forbidden {
		t.Error("a name in a file approved a critical requisition")
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"R-1001": "R-1001", "r-1001": "R-1001", " r1001 ": "R-1001", "1001": "R-1001", "R - 1001": "R-1001", "": "", "R-": "R-", "Rosa": "Rosa", "P-1001": "P-1001",
	} {
		if got := RequisitionNumber(text); got != want {
			t.Errorf("RequisitionNumber(%q) = %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"P-1001": "P-1001", "p1001": "P-1001", " p-7 ": "P-7", "1001": "", "Paul": "", "P-": ""} {
		if got, ok := ParcelNumber(text); ok != (want != "") || ok && got != want {
			t.Errorf("ParcelNumber(%q) = %q, %v", text, got, ok)
		}
	}
}

func TestScannedTag(t *testing.T) {
	for text, want := range map[string]string{
		"https://keys.example.com/a/7KQM-3XWM": "7KQM-3XWM", " https://keys.example.com/it/a/7KQM-3XWM/ ": "7KQM-3XWM", "HTTPS://K.EXAMPLE/a/7KQM-3XWM?x=1": "7KQM-3XWM",
		"7kqm 3xwm": "7kqm 3xwm", "https://keys.example.com/b": "https://keys.example.com/b", "": "",
	} {
		if got := ScannedTag(text); got != want {
			t.Errorf("ScannedTag(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestRequisitionRow_AllMade(t *testing.T) {
	row := func(states ...LineState) (r RequisitionRow) {
		for _, s := range states {
			r.Lines = append(r.Lines, LineRow{Line: Line{State: s}})
		}
		return r
	}
	if !row(LineMade, LineCancelled, LineSent).AllMade() {
		t.Error("what is made is not seen")
	}
	for _, r := range []RequisitionRow{row(), row(LineMade, LineOpen), row(LineMaking), row(LineCancelled)} {
		if r.AllMade() {
			t.Errorf("all made: %+v", r)
		}
	}
}
