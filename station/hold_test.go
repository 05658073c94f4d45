package station_test

import (
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// A key at a held port begins when the port is let go, and not before; other ports go on.
func TestBench_Hold(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.Hub = hubOf("1-1", "1-2") })
	refusedWith(t, w.bench.Hold("9-9", true), inventory.NotFound, "no port 9-9")
	w.must(w.bench.Hold("1-1", true))
	if tile, _ := w.cfg.Feed.Tile("1-1"); !tile.Held || tile.Word != "EMPTY" {
		t.Errorf("a held port without a key shows %+v", tile)
	}
	if tile := w.plugIn("1-1", stationtest.Key(t, softkey.Config{}), "HOLD"); !tile.Held || tile.Sentence == "" {
		t.Errorf("a held port shows %+v", tile)
	}
	w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "READY")
	if n := w.runs(); n != 1 {
		t.Errorf("%d runs began, want the one at the port that is not held", n)
	}
	w.must(w.bench.Hold("1-1", false))
	if tile := w.until("1-1", "READY"); tile.Held {
		t.Error("a port that was let go still says that it is held")
	}
}

// The whole bench is held at once, and every port is let go at once, except those that are held by themselves.
func TestBench_Hold_all(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.Hub = hubOf("1-1", "1-2") })
	w.must(w.bench.Hold("", true))
	w.must(w.bench.Hold("1-2", true))
	if !w.bench.Session().Held {
		t.Error("the bench does not say that it is held")
	}
	w.plugIn("1-1", stationtest.Key(t, softkey.Config{}), "HOLD")
	w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "HOLD")
	w.must(w.bench.Hold("", false))
	w.until("1-1", "READY")
	if tile, _ := w.cfg.Feed.Tile("1-2"); tile.Word != "HOLD" || !tile.Held {
		t.Errorf("the port that is held by itself says %s", tile.Word)
	}
	w.must(w.bench.Hold("1-2", false))
	w.until("1-2", "READY")
}

// A run that is on its way waits before its next step: what the key was asked for before is taken, and nothing more is
// asked.
func TestBench_Hold_midRun(t *testing.T) {
	w := watch(t, nil)
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual})
	w.plugIn("1-1", k, "TOUCH") // for the reset
	w.must(w.bench.Hold("1-1", true))
	k.Touch()
	if tile := w.until("1-1", "HOLD"); tile.Step != string(inventory.Tag) || !tile.Running {
		t.Errorf("it waits at %s, running %v; want before the tag", tile.Step, tile.Running)
	}
	w.must(w.bench.Hold("1-1", false))
	w.until("1-1", "TOUCH")
	for e := range w.touching("1-1", k) {
		if e.Tile.Word == "READY" {
			return
		}
	}
}

// A port that is held while it waits for its turn leaves the turn to others.
func TestBench_Hold_queued(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.TouchSlots = 1 })
	first := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual})
	w.plugIn("1-1", first, "TOUCH")
	w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "WAIT")
	w.plugIn("1-3", stationtest.Key(t, softkey.Config{}), "WAIT")
	w.must(w.bench.Hold("1-2", true))
	for e := range w.touching("1-1", first) {
		if e.Tile.Port == "1-2" && e.Tile.Tone == station.Hands {
			t.Fatalf("a held port asks: %s", e.Tile.Word)
		}
		if e.Tile.Port == "1-3" && e.Tile.Word == "READY" {
			break
		}
	}
	if tile, _ := w.cfg.Feed.Tile("1-2"); tile.Word != "HOLD" {
		t.Errorf("the held port says %s", tile.Word)
	}
	w.must(w.bench.Hold("1-2", false))
	w.until("1-2", "READY")
}

// A key that is pulled or stopped at a held port had no run.
func TestBench_Hold_left(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.Hub = hubOf("1-1") })
	w.must(w.bench.Hold("1-1", true))
	k := stationtest.Key(t, softkey.Config{})
	w.plugIn("1-1", k, "HOLD")
	w.moveOut("1-1", k)
	w.plugIn("1-1", k, "HOLD")
	w.must(w.bench.Cancel("1-1"))
	if tile := w.until("1-1", "STOPPED"); tile.Running || !tile.Held {
		t.Errorf("the stopped key shows %+v", tile)
	}
	w.must(w.bench.Hold("1-1", false))
	w.moveOut("1-1", k)
	if n := w.runs(); n != 0 {
		t.Errorf("%d runs began at a held port", n)
	}
}

// A held port does not begin by being let go while the hub is learned.
func TestBench_Hold_whileLearning(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.Hub = hubOf("1-1") })
	w.must(w.bench.Hold("1-1", true))
	k := stationtest.Key(t, softkey.Config{})
	w.plugIn("1-1", k, "HOLD")
	w.must(w.bench.Learn())
	w.must(w.bench.Hold("1-1", false))
	w.until("1-1", "LEFT IN")
	w.moveOut("1-1", k)
	if n := w.runs(); n != 0 {
		t.Errorf("%d runs began while the hub was learned", n)
	}
}
