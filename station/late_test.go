package station_test

import (
	"context"
	"slices"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// lateBench is a bench that is started after a process died in the record of the key k at 1-1.
type lateBench struct {
	*watched
	press *press
	tag   inventory.AssetTag
	start func()
}

func late(t *testing.T, k *softkey.Key) *lateBench {
	t.Helper()
	r, bus, p := newRig(t), newTray(), &press{}
	r.cfg.Bus, r.cfg.Hub = bus, hubOf("1-1", "1-2")
	bus.put("1-1", k)
	port, err := bus.At(t.Context(), "1-1")
	r.must(err)
	r.diesIn(port, inventory.Record)
	r.cfg.Feed, r.cfg.Printer, r.cfg.Ask = station.NewFeed(), p, nil
	w := &watched{rig: r, bench: r.bench(), bus: bus}
	ctx, stop := context.WithCancel(t.Context())
	_, w.events = r.cfg.Feed.Subscribe(ctx)
	done := make(chan error, 1)
	l := &lateBench{watched: w, press: p}
	l.start = func() {
		r.must(w.bench.Recover(t.Context()))
		go func() { done <- w.bench.Watch(ctx, nil) }()
		t.Cleanup(func() {
			stop()
			r.must(<-done)
		})
	}
	runs, err := r.store.RunList(t.Context(), inventory.RunQuery{})
	r.must(err)
	key, err := r.store.Key(t.Context(), runs.Rows[0].Run.Key)
	r.must(err)
	l.tag = key.Tag
	return l
}

// TestBench_Recover_nothingThere finishes a run whose key is not at its port any more: the port stays empty, there is no
// label to print, and the next key that is plugged in prints none.
func TestBench_Recover_nothingThere(t *testing.T) {
	l := late(t, stationtest.Key(t, softkey.Config{}))
	l.bus.pull("1-1")
	l.start()
	if tile, _ := l.cfg.Feed.Tile("1-1"); tile.Word != "EMPTY" || tile.Plugged || tile.Tag != "" {
		t.Errorf("with nothing plugged in the port says %s for %q", tile.Word, tile.Tag)
	}
	refusedWith(t, l.bench.PrintLabel(t.Context(), "1-1"), inventory.NotFound, "No key")
	l.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	for e := range l.events {
		if e.Tile.Word == "READY" || e.Tile.Tag == string(l.tag) {
			t.Fatalf("port %s says %s for %s, whose key is elsewhere", e.Tile.Port, e.Tile.Word, e.Tile.Tag)
		}
		if e.Tile.Word == "YOUR ANSWER?" {
			break
		}
	}
	if got := l.press.printed(); len(got) != 0 {
		t.Errorf("labels of %q were printed", got)
	}
}

// TestBench_Recover_keyIsThere shows the key where it is, at its port or at another, and prints its label when it is
// pulled out.
func TestBench_Recover_keyIsThere(t *testing.T) {
	for _, at := range []string{"1-1", "1-2"} {
		t.Run(at, func(t *testing.T) {
			k := stationtest.Key(t, softkey.Config{})
			l := late(t, k)
			l.bus.pull("1-1")
			l.must(k.Plug())
			l.bus.put(at, k)
			l.start()
			tile := l.until(at, "READY")
			if tile.Tag != string(l.tag) || !tile.Plugged || tile.Running {
				t.Errorf("the tile is %+v", tile)
			}
			l.bus.pull(at)
			l.says(at, "printed: put it")
			if got := l.press.printed(); !slices.Equal(got, []inventory.AssetTag{l.tag}) {
				t.Errorf("labels of %q were printed, want %s", got, l.tag)
			}
		})
	}
}
