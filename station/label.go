package station

import (
	"context"
	"fmt"

	"keystation/inventory"
)

// PrintLabel prints the label of the key that the port shows, or of the ready one that was pulled there last.
func (b *Bench) PrintLabel(ctx context.Context, port string) error {
	if b.cfg.Printer == nil {
		return inventory.Refuse(inventory.Conflict, "This bench prints nothing: print the label from the key's page.")
	}
	t, _ := b.cfg.Feed.Tile(port)
	key := inventory.KeyID(t.Key)
	if !t.Plugged {
		key = b.pulledAt(port).id
	}
	if key == "" {
		return inventory.Refuse(inventory.NotFound, "No key of %s is known: print its label from the key's page.", port)
	}
	return b.label(ctx, key)
}

func (b *Bench) pulledAt(port string) pulled {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pulled[port]
}

// labelOf is the asset tag that PRINT at t's port gives; empty: none. The caller holds the lock.
func (b *Bench) labelOf(t Tile) string {
	switch {
	case b.cfg.Printer == nil:
		return ""
	case !t.Plugged:
		return b.pulled[t.Port].tag
	case t.Key == "":
		return ""
	}
	return t.Tag
}

// pulled is a ready key that was pulled out.
type pulled struct {
	id  inventory.KeyID
	tag string
}

func (b *Bench) label(ctx context.Context, key inventory.KeyID) error {
	k, err := b.cfg.Books.Key(ctx, key)
	if err != nil {
		return err
	}
	return b.cfg.Printer.Label(ctx, k)
}

// pull shows that ports are empty. A ready key that was pulled out gets its label, and the tile says which: sixteen keys
// of one kind must not be mixed up. Of several that went at once, with their hub for instance, nobody knows which is in
// which hand, so none gets one.
func (w *watch) pull(ctx context.Context, ids []string) {
	ready := 0
	for _, id := range ids {
		if t, _ := w.b.cfg.Feed.Tile(id); blinks(t) {
			ready++
		}
	}
	for _, id := range ids {
		was, _ := w.b.cfg.Feed.Tile(id)
		empty := EmptyTile(Port{ID: id, Label: was.Label}, w.b.now())
		switch {
		case !blinks(was) || w.b.cfg.Printer == nil:
		case ready > 1:
			empty.Sentence = severalPulled
		default:
			w.labelPulled(ctx, was, empty)
			continue
		}
		w.b.publish(empty)
	}
}

const severalPulled = "Several keys were pulled at once: plug each in again, one by one, and pull it for its label."

// labelPulled prints the label of the key that the tile was of.
func (w *watch) labelPulled(ctx context.Context, was, empty Tile) {
	w.b.mu.Lock()
	if !w.b.seats[was.Port].gone.IsZero() { // else another one is there already
		w.b.pulled[was.Port] = pulled{inventory.KeyID(was.Key), was.Tag}
	}
	w.b.mu.Unlock()
	empty.Sentence = fmt.Sprintf("The label of %s is being printed.", was.Tag)
	w.b.publish(empty)
	w.runs.Go(func() {
		say := fmt.Sprintf("Label of %s printed: put it on the key you have just pulled.", was.Tag)
		if err := w.b.label(context.WithoutCancel(ctx), inventory.KeyID(was.Key)); err != nil {
			w.b.cfg.Log.Warn("print label", "key", was.Key, "err", err)
			say = fmt.Sprintf("The label of %s was not printed: %s Print it again here, or from the key's page.", was.Tag, inventory.Sentence(err))
		}
		w.b.cfg.Feed.amend(was.Port, empty.Sentence, say, w.b.now())
	})
}
