package station

import (
	"context"
	"errors"
	"sync"
	"time"

	"keystation/inventory"
)

// Watch makes every key that is plugged in while it runs, each at its port, until ctx ends; then it waits for the acts
// that go on. ended, when not nil, hears every report, one at a time. The error is the first one that kept the
// inventory from being written: the tiles and [Bench.Session] say so then.
func (b *Bench) Watch(parent context.Context, ended func(Report)) error {
	ctx, stop := context.WithCancelCause(parent)
	w := &watch{
		b: b, ended: ended, stop: stop, seen: map[string]plugged{}, again: map[string]int{}, left: map[string]plugged{},
		winks: map[string]context.CancelFunc{}, faulty: map[string]string{},
	}
	defer func() {
		w.wait()
		if _, err := b.endSession(parent, inventory.System("bench"), "The program ended.", func() bool { return true }); err != nil {
			b.cfg.Log.Error("end the making session", "err", err)
		}
	}()
	w.eyes = openEyes(ctx, b.cfg.Bus, b.cfg.Log)
	defer w.eyes.shut()
	defer stop(nil)
	for {
		if err := b.endIdle(ctx); err != nil {
			b.cfg.Log.Error("end the making session", "err", err)
		}
		b.adoptIdle(ctx)
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			b.cfg.Log.Warn("look at the bus", "err", err) // the next look may see again
		}
		if err := w.eyes.rest(ctx); err != nil {
			w.wait()
			if parent.Err() != nil && errors.Is(err, context.Cause(parent)) { // not a stop that came before
				return nil
			}
			return err
		}
	}
}

// watch is one round of the bench being watched. Its maps belong to the goroutine of [Bench.Watch]; busy is guarded.
type watch struct {
	b     *Bench
	ended func(Report)
	stop  context.CancelCauseFunc
	seen  map[string]plugged            // by port id
	again map[string]int                // runs that began by themselves, one after the other, by port id
	winks map[string]context.CancelFunc // of the keys that blink, by port id

	faulty map[string]string // what the tiles of ports without a key say is wrong, by port id
	eyes   *eyes
	runs   sync.WaitGroup

	mu   sync.Mutex
	busy map[string]bool    // ports at which a run goes on
	left map[string]plugged // what a run that ended had in its port last
	over bool               // a run ended since the last look
	tell sync.Mutex         // one report at a time
}

type plugged struct{ path, plug string }

func (w *watch) wait() { w.runs.Wait() }

// look compares what is plugged in with what was, and begins a run at every port that has a key anew.
func (w *watch) look(ctx context.Context) error {
	w.expect()
	w.refresh()
	all, err := w.eyes.look(ctx)
	if err != nil {
		return err
	}
	ports, faults := keysAmong(all)
	now := map[string]plugged{}
	var gone []string
	var begins []beginning
	for _, p := range ports {
		now[p.ID] = plugged{p.Path, p.Plug}
		busy := w.isBusy(p.ID)
		if !busy {
			w.sees(p.ID)
		}
		had, known := w.seen[p.ID]
		anew := had != now[p.ID]
		w.b.seated(p)
		if busy {
			if anew && w.b.stopIdle(p.ID) {
				w.b.unlabel(p.ID)
				now[p.ID] = w.seen[p.ID] // a key that was replugged while it only waited begins anew
			}
			continue // any other replug during a run is the run's own
		}
		again := w.b.takeRetry(p.ID)
		if again || anew {
			w.still(p.ID)
		}
		if anew && known {
			w.b.unlabel(p.ID)
		}
		if t, _ := w.b.cfg.Feed.Tile(p.ID); anew && known && blinks(t) {
			gone = append(gone, p.ID) // and the next one was plugged in between two looks
		}
		if again || anew {
			begins = append(begins, beginning{p, again, anew})
			continue
		}
		w.blink(ctx, p)
	}
	for id := range w.seen {
		if _, in := now[id]; in {
			continue
		}
		w.b.unseated(id)
		if w.isBusy(id) {
			w.b.stopIdle(id)
			continue
		}
		delete(w.seen, id)
		delete(w.again, id)
		w.b.unlabel(id)
		w.b.takeRetry(id) // there is nothing left to try again
		w.still(id)
		gone = append(gone, id)
	}
	w.pull(ctx, gone)
	for _, g := range begins {
		if w.b.learnPort(g.port, g.anew) {
			w.blink(ctx, g.port)
			continue
		}
		w.begin(ctx, g.port, g.again)
	}
	for id, p := range now {
		w.seen[id] = p
	}
	w.showFaults(ctx, faults, now)
	return nil
}

