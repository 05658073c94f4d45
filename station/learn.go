package station

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"keystation/inventory"
)

// Learn begins to learn the hub: from now on nothing is made, and each port at which a key is plugged in anew is the
// next one. Runs that go on are finished.
func (b *Bench) Learn() error {
	b.modes.Lock()
	defer b.modes.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.session.Learning:
		return inventory.Refuse(inventory.Conflict, "The hub is being learned already: plug a key in, port by port.")
	case b.session.Making && !b.idle():
		return inventory.Refuse(inventory.Conflict, "A making session is open: end it before the hub is learned anew.")
	}
	b.session.Learning, b.learning = true, nil
	b.redecorate()
	return nil
}

// Learned ends it. With keep the ports stand from now on as they were learned, which is written down; else as before. A
// key that is still plugged in waits until somebody replugs it or asks for it.
func (b *Bench) Learned(ctx context.Context, by inventory.Actor, keep bool) error {
	b.modes.Lock()
	defer b.modes.Unlock()
	now := b.Session()
	if !now.Learning {
		return inventory.Refuse(inventory.Conflict, "The hub is not being learned: press Learn my hub first.")
	}
	hub := b.knownHub()
	if keep {
		if len(now.Hub) == 0 {
			return inventory.Refuse(inventory.Invalid, "No port was learned: plug a key in, port by port, or leave the hub as it was.")
		}
		hub = relearned(hub, now.Hub)
		if b.cfg.SaveHub != nil {
			if err := b.cfg.SaveHub(context.WithoutCancel(ctx), by, hub); err != nil {
				return err
			}
		}
	}
	b.mu.Lock()
	b.session.Learning, b.learning = false, nil
	b.mu.Unlock()
	b.lay(hub)
	return nil
}

func (b *Bench) knownHub() inventory.Hub {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hub
}

// relearned is the hub with its ports in another order. What is written beside a port stays there.
func relearned(was inventory.Hub, ports []string) inventory.Hub {
	hub := inventory.Hub{Host: was.Host}
	for _, id := range ports {
		p := inventory.HubPort{ID: id}
		if i := was.Place(id); i > 0 {
			p = was.Ports[i-1]
		}
		hub.Ports = append(hub.Ports, p)
	}
	return hub
}

// lay lets the tiles stand as the hub does. Each of its ports has one, whether a key is in or not.
func (b *Bench) lay(hub inventory.Hub) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hub = hub
	for _, p := range hub.Ports {
		if _, shown := b.cfg.Feed.Tile(p.ID); !shown {
			b.cfg.Feed.Publish(b.decorated(EmptyTile(Port{ID: p.ID}, b.now())))
		}
	}
	b.redecorate()
	for _, t := range b.cfg.Feed.Snapshot().Tiles {
		if t.Word == words[momentLearned].Word {
			b.cfg.Feed.Revise(t.Port, func(t *Tile) { t.says(momentLeftIn, "", b.now()) })
		}
	}
}

// learnPort takes the port as the next place of the hub that is being learned. False means that none is. A port that was
// learned already stays where it is; a key that was in before does not count.
func (b *Bench) learnPort(p Port, anew bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.session.Learning {
		return false
	}
	t := Tile{Port: p.ID, Label: p.Title(), Plugged: true}
	if !anew && !slices.Contains(b.learning, p.ID) {
		t.says(momentLeftIn, "", b.now())
		b.cfg.Feed.Publish(b.decorated(t))
		return true
	}
	if !slices.Contains(b.learning, p.ID) {
		b.learning = append(b.learning, p.ID)
	}
	t.says(momentLearned, fmt.Sprintf("Port %d of your hub. Move the key to the next port.", slices.Index(b.learning, p.ID)+1), b.now())
	b.cfg.Feed.Publish(b.decorated(t))
	return true
}

// title is what a person calls the port. The caller holds the lock.
func (b *Bench) title(port string) string {
	at, known := b.place(port), b.hub.Place(port)
	switch {
	case at == 0:
		return port
	case known > 0 && b.hub.Ports[known-1].Label != "":
		return b.hub.Ports[known-1].Label
	}
	return "Port " + strconv.Itoa(at)
}

// place gives where a port stands now. The caller holds the lock.
func (b *Bench) place(port string) int {
	if b.session.Learning {
		return slices.Index(b.learning, port) + 1
	}
	return b.hub.Place(port)
}
