package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"keystation/inventory"
	"keystation/station"
)

// judgeAgain judges every key of the inventory from what was kept of it, by the policy and the metadata in force, and
// says what changed. Where keys cannot be judged now, they are by the next keystation serve.
func (d *desk) judgeAgain(ctx context.Context, cause string, o importOutput) (*inventory.Review, error) {
	p, err := d.grounds.policy(ctx)
	if err != nil {
		return nil, err
	}
	bar := newBar(o.err, "judging keys")
	r, err := station.Reviewer{Fleet: d.store, Policy: p, Progress: bar.show}.Review(ctx, osActor(), sentenceOf(cause))
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

// judgeWhatIsNew judges the fleet if the policy or the metadata are others than those it was judged by, or if a judging
// was interrupted. It is for a program that starts.
func (d *desk) judgeWhatIsNew(ctx context.Context) error {
	p, err := d.grounds.policy(ctx)
	if err != nil {
		return err
	}
	last, err := d.store.LastReview(ctx)
	if err != nil && inventory.KindOf(err) != inventory.NotFound { // not found: the fleet was never judged again
		return err
	}
	no := int64(0)
	if p.Catalog != nil {
		no = p.Catalog.No
	}
	if last.EndedAt != nil && last.Metadata == no && last.Policy == p.Number {
		return nil
	}
	n, err := d.store.FleetSize(ctx)
	if err != nil || n == 0 && last.ID == "" {
		return err
	}
	_, err = d.judgeAgain(ctx, "the program started and the policy or the metadata are new", importOutput{io.Discard, io.Discard, true})
	if errors.Is(err, context.Canceled) {
		return nil // the next start begins anew
	}
	return err
}
