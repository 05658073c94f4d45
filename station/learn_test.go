package station_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// plugIn puts the key in at the port, after it was pulled elsewhere, and waits for the word.
func (w *watched) plugIn(port string, k *softkey.Key, word string) station.Tile {
	w.t.Helper()
	w.bus.put(port, k)
	return w.until(port, word)
}

// moveOut pulls what is at the port and gives the key back, as if it had never been in.
func (w *watched) moveOut(port string, k *softkey.Key) {
	w.t.Helper()
	w.bus.pull(port)
	w.until(port, "EMPTY")
	w.must(k.Plug())
}

func (w *watched) runs() int {
	w.t.Helper()
	all, err := w.store.RunList(w.t.Context(), inventory.RunQuery{})
	w.must(err)
	return len(all.Rows)
}

// ports lists the tiles in the order in which they stand.
func (w *watched) ports() []string {
	var all []string
	for _, t := range w.cfg.Feed.Snapshot().Tiles {
		all = append(all, t.Port)
	}
	return all
}

// One key, plugged in port by port, teaches the bench how its hub stands; nothing is made meanwhile, nor by surprise
// afterwards.
func TestBench_Learn(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.Hub = inventory.Hub{Host: "bench"} })
	k := stationtest.Key(t, softkey.Config{})
	w.must(w.bench.Learn())
	if tile := w.plugIn("1-3", k, "LEARNED"); tile.Place != 1 || tile.Sentence != "Port 1 of your hub. Move the key to the next port." || tile.Running {
		t.Errorf("the first port says %+v", tile)
	}
	w.moveOut("1-3", k)
	w.plugIn("1-1", k, "LEARNED")
	w.moveOut("1-1", k)
	if tile := w.plugIn("1-3", k, "LEARNED"); tile.Place != 1 {
		t.Errorf("a port that was learned stands at %d now, want 1 as before", tile.Place)
	}
	w.moveOut("1-3", k)
	w.plugIn("1-2", k, "LEARNED")
	if s := w.bench.Session(); !s.Learning || !slices.Equal(s.Hub, []string{"1-3", "1-1", "1-2"}) {
		t.Errorf("learned so far: %+v", s)
	}
	w.must(w.bench.Learned(t.Context(), grace, true))
	if tile := w.until("1-2", "LEFT IN"); tile.Place != 3 || tile.Label != "Port 3" {
		t.Errorf("the key that is still in: %+v", tile)
	}
	if got := w.ports(); !slices.Equal(got, []string{"1-3", "1-1", "1-2"}) {
		t.Errorf("the tiles stand as %q", got)
	}
	h, err := w.store.Hub(t.Context(), "bench")
	if err != nil || h.Place("1-3") != 1 || h.Place("1-2") != 3 {
		t.Errorf("kept is %+v, %v", h, err)
	}
	if got := w.told("bench.hub"); !slices.Equal(got, []string{"bench.hub by Grace"}) {
		t.Errorf("the ledger says %q", got)
	}
	w.moveOut("1-2", k) // the bus was looked at since
	if n := w.runs(); n != 0 {
		t.Errorf("%d runs began while the hub was learned", n)
	}
	w.plugIn("1-2", k, "READY")
}

// What was learned by mistake is forgotten; the hub stands as before.
func TestBench_Learned_forget(t *testing.T) {
	was := inventory.Hub{Host: "bench", Ports: []inventory.HubPort{{ID: "1-1", Label: "left"}, {ID: "1-2"}}}
	w := watch(t, func(c *station.Config) { c.Hub = was })
	w.must(w.bench.Learn())
	k := stationtest.Key(t, softkey.Config{})
	if tile := w.plugIn("1-9", k, "LEARNED"); tile.Place != 1 {
		t.Errorf("the port stands at %d", tile.Place)
	}
	w.must(w.bench.Learned(t.Context(), grace, false))
	if tile := w.until("1-9", "LEFT IN"); tile.Place != 0 {
		t.Errorf("a port that was forgotten stands at %d", tile.Place)
	}
	if got := w.ports(); !slices.Equal(got, []string{"1-1", "1-2", "1-9"}) {
		t.Errorf("the tiles stand as %q", got)
	}
	if tile, _ := w.cfg.Feed.Tile("1-1"); tile.Label != "left" || tile.Place != 1 {
		t.Errorf("the first port is %q at %d", tile.Label, tile.Place)
	}
	if got := w.told("bench.hub"); len(got) != 0 {
		t.Errorf("the ledger says %q", got)
	}
}

