package station

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// reset takes the key back to factory state. The standard lets a key refuse when it was powered up more than ten
// seconds ago (CTAP 2.1 §6.6); only then is a replug asked for. What the key answers is not believed: a fresh handle
// must show no PIN, and every credential that we know on it must be gone.
func (r *run) reset(ctx context.Context) (result, error) {
	before := r.identity()
	r.wiped = true
	err := r.withTouch(ctx, momentReset, func(ctx context.Context) error { return r.resetOnce(ctx, before) })
	if err != nil {
		return result{}, err
	}
	r.erased = true
	if err := r.blankNow(ctx); err != nil {
		return result{}, err
	}
	if err := r.settleAlwaysUV(ctx, nil); err != nil {
		return result{}, err
	}
	r.lateTag = r.info.AlwaysUV()
	proven, err := r.forgot(ctx)
	if err != nil {
		return result{}, err
	}
	facts := inventory.Entered{
		VoidSeals: r.key.ID,
		Revoke:    &inventory.Revocation{Key: r.key.ID, Keep: r.row.ID, Why: "the key was reset"},
	}
	if proven {
		return done("no PIN, and none of the credentials that we knew on it answers", facts)
	}
	note := "The key has no PIN, as after a reset. No credential was known on it before whose absence could prove it."
	if before.hasPIN {
		note = "The PIN is gone, as after a reset. No credential was known on it before whose absence could prove it."
	}
	return result{outcome: inventory.Unproven, note: note, facts: facts}, nil
}

// blankNow looks at the key after its reset. Some keys leave the bus then and come back as if replugged, so one that is
// gone is looked for again for a while.
func (r *run) blankNow(ctx context.Context) error {
	for began := time.Now(); ; {
		err := r.lookBlank(ctx)
		if err == nil && r.handled(time.Since(began)) {
			return waited("The key was pulled right after its reset. Plug it in again to make it; another key in its place was left as it is.")
		}
		_, said := errors.AsType[*stop](err)
		if err == nil || said || refusedByKey(err) || ctx.Err() != nil || time.Since(began) > comeback {
			return err
		}
		r.log("key away after its reset", err)
		if err := pause(ctx, replugPoll); err != nil {
			return err
		}
	}
}

// handled tells if hands may have put another key into the port since the reset: the system counts another plugging-in,
// no serial says that it is the same key, and it took longer than a key takes that restarts by itself.
func (r *run) handled(away time.Duration) bool {
	return r.port.Plug != "" && r.anew && r.read.Number == "" && away > ownRestart
}

// ownRestart is how long a key takes that leaves the bus after its reset and comes back by itself. Hands take longer.
const ownRestart = 2 * time.Second

// comeback is how long a key may take to start anew.
const comeback = 5 * time.Second

// lookBlank wants the same key without a PIN.
func (r *run) lookBlank(ctx context.Context) error {
	_, err := r.reopened(ctx, func(i ctap.Info) bool { return !i.HasPIN() }, "The key said that it was reset, but it still has its PIN.")
	return err
}

// resetOnce asks for the reset, and for a replug first when the key demands one. Without a handle it was asked for in an
// earlier turn, and the key did not come back yet.
func (r *run) resetOnce(ctx context.Context, was identity) error {
	denied := 0 // in a row, right after a replug that was seen
	for late := r.auth == nil; ; late = true {
		if r.auth != nil {
			err := r.resetNow(ctx)
			pulled := late && err != nil && !refusedByKey(err) && !r.b.asksTouch(r.port.ID)
			if pulled && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !pulled && !tooLate(err) { // a key that falls silent while a replug is asked for is being replugged
				return err
			}
			if denied = deniedAgain(denied, late && !pulled && r.port.Plug != ""); denied == enoughDenials {
				return refuse("The key allows no reset, though it was plugged in just now. Use its maker's program, or another model.")
			}
		}
		if late || !r.replugByPower(ctx) { // a key that wants yet another replug wants a person
			r.show(momentReplug, "")
			r.wants(wantReplug)
		}
		if err := r.backAgain(ctx, was); err != nil {
			return err
		}
		if r.port.Plug != "" {
			r.show(momentReset, "")
			r.wants(wantTouch)
			continue
		}
		// The system cannot tell a replug: the key itself is asked, and not too often.
		r.polling.Store(true)
		if err := pause(ctx, replugPoll); err != nil {
			return err
		}
	}
}

