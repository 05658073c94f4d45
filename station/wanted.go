package station

import (
	"context"
	"errors"
	"fmt"

	"keystation/inventory"
)

// stillWanted refuses to go on for a line that was cancelled, changed or given to somebody else since it was taken:
// between two steps, and while the run waits for a person, is where a key can be stopped. The record checks again, in
// its transaction.
func (r *run) stillWanted(ctx context.Context, name inventory.Step) error {
	if r.order == nil || name == inventory.Identify || name == inventory.Record {
		return nil
	}
	return r.standing(ctx)
}

// standing is nil while the run's line stands as it was taken.
func (r *run) standing(ctx context.Context) error {
	o, err := r.b.cfg.Books.Order(ctx, r.order.Line.ID)
	if err != nil {
		return fmt.Errorf("look at line: %w", err)
	}
	number := o.Requisition.Number
	switch {
	case o.Requisition.State == inventory.Submitted:
		return r.unhand(momentChanged, "%s was changed and is not approved yet.", number)
	case o.Requisition.Makeable() != nil:
		return r.unhand(momentStop, "%s is %s: no keys are made for it.", number, o.Requisition.State)
	case o.Line.State == inventory.LineCancelled:
		return r.unhand(momentStop, "The %s key of %s was cancelled.", o.Line.Purpose, number)
	case o.Requisition.Version != r.order.Requisition.Version:
		return r.unhand(momentChanged, "%s was changed while its key was made.", number)
	case o.Line.State != inventory.LineMaking || o.Line.Run != r.row.ID:
		return r.unhand(momentChanged, "The %s key of %s is made elsewhere.", o.Line.Purpose, number)
	}
	return r.pairs(o)
}

// unhand ends the run since its line does not stand any more, and says what to do with the key in hand: nothing that was
// set on it counts, and a run for another line begins with a reset.
func (r *run) unhand(m moment, format string, args ...any) error {
	say := fmt.Sprintf(format, args...)
	if r.wiped {
		say += " Nothing on this key counts: put it back into stock, or plug it in again to make it for the next line."
	} else {
		say += " The key was left as it is: put it back, or plug it in again to make it for the next line."
	}
	return &stop{result{outcome: inventory.StepRefused, end: inventory.RunRefused, note: say, tile: m}}
}

// unwanted gives the end of a run whose line does not stand any more, or whose key has another's label. Books that cannot be read now end nothing.
func (r *run) unwanted(ctx context.Context) *stop {
	if s := r.mislabeled(); s != nil {
		return s
	}
	if r.order == nil {
		return nil
	}
	err := r.standing(ctx)
	if s, ok := errors.AsType[*stop](err); ok {
		return s
	}
	if err != nil && ctx.Err() == nil {
		r.b.cfg.Log.Debug("look at line", "run", r.row.ID, "err", err) // the next look may see again
	}
	return nil
}

// idle gives a context for a wait in which nothing is at work at the key, in the queue or for an answer: it ends with
// the reason as its cause when the line of the run does not stand any more. The caller calls done after its wait.
func (r *run) idle(parent context.Context) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for pause(ctx, r.b.glance()) == nil {
			if s := r.unwanted(ctx); s != nil {
				cancel(s)
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}
