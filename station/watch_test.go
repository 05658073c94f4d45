package station_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// tray is a bus whose ports keep their names while software keys come and go.
type tray struct {
	mu   sync.Mutex
	keys map[string]*softkey.Key
	plug map[string]int
}

func newTray() *tray { return &tray{keys: map[string]*softkey.Key{}, plug: map[string]int{}} }

func (b *tray) put(port string, k *softkey.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keys[port] = k
	b.plug[port]++
}

// again lets the key at a port drop out of the bus and come back at once.
func (b *tray) again(port string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plug[port]++
}

func (b *tray) pull(ports ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, port := range ports {
		if k := b.keys[port]; k != nil {
			k.Unplug()
		}
		delete(b.keys, port)
	}
}

func (b *tray) Attached(context.Context) ([]station.Port, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ports []station.Port
	for id := range b.keys {
		ports = append(ports, b.port(id))
	}
	return ports, nil
}

func (b *tray) At(_ context.Context, id string) (station.Port, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keys[id] == nil {
		return station.Port{}, station.NothingAt(id)
	}
	return b.port(id), nil
}

func (b *tray) port(id string) station.Port {
	return station.Port{ID: id, Path: b.keys[id].Path(), Plug: strconv.Itoa(b.plug[id])}
}

// watched is a bench that is being watched, with its tiles.
type watched struct {
	*rig
	bench  *station.Bench
	bus    *tray
	events <-chan station.Event
}

func watch(t *testing.T, change func(*station.Config)) *watched {
	t.Helper()
	return watchOver(t, func(r *rig) {
		if change != nil {
			change(&r.cfg)
		}
	})
}

func watchOver(t *testing.T, change func(*rig)) *watched {
	t.Helper()
	r := newRig(t)
	bus := newTray()
	r.cfg.Bus, r.cfg.Feed, r.cfg.Note, r.cfg.SaveHub = bus, station.NewFeed(), r.store.Note, r.store.SaveHub
	change(r)
	w := &watched{rig: r, bench: r.bench(), bus: bus}
	ctx, stop := context.WithCancel(t.Context())
	_, w.events = r.cfg.Feed.Subscribe(ctx)
	done := make(chan error, 1)
	go func() { done <- w.bench.Watch(ctx, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the bench ended with %v", err)
		}
	})
	return w
}

// until waits for a tile of the port that says word.
func (w *watched) until(port, word string) station.Tile {
	w.t.Helper()
	for e := range w.events {
		if e.Tile.Port == port && e.Tile.Word == word {
			return e.Tile
		}
	}
	w.t.Fatalf("port %s never said %s", port, word)
	return station.Tile{}
}

func TestBench_Watch(t *testing.T) {
	w := watch(t, nil)
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	first := w.until("1-1", "READY")
	w.bus.pull("1-1")
	w.until("1-1", "EMPTY")
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	if second := w.until("1-1", "READY"); second.Tag == first.Tag {
		t.Error("another key at the same port got the first one's asset tag")
	}
}

func TestBench_Watch_asksOnTheTile(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.Ask = nil })
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	asks := w.until("1-1", "YOUR ANSWER?")
	if asks.Ask == "" || asks.Tone != station.Hands {
		t.Errorf("the tile asks %q in tone %s", asks.Ask, asks.Tone)
	}
	err := w.bench.Answer("1-1", asks.AskNo+1, station.Answer{Yes: true})
	if inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("an answer to another question gave %v", err)
	}
	if err := w.bench.Answer("1-1", asks.AskNo, station.Answer{Yes: true, By: inventory.Claimed("Ada"), How: "on the page"}); err != nil {
		t.Fatal(err)
	}
	w.until("1-1", "READY")
	err = w.bench.Answer("1-1", asks.AskNo, station.Answer{Yes: true})
	if inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("an answer that nobody asked for gave %v", err)
	}
}

func TestBench_Watch_pulledWhileAsked(t *testing.T) {
	w := watch(t, func(c *station.Config) { c.Ask = nil })
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	w.until("1-1", "YOUR ANSWER?")
	w.bus.pull("1-1")
	w.until("1-1", "EMPTY")
	left, err := w.store.Unfinished(t.Context(), "nobody")
	if err != nil || len(left) != 0 {
		t.Errorf("%d runs are left without an end, %v", len(left), err)
	}
}

func TestBench_Watch_cancelAndRetry(t *testing.T) {
	w := watch(t, nil)
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual})
	w.bus.put("1-1", k)
	w.until("1-1", "TOUCH")
	if err := w.bench.Cancel("1-1"); err != nil {
		t.Fatal(err)
	}
	if tile := w.until("1-1", "STOPPED"); tile.Running {
		t.Error("the tile of a stopped run still says that it runs")
	}
	for w.bench.Retry("1-1") != nil { // until the stopped run has let go of its port
	}
	for e := range w.events { // the reset's touch, then the tag credential's
		if e.Tile.Word == "TOUCH" {
			k.Touch()
		}
		if e.Tile.Word == "READY" {
			return
		}
	}
}
