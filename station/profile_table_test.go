package station_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
)

// profileEnds says for each kind of key what a run ends in, at which step, with which word on the tile, how many touches
// it takes, and what the sentence must say. A kind that is missing here fails the test.
var profileEnds = map[string]struct {
	end     inventory.RunEnd
	at      inventory.Step
	word    string
	touches int
	says    string
}{
	"modern":           {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"fido20":           {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"noserial":         {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"u2f-only":         {inventory.RunRefused, inventory.Identify, "LEFT ALONE", 0, "U2F"},
	"no-pin":           {inventory.RunRefused, inventory.Identify, "LEFT ALONE", 0, "no clientPIN"},
	"fips":             {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"mute-when-forced": {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"always-uv":        {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"deviant":          {inventory.RunReady, inventory.Record, "READY", 1, "is ready"},
	"yubikey-like":     {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"uuid-like":        {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"enterprise":       {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
	"suffix-like":      {inventory.RunReady, inventory.Record, "READY", 2, "is ready"},
}

// TestTable_profiles makes one key of each kind: fresh from its box; when it was in too long for its reset, so that a
// replug is asked for; and for stock, finished by a second run.
func TestTable_profiles(t *testing.T) {
	t.Parallel()
	rows := newPrintout(t, "PROFILE", "END", "AT", "TILE", "TOUCHES", "REPLUGS", "PIN", "ARRIVAL", "LATE", "STOCK, THEN", "SENTENCE")
	for _, p := range softkey.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			want, ok := profileEnds[p.Name]
			if !ok {
				t.Fatalf("nothing is known of what becomes of %s", p.Name)
			}
			fresh, touches, s := profileRun(t, softkey.Config{Profile: p.Name})
			if fresh.End != want.end || endedAt(fresh.Report).Name != want.at || fresh.tile.Word != want.word || !strings.Contains(fresh.said(), want.says) {
				t.Errorf("the run ended %s at %s with %s, %q; want %+v", fresh.End, endedAt(fresh.Report).Name, fresh.tile.Word, fresh.said(), want)
			}
			if touches != want.touches || s.replugs != 0 {
				t.Errorf("%d touches and %d replugs were asked for; want %d and none", touches, s.replugs, want.touches)
			}
			pin, arrival := s.pinWords(fresh)
			rows.add(p.Name, string(fresh.End), string(endedAt(fresh.Report).Name), fresh.tile.Word, fmt.Sprint(touches), fmt.Sprint(s.replugs),
				pin, arrival, lateRun(t, p.Name, fresh), stockRun(t, p.Name, fresh), fresh.said())
		})
	}
}

// profileRun makes one key and counts its touches.
func profileRun(t *testing.T, cfg softkey.Config) (e ending, touches int, s *stand) {
	t.Helper()
	var n atomic.Int32
	cfg.OnEvent = func(e softkey.Event) {
		if e.Kind == softkey.Touched {
			n.Add(1)
		}
	}
	s = newStand(t, cfg, nil)
	e = s.run(inventory.Want{})
	touches = int(n.Load())
	s.wantTold(e)
	return e, touches, s
}

// pinWords tells who knows the PIN, and how the key's arrival can be proven.
func (s *stand) pinWords(e ending) (pin, arrival string) {
	s.t.Helper()
	if e.End != inventory.RunReady {
		return "-", "-"
	}
	k, err := s.store.Key(s.t.Context(), *e.Key)
	if err != nil {
		s.t.Fatal(err)
	}
	if k.PINKnown {
		return "known to the station", string(k.Arrival)
	}
	return "must be changed", string(k.Arrival)
}

// lateRun makes a key that was powered up a minute ago. It ends as the fresh one did, after exactly the replug that the
// key demands: one that takes its reset at any time is not asked for any.
func lateRun(t *testing.T, profile string, fresh ending) string {
	t.Helper()
	var late atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	s := newStand(t, softkey.Config{Profile: profile, Now: clock}, nil)
	late.Store(int64(time.Minute))
	e := s.run(inventory.Want{})
	s.wantTold(e)
	if e.End != fresh.End {
		t.Errorf("late, it ended %s, %q; fresh, %s", e.End, e.said(), fresh.End)
	}
	if e.End == inventory.RunRefused && s.replugs != 0 || s.replugs > 1 {
		t.Errorf("%d replugs were asked for", s.replugs)
	}
	return fmt.Sprintf("%s, %d replug", e.tile.Word, s.replugs)
}

// stockRun makes a key for stock and finishes it with a second run, which asks for nobody's hands.
func stockRun(t *testing.T, profile string, fresh ending) string {
	t.Helper()
	var touches atomic.Int32
	s := newStand(t, softkey.Config{Profile: profile, OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Touched {
			touches.Add(1)
		}
	}}, func(c *station.Config) { c.Hub = inventory.Hub{Ports: []inventory.HubPort{{ID: standPort}}} })
	s.withLines()
	if err := s.bench.OpenSession(t.Context(), s.cfg.Operator, true); err != nil {
		t.Fatal(err)
	}
	stocked := s.run(inventory.Want{})
	if fresh.End != inventory.RunReady {
		s.wantTold(stocked)
		return stocked.tile.Word
	}
	s.wantTold(stocked)
	if err := s.bench.EndSession(t.Context(), s.cfg.Operator); err != nil {
		t.Fatal(err)
	}
	if stocked.End != inventory.RunStocked {
		s.replug()
	}
	before := touches.Load()
	second := s.run(inventory.Want{})
	s.wantTold(second)
	if second.End != inventory.RunReady {
		t.Errorf("taken from stock, it ended %s: %q", second.End, second.said())
	}
	if stocked.End == inventory.RunStocked && (touches.Load() != before || s.replugs != 0) {
		t.Errorf("finished from stock, it asked for %d touches and %d replugs", touches.Load()-before, s.replugs)
	}
	return fmt.Sprintf("%s, %s after %d touches", stocked.tile.Word, second.tile.Word, touches.Load()-before)
}
