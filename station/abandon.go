package station

import (
	"context"

	"keystation/inventory"
)

// Abandon ends a run whose process died and that waits for its key, because the key is not coming: its sealed PIN is
// void and its line is free. Any other run is refused. If the key turns up after all it is made anew.
func (b *Bench) Abandon(ctx context.Context, by inventory.Actor, run inventory.RunID) error {
	for _, u := range b.waitingRuns() {
		if u.Run.ID != run {
			continue
		}
		if !b.settle(u) {
			break
		}
		if err := b.close(ctx, u, by, "Given up by "+by.Name+": its key did not come back."); err != nil {
			b.await(u)
			return err
		}
		return nil
	}
	return inventory.Refuse(inventory.Conflict, "That run does not wait for its key any more: look at the list again.")
}
