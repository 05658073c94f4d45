package station

import (
	"context"
	"fmt"

	"keystation/inventory"
)

// A person can say what the label of the key at a port says. It is a claim about the key that is plugged in there, or, at
// an empty port, about the next one, and it holds until that key is pulled.

// claim is what somebody said of a key's label.
type claim struct {
	number string
	by     inventory.Actor
}

// Labeled takes the serial number on the label of the key at a port, as it was scanned or typed; an empty one takes it
// back. It is held against what the key says of itself when a run identifies it; a run that goes on stops at its next safe
// point when the two do not agree, and that of a key which is made already is told here. A key that says nothing gets the
// number as its own.
func (b *Bench) Labeled(ctx context.Context, port, text string, by inventory.Actor) error {
	number := ""
	if text != "" {
		var err error
		if number, err = inventory.LabelSerial(text); err != nil {
			return err
		}
	}
	t, shown := b.cfg.Feed.Tile(port)
	if !shown {
		return inventory.Refuse(inventory.NotFound, "There is no port %s at this bench: look at its tile.", port)
	}
	if number != "" && blinks(t) {
		return b.labeledLate(ctx, t, claim{number, by})
	}
	b.setLabel(port, claim{number, by})
	return nil
}

func (b *Bench) setLabel(port string, c claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.labels[port] = c; c.number == "" {
		delete(b.labels, port)
	}
	b.redecorate()
}

// labeledLate holds the label of a key that is made already against the inventory. When they do not agree a run takes the
// key up, which puts it aside.
func (b *Bench) labeledLate(ctx context.Context, t Tile, c claim) error {
	k, err := b.cfg.Books.Key(ctx, inventory.KeyID(t.Key))
	if err != nil {
		return fmt.Errorf("look up key: %w", err)
	}
	switch {
	case !makersOwn(k.SerialSource):
		return inventory.Refuse(inventory.Conflict, "%s is made already, and says no number of its own to compare: make it anew, and scan its label before it is ready.", k.Tag)
	case inventory.SameSerial(k.Serial, c.number):
		b.setLabel(t.Port, c)
		return nil
	}
	b.setLabel(t.Port, c)
	if err := b.Retry(t.Port); err != nil {
		return err
	}
	return inventory.Refuse(inventory.Conflict, "The label says %s, and %s is %s: put both aside. The bench looks at the key once more.", c.number, k.Tag, k.Serial)
}

// labelAt gives what somebody said of the label of the key at a port; zero: nothing.
func (b *Bench) labelAt(port string) claim {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.labels[port]
}

// unlabel forgets it, since another key may be there now.
func (b *Bench) unlabel(port string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, said := b.labels[port]; said {
		delete(b.labels, port)
		b.redecorate()
	}
}

// takeLabel makes what was said of the label by now the run's. It tells if that was something new.
func (r *run) takeLabel() bool {
	c := r.b.labelAt(r.port.ID)
	if r.hidden || c.number == "" || c.number == r.label {
		return false
	}
	r.label, r.labelBy = c.number, c.by
	return true
}

// heedLabel holds a label that was scanned after identify against the key.
func (r *run) heedLabel() error {
	if r.key.ID == "" || r.tile.Step == string(inventory.Identify) {
		return nil
	}
	if s := r.mislabeled(); s != nil {
		return s
	}
	if r.takeLabel() {
		r.key = r.numbered(r.key)
		r.labelNoted()
		r.holds(&r.key)
	}
	return nil
}

// labelNoted says in the run's reasons what came of the label.
func (r *run) labelNoted() {
	who := fmt.Sprintf("%s read %s on its label (%s)", r.labelBy.Name, r.label, r.labelBy.Method)
	own := r.makersNumber()
	switch {
	case r.label == "":
		return
	case inventory.IsSuffix(own):
		who += fmt.Sprintf("; the key says the end of it, %s.", own)
	case own != "":
		who += ", and the key says the same."
	case r.key.SerialSource == inventory.SerialUSB && !inventory.SameSerial(r.key.Serial, r.label):
		who += fmt.Sprintf("; its USB descriptor says %s, which may be another number.", r.key.Serial)
	default:
		who += "; the key says no number of its own."
	}
	r.reasons = append(r.reasons, who)
}

// held is what a label is compared with while a run waits: it is read by the goroutines that wait beside the run's own.
type held struct {
	port   string         // where the key is
	number string         // the maker's, as the key or the inventory says; empty: none to compare with
	label  string         // that was compared already
	key    *inventory.Key // nil: not in the inventory yet
}

// holds keeps it up to date. k is the key's row, nil where it is not known for certain.
func (r *run) holds(k *inventory.Key) {
	h := held{port: r.port.ID, number: r.makersNumber(), label: r.label}
	if k != nil {
		row := *k
		h.key = &row
		if h.number == "" && makersOwn(k.SerialSource) {
			h.number = k.Serial
		}
	}
	r.held.Store(&h)
}

// mislabeled gives the end of a run whose label was scanned meanwhile and does not agree with its key. It may be called
// from any goroutine.
func (r *run) mislabeled() *stop {
	h := r.held.Load()
	if h == nil || r.hidden {
		return nil
	}
	c := r.b.labelAt(h.port)
	if c.number == "" || c.number == h.label || h.number == "" || inventory.SameSerial(c.number, h.number) {
		return nil
	}
	return disagreement(h.key, "The label says %s, the key says %s", c.number, h.number)
}
