package inventory

import (
	"strings"
	"time"
)

// IncidentKind says what happened to a key.
type IncidentKind string

// The kinds of incident.
const (
	IncidentLost       IncidentKind = "lost"
	IncidentStolen     IncidentKind = "stolen"
	IncidentDamaged    IncidentKind = "damaged"
	IncidentPINBlocked IncidentKind = "pin-blocked"
	IncidentTampered   IncidentKind = "tampered" // its parcel was
	IncidentFound      IncidentKind = "found"
	IncidentUntrusted  IncidentKind = "untrusted" // it is refused by what was learned since it was made
)

// Incident is something that happened to a key and has to be dealt with.
type Incident struct {
	ID       IncidentID   `json:"id"`
	Number   string       `json:"number"` // I-1001
	Key      KeyID        `json:"key"`
	Person   PersonID     `json:"person"` // who had the key; empty: nobody
	Kind     IncidentKind `json:"kind"`
	Reason   string       `json:"reason"` // a sentence
	Recall   RecallID     `json:"recall"` // by which it is dealt with; empty: none yet
	OpenedAt time.Time    `json:"opened_at"`
	ClosedAt *time.Time   `json:"closed_at"`
	Outcome  string       `json:"outcome"` // empty while open
}

// Open dates an incident.
func (i Incident) Open(at time.Time) (Incident, Event) {
	i.OpenedAt = at
	return i, i.event("incident.opened", i.Reason)
}

// Close ends an incident. One that is closed already stays as it is.
func (i Incident) Close(outcome string, at time.Time) (Incident, Event, error) {
	if i.ClosedAt != nil {
		return i, Event{}, nil
	}
	if outcome = strings.TrimSpace(outcome); outcome == "" {
		return i, Event{}, Refuse(Invalid, "Incident %s cannot be closed without an outcome: say what became of it.", i.Number)
	}
	i.Outcome, i.ClosedAt = outcome, &at
	return i, i.event("incident.closed", outcome), nil
}

func (i Incident) event(action, text string) Event {
	return Event{Action: action, Subjects: []string{string(i.ID), string(i.Key), string(i.Person)}, Payload: IncidentMoved{i.Number, i.Kind, text}}
}

// IncidentMoved is the payload of what happens to an incident.
type IncidentMoved struct {
	Number string       `json:"number"`
	Kind   IncidentKind `json:"kind"`
	Text   string       `json:"text"`
}
