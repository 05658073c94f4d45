package station

import (
	"context"
	"errors"
	"sync"
	"time"

	"keystation/inventory"
)

// winkEvery is how often a ready key blinks, so that it is found among sixteen of its kind.
const winkEvery = 3 * time.Second

// Wink lets the key at the port blink: "which one is it?" One that is being made is let alone, since its run has it.
func (b *Bench) Wink(ctx context.Context, port string) error {
	if b.cfg.Wink == nil {
		return inventory.Refuse(inventory.Conflict, "Keys do not blink at this bench: find the key by its port.")
	}
	b.mu.Lock()
	_, running := b.cancels[port]
	b.mu.Unlock()
	if running {
		return inventory.Refuse(inventory.Conflict, "The key at %s is being made: look at its tile.", port)
	}
	now, err := b.cfg.Bus.At(ctx, port)
	if err != nil {
		return err
	}
	return b.wink(ctx, now)
}

// wink lets a key blink once. A run that opens it meanwhile waits for that.
func (b *Bench) wink(ctx context.Context, p Port) error {
	if b.cfg.Policy.never(p) {
		return inventory.Refuse(inventory.Conflict, "This port or key is on the list of those that are never touched: it is not even made to blink.")
	}
	node := b.node(p.Path)
	node.Lock()
	defer node.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.cfg.Wink(ctx, p.Path)
}

// node keeps the two that open what is at a path, a run and its blinking, out of each other's way: a key that is open for
// one refuses the other.
func (b *Bench) node(path string) *sync.Mutex {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nodes[path] == nil {
		b.nodes[path] = &sync.Mutex{}
	}
	return b.nodes[path]
}

// blinks tells if a tile is that of a key that is done and waits to be pulled.
func blinks(t Tile) bool {
	return t.Word == words[momentReady].Word || t.Word == words[momentStocked].Word
}

// blink lets the key at a port blink until it is pulled or made again, if it is ready and none does so yet.
func (w *watch) blink(ctx context.Context, p Port) {
	t, _ := w.b.cfg.Feed.Tile(p.ID)
	if w.b.cfg.Wink == nil || w.winks[p.ID] != nil || !blinks(t) {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	w.winks[p.ID] = stop
	w.runs.Go(func() {
		for ctx.Err() == nil {
			err := w.b.wink(ctx, p)
			if inventory.KindOf(err) == inventory.Conflict { // it cannot
				return
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				w.b.cfg.Log.Debug("wink", "port", p.ID, "err", err)
			}
			if pause(ctx, winkEvery) != nil {
				return
			}
			if now, _ := w.b.cfg.Feed.Tile(p.ID); !blinks(now) { // it is not ready any more
				return
			}
		}
	})
}

// still ends the blinking at a port.
func (w *watch) still(id string) {
	if stop := w.winks[id]; stop != nil {
		stop()
		delete(w.winks, id)
	}
}
