package station

import (
	"fmt"

	"keystation/inventory"
)

// A bench whose journal cannot be written stops: nothing may be done to a key that is not written down before. What it
// was doing is found again at the next start.

// halt notes that the bench stopped, and why, and says so at the port where it was noticed. The first reason stands.
func (b *Bench) halt(p Port, why error) {
	say := inventory.Sentence(why)
	b.mu.Lock()
	if b.halted == "" {
		b.halted = say
	}
	b.mu.Unlock()
	b.cfg.Log.Error("the bench stops", "port", p.ID, "err", why)
	t, ok := b.cfg.Feed.Tile(p.ID)
	if !ok {
		t = Tile{Port: p.ID, Label: p.Title(), Plugged: true}
	}
	t.Running = false
	t.says(momentHalted, say+" The key here is not finished: leave it in, and start keystation again.", b.now())
	b.publish(t)
}

// going refuses what a bench that stopped cannot do any more.
func (b *Bench) going() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.halted == "" {
		return nil
	}
	return &inventory.Error{Kind: inventory.Unavailable, Msg: "The bench has stopped: " + b.halted, Err: fmt.Errorf("the journal could not be written")}
}
