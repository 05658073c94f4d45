package station

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// withTouch runs an act that waits for a touch while holding a touch slot. A missed touch is asked again until the
// bench's patience ends; the act is then cancelled at the key.
func (r *run) withTouch(ctx context.Context, during moment, act func(context.Context) error) error {
	if err := r.takeHands(ctx); err != nil {
		return err
	}
	defer r.b.hands.give()
	r.show(during, "")
	patience, cancel := context.WithTimeoutCause(ctx, r.b.cfg.Wait, errPatience)
	defer cancel()
	for {
		began := time.Now()
		err := act(patience)
		if err == nil {
			return nil
		}
		if _, said := errors.AsType[*stop](err); said {
			return err
		}
		if errors.Is(context.Cause(patience), errPatience) {
			return waited("Nobody touched the key within %s. Plug it in again when your hands are free.", r.b.cfg.Wait)
		}
		if !missedTouch(err, time.Since(began)) {
			return err
		}
		r.log("touch missed", err)
	}
}

// errPatience is the cause of a wait that lasted longer than the bench waits.
var errPatience = errors.New("nobody came")

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

// takeHands waits for a turn with the operator's hands.
func (r *run) takeHands(ctx context.Context) error {
	for {
		if err := r.awaitLetGo(ctx); err != nil {
			return err
		}
		if err := r.awaitTurn(ctx); err != nil {
			return err
		}
		if _, held := r.b.onHold(r.port.ID); !held {
			return nil
		}
		r.b.hands.give() // held while it waited: others go first
	}
}

func (r *run) awaitTurn(ctx context.Context) error {
	if r.b.hands.taken() {
		r.show(momentQueue, "")
	}
	r.b.queue(r.port.ID, true)
	defer r.b.queue(r.port.ID, false)
	err := r.b.hands.take(ctx, r.port.ID, r.fresh)
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
