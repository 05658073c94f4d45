package station

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// withTouch runs an act that waits for a touch, and for a replug before it where the key demands one, while holding a
// touch slot. A missed touch is asked again, for as long as the bench waits; who is not served while others wait gives
// the slot to them and comes back for another turn. A key that says at once that nobody touched it is asked after a
// pause, and no longer than the bench waits.
func (r *run) withTouch(ctx context.Context, during moment, act func(context.Context) error) error {
	a := newAsking()
	r.asks.Store(a)
	defer r.asks.Store(nil)
	for missed := false; ; missed = true {
		if err := r.takeHands(ctx, missed); err != nil {
			return err
		}
		began := time.Now()
		err := r.turn(ctx, during, a, act)
		r.b.hands.give()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return err
		case errors.Is(err, errPatience):
			return r.nobodyCame(a.now(), err)
		case !errors.Is(err, errTurn) && !missedTouch(err, time.Since(began)):
			return err
		}
		r.log("touch missed", err)
		if err := r.reconnect(ctx, a, err); err != nil {
			return err
		}
		if err := breathe(ctx, a, time.Since(began)); err != nil {
			return err
		}
		if a.impatient(r.b.cfg.Wait) {
			return r.nobodyCame(a.now(), errPatience)
		}
	}
}

// breathe makes a pause, in which the touch is still waited for, after a turn that was over at once: none of the checks
// of [run.attend] came to it.
func breathe(ctx context.Context, a *asking, took time.Duration) error {
	if took >= replugPoll {
		return nil
	}
	a.want(wantTouch)
	defer a.rest()
	return pause(ctx, replugPoll)
}

// turn lets act ask for hands until it is done, or until its turn is over.
func (r *run) turn(parent context.Context, during moment, a *asking, act func(context.Context) error) error {
	r.show(during, "")
	ctx, cancel := context.WithCancelCause(parent)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.attend(ctx, a, cancel)
	}()
	a.want(wantTouch)
	err := act(ctx)
	why := context.Cause(ctx)
	cancel(nil)
	<-ended
	a.rest()
	if _, said := errors.AsType[*stop](err); err == nil || said {
		return err
	}
	if why != nil && parent.Err() == nil {
		return fmt.Errorf("%w: %w", why, err)
	}
	return err
}

// attend ends a turn: when nobody came within the bench's patience, when others have waited long enough for the slot, or
// when the line of the run is not wanted any more. It does so only while the run wants a person's hands. While the key
// works nothing is canceled, unless it works for ever.
func (r *run) attend(ctx context.Context, a *asking, end context.CancelCauseFunc) {
	for began := time.Now(); pause(ctx, r.b.glance()) == nil; {
		if a.impatient(r.b.cfg.Wait) {
			end(errPatience)
			return
		}
		if !a.wantsHands() {
			continue
		}
		if time.Since(began) >= r.b.cfg.Wait/turnsInWait && r.b.hands.wanted() {
			end(errTurn)
			return
		}
		if s := r.unwanted(ctx); s != nil && a.wantsHands() {
			end(s)
			return
		}
	}
}

// turnsInWait says how long a turn is while others wait: with a patience of a minute, a quarter of it.
const turnsInWait = 4

// glance is how often a run that waits looks around: about once a second.
func (b *Bench) glance() time.Duration { return min(time.Second, b.cfg.Wait/(2*turnsInWait)) }

// The causes that end a turn.
var (
	errPatience = errors.New("nobody came")
	errTurn     = errors.New("the turn with the hands is over")
)

// nobodyCame says what was waited for.
func (r *run) nobodyCame(what want, err error) error {
	patience := inWords(r.b.cfg.Wait)
	switch what {
	case wantReplug:
		return waited("The key must be unplugged and plugged in again before it can be reset, and nobody did within %s.", patience)
	case wantTouch:
		return waited("Nobody touched the key within %s. Plug it in again when your hands are free.", patience)
	}
	return &inventory.Error{Kind: inventory.Unavailable, Msg: "The key works and never answers. Plug it in again; if that happens twice, put the key aside.", Err: err}
}

// reconnect takes a fresh handle for another turn when the old one is of no use any more. A key that is awaited from a
// replug is left to be found by it.
func (r *run) reconnect(ctx context.Context, a *asking, why error) error {
	if refusedByKey(why) || a.now() == wantReplug {
		return nil
	}
	if err := r.openKey(ctx); err != nil {
		return err
	}
	_, err := r.stillSame(ctx)
	return err
}

// missedTouch tells the answers that keys give when nobody touched them: the standard's to reset (CTAP 2.1 §6.6) and
// to makeCredential (§6.1.2 step 14), and the one that some give to a reset (Yubico's sends 0x3A). The standard's answer
// to makeCredential also means that the key does not want to; such a key says so at once.
func missedTouch(err error, after time.Duration) bool {
	if errors.Is(err, ctap.ErrOperationDenied) {
		return after >= shortestTouchWait
	}
	return errors.Is(err, ctap.ErrUserActionTimeout) || errors.Is(err, ctap.ErrActionTimeout)
}

// shortestTouchWait is less than any key waits for a touch (CTAP 2.1 §6.1.2 asks for 10 seconds at least), and longer
// than any takes to refuse.
const shortestTouchWait = 5 * time.Second

// takeHands waits for a turn with the operator's hands. Who has missed one comes after all that wait.
func (r *run) takeHands(ctx context.Context, missed bool) error {
	for {
		if err := r.awaitLetGo(ctx); err != nil {
			return err
		}
		if err := r.awaitTurn(ctx, missed); err != nil {
			return err
		}
		if _, held := r.b.onHold(r.port.ID); !held {
			return nil
		}
		r.b.hands.give() // held while it waited: others go first
	}
}

func (r *run) awaitTurn(ctx context.Context, missed bool) error {
	if r.b.hands.taken() {
		r.show(momentQueue, "")
	}
	r.b.queue(r.port.ID, true)
	defer r.b.queue(r.port.ID, false)
	ctx, done := r.idle(ctx)
	defer done()
	err := r.b.hands.take(ctx, waiter{port: r.port.ID, fresh: r.fresh, missed: missed})
	r.fresh = false
	return err
}

// awaitReplug asks for a replug and waits until the port has a key that was plugged in anew, then opens it. Where the
// system cannot tell one plugging-in from the next (a pseudo-terminal), opening succeeds at once and the caller finds
// out by asking the key.
func (r *run) awaitReplug(ctx context.Context, before Port) error {
	r.closeKey()
	gone := before.Plug == ""
	for {
		now, err := r.b.cfg.Bus.At(ctx, r.port.ID)
		switch {
		case inventory.KindOf(err) == inventory.NotFound:
			gone = true
		case err != nil:
			return fmt.Errorf("look at port %s: %w", r.port.ID, err)
		case gone || now.Plug != before.Plug:
			if err := r.openKey(ctx); err == nil {
				return nil
			}
		}
		if err := pause(ctx, replugPoll); err != nil {
			return err
		}
	}
}

// replugPoll is how often a port is looked at while a replug is awaited.
const replugPoll = 200 * time.Millisecond

// pause waits for d or for the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
