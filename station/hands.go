package station

import (
	"context"
	"slices"
	"sync"
)

// hands lends one person's hands to the ports: at most slots ports may ask for a replug or a touch at a time. Whoever
// was just plugged in is next, since its reset window is open; the others follow in the order of the ports. It is
// safe for concurrent use.
type hands struct {
	mu      sync.Mutex
	free    int
	waiters []*waiter
}

type waiter struct {
	port  string
	fresh bool // just plugged in
	turn  chan struct{}
}

func newHands(slots int) *hands { return &hands{free: max(slots, 1)} }

// take waits for a slot. The caller gives it back with give.
func (h *hands) take(ctx context.Context, port string, fresh bool) error {
	h.mu.Lock()
	if h.free > 0 && len(h.waiters) == 0 {
		h.free--
		h.mu.Unlock()
		return nil
	}
	w := &waiter{port: port, fresh: fresh, turn: make(chan struct{})}
	at, _ := slices.BinarySearchFunc(h.waiters, w, compareWaiters)
	h.waiters = slices.Insert(h.waiters, at, w)
	h.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		h.leave(w)
		return context.Cause(ctx)
	}
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
		if a.fresh {
			return -1
		}
		return 1
	}
	return comparePorts(a.port, b.port)
}
