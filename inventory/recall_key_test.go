package inventory

import (
	"strings"
	"testing"
	"time"
)

func TestOlderFirmware(t *testing.T) {
	for _, tt := range []struct {
		version, than string
		want          bool
	}{
		{"5.4.3", "5.7", true},
		{"5.7", "5.7.0", false},
		{"5.7", "5.7.1", true},
		{"5.10.0", "5.7.0", false},
		{"5.7.1", "5.7.1", false},
		{"328965", "328966", true},
		{"", "5.7", false},
		{"5.7b", "5.8", false},
		{"5.7", "new", false},
	} {
		if got := OlderFirmware(tt.version, tt.than); got != tt.want {
			t.Errorf("OlderFirmware(%q, %q) = %t", tt.version, tt.than, got)
		}
	}
}

func TestRecallOf_Covers(t *testing.T) {
	k := Key{AAGUID: "d41f5a69-b817-4144-a13c-9ebd6d9254d6", Firmware: "5.4.3"}
	for _, tt := range []struct {
		which RecallOf
		want  bool
	}{
		{RecallOf{Untrusted: true}, true},
		{RecallOf{AAGUID: "D41F5A69B8174144A13C9EBD6D9254D6"}, true},
		{RecallOf{AAGUID: k.AAGUID, Below: "5.7"}, true},
		{RecallOf{AAGUID: k.AAGUID, Below: "5.4.3"}, false},
		{RecallOf{AAGUID: "d41f5a69-b817-4144-a13c-9ebd6d9254d7"}, false},
	} {
		if got := tt.which.Covers(k); got != tt.want {
			t.Errorf("%+v covers it: %t", tt.which, got)
		}
	}
}

// Every way that a settled recall takes a key goes along the table of a key's life, and ends where it has to.
func TestKey_Settle(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for to, ways := range recallWays {
		for from, way := range ways {
			k, events, err := Key{State: from}.Settle(to, "So it was.", at)
			if err != nil || len(events) != len(way) || k.State != way[len(way)-1] {
				t.Errorf("%s and %s: %s, %v", from, to, k.State, err)
			}
		}
	}
	if k, events, err := (Key{State: Quarantined}).Settle(RecallReturned, "", at); err != nil || len(events) != 0 || k.State != Quarantined {
		t.Errorf("what is at the desk already: %s, %v", k.State, err)
	}
}

func TestKeyMoved_Settles(t *testing.T) {
	for _, tt := range []struct {
		from, to KeyState
		want     RecallItemState
	}{
		{InReturn, Returned, RecallReturned},
		{Lost, Returned, RecallReturned},
		{InReturn, Quarantined, RecallReturned},
		{Quarantined, Retired, RecallReturned},
		{Lost, Retired, RecallWrittenOff},
		{Damaged, Retired, RecallWrittenOff},
		{ReturnDue, InReturn, ""},
		{Ready, Quarantined, ""},
		{ReturnDue, Lost, ""},
	} {
		if got := (KeyMoved{From: tt.from, To: tt.to}).Settles(); got != tt.want {
			t.Errorf("%s to %s settles as %q", tt.from, tt.to, got)
		}
	}
}

func TestKey_Withdraw(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for _, state := range []KeyState{InTransit, Active, Quarantined, Retired} {
		if _, err := (Key{State: state}).Withdraw("A test.", "Look.", "", at); KindOf(err) != Conflict {
			t.Errorf("%s: %v", state, err)
		}
	}
	w, err := Key{State: Packed, Line: "l", PINKnown: true}.Withdraw("A test.", "Look.", "", at)
	if err != nil || w.Reopen != "l" || !w.Void || w.Key.Line != "" || w.Key.PINKnown || w.Key.NextAction != "Take it out of its parcel, which must not go. Look." {
		t.Errorf("%+v, %v", w, err)
	}
}

// A judgment replaces what the one before said; what people said about the key stays.
func TestKey_Judge(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	said := func(v Verdict, sentences ...string) Judgment {
		j := Judgment{Verdict: v}
		for _, s := range sentences {
			j.Reasons = append(j.Reasons, Reason{"code", s})
		}
		return j
	}
	k := Key{ID: "k", Verdict: Unknown, Reasons: []string{"No root.", "Olga accepted it."}}
	first := said(Unknown, "No root.")
	same, _ := k.Judge(Judgment{}, first, at)
	if strings.Join(same.Reasons, " ") != "No root. Olga accepted it." || !same.ChangedAt.IsZero() {
		t.Errorf("said once more: %+v", same)
	}
	next, ev := k.Judge(first, said(Refused, "It is denied.", "A root."), at)
	if strings.Join(next.Reasons, " ") != "It is denied. A root. Olga accepted it." || next.Verdict != Refused || next.ChangedAt != at {
		t.Errorf("judged again: %+v", next)
	}
	if p, ok := ev.Payload.(KeyJudged); !ok || p.From != Unknown || p.To != Refused || ev.Action != "key.judged" {
		t.Errorf("event %+v", ev)
	}
}
