package web

import (
	"sync"

	"keystation/station"
)

// sessionView is what is switched on at the bench, for the head of its page.
type sessionView struct {
	station.Session
	Can    bool     // there is a bench to act on
	Models []string // that a making session wipes without asking
	Clock  string   // when it was opened
}

func (s *Site) session() sessionView {
	if s.Bench == nil {
		return sessionView{}
	}
	v := sessionView{Session: s.Bench.Session(), Can: true, Models: s.StockModels}
	if !v.Since.IsZero() {
		v.Clock = v.Since.In(s.Zone).Format("15:04")
	}
	return v
}

// Learned tells if there is a hub to make keys at.
func (v sessionView) Learned() bool { return !v.Learning && len(v.Hub) > 0 }

// Teach tells if the bench has to be taught its hub before anything else.
func (v sessionView) Teach() bool { return v.Can && !v.Learning && len(v.Hub) == 0 }

func openSession(b Bench, c Ctx) error {
	stock, err := choice(c, "stock")
	if err != nil {
		return err
	}
	return b.Open(c.Request().Context(), visitor(c).Actor, stock)
}

func endSession(b Bench, c Ctx) error { return b.End(c.Request().Context(), visitor(c).Actor) }

func learn(b Bench, c Ctx) error { return b.Learn(c.Request().Context()) }

func learned(b Bench, c Ctx) error {
	keep, err := choice(c, "keep")
	if err != nil {
		return err
	}
	return b.Learned(c.Request().Context(), visitor(c).Actor, keep)
}

// bell tells all open pages at once that what is switched on may have changed. It is safe for concurrent use.
type bell struct {
	mu   sync.Mutex
	next chan struct{}
}

// heard gives a channel that is closed at the next ring.
func (b *bell) heard() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}
