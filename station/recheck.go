package station

import (
	"context"
	"strings"

	"keystation/inventory"
)

// Recheck looks again at the ready keys that tiles show, after something was changed in the inventory: the tile of one that
// is not ready any more, since its requisition was cancelled or it was recalled, says STOP.
func (b *Bench) Recheck(ctx context.Context) {
	for _, t := range b.cfg.Feed.Snapshot().Tiles {
		b.recheck(ctx, t.Port)
	}
}

// recheck is Recheck for one port. Books that cannot be read now change nothing.
func (b *Bench) recheck(ctx context.Context, port string) {
	ready := words[momentReady].Word
	t, _ := b.cfg.Feed.Tile(port)
	if t.Word != ready || t.Key == "" {
		return
	}
	k, err := b.cfg.Books.Key(ctx, inventory.KeyID(t.Key))
	if err != nil {
		b.cfg.Log.Debug("look at ready key", "key", t.Key, "err", err)
		return
	}
	says := k.StateReason + ". Nothing on this key counts: put it back into stock, or plug it in again to make it for the next line."
	switch k.State {
	case inventory.Received:
	case inventory.Quarantined: // recalled, or refused by what was learned since
		says = strings.TrimSuffix(k.StateReason, ".") + ". " + k.NextAction
	default:
		return
	}
	b.cfg.Feed.Revise(port, func(now *Tile) {
		if now.Word == ready && now.Key == t.Key {
			now.says(momentStop, says, b.now())
		}
	})
}
