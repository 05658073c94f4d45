package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"keystation/inventory"
)

// Outbox is where letters lie until they are gone.
type Outbox interface {
	// DueLetters lists letters whose time has come, the oldest first.
	DueLetters(ctx context.Context, at time.Time, limit int) ([]inventory.Letter, error)
	// LetterSent notes that a letter is gone.
	LetterSent(ctx context.Context, id inventory.LetterID, at time.Time) error
	// LetterFailed notes why it is not, and when to try again.
	LetterFailed(ctx context.Context, id inventory.LetterID, trouble string, next time.Time) error
	// ForgetLetters deletes letters that are long gone.
	ForgetLetters(ctx context.Context, before time.Time) error
}

// Delivery takes letters out of the outbox and hands them over.
type Delivery struct {
	Outbox Outbox
	Writer *Writer
	Send   func(ctx context.Context, m Message) error
	Log    *slog.Logger     // nil: slog.Default
	Now    func() time.Time // nil: time.Now
	Every  time.Duration    // between two looks; 0: ten seconds
}

// keptFor: letters are kept for a month after they are gone, so that it can be told what somebody was told.
const keptFor = 30 * 24 * time.Hour

// atOnce is how many letters are handed over between two looks.
const atOnce = 50

// pauses are the times between tries; the last one goes on for ever.
var pauses = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// refusedPause is the time between tries of what a server refuses: somebody has to mend an address first.
const refusedPause = 12 * time.Hour

// pause is how long to wait after a try failed.
func pause(tries int, err error) time.Duration {
	if _, refused := errors.AsType[*Refused](err); refused {
		return refusedPause
	}
	return pauses[min(tries, len(pauses)-1)]
}

// Run delivers until ctx ends. What fails is logged and tried again; it never gives up. A server that is away is asked more
// and more seldom, five minutes apart at most.
func (d Delivery) Run(ctx context.Context) {
	d.defaults()
	fails := 0
	for {
		wait := d.Every
		if err := d.Once(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("deliver mail", "err", err)
			wait = max(wait, pauses[min(fails, awayPauses-1)])
			fails++
		} else {
			fails = 0
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// awayPauses is how many of the pauses are used for a server that is away.
const awayPauses = 3

func (d *Delivery) defaults() {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Every == 0 {
		d.Every = 10 * time.Second
	}
}

// Once delivers what is due. A server that cannot be reached ends it, for the others would wait for it too; a letter that is
// refused does not.
func (d Delivery) Once(ctx context.Context) error {
	d.defaults()
	due, err := d.Outbox.DueLetters(ctx, d.Now(), atOnce)
	if err != nil {
		return fmt.Errorf("look into the outbox: %w", err)
	}
	for _, l := range due {
		err := d.deliver(ctx, l)
		if err == nil { // it is gone, so that is noted even when the program ends now
			if err := d.Outbox.LetterSent(context.WithoutCancel(ctx), l.ID, d.Now()); err != nil {
				return fmt.Errorf("note a letter that is gone: %w", err)
			}
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := d.Outbox.LetterFailed(ctx, l.ID, trouble(err), d.Now().Add(pause(l.Tries, err))); err != nil {
			return fmt.Errorf("note a letter that is not gone: %w", err)
		}
		d.Log.Warn("letter", "letter", l.ID, "kind", l.Kind, "tries", l.Tries+1, "err", err)
		_, refused := errors.AsType[*Refused](err)
		if _, later := errors.AsType[*Deferred](err); !refused && !later {
			return err
		}
	}
	if err := d.Outbox.ForgetLetters(ctx, d.Now().Add(-keptFor)); err != nil {
		return fmt.Errorf("forget letters: %w", err)
	}
	return nil
}

func (d Delivery) deliver(ctx context.Context, l inventory.Letter) error {
	m, err := d.Writer.Write(l)
	if err != nil {
		return &Refused{err} // no server would help
	}
	return d.Send(ctx, m)
}

// troubleLength is as much of a server's answer as a page shows.
const troubleLength = 300

func trouble(err error) string {
	text := oneLine(err.Error())
	if r := []rune(text); len(r) > troubleLength {
		return string(r[:troubleLength])
	}
	return text
}
