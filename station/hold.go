package station

import (
	"context"

	"keystation/inventory"
)

// Hold keeps a port, or with no port the whole bench, from beginning and asking for anything until it is let go. What a
// key is doing at that moment is finished. A reset window may pass meanwhile: its key asks for a replug then.
func (b *Bench) Hold(port string, on bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, shown := b.cfg.Feed.Tile(port); port != "" && !shown {
		return inventory.Refuse(inventory.NotFound, "There is no port %s at this bench: look at its tile.", port)
	}
	if port == "" {
		b.session.Held = on
	} else if on {
		b.held[port] = true
	} else {
		delete(b.held, port)
	}
	if !on {
		close(b.letGo)
		b.letGo = make(chan struct{})
	}
	b.redecorate()
	return nil
}

// onHold gives the channel that is closed when something is let go, as long as the port is held.
func (b *Bench) onHold(port string) (letGo <-chan struct{}, held bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.letGo, b.session.Held || b.held[port]
}

// awaitLetGo waits while the port is held. show is called before, so that its tile says so.
func (b *Bench) awaitLetGo(ctx context.Context, port string, show func()) error {
	for {
		letGo, held := b.onHold(port)
		if !held {
			return nil
		}
		show()
		b.queue(port, true)
		select {
		case <-letGo:
			b.queue(port, false)
		case <-ctx.Done():
			b.queue(port, false)
			return context.Cause(ctx)
		}
	}
}

// awaitLetGo waits while the run's port is held: between two steps, and before hands are asked for.
func (r *run) awaitLetGo(ctx context.Context) error {
	if _, held := r.b.onHold(r.port.ID); !held {
		return nil
	}
	ctx, done := r.idle(ctx)
	defer done()
	return r.b.awaitLetGo(ctx, r.port.ID, func() { r.show(momentHold, "") })
}

// publish shows a tile with what the bench knows of its port beside the run: where it stands, if it is held, and which
// line the next key is for.
func (b *Bench) publish(t Tile) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cfg.Feed.Publish(b.decorated(t))
}

// decorated is t with what belongs to its port. The caller holds the lock.
func (b *Bench) decorated(t Tile) Tile {
	t.Held, t.Pinned = b.session.Held || b.held[t.Port], ""
	if p := b.pins[t.Port]; p.run == "" { // else the tile says who its key is for
		t.Pinned = p.says
	}
	t.Prints, t.Labeled = b.labelOf(t), b.labels[t.Port].number
	place := b.place(t.Port)
	if place > 0 || t.Place > 0 {
		t.Label = b.title(t.Port)
	}
	t.Place = place
	return t
}

// redecorate brings all tiles up to date. The caller holds the lock.
func (b *Bench) redecorate() {
	for _, t := range b.cfg.Feed.Snapshot().Tiles {
		b.cfg.Feed.Revise(t.Port, func(t *Tile) { *t = b.decorated(*t) })
	}
}
