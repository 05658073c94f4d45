package inventory

import (
	"cmp"
	"strings"
	"time"
)

// PersonState says if a person is still with the company.
type PersonState string

// The states of a person.
const (
	PersonActive PersonState = "active"
	PersonLeft   PersonState = "left"
)

// Person is somebody in the directory: a custodian, a requester, an approver. A person need not be able to sign in.
type Person struct {
	ID         PersonID    `json:"id"`
	ExternalID string      `json:"external_id"` // id in the company's directory; empty or unique
	Email      string      `json:"email"`       // empty or unique, compared without case
	Name       string      `json:"name"`
	Department string      `json:"department"`
	Country    string      `json:"country"`  // ISO 3166-1 alpha-2 or empty
	Language   string      `json:"language"` // BCP 47 or empty
	State      PersonState `json:"state"`
	CreatedAt  time.Time   `json:"created_at"`
	ChangedAt  time.Time   `json:"changed_at"`

	// What follows came later: a row from before has none of it, and its digest must stay what it was.
	Tier        Tier     `json:"tier,omitempty"`         // how much this person has to be guarded; empty: standard
	Manager     PersonID `json:"manager,omitempty"`      // empty: unknown
	TimeZone    string   `json:"time_zone,omitempty"`    // a name of the IANA database; empty: the desk's
	SecondEmail string   `json:"second_email,omitempty"` // where notices go too, so that a thief of the first cannot hide them
	Systems     string   `json:"systems,omitempty"`      // what they work with, of [Systems], with spaces between
	MergedInto  PersonID `json:"merged_into,omitempty"`  // whose second entry this was; empty: none
	Held        string   `json:"held,omitempty"`         // why nothing may be done in their name just now; empty: they are not on hold
}

// Systems are what people work with, as [Person] names them.
var Systems = []string{"windows", "macos", "chromeos", "linux", "ios", "android", "vdi"}

// Check refuses a person who could not be found again or whose name cannot be printed, with all that is wrong.
func (p Person) Check() error {
	var unnamed, lost error
	if strings.TrimSpace(p.Name) == "" {
		unnamed = Refuse(Invalid, "The person has no name: fill the name column.")
	}
	if strings.TrimSpace(p.Email+p.ExternalID) == "" {
		lost = Refuse(Invalid, "%s has neither e-mail nor external id: give one, so that the person can be found again.", cmp.Or(p.Name, "The person"))
	}
	unseen := checkTexts(named{"name", p.Name}, named{"email", p.Email}, named{"external_id", p.ExternalID},
		named{"department", p.Department}, named{"country", p.Country}, named{"language", p.Language}, named{"second_email", p.SecondEmail})
	if unnamed != nil || lost != nil || unseen != nil { // forms are judged where texts can be read
		return together(unnamed, lost, unseen)
	}
	return together(checkEmail(p.Email), CheckCountry(p.Country), checkTier(p.Tier), CheckTimeZone(p.TimeZone), p.checkSecondEmail())
}

// checkSecondEmail refuses one that whoever reads the first may read as well: a notice there would warn nobody.
func (p Person) checkSecondEmail() error {
	if p.SecondEmail != "" && strings.EqualFold(p.SecondEmail, p.Email) {
		return Refuse(Invalid, "The second e-mail address is the first one: give another, or leave it empty.")
	}
	return checkEmail(p.SecondEmail)
}

// Is tells if text names p: by e-mail address, external id or name. It is for refusing, never for letting somebody in.
func (p Person) Is(text string) bool {
	text = strings.TrimSpace(text)
	for _, own := range []string{p.Email, p.ExternalID, p.Name, string(p.ID)} {
		if own != "" && strings.EqualFold(own, text) {
			return true
		}
	}
	return false
}

// Enter checks and dates somebody new in the directory.
func (p Person) Enter(at time.Time) (Person, Event, error) {
	if err := p.Check(); err != nil {
		return p, Event{}, err
	}
	p.State, p.CreatedAt, p.ChangedAt = PersonActive, at, at
	return p, Event{Action: "person.entered", Subjects: []string{string(p.ID)}, Payload: p}, nil
}

// Revise gives p what the directory now says. It tells by the event's empty action that nothing is new.
func (p Person) Revise(now Person, at time.Time) (Person, Event, error) {
	now.ID, now.State, now.CreatedAt, now.ChangedAt = p.ID, p.State, p.CreatedAt, p.ChangedAt
	if now == p {
		return p, Event{}, nil
	}
	if err := now.Check(); err != nil {
		return p, Event{}, err
	}
	now.ChangedAt = at
	return now, Event{Action: "person.revised", Subjects: []string{string(p.ID)}, Payload: now}, nil
}

// Return is Revise for somebody who had left and is in the directory again.
func (p Person) Return(now Person, at time.Time) (Person, Event, error) {
	p.State = PersonActive
	now, _, err := p.Revise(now, at)
	if err != nil {
		return p, Event{}, err
	}
	now.ChangedAt = at
	return now, Event{Action: "person.returned", Subjects: []string{string(p.ID)}, Payload: now}, nil
}

// Leave notes that p is with the company no longer.
func (p Person) Leave(at time.Time) (Person, Event, error) {
	if p.State != PersonActive {
		return p, Event{}, Refuse(Conflict, "%s has left already.", p.Name)
	}
	p.State, p.ChangedAt = PersonLeft, at
	return p, Event{Action: "person.left", Subjects: []string{string(p.ID)}, Payload: Named{p.Name}}, nil
}

// Named is the payload of what happens to a person and needs no words but the name they had then.
type Named struct {
	Name string `json:"name"`
}
