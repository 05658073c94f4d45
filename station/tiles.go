package station

import (
	"cmp"
	"context"
	"errors"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// show puts a moment on the run's tile. say, when not empty, replaces the table's sentence.
func (r *run) show(m moment, say string) {
	w := words[m]
	if say == "" {
		say = w.Sentence
	}
	if r.tile.Word != w.Word || m != momentReplug { // a replug that is asked for again is one wait
		r.tile.Since = r.b.now()
	}
	r.tile.Word, r.tile.Tone, r.tile.Sentence, r.tile.Ask = w.Word, w.Tone, say, ""
	if m == momentAsk {
		r.tile.Ask = say
	}
	if r.also != "" {
		r.tile.Sentence = say + " " + r.also
	}
	if !r.hidden {
		r.b.publish(r.tile)
	}
}

// EmptyTile is what a port shows that has no key in it, or none that can be spoken to.
func EmptyTile(p Port, at time.Time) Tile {
	w := words[momentEmpty]
	if p.Fault != "" {
		w = words[momentFault]
		w.Sentence = p.Fault
	}
	return Tile{Port: p.ID, Label: p.Title(), Tone: w.Tone, Word: w.Word, Sentence: w.Sentence, Since: at}
}

// says puts a moment on t.
func (t *Tile) says(m moment, say string, at time.Time) {
	w := words[m]
	t.Word, t.Tone, t.Sentence, t.Ask, t.Since = w.Word, w.Tone, cmp.Or(say, w.Sentence), "", at
}

// showEnd says how a run ended that made no ready key.
func (r *run) showEnd(res result) {
	m := res.tile
	if m == "" {
		end, _ := rowOf(inventory.Step(r.tile.Step), res.end)
		m = end.shows
	}
	r.tile.Running = false
	r.show(m, res.note)
}

// heard turns what a key says while it works into TOUCH and back. A tile that says so already is left alone, and so is
// one of a port that is not at work: what it says is newer than what the key said.
func (b *Bench) heard(port string, k cue) {
	t, ok := b.cfg.Feed.Tile(port)
	w := wordsAt(inventory.Step(t.Step), k)
	asked := touching(t)
	if ok && k == ctap.KeepaliveProcessing && t.Tone == Busy {
		b.stillAt(t)
		return
	}
	if !ok || asked == (w.Tone == Hands) || !asked && t.Tone != Busy {
		return
	}
	t.Word, t.Tone, t.Sentence, t.Since = w.Word, w.Tone, w.Sentence, b.now()
	b.publish(t)
}

// stillAt says on the tile of a key at work that it is at it for long. Since when it is stays there.
func (b *Bench) stillAt(t Tile) {
	if t.Sentence == stillSentence || b.now().Sub(t.Since) < longWork {
		return
	}
	t.Sentence = stillSentence
	b.publish(t)
}

// touching tells if a tile asks for a touch.
func touching(t Tile) bool {
	return t.Word == words[momentTouch].Word || t.Word == words[momentLongTouch].Word
}

// replugged takes the wish for a replug off a port's tile: its key is at work again.
func (b *Bench) replugged(port string) {
	t, ok := b.cfg.Feed.Tile(port)
	if !ok || t.Word != words[momentReplug].Word {
		return
	}
	w := words[momentReset]
	t.Word, t.Tone, t.Sentence, t.Since = w.Word, w.Tone, w.Sentence, b.now()
	b.publish(t)
}

// asksTouch tells if a port's tile says TOUCH.
func (b *Bench) asksTouch(port string) bool {
	t, ok := b.cfg.Feed.Tile(port)
	return ok && touching(t)
}

// question is one that stands on a tile.
type question struct {
	no     int
	answer chan Answer
}

// askPerson puts a question to a person: by the configured way, else on the tile.
func (r *run) askPerson(ctx context.Context, text string) (Answer, error) {
	b := r.b
	ctx, done := r.idle(ctx)
	defer done()
	if b.cfg.Ask != nil {
		return r.askElsewhere(ctx, text)
	}
	b.mu.Lock()
	b.askedNo++
	q := question{b.askedNo, make(chan Answer, 1)}
	b.asked[r.port.ID] = q
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.asked, r.port.ID)
		b.mu.Unlock()
	}()
	r.tile.AskNo = q.no
	r.show(momentAsk, text)
	select {
	case a := <-q.answer:
		return a, nil
	case <-ctx.Done():
		return Answer{}, context.Cause(ctx)
	}
}

// askElsewhere puts the question in the configured way, one at a time: who comes meanwhile says that it waits.
func (r *run) askElsewhere(ctx context.Context, text string) (Answer, error) {
	select {
	case r.b.asking <- struct{}{}:
	default:
		r.show(momentQueue, "Another key's question comes first.")
		select {
		case r.b.asking <- struct{}{}:
		case <-ctx.Done():
			return Answer{}, context.Cause(ctx)
		}
	}
	defer func() { <-r.b.asking }()
	r.tile.AskNo = 0
	r.show(momentAsk, text)
	a, err := r.b.cfg.Ask(ctx, Question{Port: r.port, Text: text})
	if s, ok := errors.AsType[*stop](context.Cause(ctx)); ok && err != nil {
		return a, s
	}
	return a, err
}

// Answer answers the question with this number on a port's tile. It refuses when the port asks nothing, or something
// else by now: a page may be old.
func (b *Bench) Answer(port string, no int, a Answer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	q, ok := b.asked[port]
	if !ok || q.no != no {
		return inventory.Refuse(inventory.Conflict, "That is not asked at %s any more: look at its tile.", port)
	}
	select {
	case q.answer <- a:
	default: // somebody answered a moment ago
	}
	return nil
}
