package shipping

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
)

func made() Made {
	at := time.Date(2026, time.November, 23, 10, 30, 0, 0, time.FixedZone("CET", 3600))
	return Made{
		Order: order(),
		Key: inventory.Key{
			Tag: "7KQM-3XWB", Model: "Software Key", Serial: "SK00014821", SerialSource: inventory.SerialUSB, Firmware: "1.0.0",
			Verdict: inventory.Genuine, Arrival: inventory.ArrivalTouch,
		},
		Run:    inventory.Run{ID: "0199f0c1-7a5e-7c3d-9b1f-3fa94c0e91b2", Operator: inventory.Claimed("Ada Ott"), StartedAt: at.Add(-time.Hour), EndedAt: &at},
		Parcel: inventory.Parcel{Number: "P-1001"},
	}
}

func testedDesk() Desk {
	return Desk{
		Settings: inventory.Settings{RPID: "example.com", PublicURL: "https://keys.example.com"},
		Return:   addr("FR", "Key desk", "1 rue", "Paris", "", "75011"),
	}
}

func packed(t *testing.T, m Made, d Desk) Packet {
	t.Helper()
	p, err := NewPacket(m, d, latin)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func written(t *testing.T, p Packet) string {
	t.Helper()
	var b strings.Builder
	if err := p.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNewPacket(t *testing.T) {
	p := packed(t, made(), testedDesk())
	want := []Fact{{"Requisition", "R-1001"}, {"Parcel", "P-1001"}, {"Key", "7KQM-3XWB"}, {"Run", "4C0E-91B2"}, {"Recorded", "23 Nov 2026 09:30 UTC"}}
	if !slices.Equal(p.Facts, want) {
		t.Errorf("facts %v, want %v", p.Facts, want)
	}
	if want := []string{"Zoë Grünwald", "Weg 1", "10623 BERLIN", "GERMANY"}; !slices.Equal(p.Label.To, want) {
		t.Errorf("to %q, want %q", p.Label.To, want)
	}
	if want := []string{"Key desk", "1 rue", "75011 PARIS", "FRANCE"}; !slices.Equal(p.Label.From, want) || !slices.Equal(p.Slip.Return, want) {
		t.Errorf("from %q, return to %q, want %q", p.Label.From, p.Slip.Return, want)
	}
	if p.Test || p.Paper != A4 || p.Language != "en" || p.Label.Number.Text != "P-1001" || p.Slip.Tag.Text != "7KQM-3XWB" {
		t.Errorf("got %+v", p)
	}
	for _, c := range []Code{p.Slip.Where, p.Start.Where} {
		if c.Text != "https://keys.example.com/a/7KQM-3XWB" {
			t.Errorf("the code says %s", c.Text)
		}
	}
	if !reflect.DeepEqual(p, packed(t, made(), testedDesk())) {
		t.Error("the same records gave another packet")
	}
}

// Every part of the twin says the record; no part says what must not travel.
func TestPacket_WriteText(t *testing.T) {
	text := written(t, packed(t, made(), testedDesk()))
	for _, fact := range []string{"Requisition: R-1001", "Parcel: P-1001", "Key: 7KQM-3XWB", "Run: 4C0E-91B2"} {
		if strings.Count(text, fact) < 3 {
			t.Errorf("%q is not on all three parts", fact)
		}
	}
	for _, want := range []string{"GERMANY", "Operator: Ada Ott (claimed)", "Serial: …4821", "Attestation: genuine", "Department: Treasury", "https://keys.example.com/a/7KQM-3XWB", "Windows", "macOS", "Linux", "ChromeOS"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, never := range []string{"zoe@example.com", "u-4711", "SK0001", "TEST KEY"} {
		if strings.Contains(text, never) {
			t.Errorf("the packet says %q", never)
		}
	}
}

func TestNewPacket_critical(t *testing.T) {
	m := made()
	m.Order.Requisition.Tier = inventory.Critical
	text := written(t, packed(t, m, testedDesk()))
	for _, never := range []string{"zoe@example.com", "u-4711", "Treasury"} {
		if strings.Contains(text, never) {
			t.Errorf("a packet of the critical tier says %q", never)
		}
	}
}

func TestNewPacket_test(t *testing.T) {
	d := testedDesk()
	d.Settings = inventory.Settings{RPID: inventory.LocalRPID}
	p := packed(t, made(), d)
	text := written(t, p)
	if !p.Test || strings.Count(text, "TEST KEY\n") != 4 || strings.Contains(text, "https:") || p.Slip.Where.Text != "7KQM-3XWB" {
		t.Errorf("not every part says TEST KEY, or one names an address:\n%s", text)
	}
	m := made()
	m.Key.Test = true
	if p := packed(t, m, testedDesk()); !p.Test || p.Slip.Where.Text != "7KQM-3XWB" {
		t.Errorf("a test key's packet says %q", p.Slip.Where.Text)
	}
}

func TestNewPacket_pickUp(t *testing.T) {
	m := made()
	m.Order.Address, m.Parcel = inventory.Address{}, inventory.Parcel{}
	p := packed(t, m, Desk{Settings: testedDesk().Settings})
	if !p.Label.PickUp || !slices.Equal(p.Label.To, []string{"Zoë Grünwald"}) || p.Label.Number.Text != "R-1001-2" || len(p.Label.From) != 0 {
		t.Errorf("got %+v", p.Label)
	}
	text := written(t, p)
	for _, want := range []string{"Pick-up card\n", "Waits at the desk for\n  Zoë Grünwald\nRequisition: R-1001\nKey: 7KQM-3XWB", "badge", "signed", "identity card"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	for _, never := range []string{"Address label", "close the parcel", "bag is sealed", "\nFrom", "\nDesk", "return to"} {
		if strings.Contains(text, never) {
			t.Errorf("a pick-up says %q", never)
		}
	}
	d := testedDesk()
	d.Name = "Third floor"
	if p := packed(t, m, d); !slices.Equal(p.Label.From, []string{"Third floor"}) || p.Slip.Return != nil {
		t.Errorf("from %q, return to %q", p.Label.From, p.Slip.Return)
	}
}

// A desk that gave no name is not called by one: who lost a key is told whom to tell.
func TestNewPacket_namelessDesk(t *testing.T) {
	text := written(t, packed(t, made(), Desk{Settings: testedDesk().Settings}))
	if !strings.Contains(text, "Tell whoever gave you this key at once") || !strings.Contains(text, "Nobody from the desk") || strings.Contains(text, "\nFrom") {
		t.Errorf("got:\n%s", text)
	}
	text = written(t, packed(t, made(), Desk{Settings: testedDesk().Settings, Name: "Example desk"}))
	if !strings.Contains(text, "Tell Example desk at once") || !strings.Contains(text, "From\n  Example desk") {
		t.Errorf("got:\n%s", text)
	}
}

func TestNewPacket_arrival(t *testing.T) {
	m := made()
	m.Key.Arrival = inventory.ArrivalPINFirst
	if text := written(t, packed(t, m, testedDesk())); !strings.Contains(text, "Wait for the letter") || strings.Contains(text, "is shown") {
		t.Errorf("a PIN by letter reads:\n%s", text)
	}
	m = made()
	m.Key.PINKnown = true
	if text := written(t, packed(t, m, testedDesk())); !strings.Contains(text, "stays valid") || strings.Contains(text, "answers nothing else") {
		t.Errorf("a PIN that stays valid reads:\n%s", text)
	}
}

// What a key says of itself never stops its packet; what the order says does.
func TestNewPacket_strangeTexts(t *testing.T) {
	m := made()
	m.Key.Model, m.Key.Serial, m.Run.Operator = "飞天\x01", "№飞", inventory.Actor{Name: "田中"}
	if text := written(t, packed(t, m, testedDesk())); !strings.Contains(text, "Model: <U+98DE><U+5929><U+0001>") || !strings.Contains(text, "Operator: <U+7530><U+4E2D>") {
		t.Errorf("got:\n%s", text)
	}
	m.Order.Person.Name = "田中"
	if _, err := NewPacket(m, testedDesk(), latin); !strings.Contains(inventory.Sentence(err), "The name has the character ‘田’ (U+7530)") {
		t.Errorf("got %v", err)
	}
	if _, err := NewPacket(made(), Desk{Name: "田"}, latin); err == nil {
		t.Error("a desk that cannot be printed was printed")
	}
}

func TestMade_at(t *testing.T) {
	m := made()
	start := m.Run.StartedAt
	m.Run.EndedAt = nil
	if !m.at().Equal(start) {
		t.Errorf("without an end: %s", m.at())
	}
	m.Parcel.PrintedAt = start.Add(time.Minute)
	if !m.at().Equal(start.Add(time.Minute)) {
		t.Errorf("with a print: %s", m.at())
	}
}

func TestSerial(t *testing.T) {
	for _, test := range []struct {
		serial string
		source inventory.SerialSource
		want   string
	}{{"", inventory.SerialNone, "none"}, {"123", inventory.SerialVendor, "123"}, {"12345678", inventory.SerialVendor, "…5678"}, {"1234", "", "1234"}} {
		m := made()
		m.Key.Serial, m.Key.SerialSource = test.serial, test.source
		if got := m.serial(latin); got != test.want {
			t.Errorf("%q: got %q, want %q", test.serial, got, test.want)
		}
	}
}
