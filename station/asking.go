package station

import (
	"sync"
	"time"
)

// want is what a run waits for while it holds a touch slot.
type want string

const (
	wantTouch  want = "touch"
	wantReplug want = "replug"
	wantWork   want = "work" // the key is at it: nothing is asked of anybody
)

// asking is what a run asks of a person's hands, and how long it has asked, over all its turns. Each kind of wait has
// a patience of its own; between two turns no clock runs. It is safe for concurrent use.
type asking struct {
	mu    sync.Mutex
	what  want
	since time.Time // zero between turns
	spent map[want]time.Duration
}

func newAsking() *asking { return &asking{what: wantWork, spent: map[want]time.Duration{}} }

// want notes what is waited for from now on.
func (a *asking) want(w want) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count()
	a.what, a.since = w, time.Now()
}

// rest stops the clock. What was waited for last stays known.
func (a *asking) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count()
	a.since = time.Time{}
}

func (a *asking) count() {
	if !a.since.IsZero() {
		a.spent[a.what] += time.Since(a.since)
	}
}

func (a *asking) now() want {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.what
}

func (a *asking) wantsHands() bool { return a.now() != wantWork }

// waited tells for how long what is waited for now has been.
func (a *asking) waited() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() {
		return a.spent[a.what]
	}
	return a.spent[a.what] + time.Since(a.since)
}

// impatient tells if it has been waited for longer than patience. Work is given a minute at least: it is not a person's.
func (a *asking) impatient(patience time.Duration) bool {
	if !a.wantsHands() {
		patience = max(patience, time.Minute)
	}
	return a.waited() >= patience
}