// What is written beside a port stays there when the hub is learned in another order.
func TestBench_Learned_keepsLabels(t *testing.T) {
	w := watch(t, func(c *station.Config) {
		c.Hub = inventory.Hub{Host: "bench", Ports: []inventory.HubPort{{ID: "1-1", Label: "left"}, {ID: "1-2"}}}
	})
	w.must(w.bench.Learn())
	k := stationtest.Key(t, softkey.Config{})
	w.plugIn("1-2", k, "LEARNED")
	w.moveOut("1-2", k)
	w.plugIn("1-1", k, "LEARNED")
	w.must(w.bench.Learned(t.Context(), grace, true))
	h, err := w.store.Hub(t.Context(), "bench")
	want := []inventory.HubPort{{ID: "1-2"}, {ID: "1-1", Label: "left"}}
	if err != nil || !slices.Equal(h.Ports, want) {
		t.Errorf("kept is %+v, %v", h, err)
	}
}

func TestBench_Learn_refused(t *testing.T) {
	r := newRig(t)
	r.cfg.Hub = hubOf("1-1")
	full := errors.New("the disk is full")
	r.cfg.SaveHub = func(context.Context, inventory.Actor, inventory.Hub) error { return full }
	b := r.bench()
	refusedWith(t, b.Learned(t.Context(), grace, true), inventory.Conflict, "press Learn my hub first")
	r.must(b.OpenSession(t.Context(), grace, false))
	refusedWith(t, b.Learn(), inventory.Conflict, "end it before")
	r.must(b.EndSession(t.Context(), grace))
	r.must(b.Learn())
	refusedWith(t, b.Learn(), inventory.Conflict, "being learned already")
	refusedWith(t, b.OpenSession(t.Context(), grace, false), inventory.Conflict, "being learned")
	refusedWith(t, b.Retry("1-1"), inventory.Conflict, "no key is made meanwhile")
	refusedWith(t, b.Learned(t.Context(), grace, true), inventory.Invalid, "No port was learned")
	r.must(b.Learned(t.Context(), grace, false))
	if s := b.Session(); s.Learning || !slices.Equal(s.Hub, []string{"1-1"}) {
		t.Errorf("afterwards %+v", s)
	}
}

// A hub that cannot be kept goes on being learned: nobody has to begin anew.
func TestBench_Learned_unwritten(t *testing.T) {
	full := errors.New("the disk is full")
	w := watch(t, func(c *station.Config) {
		c.SaveHub = func(context.Context, inventory.Actor, inventory.Hub) error { return full }
	})
	w.must(w.bench.Learn())
	w.plugIn("1-1", stationtest.Key(t, softkey.Config{}), "LEARNED")
	if err := w.bench.Learned(t.Context(), grace, true); !errors.Is(err, full) {
		t.Errorf("kept with %v", err)
	}
	if s := w.bench.Session(); !s.Learning || len(s.Hub) != 1 {
		t.Errorf("afterwards %+v", s)
	}
}

// A run that goes on is finished, and the next key is not made.
func TestBench_Learn_runGoesOn(t *testing.T) {
	w := watch(t, nil)
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual})
	w.plugIn("1-1", k, "TOUCH")
	w.must(w.bench.Learn())
	w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "LEARNED")
	for e := range w.touching("1-1", k) {
		if e.Tile.Word == "READY" {
			return
		}
	}
}

// touching touches the key as long as its tile asks for it, beginning now, and gives the events on.
func (w *watched) touching(port string, k *softkey.Key) func(func(station.Event) bool) {
	k.Touch()
	return func(yield func(station.Event) bool) {
		for e := range w.events {
			if e.Tile.Port == port && e.Tile.Word == "TOUCH" {
				k.Touch()
			}
			if !yield(e) {
				return
			}
		}
	}
}

// All ports of the hub have a tile before any key is in, in the order in which they stand.
func TestNew_hub(t *testing.T) {
	r := newRig(t)
	r.cfg.Feed, r.cfg.Hub = station.NewFeed(), hubOf("1-10", "1-2", "1-1.4")
	r.bench()
	r.cfg.Feed.Publish(station.Tile{Port: "1-1"}) // not on the hub
	var got []string
	for _, tile := range r.cfg.Feed.Snapshot().Tiles {
		got = append(got, tile.Port+" "+tile.Label+" "+tile.Word)
	}
	want := []string{"1-10 Port 1 EMPTY", "1-2 Port 2 EMPTY", "1-1.4 Port 3 EMPTY", "1-1  "}
	if !slices.Equal(got, want) {
		t.Errorf("the tiles are %q, want %q", got, want)
	}
}
