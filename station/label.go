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
	if key == "" {
		b.mu.Lock()
		key = b.pulled[port]
		b.mu.Unlock()
	}
	if key == "" {
		return inventory.Refuse(inventory.NotFound, "No key of %s is known: print its label from the key's page.", port)
	}
	return b.label(ctx, key)
}

func (b *Bench) label(ctx context.Context, key inventory.KeyID) error {
	k, err := b.cfg.Books.Key(ctx, key)
	if err != nil {
		return err
	}
	return b.cfg.Printer.Label(ctx, k)
}

// pull shows that a port is empty. A ready key that was pulled out gets its label, and the tile says which: sixteen keys
// of one kind must not be mixed up.
func (w *watch) pull(ctx context.Context, id string) {
	was, _ := w.b.cfg.Feed.Tile(id)
	empty := EmptyTile(Port{ID: id, Label: was.Label}, w.b.now())
	if !blinks(was) || w.b.cfg.Printer == nil {
		w.b.publish(empty)
		return
	}
	w.b.mu.Lock()
	w.b.pulled[id] = inventory.KeyID(was.Key)
	w.b.mu.Unlock()
	empty.Sentence = fmt.Sprintf("The label of %s is being printed.", was.Tag)
	w.b.publish(empty)
	w.runs.Go(func() {
		say := fmt.Sprintf("Label of %s printed: put it on the key you have just pulled.", was.Tag)
		if err := w.b.label(context.WithoutCancel(ctx), inventory.KeyID(was.Key)); err != nil {
			w.b.cfg.Log.Warn("print label", "key", was.Key, "err", err)
			say = fmt.Sprintf("The label of %s was not printed: %s Print it again here, or from the key's page.", was.Tag, inventory.Sentence(err))
		}
		w.b.cfg.Feed.amend(id, empty.Sentence, say, w.b.now())
	})
}
