package station_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBench_Watch_forgottenTouch leaves one key untouched at a bench with one slot: it gives the slot to the others, who
// are all made, and is made too when somebody touches it in the end.
func TestBench_Watch_forgottenTouch(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.TouchSlots, c.Wait = 1, 8*time.Second })
	keys := map[string]*softkey.Key{}
	for _, port := range []string{"1-1", "1-2", "1-3"} {
		keys[port] = stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual, ResetWindow: time.Hour})
	}
	w.bus.put("1-1", keys["1-1"]) // forgotten
	w.until("1-1", "TOUCH")
	w.bus.put("1-2", keys["1-2"])
	w.bus.put("1-3", keys["1-3"])
	ready := map[string]bool{}
	for e := range w.events {
		switch port := e.Tile.Port; e.Tile.Word {
		case "TOUCH":
			if port != "1-1" || len(ready) == 2 {
				keys[port].Touch()
			}
		case "READY":
			if ready[port] = true; len(ready) == 2 {
				keys["1-1"].Touch() // it may be asking already
			}
			if port == "1-1" && len(ready) < 3 {
				t.Fatal("the forgotten key was ready before it was touched")
			}
			if len(ready) == 3 {
				return
			}
		case "PLUG IN AGAIN", "REFUSED", "BAD KEY OR CABLE":
			t.Fatalf("port %s says %s: %s", port, e.Tile.Word, e.Tile.Sentence)
		}
	}
}

// TestBench_Make_patience gives the replug and the touch a patience of their own: a replug that took most of the one
// leaves the other whole.
func TestBench_Make_patience(t *testing.T) {
	r := newRig(t)
	r.cfg.Wait, r.cfg.Feed = 400*time.Millisecond, station.NewFeed()
	rep := r.make(stationtest.Key(t, softkey.Config{Touch: softkey.TouchNever}).Path())
	if last := endedAt(rep); rep.End != inventory.RunWaiting || last.Name != inventory.Reset {
		t.Fatalf("a key that nobody touches: %s", outcomes(rep))
	}
	tile, _ := r.cfg.Feed.Tile(rep.Device)
	if want := "Nobody touched the key within 400 milliseconds. Plug it in again when your hands are free."; tile.Sentence != want {
		t.Errorf("the tile says %q, want %q", tile.Sentence, want)
	}
}

// changing are books whose line changes when told.
type changing struct {
	station.Books
	change atomic.Pointer[func(*inventory.Order)]
}

func (c *changing) Order(ctx context.Context, id inventory.LineID) (inventory.Order, error) {
	o, err := c.Books.Order(ctx, id)
	if f := c.change.Load(); f != nil {
		(*f)(&o)
	}
	return o, err
}

