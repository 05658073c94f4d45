package station

import (
	"context"
	"time"
)

// Power switches the power of single ports, where the hub can.
type Power interface {
	// Cycle takes the power from what is plugged in at a port and gives it back, as a replug does. Whoever calls waits for
	// the key to come back. An error means that hands are needed.
	Cycle(ctx context.Context, port string) error
}

// expecter is a [Bus] that can be told at which ports there should be keys, so that anything else there is a fault.
type expecter interface{ Expect(ports []string) }

// expect tells the bus which ports were learned.
func (w *watch) expect() {
	if bus, ok := w.b.cfg.Bus.(expecter); ok {
		bus.Expect(w.b.Session().Hub)
	}
}

// keysAmong parts the ports with a key from those with a fault.
func keysAmong(ports []Port) (keys []Port, faults map[string]Port) {
	faults = map[string]Port{}
	for _, p := range ports {
		if p.Fault != "" {
			faults[p.ID] = p
			continue
		}
		keys = append(keys, p)
	}
	return keys, faults
}

// showFaults puts what is wrong at a port on its tile, and takes it away when it is over. Where a run goes on, the tile
// is the run's; where there is a key, it is the key's.
func (w *watch) showFaults(ctx context.Context, faults map[string]Port, keys map[string]plugged) {
	for id := range w.faulty {
		if _, still := faults[id]; still {
			continue
		}
		delete(w.faulty, id)
		if _, key := keys[id]; !key && !w.isBusy(id) {
			w.pull(ctx, []string{id})
		}
	}
	for id, p := range faults {
		if w.isBusy(id) || w.faulty[id] == p.Fault {
			continue
		}
		w.faulty[id] = p.Fault
		was, _ := w.b.cfg.Feed.Tile(id)
		t := EmptyTile(Port{ID: id, Label: was.Label}, w.b.now())
		t.says(momentFault, p.Fault, w.b.now())
		w.b.publish(t)
	}
}

// replugByPower takes the power from the run's port and gives it back instead of asking for a replug. It tells if the key
// was plugged in anew by that; where it cannot be done, or does nothing, a person is asked.
func (r *run) replugByPower(ctx context.Context) bool {
	p := r.b.cfg.Power
	if p == nil || r.port.Plug == "" { // a port that tells no plugging-in has no power of its own
		return false
	}
	r.closeKey()
	if err := p.Cycle(ctx, r.port.ID); err != nil {
		r.log("power not cycled", err)
		return false
	}
	for until := time.Now().Add(comeback); time.Now().Before(until); {
		now, err := r.b.cfg.Bus.At(ctx, r.port.ID)
		if err == nil && now.Plug != r.port.Plug {
			return true
		}
		if err := pause(ctx, replugPoll); err != nil {
			return false
		}
	}
	r.log("power cycled in vain", nil)
	return false
}
