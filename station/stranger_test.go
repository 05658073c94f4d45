package station_test

import (
	"context"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// asked counts questions and answers them all with no.
func asked(n *int) func(context.Context, station.Question) (station.Answer, error) {
	return func(ctx context.Context, q station.Question) (station.Answer, error) {
		*n++
		return no(ctx, q)
	}
}

// own gives a key a PIN, as its owner would.
func own(t *testing.T, k *softkey.Key) {
	t.Helper()
	a := stationtest.Open(t, k.Path(), nil)
	if err := a.SetPIN(t.Context(), inventory.PIN("83926174"), nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// wantOwned proves that a key was not wiped: its owner's PIN still changes it.
func wantOwned(t *testing.T, k *softkey.Key) {
	t.Helper()
	a := stationtest.Open(t, k.Path(), nil)
	if err := a.SetPIN(t.Context(), inventory.PIN("61749283"), inventory.PIN("83926174")); err != nil {
		t.Errorf("the key does not take its owner's PIN any more: %v", err)
	}
}

// TestBench_Make_swappedAtReplug asks for a replug and gets a stranger's key of the same model: the yes was for the other
// one, so this one is left alone.
func TestBench_Make_swappedAtReplug(t *testing.T) {
	w := watch(t, nil)
	first := stationtest.Key(t, softkey.Config{ResetWindow: time.Nanosecond})
	strangers := stationtest.Key(t, softkey.Config{})
	own(t, strangers)
	w.bus.put("1-1", first)
	w.until("1-1", "REPLUG")
	w.bus.pull("1-1")
	w.bus.put("1-1", strangers)
	if tile := w.until("1-1", "PLUG IN AGAIN"); tile.Running {
		t.Error("the run goes on with another key")
	}
	wantOwned(t, strangers)
}

// TestBench_Make_blankWasLeft stops a run at its reset and puts a stranger's key of the same model, without a PIN, at the
// same port: the place alone proves nothing.
func TestBench_Make_blankWasLeft(t *testing.T) {
	r := newRig(t)
	bus := newTray()
	r.cfg.Bus, r.cfg.Wait = bus, 300*time.Millisecond
	bus.put("1-1", stationtest.Key(t, softkey.Config{Touch: softkey.TouchNever}))
	rep, err := r.bench().Make(t.Context(), station.Port{ID: "1-1"}, inventory.Want{})
	if err != nil || rep.End != inventory.RunWaiting {
		t.Fatalf("a key that nobody touches: %s, %v", outcomes(rep), err)
	}
	bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	n := 0
	r.cfg.Ask = asked(&n)
	rep, err = r.bench().Make(t.Context(), station.Port{ID: "1-1"}, inventory.Want{})
	if err != nil || n != 1 || rep.Key != nil {
		t.Errorf("asked %d times, key %v, %v: want one question and the key left alone", n, rep.Key, err)
	}
}

// TestBench_Make_neverList asks such a key nothing at all.
func TestBench_Make_neverList(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Working {
			t.Errorf("the key was asked: %s", e)
		}
	}})
	r.cfg.Policy.NeverPorts = []string{k.Path()}
	if rep := r.make(k.Path()); rep.End != inventory.RunRefused || rep.Key != nil {
		t.Errorf("%s %q", outcomes(rep), rep.Reasons)
	}
}
