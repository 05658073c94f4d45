package station_test

import (
	"context"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBench_Watch_winks lets a ready key blink until it is pulled, and then no more.
func TestBench_Watch_winks(t *testing.T) {
	began, ended := make(chan string), make(chan error)
	w := watch(t, func(c *station.Config) {
		c.Wink = func(ctx context.Context, path string) error {
			began <- path
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}
	})
	k := stationtest.Key(t, softkey.Config{})
	path := k.Path()
	w.bus.put("1-1", k)
	w.until("1-1", "READY")
	if got := <-began; got != path {
		t.Errorf("the key at %s blinks, want %s", got, path)
	}
	w.bus.pull("1-1")
	if err := <-ended; err == nil {
		t.Error("it blinks after it was pulled")
	}
}

func TestBench_Wink(t *testing.T) {
	winked := make(chan struct{}, 8)
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual, OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Winked {
			winked <- struct{}{}
		}
	}})
	w := watch(t, func(c *station.Config) { c.Wink = fido2.Wink })
	if err := w.bench.Wink(t.Context(), "1-1"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("an empty port: %v", err)
	}
	w.bus.put("1-1", k)
	w.until("1-1", "TOUCH")
	if err := w.bench.Wink(t.Context(), "1-1"); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("a key that is being made: %v", err)
	}
	if err := w.bench.Cancel("1-1"); err != nil {
		t.Fatal(err)
	}
	w.until("1-1", "STOPPED")
	for inventory.KindOf(w.bench.Wink(t.Context(), "1-1")) == inventory.Conflict { // until the run has let go
	}
	<-winked
}

func TestBench_Wink_none(t *testing.T) {
	if err := watch(t, nil).bench.Wink(t.Context(), "1-1"); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("a bench without blinking: %v", err)
	}
}

// A port that is never touched is not made to blink either.
func TestBench_Wink_never(t *testing.T) {
	r := newRig(t)
	bus := newTray()
	bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	r.cfg.Bus, r.cfg.Policy.NeverPorts = bus, []string{"1-1"}
	r.cfg.Wink = func(context.Context, string) error {
		t.Error("the key was opened")
		return nil
	}
	refusedWith(t, r.bench().Wink(t.Context(), "1-1"), inventory.Conflict, "never touched")
}
