package inventory

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func keyIn(s KeyState) Key {
	return Key{ID: "k1", Tag: "7KQM-3XWM", State: s, Arrival: ArrivalTouch, ChangedAt: noon.Add(-time.Hour)}
}

func TestKey_Move(t *testing.T) {
	tests := []struct {
		name    string
		have    KeyState
		to      KeyState
		reason  string
		kind    Kind
		refusal string
	}{
		{name: "packed", have: Ready, to: Packed},
		{name: "lost", have: Active, to: Lost, reason: "left on a train"},
		{name: "suspended", have: Active, to: Suspended, reason: "on leave"},
		{name: "suspended, nobody says why", have: Active, to: Suspended, reason: " ", kind: Invalid,
			refusal: "Key 7KQM-3XWM cannot become suspended without a reason: say why."},
		{name: "owed, nobody says why", have: Delivered, to: ReturnDue, kind: Invalid,
			refusal: "Key 7KQM-3XWM cannot become return-due without a reason: say why."},
		{name: "one that was lost", have: Lost, to: Active, kind: Conflict,
			refusal: "Key 7KQM-3XWM is lost and cannot become active: it can become returned, retired or stolen."},
		{name: "one that is broken", have: Damaged, to: Ready, kind: Conflict,
			refusal: "Key 7KQM-3XWM is damaged and cannot become ready: it can only become retired."},
		{name: "one that is gone", have: Retired, to: Received, kind: Conflict,
			refusal: "Key 7KQM-3XWM is retired and cannot become received: it stays retired."},
		{name: "to where it is", have: Ready, to: Ready, kind: Conflict,
			refusal: "Key 7KQM-3XWM is ready and cannot become ready: it can become received, packed, delivered, retired, quarantined, lost, stolen or damaged."},
		{name: "quarantine without a next action", have: Ready, to: Quarantined, reason: "odd", kind: Invalid,
			refusal: "Key 7KQM-3XWM goes into quarantine only with a reason and one next action: give both."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := keyIn(tt.have)
			got, ev, err := k.Move(tt.to, tt.reason, noon)
			refused(t, err, tt.kind, tt.refusal)
			if tt.refusal != "" {
				if !reflect.DeepEqual(got, k) || ev.Action != "" {
					t.Errorf("a refusal changed the key: %+v, %+v", got, ev)
				}
				return
			}
			if got.State != tt.to || got.StateReason != tt.reason || got.ChangedAt != noon {
				t.Errorf("key = %+v", got)
			}
			want := Event{"key." + string(tt.to), []string{"k1"}, KeyMoved{"7KQM-3XWM", tt.have, tt.to, tt.reason}}
			if !reflect.DeepEqual(ev, want) {
				t.Errorf("event = %+v, want %+v", ev, want)
			}
		})
	}
}

func TestKey_Quarantine(t *testing.T) {
	const both = "Key 7KQM-3XWM goes into quarantine only with a reason and one next action: give both."
	tests := []struct {
		name         string
		have         KeyState
		reason, next string
		kind         Kind
		refusal      string
	}{
		{"at the bench", Received, "its tag is mute", "make it anew", "", ""},
		{"no next action", Received, "its tag is mute", "", Invalid, both},
		{"blank next action", Received, "its tag is mute", "\t", Invalid, both},
		{"no reason", Received, "", "make it anew", Invalid, both},
		{"twice", Quarantined, "again", "look", Conflict,
			"Key 7KQM-3XWM is quarantined and cannot become quarantined: it can become received, retired, lost, stolen or damaged."},
		{"in somebody's hands", Active, "odd", "look", Conflict,
			"Key 7KQM-3XWM is active and cannot become quarantined: it can become return-due, suspended, lost, stolen or damaged."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, ev, err := keyIn(tt.have).Quarantine(tt.reason, tt.next, noon)
			refused(t, err, tt.kind, tt.refusal)
			if tt.refusal != "" {
				return
			}
			if k.State != Quarantined || k.StateReason != tt.reason || k.NextAction != tt.next || ev.Action != "key.quarantined" {
				t.Errorf("key = %+v, event = %+v", k, ev)
			}
			if k, _, err = k.Move(Received, "", noon); err != nil || k.NextAction != "" {
				t.Errorf("out of quarantine: %+v, %v", k, err)
			}
		})
	}
}

func TestKey_MakeReady(t *testing.T) {
	k, ev, err := keyIn(Received).MakeReady("l1", noon)
	if err != nil || k.State != Ready || k.Line != "l1" || !slices.Equal(ev.Subjects, []string{"k1", "l1"}) {
		t.Errorf("key = %+v, event = %+v, %v", k, ev, err)
	}
	k, ev, err = keyIn(Received).MakeReady("", noon)
	if err != nil || k.State != Ready || !slices.Equal(ev.Subjects, []string{"k1"}) {
		t.Errorf("for stock: key = %+v, event = %+v, %v", k, ev, err)
	}
	_, _, err = keyIn(Stolen).MakeReady("l1", noon)
	refused(t, err, Conflict, "Key 7KQM-3XWM is stolen and cannot become ready: it can become returned or retired.")
}

