package station

import (
	"context"
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
	Hub      []string // the learned ports in their order; while learning, those learned so far
}

// Session tells what is switched on.
func (b *Bench) Session() Session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.session
}

// OpenSession opens a making session at the learned ports of the hub.
func (b *Bench) OpenSession(context.Context, inventory.Actor, bool) error { return errNotYet }

// EndSession ends the making session.
func (b *Bench) EndSession(context.Context, inventory.Actor) error { return errNotYet }

// Learn begins to learn the hub.
func (b *Bench) Learn() error { return errNotYet }

// Learned ends it and keeps what was learned, or what was known before.
func (b *Bench) Learned(context.Context, inventory.Actor, bool) error { return errNotYet }

// Hold keeps a port, or with no port the whole bench, from beginning and asking for anything until it is let go.
func (b *Bench) Hold(string, bool) error { return errNotYet }

// Pin says which line the next key at the port is for. An empty line takes that back.
func (b *Bench) Pin(context.Context, string, inventory.LineID) error { return errNotYet }

// Wink lets the key at the port blink.
func (b *Bench) Wink(context.Context, string) error { return errNotYet }

// PrintLabel prints the label of the key that the port shows, or of the ready one that was pulled there last.
func (b *Bench) PrintLabel(context.Context, string) error { return errNotYet }

var errNotYet = inventory.Refuse(inventory.Unavailable, "This cannot be done yet.")
