package inventory

import "time"

// Review is one judging of the whole fleet, after new metadata or a new policy.
type Review struct {
	ID        ReviewID   `json:"id"`
	Cause     string     `json:"cause"`    // a sentence: what was new
	Metadata  int64      `json:"metadata"` // number of the BLOB; 0: none
	Policy    int64      `json:"policy"`   // version
	Keys      int        `json:"keys"`     // judged so far
	Changed   int        `json:"changed"`  // came to something else than before
	Refused   int        `json:"refused"`  // of those, that were not refused before
	By        Actor      `json:"by"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"` // nil: not through, or its process died; it is begun anew then
}

// Begin dates a review.
func (r Review) Begin(by Actor, at time.Time) (Review, Event) {
	r.By, r.StartedAt = by, at
	return r, r.event("review.begun")
}

// End dates the end of a review.
func (r Review) End(at time.Time) (Review, Event) {
	r.EndedAt = &at
	return r, r.event("review.ended")
}

func (r Review) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(r.ID)}, Payload: r}
}
