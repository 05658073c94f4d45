package station_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBench_Make_inUse: a key that another program holds, or that says so itself, shows one word, and not that it or its
// cable is bad.
func TestBench_Make_inUse(t *testing.T) {
	t.Parallel()
	t.Run("held", func(t *testing.T) {
		t.Parallel()
		s := newStand(t, softkey.Config{}, nil)
		other := stationtest.Open(t, s.key.Path(), nil)
		s.wantBusy("Another program uses the key")
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		s.replug()
		if e := s.run(inventory.Want{}); e.End != inventory.RunReady {
			t.Errorf("let go, it ends %s: %q", e.End, e.Reasons)
		}
	})
	for _, fault := range []string{"init:0x06", "get-info:0x06", "make-credential:0x06"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			f, err := softkey.ParseFault(fault)
			if err != nil {
				t.Fatal(err)
			}
			newStand(t, softkey.Config{Faults: []softkey.Fault{f}}, nil).wantBusy("is busy")
		})
	}
}

// wantBusy runs and wants the tile to say what to do about a key in use.
func (s *stand) wantBusy(why string) {
	s.t.Helper()
	e := s.run(inventory.Want{})
	if e.tile.Word != "PLUG IN AGAIN" || !strings.Contains(e.tile.Sentence, why) || !strings.Contains(strings.ToLower(e.tile.Sentence), "close") {
		s.t.Errorf("ended %s; the tile says %s: %q, want %q", e.End, e.tile.Word, e.tile.Sentence, why)
	}
}
