package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"keystation/inventory"
	"keystation/station"
)

// judgeAgain judges every key of the inventory from what was kept of it, by the policy and the metadata in force, and
// says what changed. Where keys cannot be judged now, they are by the next keystation serve.
func (d *desk) judgeAgain(ctx context.Context, by inventory.Actor, cause string, o importOutput) (*inventory.Review, error) {
	d.judging.Lock()
	defer d.judging.Unlock()
	p, err := d.grounds.policy(ctx)
	if err != nil {
		return nil, err
	}
	bar := newBar(o.err, "judging keys")
	r, err := station.Reviewer{Fleet: d.store, Policy: p, Progress: bar.show}.Review(ctx, by, sentenceOf(cause))
	bar.end()
	if err != nil {
		return nil, fmt.Errorf("judge keys again: %w", err)
	}
	if !o.json {
		fmt.Fprintln(o.out, reviewed(r))
	}
	return &r, nil
}

// reviewed says in a line what judging again came to.
func reviewed(r inventory.Review) string {
	if r.Changed == 0 {
		return fmt.Sprintf("%s judged again: nothing changed.", plural(r.Keys, "key"))
	}
	return fmt.Sprintf("%s judged again: %d changed, %d refused that were not before. Look at the incidents on the desk's page.", plural(r.Keys, "key"), r.Changed, r.Refused)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// sentenceOf makes a sentence of a few words.
func sentenceOf(words string) string { return strings.ToUpper(words[:1]) + words[1:] + "." }

// bar shows on a terminal how far long work is. It is used by one goroutine.
type bar struct {
	out   io.Writer // nil: nobody looks
	what  string
	last  time.Time
	shown bool
}

func newBar(out io.Writer, what string) *bar {
	if !isTerminal(out) {
		out = nil
	}
	return &bar{out: out, what: what}
}

// show draws the line anew, at most ten times a second.
func (b *bar) show(done, total int) {
	if b.out == nil || total == 0 || done < total && time.Since(b.last) < 100*time.Millisecond {
		return
	}
	b.last, b.shown = time.Now(), true
	const width = 30
	full := min(width, done*width/total)
	fmt.Fprintf(b.out, "\r%s  [%s%s]  %d of %d", b.what, strings.Repeat("#", full), strings.Repeat(" ", width-full), done, total)
}

// end leaves the line.
func (b *bar) end() {
	if b.shown {
		fmt.Fprintln(b.out)
	}
}

// The times of judging in the background.
const (
	judgingPause    = time.Hour
	judgingPatience = time.Hour // that a judging of another process has to get through
)

// keepJudged judges the fleet when the program starts and, until ctx ends, whenever something is new: an import or a
// policy whose judging was interrupted, or a status of a model whose day has come.
func (d *desk) keepJudged(ctx context.Context, pause func(context.Context, time.Duration) error) {
	patience := time.Duration(0) // whatever was going on when the program started was interrupted
	for {
		if err := d.judgeWhatIsNew(ctx, patience); err != nil && ctx.Err() == nil { // the bench works without
			d.log.Error("the keys were not judged again", "err", err)
		}
		if pause(ctx, judgingPause) != nil {
			return
		}
		patience = judgingPatience
	}
}

// judgeWhatIsNew judges the fleet if there is a reason to. A judging that has not ended is left alone for so long.
func (d *desk) judgeWhatIsNew(ctx context.Context, patience time.Duration) error {
	d.judging.Lock()
	defer d.judging.Unlock()
	p, err := d.grounds.policy(ctx)
	if err != nil {
		return err
	}
	cause, err := d.unjudged(ctx, p, time.Now(), patience)
	if err != nil || cause == "" {
		return err
	}
	_, err = station.Reviewer{Fleet: d.store, Policy: p}.Review(ctx, inventory.System("judging"), cause)
	if inventory.KindOf(err) == inventory.Conflict {
		return nil // somebody began one that knows more
	}
	return err
}

// unjudged says why, at a time, the fleet has to be judged; nothing when it was, by all that is known.
func (d *desk) unjudged(ctx context.Context, p station.Policy, at time.Time, patience time.Duration) (cause string, err error) {
	last, err := d.store.LastReview(ctx)
	if inventory.KindOf(err) == inventory.NotFound {
		n, err := d.store.FleetSize(ctx)
		if err != nil || n == 0 {
			return "", err
		}
		return "The keys were never judged again.", nil
	}
	no := int64(0)
	if p.Catalog != nil {
		no = p.Catalog.No
	}
	switch {
	case err != nil:
		return "", err
	case last.EndedAt == nil && at.Sub(last.StartedAt) < patience:
		return "", nil
	case last.EndedAt == nil:
		return "The judging before did not get through.", nil
	case last.Metadata != no || last.Policy != p.Number:
		return "The policy or the metadata are new.", nil
	case p.Catalog.TakesEffect(last.StartedAt, at):
		return "The day came from which a status of a model counts.", nil
	}
	return "", nil
}
