package station

import (
	"context"
	"slices"

	"keystation/inventory"
)

// Abandon ends a run whose process died and that waits for its key, because the key is not coming: its sealed PIN is
// void and its line is free. Which process died, and who took the run over since, makes no difference as long as none of
// them lives. Any other run is refused. If the key turns up after all it is made anew.
func (b *Bench) Abandon(ctx context.Context, by inventory.Actor, run inventory.RunID) error {
	if found, err := b.giveUp(ctx, by, run); found || err != nil {
		return err
	}
	ids, err := b.adopt(ctx)
	if err != nil {
		return err
	}
	if found, err := b.giveUp(ctx, by, run); found || err != nil {
		return err
	}
	return b.whyNot(ctx, run, slices.Contains(ids, run))
}

// giveUp ends the run if it waits for its key here.
func (b *Bench) giveUp(ctx context.Context, by inventory.Actor, run inventory.RunID) (found bool, err error) {
	for _, u := range b.waitingRuns() {
		if u.Run.ID != run {
			continue
		}
		if !b.settle(u) {
			break
		}
		if err := b.close(ctx, u, by, "Given up by "+by.Name+": its key did not come back."); err != nil {
			b.await(u)
			return true, err
		}
		return true, nil
	}
	return false, nil
}

// whyNot says why a run is not given up. One that was taken over just now and needed no key for its end has it, which is
// what was asked for, unless its key is ready.
func (b *Bench) whyNot(ctx context.Context, run inventory.RunID, taken bool) error {
	row, err := b.cfg.Books.Run(ctx, run)
	if err != nil && inventory.KindOf(err) != inventory.NotFound {
		return err
	}
	if taken && row.End == inventory.RunInterrupted {
		return nil
	}
	if err == nil && row.End == "" && row.Owner != b.cfg.Owner {
		return inventory.Refuse(inventory.Conflict, "Another keystation that is at work has that run: give it up there, or end that program first.")
	}
	return inventory.Refuse(inventory.Conflict, "That run does not wait for its key any more: look at the list again.")
}
