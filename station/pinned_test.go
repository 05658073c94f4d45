package station_test

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// over gives the rig a database with people and requisitions in it.
func (r *rig) over(books *inventorytest.Store) {
	r.store, r.cfg.Journal, r.cfg.Books, r.cfg.Owner = books.Store, books.Store, books.Store, books.Owner.Name()
	r.cfg.Note, r.cfg.SaveHub, r.locks = books.Note, books.SaveHub, books.Options.Locks
}

// watchLines is a bench that is being watched, over a database with open lines: R-1001 two, R-1002 one, R-1004 two.
func watchLines(t *testing.T, change func(*station.Config)) (*watched, *inventorytest.Store) {
	t.Helper()
	books := inventorytest.Open(t)
	return watchOver(t, func(r *rig) {
		r.over(books)
		r.cfg.Hub = hubOf("1-1", "1-2", "1-3")
		if change != nil {
			change(&r.cfg)
		}
	}), books
}

func (w *watched) line(number string, purpose inventory.Purpose) inventory.LineID {
	w.t.Helper()
	req, err := w.store.RequisitionByNumber(w.t.Context(), number)
	w.must(err)
	for _, l := range req.Lines {
		if l.Line.Purpose == purpose {
			return l.Line.ID
		}
	}
	w.t.Fatalf("%s has no %s key", number, purpose)
	return ""
}

// A pinned line is made at its port and at no other, though it would have been the next one.
func TestBench_Pin(t *testing.T) {
	w, _ := watchLines(t, nil)
	w.must(w.bench.Pin(t.Context(), "1-2", w.line("R-1001", inventory.Primary)))
	if tile, _ := w.cfg.Feed.Tile("1-2"); tile.Pinned != "R-1001 primary" {
		t.Errorf("the tile says %q", tile.Pinned)
	}
	if tile := w.plugIn("1-1", stationtest.Key(t, softkey.Config{}), "READY"); tile.For != "Ada Lovelace · R-1001 spare · usb-c" {
		t.Errorf("the other port made the key for %s", tile.For)
	}
	if tile := w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "READY"); tile.For != "Ada Lovelace · R-1001 primary · usb-c" || tile.Pinned != "" {
		t.Errorf("made for %s, pinned %q", tile.For, tile.Pinned)
	}
	w.bus.pull("1-2")
	if tile := w.until("1-2", "EMPTY"); tile.Pinned != "" {
		t.Errorf("a line whose key is ready is still pinned: %q", tile.Pinned)
	}
	w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "READY") // and the next key there takes the next line
}

// A pin outlives a run without a key, and is taken back by an empty line.
func TestBench_Pin_stays(t *testing.T) {
	w, _ := watchLines(t, nil)
	spare := w.line("R-1004", inventory.Spare)
	w.must(w.bench.Pin(t.Context(), "1-1", spare))
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual})
	if tile := w.plugIn("1-1", k, "TOUCH"); tile.Pinned != "" || tile.For == "" {
		t.Errorf("while its key is made the tile says it is for %q and that %q is next", tile.For, tile.Pinned)
	}
	w.must(w.bench.Cancel("1-1"))
	w.until("1-1", "STOPPED")
	for e := range w.events {
		if e.Tile.Port == "1-1" && e.Tile.Pinned == "R-1004 spare" {
			break
		}
	}
	w.must(w.bench.Pin(t.Context(), "1-1", ""))
	if tile, _ := w.cfg.Feed.Tile("1-1"); tile.Pinned != "" {
		t.Errorf("a pin that was taken back shows %q", tile.Pinned)
	}
	w.must(w.bench.Pin(t.Context(), "1-3", spare)) // free for another port
}

func TestBench_Pin_refused(t *testing.T) {
	w, books := watchLines(t, nil)
	ctx := t.Context()
	made := books.MustMake("9-9", "4711", "R-1002")
	for _, tt := range []struct {
		name, port string
		line       inventory.LineID
		kind       inventory.Kind
		says       string
	}{
		{"no such port", "9-9", w.line("R-1001", inventory.Primary), inventory.NotFound, "no port 9-9"},
		{"not approved", "1-1", w.line("R-1003", inventory.Primary), inventory.Conflict, "R-1003 is not approved yet"},
		{"made already", "1-1", made.Order.Line.ID, inventory.Conflict, "The primary key of R-1002 is made already"},
		{"no such line", "1-1", "nowhere", inventory.NotFound, "line"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refusedWith(t, w.bench.Pin(ctx, tt.port, tt.line), tt.kind, tt.says)
			if tile, _ := w.cfg.Feed.Tile("1-1"); tile.Pinned != "" {
				t.Errorf("a refused line is pinned: %q", tile.Pinned)
			}
		})
	}
	w.must(w.bench.Pin(ctx, "1-1", w.line("R-1001", inventory.Primary)))
	refusedWith(t, w.bench.Pin(ctx, "1-2", w.line("R-1001", inventory.Primary)), inventory.Conflict, "R-1001 primary is pinned to Port 1 already")
	refusedWith(t, w.bench.Pin(ctx, "1-1", made.Order.Line.ID), inventory.Conflict, "made already")
	if tile, _ := w.cfg.Feed.Tile("1-1"); tile.Pinned != "R-1001 primary" {
		t.Errorf("a pin that could not be changed became %q", tile.Pinned)
	}
}

// A line that went away under its pin is said, and no other is taken for it.
func TestBench_Pin_lineGone(t *testing.T) {
	w, books := watchLines(t, nil)
	w.must(w.bench.Pin(t.Context(), "1-1", w.line("R-1002", inventory.Primary)))
	books.MustMake("9-9", "4711", "R-1002")
	tile := w.plugIn("1-1", stationtest.Key(t, softkey.Config{}), "LEFT ALONE")
	if tile.Sentence != "Requisition R-1002 has no open line for this key: all its keys are made, or being made." {
		t.Errorf("the tile says %q", tile.Sentence)
	}
}
