package station_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// retry asks for the key at a port once the run before has let go of it.
func (w *watched) retry(port string) {
	w.t.Helper()
	for w.bench.Retry(port) != nil {
		if w.t.Context().Err() != nil {
			w.t.Fatal("the port cannot be tried again")
		}
	}
}

// answers answers the question at a port.
func (w *watched) answers(port string, yes bool) station.Tile {
	w.t.Helper()
	q := w.until(port, "YOUR ANSWER?")
	w.must(w.bench.Answer(port, q.AskNo, station.Answer{Yes: yes, By: grace, How: "in a test"}))
	return q
}

// TestBench_Watch_readyAgain plugs a ready key in again, at another port: it is not asked about and not touched, its tile
// says that it is ready and for whom, and pulling it prints its label again.
func TestBench_Watch_readyAgain(t *testing.T) {
	p := &press{}
	k := stationtest.Key(t, softkey.Config{})
	w, _ := watchLines(t, func(c *station.Config) {
		c.Ask, c.Printer, c.Policy.Stock = nil, p, []string{k.AAGUID().String()}
	})
	w.must(w.bench.OpenSession(t.Context(), grace, false))
	w.bus.put("1-1", k)
	first := w.until("1-1", "READY")
	w.bus.pull("1-1")
	w.says("1-1", "printed: put it")
	w.must(k.Plug())
	w.bus.put("1-2", k)
	again := w.until("1-2", "READY")
	if again.Sentence != first.Tag+" is ready already. Nothing was changed." || again.Tag != first.Tag || again.For != first.For || again.Tone != station.Good {
		t.Errorf("the tile says %q for %s, %q", again.Sentence, again.Tag, again.For)
	}
	w.bus.pull("1-2")
	w.says("1-2", "printed: put it")
	if want := []inventory.AssetTag{inventory.AssetTag(first.Tag), inventory.AssetTag(first.Tag)}; !slices.Equal(p.printed(), want) {
		t.Errorf("labels of %q were printed, want %q", p.printed(), want)
	}
	if _, err := w.store.LiveSeal(t.Context(), inventory.KeyID(first.Key)); err != nil {
		t.Errorf("its PIN is gone: %v", err)
	}
	rows, err := w.store.Rework(t.Context(), 10)
	if err != nil || len(rows) != 0 {
		t.Errorf("the rework list has %+v, %v", rows, err)
	}
}

// TestBench_Watch_readyMadeAnew makes a ready key anew when somebody asks for it: with a no it is ready as before and gets
// its label when it is pulled, with a yes it is made.
func TestBench_Watch_readyMadeAnew(t *testing.T) {
	p := &press{}
	w := watch(t, func(c *station.Config) { c.Printer, c.Ask = p, nil })
	k := stationtest.Key(t, softkey.Config{})
	w.bus.put("1-1", k)
	w.answers("1-1", true)
	ready := w.until("1-1", "READY")
	w.retry("1-1")
	if q := w.answers("1-1", false); !strings.Contains(q.Ask, ready.Tag+" is ready. Wipe it") {
		t.Errorf("it asks %q", q.Ask)
	}
	if tile := w.until("1-1", "READY"); tile.Tag != ready.Tag || !strings.Contains(tile.Sentence, "left as it is") {
		t.Errorf("after a no the tile says %q for %s", tile.Sentence, tile.Tag)
	}
	w.retry("1-1")
	w.answers("1-1", true)
	if tile := w.until("1-1", "READY"); tile.Run == ready.Run || tile.Tag != ready.Tag {
		t.Errorf("after a yes %s is ready by run %s", tile.Tag, tile.Run)
	}
	w.bus.pull("1-1")
	w.says("1-1", "printed: put it")
	if got := p.printed(); !slices.Equal(got, []inventory.AssetTag{inventory.AssetTag(ready.Tag)}) {
		t.Errorf("labels of %q were printed, want %s", got, ready.Tag)
	}
}

// TestBench_Watch_pulledAtOnce pulls a hub with two ready keys in it: nobody knows which is in which hand, and each gets
// its label when it is plugged in and pulled by itself.
func TestBench_Watch_pulledAtOnce(t *testing.T) {
	p := &press{}
	w := watch(t, func(c *station.Config) { c.Printer = p })
	keys := map[string]*softkey.Key{"1-1": stationtest.Key(t, softkey.Config{}), "1-2": stationtest.Key(t, softkey.Config{})}
	for port, k := range keys {
		w.bus.put(port, k)
		w.until(port, "READY")
	}
	w.bus.pull("1-1", "1-2")
	said := map[string]string{}
	for e := range w.events {
		if e.Tile.Word == "EMPTY" {
			said[e.Tile.Port] = e.Tile.Sentence
		}
		if len(said) == 2 {
			break
		}
	}
	for port, say := range said {
		if want := "Several keys were pulled at once: plug each in again, one by one, and pull it for its label."; say != want {
			t.Errorf("port %s says %q", port, say)
		}
		if tile, _ := w.cfg.Feed.Tile(port); tile.Prints != "" {
			t.Errorf("port %s offers the label of %s", port, tile.Prints)
		}
	}
	if got := p.printed(); len(got) != 0 {
		t.Errorf("labels of %q were printed", got)
	}
	w.must(keys["1-2"].Plug())
	w.bus.put("1-2", keys["1-2"])
	ready := w.until("1-2", "READY")
	w.bus.pull("1-2")
	w.says("1-2", "Label of "+ready.Tag+" printed")
}

// TestBench_PrintLabel_anotherKey never prints the label of the key that was pulled while another one is in its port.
func TestBench_PrintLabel_anotherKey(t *testing.T) {
	p := &press{}
	w := watch(t, func(c *station.Config) { c.Printer = p })
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	ready := w.until("1-1", "READY")
	if ready.Prints != ready.Tag {
		t.Errorf("the tile of %s offers the label of %q", ready.Tag, ready.Prints)
	}
	w.bus.pull("1-1")
	if tile := w.says("1-1", "printed: put it"); tile.Prints != ready.Tag {
		t.Errorf("the empty port offers the label of %q, want %s", tile.Prints, ready.Tag)
	}
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{Profile: "no-pin"}))
	if tile := w.until("1-1", "LEFT ALONE"); tile.Prints != "" {
		t.Errorf("a port with an unknown key offers the label of %s", tile.Prints)
	}
	refusedWith(t, w.bench.PrintLabel(t.Context(), "1-1"), inventory.NotFound, "No key")
	w.bus.pull("1-1")
	w.until("1-1", "EMPTY")
	refusedWith(t, w.bench.PrintLabel(t.Context(), "1-1"), inventory.NotFound, "No key")
}
