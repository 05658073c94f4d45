package station

import (
	"slices"
	"time"
)

// Line is one change of what a port said, for its log. It holds nothing that a tile does not show.
type Line struct {
	At       time.Time `json:"at"`
	Tone     Tone      `json:"tone"`
	Word     string    `json:"word"`
	Sentence string    `json:"sentence"`
	Run      string    `json:"run"` // empty: without a run
	Tag      string    `json:"tag"` // asset tag once known
}

// logLength is how many changes of a port are kept: some three keys' worth.
const logLength = 50

// Log gives the last changes of a port, the oldest first. A port that never showed anything has none.
func (f *Feed) Log(port string) []Line {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.logs[port])
}

// note adds what t says to its port's log. The caller holds the lock.
func (f *Feed) note(t Tile) { f.keep(t.Port, Line{t.Since, t.Tone, t.Word, t.Sentence, t.Run, t.Tag}) }

// keep adds a line to a port's log, unless the last one says it already. The caller holds the lock.
func (f *Feed) keep(port string, line Line) {
	log := f.logs[port]
	if n := len(log); n > 0 && log[n-1].says(line) {
		return
	}
	if len(log) == logLength {
		log = slices.Delete(log, 0, 1)
	}
	f.logs[port] = append(log, line)
}

// says tells if both read the same, whenever it was.
func (l Line) says(o Line) bool {
	l.At, o.At = time.Time{}, time.Time{}
	return l == o
}

// amend replaces what an empty port says. When a key is there by now the port's log says it, behind the key's own lines.
func (f *Feed) amend(port, was, say string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.tiles[port]
	if t.Word == words[momentEmpty].Word && t.Sentence == was {
		t.Sentence, t.Since = say, at
		f.publish(t)
		return
	}
	w := words[momentEmpty]
	f.keep(port, Line{At: at, Tone: w.Tone, Word: w.Word, Sentence: say})
}
