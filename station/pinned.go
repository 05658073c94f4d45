package station

import (
	"context"
	"fmt"
	"slices"

	"keystation/inventory"
)

// pin says which line the next key at a port is for.
type pin struct {
	line inventory.LineID
	says string          // "R-1003 spare"
	run  inventory.RunID // that took the line; empty: it waits for a key

	before *pin // while it is looked at if this one can stand: the one that comes back if not
}

// Pin says that the next key at the port is made for this line and no other, and that no other port takes it. It holds
// until a key is ready for the line. An empty line takes it back.
func (b *Bench) Pin(ctx context.Context, port string, line inventory.LineID) error {
	b.modes.Lock()
	defer b.modes.Unlock()
	if line != "" && b.wanted(port, inventory.Want{}).Line == line { // it is pinned there, and may be made already
		_, err := b.pinnable(ctx, line)
		return err
	}
	if err := b.setPin(port, pin{line: line}); err != nil || line == "" {
		return err
	}
	says, err := b.pinnable(ctx, line) // after the others were told to keep off
	b.mu.Lock()
	defer b.mu.Unlock()
	p, there := b.pins[port]
	if !there || p.line != line {
		return err // it was made meanwhile
	}
	p.says = says
	switch {
	case err == nil:
		p.before = nil
		b.pins[port] = p
	case p.before != nil:
		b.pins[port] = *p.before
	default:
		delete(b.pins, port)
	}
	b.redecorate()
	return err
}

// pinnable says what a line is called for which a key may be made, or why none may.
func (b *Bench) pinnable(ctx context.Context, line inventory.LineID) (says string, err error) {
	o, err := b.cfg.Books.Order(ctx, line)
	if err != nil {
		return "", err
	}
	return o.Requisition.Number + " " + string(o.Line.Purpose), o.Wanted()
}

// setPin puts a pin at a port, which keeps the one before in case this one cannot stand. One without a line takes it away.
func (b *Bench) setPin(port string, p pin) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, shown := b.cfg.Feed.Tile(port); !shown {
		return inventory.Refuse(inventory.NotFound, "There is no port %s at this bench: look at its tile.", port)
	}
	for at, other := range b.pins {
		if at != port && p.line != "" && other.line == p.line {
			return inventory.Refuse(inventory.Conflict, "%s is pinned to %s already: take it back there first.", other.says, b.title(at))
		}
	}
	was, pinned := b.pins[port]
	delete(b.pins, port)
	if p.line != "" {
		if pinned {
			p.before = &was
		}
		b.pins[port] = p
	}
	b.redecorate()
	return nil
}

// wanted is what a run at the port is to make: what was asked for, else what is pinned there.
func (b *Bench) wanted(port string, want inventory.Want) inventory.Want {
	b.mu.Lock()
	defer b.mu.Unlock()
	if want.Requisition == "" && want.Line == "" {
		want.Line = b.pins[port].line
	}
	return want
}

// pinnedElsewhere lists the lines that wait for a key at another port.
func (b *Bench) pinnedElsewhere(port string) []inventory.LineID {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []inventory.LineID
	for at, p := range b.pins {
		if at != port {
			all = append(all, p.line)
		}
	}
	return all
}

// takeUnpinned takes a line that no other port waits for, also when it was pinned there a moment ago: that one is given
// back and the next one taken.
func (r *run) takeUnpinned(ctx context.Context, want inventory.Want) (inventory.Order, error) {
	want.Skip = slices.Clone(want.Skip)
	for {
		o, err := r.b.cfg.Books.TakeLine(ctx, r.row.Operator, r.row.ID, want)
		if err != nil || !slices.Contains(r.b.pinnedElsewhere(r.port.ID), o.Line.ID) {
			return o, err
		}
		if err := r.b.cfg.Books.ReleaseLine(ctx, r.row.Operator, r.row.ID); err != nil {
			return inventory.Order{}, fmt.Errorf("release line: %w", err)
		}
		if want.Line != "" {
			return inventory.Order{}, inventory.Refuse(inventory.Conflict, "The line is pinned to another port: take it back there first.")
		}
		want.Skip = append(want.Skip, o.Line.ID)
	}
}

// pinTaken notes that a run has the line that is pinned to its port.
func (b *Bench) pinTaken(port string, line inventory.LineID, run inventory.RunID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, pinned := b.pins[port]
	if !pinned {
		return
	}
	if p.line == line {
		p.run = run
	}
	if p.before != nil && p.before.line == line {
		p.before = &pin{line: line, says: p.before.says, run: run}
	}
	b.pins[port] = p
}

// pinOver ends what [Bench.pinTaken] began: a line whose key is ready is pinned no more, any other is pinned again.
func (b *Bench) pinOver(port string, run inventory.RunID, made bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, pinned := b.pins[port]
	if !pinned {
		return
	}
	if p.before != nil && p.before.run == run {
		p.before = p.before.over(made)
	}
	delete(b.pins, port)
	if p.run == run {
		left := p.over(made)
		if left == nil {
			b.redecorate()
			return
		}
		p = *left
	}
	b.pins[port] = p
	b.redecorate()
}

// over is what is left of a pin when the run that took its line ended.
func (p pin) over(made bool) *pin {
	if made {
		return nil
	}
	p.run = ""
	return &p
}
