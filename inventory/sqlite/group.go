package sqlite

import (
	"context"
	"errors"
	"slices"
	"sync"

	"keystation/inventory"
)

// A group lets writers who come at the same time share one transaction and one sync of the disk. Whoever finds nobody
// leading leads: takes all that wait, commits for them, and hands the lead to the first of those who came meanwhile.
// There is no goroutine in the background, and a writer who is alone pays nothing.
type group struct {
	mu      sync.Mutex
	leading bool
	waiting []*request
	commits int64 // transactions that were committed
	served  int64 // requests that they held
}

// errUnwritten is what a request ends with when its leader did not live to write it.
var errUnwritten = errors.New("the transaction was abandoned")

// A request is one act that wants to be written.
type request struct {
	ctx     context.Context // asked before the act begins; never handed to the database
	by      inventory.Actor
	act     func(context.Context, *txn) error
	actions []string // of the ledger entries that it wrote
	err     error
	wake    chan signal // holds one: sends are made under the group's mutex and never block
}

type signal int

const (
	done signal = iota
	lead
)

// join enqueues r. It tells if the caller must lead.
func (g *group) join(r *request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, r)
	if g.leading {
		return false
	}
	g.leading = true
	return true
}

// take gives the leader all that wait.
func (g *group) take() []*request {
	g.mu.Lock()
	defer g.mu.Unlock()
	batch := g.waiting
	g.waiting = nil
	return batch
}

// finish wakes the batch and hands the lead on.
func (g *group) finish(batch []*request, committed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if committed {
		g.commits++
		g.served += int64(len(batch))
	}
	for _, r := range batch {
		r.wake <- done
	}
	if len(g.waiting) > 0 {
		g.waiting[0].wake <- lead
		return
	}
	g.leading = false
}

// leave takes r out of the queue if nobody has begun with it and the lead is not its own.
func (g *group) leave(r *request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, r)
	if i < 0 || len(r.wake) > 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// await sleeps until r is done or must lead. A caller whose context ends leaves the queue.
func (g *group) await(r *request) signal {
	select {
	case s := <-r.wake:
		return s
	case <-r.ctx.Done():
		if g.leave(r) {
			r.err = r.ctx.Err()
			return done
		}
		return <-r.wake
	}
}

// update runs act in a transaction, with others' if they come at the same time. What act saves and logs is on the disk
// when update returns nil. act gets a context of its own: once begun it is not cancelled.
func (s *Store) update(ctx context.Context, by inventory.Actor, act func(context.Context, *txn) error) error {
	r := &request{ctx: ctx, by: by, act: act, wake: make(chan signal, 1)}
	if !s.group.join(r) && s.group.await(r) == done {
		return r.err
	}
	batch := s.group.take()
	for _, r := range batch {
		r.err = errUnwritten
	}
	committed := false
	defer func() { s.group.finish(batch, committed) }() // even when an act panics: nobody waits for ever
	committed = s.commit(batch)
	return r.err
}
