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

// Running refuses when r has ended, or when a later one took its place.
func (r Review) Running() error {
	if r.EndedAt != nil {
		return Refuse(Conflict, "This judging of the fleet has ended, or another began since: nothing more of it is written.")
	}
	return nil
}

// End dates the end of a review.
func (r Review) End(at time.Time) (Review, Event) {
	r.EndedAt = &at
	return r, r.event("review.ended")
}

// GiveWay ends a review that is not through, because another begins.
func (r Review) GiveWay(at time.Time) (Review, Event) {
	r.EndedAt = &at
	return r, r.event("review.superseded")
}

func (r Review) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(r.ID)}, Payload: r}
}

// Judged is the ledger's entry about n keys whose first judgment says what they say already.
func (r Review) Judged(n int) Event {
	return Event{Action: "review.judged", Subjects: []string{string(r.ID)}, Payload: ReviewJudged{n, r.Keys}}
}

// ReviewJudged is the payload of review.judged.
type ReviewJudged struct {
	First int `json:"first"` // judgments that stand in the entry
	Keys  int `json:"keys"`  // that the review judged by then
}
