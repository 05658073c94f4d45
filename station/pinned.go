package station

import (
	"context"

	"keystation/inventory"
)

// pin says which line the next key at a port is for.
type pin struct {
	line inventory.LineID
	says string          // "R-1003 spare"
	run  inventory.RunID // that took the line; empty: it waits for a key
}

// Pin says that the next key at the port is made for this line and no other, and that no other port takes it. It holds
// until a key is ready for the line. An empty line takes it back.
func (b *Bench) Pin(ctx context.Context, port string, line inventory.LineID) error {
	b.modes.Lock()
	defer b.modes.Unlock()
	was, err := b.setPin(port, pin{line: line})
	if err != nil || line == "" {
		return err
	}
	o, err := b.cfg.Books.Order(ctx, line) // after the others were told to keep off
	if err == nil {
		err = o.Wanted()
	}
	next := pin{line: line, says: o.Requisition.Number + " " + string(o.Line.Purpose)}
	if err != nil {
		next = was
	}
	if _, unset := b.setPin(port, next); unset != nil {
		return unset
	}
	return err
}

// setPin puts a pin at a port and gives the one before. One without a line takes it away.
func (b *Bench) setPin(port string, p pin) (was pin, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, shown := b.cfg.Feed.Tile(port); !shown {
		return pin{}, inventory.Refuse(inventory.NotFound, "There is no port %s at this bench: look at its tile.", port)
	}
	for at, other := range b.pins {
		if at != port && p.line != "" && other.line == p.line {
			return pin{}, inventory.Refuse(inventory.Conflict, "%s is pinned to %s already: take it back there first.", other.says, b.title(at))
		}
	}
	was = b.pins[port]
	delete(b.pins, port)
	if p.line != "" {
		b.pins[port] = p
	}
	b.redecorate()
	return was, nil
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

// pinTaken notes that a run has the line that is pinned to its port.
func (b *Bench) pinTaken(port string, line inventory.LineID, run inventory.RunID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.pins[port]; p.line != "" && p.line == line {
		p.run = run
		b.pins[port] = p
	}
}

// pinOver ends what [Bench.pinTaken] began: a line whose key is ready is pinned no more, any other is pinned again.
func (b *Bench) pinOver(port string, run inventory.RunID, made bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, pinned := b.pins[port]
	if !pinned || p.run != run {
		return
	}
	delete(b.pins, port)
	if p.run = ""; !made {
		b.pins[port] = p
	}
	b.redecorate()
}
