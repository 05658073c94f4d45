package inventory

import (
	"strings"
	"testing"
	"time"
)

// Who is on hold stays so for the first reason, and goes on only by somebody else who says what was found out.
func TestPerson_Hold(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	p := Person{ID: "ada", Name: "Ada", State: PersonActive}
	if _, _, err := p.Hold(" ", at); KindOf(err) != Invalid {
		t.Errorf("without a reason: %v", err)
	}
	p, ev, err := p.Hold("It was not her.", at)
	if err != nil || p.Held != "It was not her." || ev.Action != "person.held" || p.SignIn() == nil {
		t.Fatalf("%+v, %s, %v", p, ev.Action, err)
	}
	if again, ev, err := p.Hold("Another.", at); err != nil || again.Held != p.Held || ev.Action != "" {
		t.Errorf("twice: %q, %s, %v", again.Held, ev.Action, err)
	}
	for _, c := range []struct {
		by, why string
		kind    Kind
	}{{"ada", "It was me.", Forbidden}, {"help", " ", Invalid}, {"help", "a\u202eb", Invalid}} {
		if _, _, err := p.Release(Actor{ID: c.by}, c.why, at); KindOf(err) != c.kind {
			t.Errorf("released by %s with %q: %v", c.by, c.why, err)
		}
	}
	p, ev, err = p.Release(Actor{ID: "help"}, "Called her.", at)
	if err != nil || p.Held != "" || ev.Action != "person.released" {
		t.Errorf("%+v, %s, %v", p, ev.Action, err)
	}
	if _, _, err := p.Release(Actor{ID: "help"}, "Again.", at); KindOf(err) != Conflict {
		t.Errorf("released twice: %v", err)
	}
}

// A requisition goes on only when the reason is gone for which it stands still.
func TestRequisition_Hold(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	r, ev := Requisition{Number: "R-1", State: Approved}.Hold("First.", at)
	if ev.Action != "requisition.held" || r.Makeable() == nil || !strings.Contains(Sentence(r.Makeable()), "First.") {
		t.Errorf("%+v, %s", r, ev.Action)
	}
	if same, ev := r.Hold("Second.", at); same.Held != "First." || ev.Action != "" {
		t.Errorf("held twice: %q, %s", same.Held, ev.Action)
	}
	if same, ev := r.GoOn("Second.", at); same.Held != "First." || ev.Action != "" {
		t.Errorf("for another reason: %q, %s", same.Held, ev.Action)
	}
	if gone, ev := r.GoOn("First.", at); gone.Held != "" || ev.Action != "requisition.released" || gone.Makeable() != nil {
		t.Errorf("%+v, %s", gone, ev.Action)
	}
}

func TestDenial_Use(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	d := Denial{ExpiresAt: at}
	if err := d.Use(at); err != nil {
		t.Errorf("in time: %v", err)
	}
	if err := d.Use(at.Add(time.Second)); KindOf(err) != Conflict {
		t.Errorf("too late: %v", err)
	}
	d.UsedAt = &at
	if err := d.Use(at); KindOf(err) != Conflict {
		t.Errorf("used: %v", err)
	}
}

// The mail of the day is due at eight by the clock of its reader, whatever the season.
func TestPerson_NextDigest(t *testing.T) {
	for _, c := range []struct{ zone, at, want string }{
		{"", "2026-12-01T07:59:00Z", "2026-12-01T08:00:00Z"},
		{"", "2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z"},
		{"Europe/Berlin", "2026-12-01T06:00:00Z", "2026-12-01T07:00:00Z"},
		{"Europe/Berlin", "2026-07-01T06:00:00Z", "2026-07-02T06:00:00Z"},
		{"America/New_York", "2026-12-01T00:00:00Z", "2026-12-01T13:00:00Z"},
		{"Nowhere/Land", "2026-12-01T00:00:00Z", "2026-12-01T08:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Person{TimeZone: c.zone}).NextDigest(at).Format(time.RFC3339); got != c.want {
			t.Errorf("%s at %s: %s, want %s", c.zone, c.at, got, c.want)
		}
	}
}