func TestKey_Remake(t *testing.T) {
	made := keyIn(Ready)
	made.Line, made.PINKnown, made.Arrival = "l1", true, ArrivalPINFirst
	k, ev, err := made.Remake("it is made anew", noon)
	if err != nil || k.State != Received || k.Line != "" || k.StateReason != "it is made anew" {
		t.Errorf("key = %+v, %v", k, err)
	}
	if k.PINKnown || k.Arrival != ArrivalTouch {
		t.Errorf("the run before still shows: %+v", k)
	}
	if ev.Action != "key.received" || !slices.Equal(ev.Subjects, []string{"k1", "l1"}) {
		t.Errorf("event = %+v: its old line must find it", ev)
	}

	failed := keyIn(Received) // its run ended after the PIN was left as it is
	failed.PINKnown = true
	k, ev, err = failed.Remake("it is made anew", noon)
	if err != nil || k.State != Received || k.PINKnown || ev.Action != "" {
		t.Errorf("in stock: key = %+v, event = %+v, %v", k, ev, err)
	}

	for _, s := range allStates {
		_, _, err := keyIn(s).Remake("anew", noon)
		if may := s == Received || s.May(Received); (err == nil) != may || err != nil && KindOf(err) != Conflict {
			t.Errorf("a key that is %s: %v", s, err)
		}
	}
}

// A key in stock is still received; it is judged, and what is said about it goes with the next run.
func TestKey_Stock(t *testing.T) {
	tests := []struct {
		name    string
		have    KeyState
		verdict Verdict
		refusal string
	}{
		{"genuine", Received, Genuine, ""},
		{"accepted", Received, Unknown, ""},
		{"not what it says", Received, Refused, "Key 7KQM-3XWM cannot be put into stock: nobody judged what model it is, or it is not what it says."},
		{"not judged", Received, "", "Key 7KQM-3XWM cannot be put into stock: nobody judged what model it is, or it is not what it says."},
		{"made already", Ready, Genuine, "Key 7KQM-3XWM is ready and cannot be put into stock: it has to be made anew."},
		{"with somebody", Active, Genuine, "Key 7KQM-3XWM is active and cannot be put into stock: it has to be made anew."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := keyIn(tt.have)
			k.Verdict = tt.verdict
			got, ev, err := k.Stock(noon)
			refused(t, err, Conflict, tt.refusal)
			if tt.refusal != "" {
				if !reflect.DeepEqual(got, k) || ev.Action != "" {
					t.Errorf("a refusal changed the key: %+v, %+v", got, ev)
				}
				return
			}
			if got.State != Received || got.StateReason == "" || got.ChangedAt != noon || ev.Action != "key.stocked" {
				t.Errorf("key = %+v, event = %+v", got, ev)
			}
			if again, _, err := got.Remake("it is made anew", noon); err != nil || again.StateReason != "" {
				t.Errorf("made anew it still says %q, %v", again.StateReason, err)
			}
		})
	}
}

func TestVerdict_Allows(t *testing.T) {
	for _, tt := range []struct {
		have           Verdict
		unproven, want bool
	}{
		{Genuine, false, true}, {Genuine, true, true}, {Unknown, false, false}, {Unknown, true, true},
		{Refused, true, false}, {"", true, false},
	} {
		if got := tt.have.Allows(tt.unproven); got != tt.want {
			t.Errorf("%q with unproven models %v: %v", tt.have, tt.unproven, got)
		}
	}
}

// A key whose line was cancelled goes back to stock as long as it is at the desk.
func TestKey_TakeBack(t *testing.T) {
	const gone = " a requisition can be cancelled only until one of its keys is packed. Have its keys sent back instead."
	tests := []struct {
		have    KeyState
		want    KeyState
		refusal string
	}{
		{Ready, Received, ""},
		{Packed, Packed, "Key 7KQM-3XWM is packed:" + gone},
		{InTransit, InTransit, "Key 7KQM-3XWM is in-transit:" + gone},
		{Delivered, Delivered, "Key 7KQM-3XWM is delivered:" + gone},
		{Active, Active, "Key 7KQM-3XWM is active:" + gone},
		{InReturn, InReturn, "Key 7KQM-3XWM is in-return:" + gone},
		{Quarantined, Quarantined, ""},
		{Lost, Lost, ""},
		{Damaged, Damaged, ""},
	}
	for _, tt := range tests {
		t.Run(string(tt.have), func(t *testing.T) {
			k := keyIn(tt.have)
			k.Line, k.PINKnown = "l1", true
			got, ev, err := k.TakeBack("R-1001 was cancelled", noon)
			refused(t, err, Conflict, tt.refusal)
			if tt.want == tt.have {
				if !reflect.DeepEqual(got, k) || ev.Action != "" {
					t.Errorf("it changed: %+v, %+v", got, ev)
				}
				return
			}
			want := Event{"key.received", []string{"k1", "l1"}, KeyMoved{"7KQM-3XWM", Ready, Received, "R-1001 was cancelled"}}
			if got.State != tt.want || got.Line != "" || got.PINKnown || !reflect.DeepEqual(ev, want) {
				t.Errorf("key = %+v, event = %+v", got, ev)
			}
		})
	}
}
