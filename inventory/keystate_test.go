package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// allStates are the states in the order of a key's life.
var allStates = []KeyState{Received, Ready, Packed, InTransit, Delivered, Active, Suspended, ReturnDue, InReturn, Returned,
	Quarantined, Lost, Stolen, Damaged, Retired}

// life says every allowed change once more, by hand, so that an edge that appears or vanishes is noticed.
var life = map[KeyState]string{
	Received:    "ready returned quarantined lost stolen damaged retired",
	Ready:       "received packed delivered quarantined lost stolen damaged retired",
	Packed:      "ready in-transit quarantined lost stolen damaged",
	InTransit:   "delivered in-return lost stolen damaged",
	Delivered:   "active return-due lost stolen damaged",
	Active:      "suspended return-due lost stolen damaged",
	Suspended:   "active return-due lost stolen damaged",
	ReturnDue:   "in-return lost stolen damaged",
	InReturn:    "returned quarantined lost stolen damaged",
	Returned:    "received quarantined lost stolen damaged retired",
	Quarantined: "received lost stolen damaged retired",
	Lost:        "returned stolen retired",
	Stolen:      "returned retired",
	Damaged:     "retired",
	Retired:     "",
}

// TestEdges_matrix asserts the whole matrix; with -v it is printed, a row for each state a key may be in.
func TestEdges_matrix(t *testing.T) {
	head := strings.Builder{}
	for _, to := range allStates {
		fmt.Fprintf(&head, " %-4.4s", to)
	}
	t.Logf("%-12s%s", "", head.String())
	for _, from := range allStates {
		row := strings.Builder{}
		for _, to := range allStates {
			want := slices.Contains(strings.Fields(life[from]), string(to))
			if from.May(to) != want || slices.Contains(from.Next(), to) != want {
				t.Errorf("%s → %s is %t, want %t", from, to, from.May(to), want)
			}
			fmt.Fprintf(&row, " %-4s", map[bool]string{true: "yes", false: "·"}[from.May(to)])
		}
		t.Logf("%-12s%s", from, row.String())
	}
}

func TestEdges_documented(t *testing.T) {
	tests := []struct{ name, walk string }{
		{"by parcel", "received ready packed in-transit delivered active"},
		{"at the desk", "received ready delivered active"},
		{"parcel canceled", "ready packed ready"},
		{"line or PIN gone", "ready received ready"},
		{"came back on the way", "in-transit in-return returned"},
		{"given back", "active return-due in-return returned received"},
		{"given back unused", "delivered return-due in-return returned retired"},
		{"on hold", "active suspended active"},
		{"cleared", "quarantined received"},
		{"given up", "quarantined retired"},
		{"lost and found", "active lost returned"},
		{"written off", "delivered stolen retired"},
		{"broken", "active damaged retired"},
		{"put aside at the bench", "received quarantined received"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			states := strings.Fields(tt.walk)
			for i, to := range states[1:] {
				if from := KeyState(states[i]); !from.May(KeyState(to)) {
					t.Errorf("%s → %s is not allowed", from, to)
				}
			}
		})
	}
}

func TestEdges_table(t *testing.T) {
	seen := map[[2]KeyState]bool{}
	for _, e := range Edges {
		pair := [2]KeyState{e.From, e.To}
		if seen[pair] || e.From == e.To || e.Demands == "" {
			t.Errorf("edge %s → %s stands twice, goes nowhere or demands nothing", e.From, e.To)
		}
		seen[pair] = true
		if !slices.Contains(allStates, e.From) || !slices.Contains(allStates, e.To) {
			t.Errorf("edge %s → %s has an unknown state", e.From, e.To)
		}
		if (e.To == Quarantined) != (e.Demands == demandsNext) {
			t.Errorf("edge %s → %s demands %q", e.From, e.To, e.Demands)
		}
	}
	for _, s := range allStates {
		if s != Received && !slices.ContainsFunc(Edges, func(e Edge) bool { return e.To == s }) {
			t.Errorf("nothing leads to %s", s)
		}
	}
	if May := KeyState("").May(Received); May || KeyState("new").Next() != nil {
		t.Error("an unknown state leads somewhere")
	}
}

func TestKeyState_WithSomebody(t *testing.T) {
	safe := []KeyState{Received, Ready, Returned, Quarantined, Damaged, Retired}
	for _, s := range allStates {
		if got, want := s.WithSomebody(), !slices.Contains(safe, s); got != want {
			t.Errorf("%s.WithSomebody() = %t, want %t", s, got, want)
		}
		if s.WithSomebody() && s.May(Received) {
			t.Errorf("a key that is %s may be made again while somebody has it", s)
		}
	}
}
