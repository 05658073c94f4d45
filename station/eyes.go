package station

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	// plugPoll is how often the ports are looked at, and how often a bus that tells of no changes is asked.
	plugPoll = 250 * time.Millisecond
	// safetyPoll is how often a bus that tells of changes is asked although it told none: it may have missed one, and
	// what goes wrong at a port is not always told.
	safetyPoll = 2 * time.Second
)

// eyes are how a bench sees its bus. They belong to one goroutine.
type eyes struct {
	bus     Bus
	now     func() time.Time
	changes <-chan struct{} // nil: the bus tells of none
	seen    []Port          // as the bus said last
	asked   time.Time       // when that was; zero: it must be asked
}

// openEyes begins to listen to a bus that tells when something is plugged in or out, until ctx ends.
func openEyes(ctx context.Context, bus Bus, log *slog.Logger) *eyes {
	e := &eyes{bus: bus, now: time.Now}
	h, ok := bus.(Hotplug)
	if !ok {
		return e
	}
	changes, err := h.Changes(ctx)
	if err != nil {
		log.Info("the bus tells of no changes: it is asked again and again", "err", err)
		return e
	}
	e.changes = changes
	return e
}

// look gives what is plugged in.
func (e *eyes) look(ctx context.Context) ([]Port, error) {
	now := e.now()
	if e.changes != nil && !e.asked.IsZero() && now.Sub(e.asked) < safetyPoll {
		return e.seen, nil
	}
	ports, err := e.bus.Attached(ctx)
	if err != nil {
		e.asked = time.Time{}
		return nil, fmt.Errorf("look at the bus: %w", err)
	}
	e.seen, e.asked = ports, now
	return ports, nil
}

// rest waits until it is time to look again.
func (e *eyes) rest(ctx context.Context) error {
	t := time.NewTimer(plugPoll)
	defer t.Stop()
	select {
	case <-t.C:
	case _, open := <-e.changes:
		e.asked = time.Time{}
		if !open {
			e.changes = nil
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// shut waits until the bus has stopped to tell, after the context ended.
func (e *eyes) shut() {
	if e.changes == nil {
		return
	}
	for range e.changes { // what is told now is of no interest
	}
}
