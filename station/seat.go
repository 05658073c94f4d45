package station

import "time"

// A port's seat is what the bench knows of the plugging-in there: since when a key is in decides if a making session
// covers it, and a cable that flaps is nobody at work.

// seat is the present plugging-in at a port.
type seat struct {
	is    plugged
	since time.Time // when a person plugged it in, as far as can be told
	gone  time.Time // since when nothing is there; zero: something is
}

const (
	// handTime is less than a person takes to pull a key out and plug one in.
	handTime = time.Second
	// workTime is how long a port is empty when somebody is at work there; a key that makes bad contact is back before.
	workTime = 3 * time.Second
)

// seated notes what is plugged in at a port. What comes back at once was not plugged in by a person: it is in since it
// was before.
func (b *Bench) seated(p Port) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was, known := b.seats[p.ID]
	is, now := plugged{p.Path, p.Plug}, b.now()
	if known && was.is == is && was.gone.IsZero() {
		return
	}
	next, away := seat{is: is, since: now}, time.Duration(0)
	if !was.gone.IsZero() {
		away = now.Sub(was.gone)
	}
	if known && away < handTime {
		next.since = was.since
	}
	if !known || away >= workTime {
		b.use(p.ID)
	}
	b.seats[p.ID] = next
	delete(b.pulled, p.ID) // another key is there now
}

// unseated notes that nothing is at a port.
func (b *Bench) unseated(port string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.seats[port]; s.gone.IsZero() {
		s.gone = b.now()
		b.seats[port] = s
	}
}

// sinceOpen tells if the key at a port was plugged in while the session was open. The caller holds the lock.
func (b *Bench) sinceOpen(port string) bool {
	s, known := b.seats[port]
	return !known || !s.since.Before(b.session.Since)
}

// used notes that a key was made at a port.
func (b *Bench) used(port string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.use(port)
}

// use notes that somebody is at work at a making port. The caller holds the lock.
func (b *Bench) use(port string) {
	if b.session.Making && !b.idle() && b.hub.Place(port) > 0 {
		b.plugged = b.cfg.Now()
	}
}
