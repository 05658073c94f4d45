package inventory

import (
	"strings"
	"time"
)

// SavedAddress is an address that somebody keeps, so that they need not type it again.
type SavedAddress struct {
	ID        AddressID  `json:"id"`
	Person    PersonID   `json:"person"`
	Label     string     `json:"label"`  // what they call it
	Sealed    []byte     `json:"sealed"` // [Address]; empty once it was removed
	SavedAt   time.Time  `json:"saved_at"`
	RemovedAt *time.Time `json:"removed_at"` // nil: it is there

	Open Address `json:"-"` // filled in for the person only
}

// bookSize is how many addresses somebody can keep: a list to tap from has to stay short.
const bookSize = 8

// Save checks and dates an address that p keeps beside kept others. What it says is sealed by whoever calls.
func (a SavedAddress) Save(p Person, kept int, at time.Time) (SavedAddress, Event, error) {
	a.Label = strings.TrimSpace(a.Label)
	if a.Label == "" || len(a.Label) > 60 {
		return a, Event{}, Refuse(Invalid, "Say in a word or two what the address is called, such as Home.")
	}
	if err := together(CheckText("label", a.Label), a.Open.Check()); err != nil {
		return a, Event{}, err
	}
	if kept >= bookSize {
		return a, Event{}, Refuse(Conflict, "There are %d addresses already: remove one of them first.", kept)
	}
	a.Person, a.SavedAt = p.ID, at
	return a, a.event("address.saved"), nil
}

// Remove takes an address out of its book: nothing is left of what it says.
func (a SavedAddress) Remove(at time.Time) (SavedAddress, Event) {
	a.Sealed, a.Open, a.RemovedAt = nil, Address{}, &at
	return a, a.event("address.removed")
}

// KeepsAddresses refuses whoever is not p: people keep their own addresses. What the directory has of them comes in by a file,
// not by this.
func (p Person) KeepsAddresses(by Actor) error {
	if by.ID == string(p.ID) {
		return nil
	}
	return Refuse(Forbidden, "People keep their own addresses: nobody else changes those of %s.", p.Name)
}

func (a SavedAddress) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(a.ID), string(a.Person)}, Payload: AddressKept{a.Label}}
}

// AddressKept is the payload of what happens to an address book. Where somebody lives is no part of it.
type AddressKept struct {
	Label string `json:"label"`
}
