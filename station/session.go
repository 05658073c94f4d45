package station

import (
	"context"
	"slices"
	"time"

	"keystation/inventory"
)

// Session is what an operator has switched on at the bench. The zero value is how a bench starts: nothing is made
// without asking, every key is made for a line.
type Session struct {
	Making   bool            // a making session is open: auto mode at the ports of the hub
	Stock    bool            // keys are made for stock: blank and tagged, without a PIN
	By       inventory.Actor // who opened it
	Since    time.Time
	Held     bool     // the whole bench is on hold
	Learning bool     // the hub is being learned: nothing is made
	Stopped  string   // why the bench makes nothing until keystation is started again; empty: it goes on
	Hub      []string // the learned ports in their order; while learning, those learned so far
}

// Session tells what is switched on.
func (b *Bench) Session() Session {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.session
	s.Making, s.Stopped = s.Making && !b.idle(), b.halted
	if s.Learning {
		s.Hub = slices.Clone(b.learning)
		return s
	}
	for _, p := range b.hub.Ports {
		s.Hub = append(s.Hub, p.ID)
	}
	return s
}

// sessionIdle is how long a making session stays open while nothing is plugged in: whoever opened it has left.
const sessionIdle = 30 * time.Minute

// SessionOpened is the payload of session.opened.
type SessionOpened struct {
	For   string   `json:"for"` // lines or stock
	Ports []string `json:"ports"`
}

// SessionEnded is the payload of session.ended.
type SessionEnded struct {
	For   string    `json:"for"`
	Since time.Time `json:"since"`
	Why   string    `json:"why"`
}

// OpenSession opens a making session at the ports of the learned hub: a stock model without a PIN that is plugged in
// there is made without asking, for lines or, with stock, without a PIN for later. It ends by [Bench.EndSession], with
// [Bench.Watch], or when nothing is plugged in for half an hour.
func (b *Bench) OpenSession(ctx context.Context, by inventory.Actor, stock bool) error {
	if err := b.going(); err != nil {
		return err
	}
	if err := b.endIdle(ctx); err != nil { // one that is over has its entry before the next
		return err
	}
	b.modes.Lock()
	defer b.modes.Unlock()
	now := b.Session()
	switch {
	case now.Learning:
		return inventory.Refuse(inventory.Conflict, "The hub is being learned: end that first.")
	case len(now.Hub) == 0:
		return inventory.Refuse(inventory.Conflict, "Teach the bench its hub first: press Learn my hub and plug one key in, port by port.")
	case now.Making:
		return inventory.Refuse(inventory.Conflict, "A making session is open already, by %s: end it first.", now.By.Name)
	}
	opened := Session{Making: true, Stock: stock, By: by, Since: b.now()}
	if err := b.note(ctx, by, inventory.Event{Action: "session.opened", Payload: SessionOpened{opened.purpose(), now.Hub}}); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	opened.Held = b.session.Held
	b.session, b.plugged = opened, b.cfg.Now()
	return nil
}

// EndSession ends the making session. Runs that it began go on.
func (b *Bench) EndSession(ctx context.Context, by inventory.Actor) error {
	ended, err := b.endSession(ctx, by, "", func() bool { return true })
	if err == nil && !ended {
		err = inventory.Refuse(inventory.Conflict, "No making session is open: it ended already.")
	}
	return err
}

// endIdle ends a making session that nobody uses any more.
func (b *Bench) endIdle(ctx context.Context) error {
	_, err := b.endSession(ctx, inventory.System("bench"), "Nothing was plugged in for half an hour.", b.idle)
	return err
}

// endSession ends the session, if one is open and when says so, and writes that down. It is over even when that cannot
// be written.
func (b *Bench) endSession(ctx context.Context, by inventory.Actor, why string, when func() bool) (ended bool, err error) {
	b.modes.Lock()
	defer b.modes.Unlock()
	b.mu.Lock()
	was := b.session
	ended = was.Making && when()
	if ended {
		b.session = Session{Held: was.Held, Learning: was.Learning}
	}
	b.mu.Unlock()
	if !ended {
		return false, nil
	}
	return true, b.note(ctx, by, inventory.Event{Action: "session.ended", Payload: SessionEnded{was.purpose(), was.Since, why}})
}

func (b *Bench) note(ctx context.Context, by inventory.Actor, ev inventory.Event) error {
	if b.cfg.Note == nil {
		return nil
	}
	return b.cfg.Note(context.WithoutCancel(ctx), by, ev)
}

// purpose is what keys are made for, as the ledger says it.
func (s Session) purpose() string {
	if s.Stock {
		return "stock"
	}
	return "lines"
}

// idle tells if nothing was plugged in at the hub for so long that the open session is over. The caller holds the lock.
func (b *Bench) idle() bool { return b.cfg.Now().Sub(b.plugged) >= sessionIdle }

// making tells if a stock model at the port may be made without asking: only one that was plugged in while the session
// was open, since about one that was in before somebody may have said no. Beginning anew does not change that.
func (b *Bench) making(port string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.session.Making && !b.idle() && b.hub.Place(port) > 0 && b.sinceOpen(port)
}

// stocking tells if the key that is made next at the port is made for stock: a line that was asked for, by a pin or
// otherwise, comes first.
func (b *Bench) stocking(want inventory.Want) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.session.Making && !b.idle() && b.session.Stock && want.Requisition == "" && want.Line == ""
}