// enoughDenials is how often a key that was plugged in at that moment may call a reset late before it is believed that
// it allows none, as keys do on which another application forbids it.
const enoughDenials = 2

func deniedAgain(before int, again bool) int {
	if !again {
		return 0
	}
	return before + 1
}

// backAgain waits until the key of this run is plugged in anew. One that falls silent while it is asked if it is the same
// is being plugged in at this moment, and is asked again: no key is reset that has not answered.
func (r *run) backAgain(ctx context.Context, was identity) error {
	for before := r.port; ; {
		if err := r.awaitReplug(ctx, before); err != nil {
			return err
		}
		err := r.sameKey(ctx, was)
		if _, said := errors.AsType[*stop](err); err == nil || said || refusedByKey(err) {
			return err
		}
		r.log("key silent while it is replugged", err)
		if err := pause(ctx, replugPoll); err != nil {
			return err
		}
	}
}

// resetNow sends one reset. A key that vanishes while it waits for the touch was pulled: that is a replug.
func (r *run) resetNow(ctx context.Context) error {
	err := r.auth.Reset(ctx)
	if err == nil || refusedByKey(err) || ctx.Err() != nil {
		return err
	}
	if _, gone := r.b.cfg.Bus.At(ctx, r.port.ID); inventory.KindOf(gone) == inventory.NotFound {
		return fmt.Errorf("%w: %w", ctap.ErrNotAllowed, err)
	}
	return err
}

// tooLate tells the answers of a key whose reset window has passed: the standard's, and the one of keys that count a
// late reset as a PIN fault (seen in yubikey-manager).
func tooLate(err error) bool {
	return errors.Is(err, ctap.ErrNotAllowed) || errors.Is(err, ctap.ErrPINAuthBlocked)
}

// forgot asks for every credential that we knew on the key. True means that there were some and the key has none of
// them; one that still answers means that the reset did nothing; any other answer proves nothing.
func (r *run) forgot(ctx context.Context) (bool, error) {
	regs, err := r.b.cfg.Books.Registrations(ctx, r.key.ID)
	if err != nil {
		return false, fmt.Errorf("list credentials: %w", err)
	}
	gone := 0
	for _, reg := range regs {
		answer, err := r.answersTag(ctx, reg, nil)
		if err != nil {
			return false, err
		}
		if answer == tagGone {
			gone++
		}
		if answer == tagHeld {
			return false, aside("The key said that it was reset, but a credential from before still answers.",
				"Plug it in again and make it anew; if it happens again, return it to the supplier.")
		}
	}
	return gone > 0 && gone == len(regs), nil
}

// settleAlwaysUV turns off an alwaysUv that survived the reset: with it on, no browser can ask for a touch alone
// (CTAP 2.1 §6.11.2; the subcommand toggles, so the state is looked at before and after). Some keys want a PIN for it;
// on a key where it stays on, the tag credential is made after the PIN.
func (r *run) settleAlwaysUV(ctx context.Context, pin inventory.PIN) error {
	if !r.info.AlwaysUV() || !r.info.CanConfigure() {
		return nil
	}
	err := r.auth.Configure(ctx, Setting{ToggleAlwaysUV: true}, pin)
	if err != nil && !refusedByKey(err) {
		return fmt.Errorf("turn off alwaysUv: %w", err)
	}
	_, err = r.reopened(ctx, func(ctap.Info) bool { return true }, "") // on some it stays on
	return err
}
