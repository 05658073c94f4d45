package station_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// faultyTray is a tray that tells of faults, and of changes.
type faultyTray struct {
	*tray
	changed chan struct{}
	faults  map[string]string
}

func newFaultyTray(b *tray) *faultyTray {
	return &faultyTray{tray: b, changed: make(chan struct{}, 1), faults: map[string]string{}}
}

func (b *faultyTray) Attached(ctx context.Context) ([]station.Port, error) {
	ports, err := b.tray.Attached(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, say := range b.faults {
		if b.keys[id] == nil {
			ports = append(ports, station.Port{ID: id, Fault: say})
		}
	}
	return ports, err
}

func (b *faultyTray) Changes(ctx context.Context) (<-chan struct{}, error) {
	told := make(chan struct{})
	go func() {
		defer close(told)
		for {
			select {
			case <-ctx.Done():
				return
			case <-b.changed:
			}
			select {
			case <-ctx.Done():
				return
			case told <- struct{}{}:
			}
		}
	}()
	return told, nil
}

// fault says what is wrong at a port; empty: nothing is.
func (b *faultyTray) fault(port, say string) {
	b.mu.Lock()
	b.faults[port] = say
	if say == "" {
		delete(b.faults, port)
	}
	b.mu.Unlock()
	b.changed <- struct{}{}
}

// TestBench_Watch_fault: what is wrong at a port stands on its tile, in red and in words, until it is over or a key is
// there; it begins no run.
func TestBench_Watch_fault(t *testing.T) {
	var bus *faultyTray
	w := watch(t, func(c *station.Config) {
		bus = newFaultyTray(c.Bus.(*tray))
		c.Bus = bus
	})
	bus.fault("1-1", "Change the cable.")
	tile := w.until("1-1", "USB FAULT")
	if tile.Tone != station.Bad || tile.Sentence != "Change the cable." || tile.Plugged || tile.Running {
		t.Errorf("the tile is %+v", tile)
	}
	bus.fault("1-1", "Change the hub.")
	if tile = w.until("1-1", "USB FAULT"); tile.Sentence != "Change the hub." {
		t.Errorf("the tile is %+v", tile)
	}
	bus.fault("1-1", "")
	w.until("1-1", "EMPTY")
	bus.fault("1-1", "Change the cable.")
	w.until("1-1", "USB FAULT")
	bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	bus.changed <- struct{}{}
	w.until("1-1", "READY")
	bus.pull("1-1")
	bus.changed <- struct{}{}
	w.until("1-1", "USB FAULT")
	runs, err := w.store.RunList(t.Context(), inventory.RunQuery{})
	if err != nil || len(runs.Rows) != 1 {
		t.Errorf("%d runs were begun, %v", len(runs.Rows), err)
	}
}

// switchable is a tray whose ports can be switched off and on by the machine.
type switchable struct {
	*tray
	why    error // it cannot
	cycled atomic.Int32
}

func (b *switchable) Cycle(_ context.Context, port string) error {
	b.cycled.Add(1)
	if b.why != nil {
		return b.why
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keys[port].PowerCycle()
	b.plug[port]++
	return nil
}

// TestBench_Watch_power makes a key whose reset window is over: the hub replugs it, and nobody is asked. Where the hub
// cannot, a person is.
func TestBench_Watch_power(t *testing.T) {
	for _, tt := range []struct {
		name  string
		why   error
		asked bool
	}{
		{"a hub that can", nil, false},
		{"a hub that cannot", errors.New("no such hub"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var bus *switchable
			w := watch(t, func(c *station.Config) {
				bus = &switchable{tray: c.Bus.(*tray), why: tt.why}
				c.Power = bus
			})
			var late atomic.Int64
			k := stationtest.Key(t, softkey.Config{Now: func() time.Time { return time.Now().Add(time.Duration(late.Load())) }})
			late.Store(int64(time.Minute))
			bus.put("1-1", k)
			asked := false
			for e := range w.events {
				if e.Tile.Word == "REPLUG" && !asked {
					asked = true
					k.PowerCycle()
					bus.put("1-1", k)
				}
				if e.Tile.Plugged && !e.Tile.Running {
					if e.Tile.Word != "READY" {
						t.Errorf("the run ended with %s: %s", e.Tile.Word, e.Tile.Sentence)
					}
					break
				}
			}
			if asked != tt.asked || bus.cycled.Load() != 1 {
				t.Errorf("asked for a replug: %t, want %t; power was cycled %d times", asked, tt.asked, bus.cycled.Load())
			}
		})
	}
}
