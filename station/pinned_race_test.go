package station_test

import (
	"context"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// between are books that do something once before a line is taken, and that hold back what they read for a gate.
type between struct {
	station.Books
	mu     sync.Mutex
	before func()
}

// gate holds back what is read with it in the context.
type gate struct{ read, on chan struct{} }

type gateKey struct{}

func (b *between) TakeLine(ctx context.Context, by inventory.Actor, run inventory.RunID, want inventory.Want) (inventory.Order, error) {
	b.mu.Lock()
	before := b.before
	b.before = nil
	b.mu.Unlock()
	if before != nil {
		before()
	}
	return b.Books.TakeLine(ctx, by, run, want)
}

func (b *between) Order(ctx context.Context, id inventory.LineID) (inventory.Order, error) {
	o, err := b.Books.Order(ctx, id)
	if g, held := ctx.Value(gateKey{}).(gate); held {
		close(g.read)
		<-g.on
	}
	return o, err
}

// TestBench_Pin_whileTaken pins a line to one port between another's look at the pins and its taking of a line: the other
// one makes the next line.
func TestBench_Pin_whileTaken(t *testing.T) {
	books := &between{}
	w, _ := watchLines(t, func(c *station.Config) { books.Books = c.Books; c.Books = books })
	line := w.line("R-1001", inventory.Primary)
	books.before = func() { w.must(w.bench.Pin(t.Context(), "1-2", line)) }
	if tile := w.plugIn("1-1", stationtest.Key(t, softkey.Config{}), "READY"); tile.For != "Ada Lovelace · R-1001 spare · usb-c" {
		t.Errorf("the other port made the key for %s", tile.For)
	}
	if tile := w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "READY"); tile.For != "Ada Lovelace · R-1001 primary · usb-c" {
		t.Errorf("the port made the key for %s", tile.For)
	}
}

// TestBench_Pin_whileOver changes a pin, to the same line or to another that cannot be made, while the run that has the
// pinned line ends: a line whose key is ready is pinned no more.
func TestBench_Pin_whileOver(t *testing.T) {
	for _, number := range []string{"R-1001", "R-1003"} { // R-1003 is not approved
		t.Run(number, func(t *testing.T) {
			books := &between{}
			w, _ := watchLines(t, func(c *station.Config) { books.Books = c.Books; c.Books = books })
			w.must(w.bench.Pin(t.Context(), "1-2", w.line("R-1001", inventory.Primary)))
			k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual})
			w.plugIn("1-2", k, "TOUCH")
			g, done := gate{make(chan struct{}), make(chan struct{})}, make(chan error, 1)
			other, ctx := w.line(number, inventory.Primary), context.WithValue(t.Context(), gateKey{}, g)
			go func() { done <- w.bench.Pin(ctx, "1-2", other) }()
			<-g.read
			k.Touch()
			for e := range w.events { // the reset's touch, then the tag credential's
				if e.Tile.Word == "TOUCH" {
					k.Touch()
				}
				if e.Tile.Word == "READY" {
					break
				}
			}
			for w.bench.Cancel("1-2") == nil { // until the run is over
			}
			close(g.on)
			if err := <-done; number == "R-1003" && inventory.KindOf(err) != inventory.Conflict {
				t.Errorf("a line that cannot be made: %v", err)
			}
			w.bus.pull("1-2")
			w.until("1-2", "EMPTY")
			if tile, _ := w.cfg.Feed.Tile("1-2"); tile.Pinned != "" {
				t.Errorf("the port says that %s is next", tile.Pinned)
			}
			if tile := w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "READY"); tile.For != "Ada Lovelace · R-1001 spare · usb-c" {
				t.Errorf("the next key there is made for %s", tile.For)
			}
		})
	}
}
