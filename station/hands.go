package station

import (
	"context"
	"slices"
	"sync"
)

// hands lends one person's hands to the ports: at most slots ports may ask for a replug or a touch at a time. Whoever
// was just plugged in is next, since its reset window is open; the others follow in the order of the tiles, and who has
// missed a turn comes after all that wait by then. It is safe for concurrent use.
type hands struct {
	place func(port string) int // where a tile stands; 0: by the name of its port

	mu      sync.Mutex
	free    int
	round   int // rises when somebody who missed a turn queues up: who comes later stands behind
	waiters []*waiter
}

type waiter struct {
	port   string
	fresh  bool // just plugged in
	missed bool // had a turn, and nobody came

	round int
	place int
	turn  chan struct{}
}

func newHands(slots int, place func(string) int) *hands {
	return &hands{place: place, free: max(slots, 1)}
}

// take waits for a slot. The caller gives it back with give.
func (h *hands) take(ctx context.Context, w waiter) error {
	h.mu.Lock()
	if h.free > 0 && len(h.waiters) == 0 {
		h.free--
		h.mu.Unlock()
		return nil
	}
	h.join(&w)
	h.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		h.leave(&w)
		return context.Cause(ctx)
	}
}

// join puts w where it belongs in the queue.
func (h *hands) join(w *waiter) {
	if w.round = h.round; w.missed {
		h.round++
	}
	w.place, w.turn = h.place(w.port), make(chan struct{})
	at, _ := slices.BinarySearchFunc(h.waiters, w, compareWaiters)
	h.waiters = slices.Insert(h.waiters, at, w)
}

// wanted tells if anybody waits for a slot.
func (h *hands) wanted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.waiters) > 0
}

// taken tells if whoever asks now has to wait; by the time it asks that may have changed.
func (h *hands) taken() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.free == 0
}

// give passes the slot to the first waiter, or keeps it free.
func (h *hands) give() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiters) == 0 {
		h.free++
		return
	}
	next := h.waiters[0]
	h.waiters = h.waiters[1:]
	close(next.turn)
}

// leave takes w out of the queue; if its turn came in the meantime the slot goes on.
func (h *hands) leave(w *waiter) {
	h.mu.Lock()
	i := slices.Index(h.waiters, w)
	if i >= 0 {
		h.waiters = slices.Delete(h.waiters, i, i+1)
	}
	h.mu.Unlock()
	if i < 0 {
		h.give()
	}
}

func compareWaiters(a, b *waiter) int {
	if a.fresh != b.fresh {
		return first(a.fresh)
	}
	if a.round != b.round {
		return a.round - b.round
	}
	if a.missed != b.missed {
		return -first(a.missed)
	}
	return compareTiles(Tile{Place: a.place, Port: a.port}, Tile{Place: b.place, Port: b.port})
}

// first is how two compare of which one alone has what puts it first.
func first(mine bool) int {
	if mine {
		return -1
	}
	return 1
}