// beginning is a run that begins at a port.
type beginning struct {
	port  Port
	again bool // somebody asked for it
	anew  bool // the key was plugged in
}

// setOver notes that a run ended.
func (w *watch) setOver() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// refresh has the bus asked anew after a run: what the run did at its port is held against what is there now.
func (w *watch) refresh() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		w.over, w.eyes.asked = false, time.Time{}
	}
}

// sees notes what the run that ended at a port had there last. When something else is plugged in by now, that is a key of
// its own and begins a run; a key that drops out of the bus in every run is not begun for ever.
func (w *watch) sees(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	had, ended := w.left[id]
	delete(w.left, id)
	if !ended || had == w.seen[id] {
		return
	}
	if w.again[id]++; w.again[id] <= mostAgain {
		w.seen[id] = had
	}
}

// mostAgain is how many runs begin by themselves at a port, one after the other, before it was empty once.
const mostAgain = 3

// begin starts a run at a port in a goroutine of its own, which wait waits for. asked says that a person wants it, and
// not only that a key was plugged in.
func (w *watch) begin(ctx context.Context, p Port, asked bool) {
	w.setBusy(p.ID, true)
	ctx, cancel := context.WithCancel(ctx)
	w.b.setCancel(p.ID, cancel)
	w.runs.Go(func() {
		defer cancel()
		defer w.setBusy(p.ID, false)
		rep, err := w.make(ctx, p, asked)
		w.b.setCancel(p.ID, nil)
		w.setOver()
		if rep.Run != "" {
			w.leaves(p.ID, rep)
		}
		if err != nil {
			w.stop(err)
			return
		}
		if w.ended != nil && rep.Run != "" {
			w.tell.Lock()
			defer w.tell.Unlock()
			w.ended(rep)
		}
	})
}

// make takes a key through a run once its port is let go. One that is pulled or stopped before had no run.
func (w *watch) make(ctx context.Context, p Port, asked bool) (Report, error) {
	t := Tile{Port: p.ID, Label: p.Title(), Plugged: true, Running: true}
	err := w.b.awaitLetGo(ctx, p.ID, func() {
		t.says(momentHold, "", w.b.now())
		w.b.publish(t)
	})
	if err != nil {
		t.Running = false
		t.says(momentStopped, "Nothing was done with the key. Plug it in again to make it.", w.b.now())
		w.b.publish(t)
		return Report{}, nil
	}
	if w.b.learnPort(p, false) {
		return Report{}, nil
	}
	rep, err := w.b.begun(ctx, p, inventory.Want{}, !asked)
	if rep.End == inventory.RunReady || rep.End == inventory.RunStocked {
		w.b.used(p.ID)
	}
	return rep, err
}

func (w *watch) leaves(id string, rep Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left[id] = rep.left
}

func (w *watch) isBusy(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy[id]
}

func (w *watch) setBusy(id string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy == nil {
		w.busy = map[string]bool{}
	}
	w.busy[id] = on
}

func (b *Bench) setCancel(port string, cancel context.CancelFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if cancel == nil {
		delete(b.cancels, port)
		return
	}
	b.cancels[port] = cancel
}

// Cancel stops the run at a port while it waits; an act that has begun is finished and journalled first.
func (b *Bench) Cancel(port string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	cancel, ok := b.cancels[port]
	if !ok {
		return inventory.Refuse(inventory.Conflict, "No key is being made at %s: there is nothing to stop.", port)
	}
	cancel()
	return nil
}

// stopIdle stops a run that only waits, for an answer or for its turn with the operator's hands, when its key was pulled
// meanwhile. It tells if there was such a run.
func (b *Bench) stopIdle(port string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, asks := b.asked[port]
	cancel, runs := b.cancels[port]
	if !runs || !asks && !b.queued[port] {
		return false
	}
	cancel()
	return true
}

// queue notes that a port waits for its turn, or does no more.
func (b *Bench) queue(port string, waits bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queued[port] = waits
}

// Retry takes up the key at a port again without a replug.
func (b *Bench) Retry(port string) error {
	if err := b.going(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.session.Learning {
		return inventory.Refuse(inventory.Conflict, "The hub is being learned, and no key is made meanwhile: end that first.")
	}
	if _, running := b.cancels[port]; running {
		return inventory.Refuse(inventory.Conflict, "The key at %s is being made: wait for it or stop it first.", port)
	}
	b.retries[port] = true
	return nil
}

func (b *Bench) takeRetry(port string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	again := b.retries[port]
	delete(b.retries, port)
	return again
}
