package station_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBench_Ask_oneAtATime: while one key's question is put elsewhere, the tile of another that has one says WAIT.
func TestBench_Ask_oneAtATime(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan string), make(chan bool)
	w := watch(t, func(c *station.Config) {
		c.Ask = func(ctx context.Context, q station.Question) (station.Answer, error) {
			select {
			case asked <- q.Port.ID:
			case <-ctx.Done():
				return station.Answer{}, context.Cause(ctx)
			}
			return station.Answer{Yes: <-answer, By: inventory.Claimed("Ada"), How: "in a test"}, nil
		}
	})
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	if port := <-asked; port != "1-1" {
		t.Fatalf("asked about %s", port)
	}
	w.until("1-1", "YOUR ANSWER?")
	w.bus.put("1-2", stationtest.Key(t, softkey.Config{}))
	if tile := w.until("1-2", "WAIT"); tile.Sentence != "Another key's question comes first." {
		t.Errorf("the tile says %q", tile.Sentence)
	}
	answer <- false
	select {
	case port := <-asked:
		if port != "1-2" {
			t.Fatalf("asked about %s", port)
		}
	case <-time.After(time.Minute):
		t.Fatal("nobody is asked about the second key")
	}
	w.until("1-2", "YOUR ANSWER?")
	answer <- false
	w.until("1-2", "LEFT ALONE")
}

// TestBench_Make_pinFirst: a key that answers only with its PIN says so where its readiness is told.
func TestBench_Make_pinFirst(t *testing.T) {
	t.Parallel()
	first := 0
	for _, p := range softkey.Profiles() {
		m, _ := softkey.ProfileModel(p.Name)
		if !m.GetInfo.SupportsPIN() {
			continue
		}
		s := newStand(t, softkey.Config{Profile: p.Name}, nil)
		e := s.run(inventory.Want{})
		if e.End != inventory.RunReady {
			continue
		}
		k, err := s.store.Key(t.Context(), *e.Key)
		if err != nil {
			t.Fatal(err)
		}
		want := k.Arrival == inventory.ArrivalPINFirst
		if want {
			first++
		}
		reasons := strings.Join(e.Reasons, " ")
		if got := strings.Contains(reasons, "its holder needs the PIN"); got != want {
			t.Errorf("%s: arrival %s, the reasons are %q", p.Name, k.Arrival, e.Reasons)
		}
		if got := strings.Contains(e.tile.Sentence, "Its holder needs the PIN first."); got != want {
			t.Errorf("%s: arrival %s, the tile says %q", p.Name, k.Arrival, e.tile.Sentence)
		}
	}
	if first == 0 {
		t.Error("no profile arrives with its PIN first")
	}
}
