package station

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"keystation/inventory"
)

// mayMakeAnew decides about a key that was made before and may be made again. A ready one that is only plugged in again,
// to be looked at or to get its label, is not asked about: making it anew is something that a person asks for.
func (r *run) mayMakeAnew(ctx context.Context, k inventory.Key) (grant, error) {
	ready := k.State == inventory.Ready && r.answered != nil
	if ready && r.auto {
		return grant{}, r.already(ctx, k, "")
	}
	is := fmt.Sprintf("Key %s is %s.", k.Tag, k.State)
	if k.State == inventory.Quarantined { // whoever says yes knows why, and what was to be done
		is = fmt.Sprintf("Key %s is quarantined: %s %s", k.Tag, ended(k.StateReason), ended(k.NextAction))
	}
	g, err := r.ask(ctx, is+" Wipe it and make it anew?",
		fmt.Sprintf("Key %s is %s already. It was left as it is.", k.Tag, k.State), wiped)
	if s, said := errors.AsType[*stop](err); ready && said && s.end == inventory.RunRefused {
		return grant{}, r.already(ctx, k, s.note)
	}
	return g, err
}

// already ends the run of a ready key that proved what it is: nothing was changed, and its tile says that it is ready and
// for whom, so that it blinks and gets its label when it is pulled out. With say that is what the run ends with.
func (r *run) already(ctx context.Context, k inventory.Key, say string) error {
	r.tile.Key, r.tile.Tag, r.tile.Verdict, r.tile.StepsIn = string(k.ID), string(k.Tag), string(k.Verdict), len(inventory.Steps)
	if k.Line != "" {
		o, err := r.b.cfg.Books.Order(ctx, k.Line)
		if err != nil { // a user who may not open addresses, for instance
			r.log("read line", err)
		} else {
			r.tile.For = forWhom(o)
		}
	}
	if say == "" {
		say = fmt.Sprintf("%s is ready already. Nothing was changed.", k.Tag)
	}
	return &stop{result{outcome: inventory.StepRefused, end: inventory.RunRefused, note: say, tile: momentReady}}
}

// ended puts a period behind words that have none.
func ended(words string) string {
	if words == "" || strings.HasSuffix(words, ".") {
		return words
	}
	return words + "."
}
