package inventory

import (
	"strings"
	"time"
)

// Hold stops everything in the name of p: they cannot sign in, nothing is asked for them, and their requisitions stand still.
// One who is on hold already stays so for the first reason.
func (p Person) Hold(why string, at time.Time) (Person, Event, error) {
	if strings.TrimSpace(why) == "" {
		return p, Event{}, Refuse(Invalid, "Say why %s is put on hold.", p.Name)
	}
	if p.Held != "" {
		return p, Event{}, nil
	}
	p.Held, p.ChangedAt = why, at
	return p, Event{Action: "person.held", Subjects: []string{string(p.ID)}, Payload: HeldFor{why}}, nil
}

// Release lets things in the name of p go on. Nobody releases themselves.
func (p Person) Release(by Actor, why string, at time.Time) (Person, Event, error) {
	why = strings.TrimSpace(why)
	switch {
	case p.Held == "":
		return p, Event{}, Refuse(Conflict, "%s is not on hold.", p.Name)
	case by.ID == string(p.ID):
		return p, Event{}, Refuse(Forbidden, "Nobody lets themselves go on: ask somebody else of the help desk.")
	case why == "":
		return p, Event{}, Refuse(Invalid, "Say what was found out, before %s goes on.", p.Name)
	}
	if err := CheckText("reason", why); err != nil {
		return p, Event{}, err
	}
	p.Held, p.ChangedAt = "", at
	return p, Event{Action: "person.released", Subjects: []string{string(p.ID)}, Payload: HeldFor{why}}, nil
}

// HeldFor is the payload of what stands still or goes on, with the reason.
type HeldFor struct {
	Reason string `json:"reason"`
}

// Hold lets r stand still as long as why holds.
func (r Requisition) Hold(why string, at time.Time) (Requisition, Event) {
	if r.Held != "" {
		return r, Event{}
	}
	r.Held, r.ChangedAt = why, at
	return r, r.event("requisition.held", why)
}

// GoOn lets r go on that stood still because of why. For another reason it stays as it is.
func (r Requisition) GoOn(why string, at time.Time) (Requisition, Event) {
	if r.Held != why || why == "" {
		return r, Event{}
	}
	r.Held, r.ChangedAt = "", at
	return r, r.event("requisition.released", "")
}

// Denial is a link by which somebody says that something was not them.
type Denial struct {
	Person    Person
	Kind      LetterKind // of the letter that it was in
	Number    string     // of the requisition it was about
	MadeAt    time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// DenialTime is how long such a link works.
const DenialTime = 30 * 24 * time.Hour

// Use refuses a link that is too old or was used.
func (d Denial) Use(at time.Time) error {
	switch {
	case d.UsedAt != nil:
		return Refuse(Conflict, "You said so already, and everything in your name stands still. The help desk calls you.")
	case at.After(d.ExpiresAt):
		return Refuse(Conflict, "This link is too old: call the help desk.")
	}
	return nil
}

// MailChoice is how somebody wants to be told of what waits for them.
type MailChoice struct {
	Person    PersonID  `json:"person"`
	Digest    bool      `json:"digest"` // one mail a day
	ChangedAt time.Time `json:"changed_at"`
}

// Choose dates a choice.
func (m MailChoice) Choose(at time.Time) (MailChoice, Event) {
	m.ChangedAt = at
	return m, Event{Action: "mail.chosen", Subjects: []string{string(m.Person)}, Payload: m}
}

// digestHour is when the mail of the day is due, by the clock of its reader.
const digestHour = 8

// NextDigest is when the mail of the day that begins to be collected at a time is due.
func (p Person) NextDigest(at time.Time) time.Time {
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	local := at.In(zone)
	due := time.Date(local.Year(), local.Month(), local.Day(), digestHour, 0, 0, 0, zone)
	if !due.After(at) {
		due = due.AddDate(0, 0, 1)
	}
	return due.UTC()
}
