package station

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keystation/inventory"
)

// Several programs may make keys of one inventory, and one of them may die while this one goes on. Its runs are taken
// over while nothing else is done, and before a key is made, which may be theirs: their lines are free then without a
// restart. The journal never gives away a run whose process lives.

// adopt takes over the runs whose process died and ends them as the plan says. It gives their ids. One that cannot be
// ended is kept, and tried again the next time.
func (b *Bench) adopt(ctx context.Context) ([]inventory.RunID, error) {
	b.adopting.Lock()
	defer b.adopting.Unlock()
	b.adopted = time.Now()
	left, err := b.cfg.Journal.Unfinished(ctx, b.cfg.Owner)
	if err != nil {
		return nil, fmt.Errorf("list unfinished runs: %w", err)
	}
	var ids []inventory.RunID
	var faults []error
	for _, u := range append(b.unended(), left...) {
		ids = append(ids, u.Run.ID)
		if err := b.takeOver(ctx, u); err != nil {
			b.await(u)
			faults = append(faults, err)
		}
	}
	return ids, errors.Join(faults...)
}

// takeOver ends a dead run as the plan says, or leaves it to its key.
func (b *Bench) takeOver(ctx context.Context, u inventory.Unfinished) error {
	switch b.recoveryOf(u) {
	case again:
		return b.recordLate(ctx, u)
	case look:
		b.await(u)
		return nil
	default:
		return b.interrupt(ctx, u)
	}
}

// unended takes those dead runs from the ones that wait that could not be ended before, and need no key for it.
func (b *Bench) unended() []inventory.Unfinished {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []inventory.Unfinished
	b.pending = slices.DeleteFunc(b.pending, func(u inventory.Unfinished) bool {
		if b.recoveryOf(u) == look {
			return false
		}
		all = append(all, u)
		return true
	})
	return all
}

// adoptIdle takes over dead runs from time to time, while no key is being made.
func (b *Bench) adoptIdle(ctx context.Context) {
	b.mu.Lock()
	idle := len(b.cancels) == 0 && b.halted == ""
	b.mu.Unlock()
	b.adopting.Lock()
	due := time.Since(b.adopted) >= b.cfg.Adopt
	b.adopting.Unlock()
	if !idle || !due {
		return
	}
	if _, err := b.adopt(ctx); err != nil && ctx.Err() == nil {
		b.cfg.Log.Warn("take over runs whose process died", "err", err)
	}
}

// adoptFor takes over dead runs before the key at a port is made. What goes wrong does not concern that key.
func (b *Bench) adoptFor(ctx context.Context, port Port) {
	if _, err := b.adopt(ctx); err != nil {
		b.cfg.Log.Warn("take over runs whose process died", "port", port.ID, "err", err)
	}
}