// TestBench_Watch_lineGone changes a line while its key waits for hands: at the key, in the queue, for a replug and for an
// answer.
func TestBench_Watch_lineGone(t *testing.T) {
	cancelled := func(o *inventory.Order) { o.Requisition.State = inventory.Cancelled }
	tests := []struct {
		name   string
		waits  string
		change func(*inventory.Order)
		word   string
		says   string
	}{
		{"cancelled at a touch", "TOUCH", cancelled, "STOP", "is cancelled: no keys are made for it."},
		{"rejected in the queue", "WAIT", func(o *inventory.Order) { o.Requisition.State = inventory.Rejected }, "STOP", "is rejected"},
		{"cancelled at a replug", "REPLUG", cancelled, "STOP", "is cancelled"},
		{"changed at a question", "YOUR ANSWER?", func(o *inventory.Order) { o.Requisition.Version++ }, "CHANGED", "was changed while its key was made."},
		{"unapproved", "TOUCH", func(o *inventory.Order) { o.Requisition.State = inventory.Submitted }, "CHANGED", "is not approved yet."},
		{"given away", "TOUCH", func(o *inventory.Order) { o.Line.Run = "another" }, "CHANGED", "is made elsewhere."},
		{"one line of it", "TOUCH", func(o *inventory.Order) { o.Line.State = inventory.LineCancelled }, "STOP", "was cancelled."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			books := inventorytest.Open(t)
			var c *changing
			w := watch(t, func(cfg *station.Config) {
				c = &changing{Books: books.Store}
				cfg.Journal, cfg.Books, cfg.Owner, cfg.TouchSlots = books.Store, c, books.Owner.Name(), 1
				if tt.waits == "YOUR ANSWER?" {
					cfg.Policy.Roots, cfg.Ask = station.DefaultPolicy("localhost").Roots, nil
				}
			})
			w.store = books.Store
			window := time.Hour
			if tt.waits == "REPLUG" {
				window = time.Nanosecond
			}
			k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual, ResetWindow: window})
			if tt.waits == "WAIT" {
				w.bus.put("1-1", stationtest.Key(t, softkey.Config{Touch: softkey.TouchNever}))
				w.until("1-1", "TOUCH")
			}
			w.bus.put("1-2", k)
			tile := w.waits("1-2", tt.waits, k)
			c.change.Store(&tt.change)
			got := w.until("1-2", tt.word)
			if !strings.Contains(got.Sentence, tt.says) || !strings.Contains(got.Sentence, "Nothing on this key counts") {
				t.Errorf("the tile says %q", got.Sentence)
			}
			key, err := books.Store.Key(t.Context(), inventory.KeyID(tile.Key))
			if err != nil || key.State != inventory.Received {
				t.Errorf("the key is %s, %v", key.State, err)
			}
			run, err := books.Store.RunDossier(t.Context(), inventory.RunID(tile.Run))
			if err != nil || run.Run.End != inventory.RunRefused {
				t.Errorf("the run ended %q, %v", run.Run.End, err)
			}
		})
	}
}

// waits serves the key at a port until its tile says word with a line taken; a question about wiping gets a yes.
func (w *watched) waits(port, word string, k *softkey.Key) station.Tile {
	w.t.Helper()
	for e := range w.events {
		if e.Tile.Port != port {
			continue
		}
		switch tile := e.Tile; {
		case tile.Word == word && tile.Key != "":
			return tile
		case tile.Word == "TOUCH":
			k.Touch()
		case tile.Word == "YOUR ANSWER?" && tile.AskNo > 0:
			if err := w.bench.Answer(port, tile.AskNo, station.Answer{Yes: true, By: inventory.Claimed("Ada"), How: "in a test"}); err != nil {
				w.t.Fatal(err)
			}
		case tile.Tone == station.Bad:
			w.t.Fatalf("the tile says %s: %s", tile.Word, tile.Sentence)
		}
	}
	w.t.Fatalf("port %s never said %s", port, word)
	return station.Tile{}
}

// TestBench_Watch_lineGoneLate cancels a line while its key, which has its PIN already, waits for the touch of a late tag:
// the wait is canceled at the key and the sealed PIN is void.
func TestBench_Watch_lineGoneLate(t *testing.T) {
	books := inventorytest.Open(t)
	var c *changing
	w := watch(t, func(cfg *station.Config) {
		c = &changing{Books: books.Store}
		cfg.Journal, cfg.Books, cfg.Owner = books.Store, c, books.Owner.Name()
	})
	w.store = books.Store
	var canceled atomic.Bool
	k := stationtest.Key(t, softkey.Config{Profile: "always-uv", Touch: softkey.TouchManual, OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Done && e.Status == ctap.ErrKeepaliveCancel {
			canceled.Store(true)
		}
	}})
	w.bus.put("1-1", k)
	for e := range w.events {
		if e.Tile.Word == "TOUCH" && e.Tile.Step == string(inventory.SetPIN) {
			break
		}
		if e.Tile.Word == "TOUCH" {
			k.Touch()
		}
	}
	gone := func(o *inventory.Order) { o.Requisition.State = inventory.Cancelled }
	c.change.Store(&gone)
	tile := w.until("1-1", "STOP")
	if _, err := books.Store.LiveSeal(t.Context(), inventory.KeyID(tile.Key)); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("its seal is not void: %v", err)
	}
	if !canceled.Load() {
		t.Error("the key was left waiting for a touch")
	}
}
