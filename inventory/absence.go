package inventory

import "time"

// Absence is a time in which somebody does not decide. With a stand-in, that person decides in their name; without one,
// what is theirs goes to the next in the routing table.
type Absence struct {
	ID      AbsenceID  `json:"id"`
	Person  PersonID   `json:"person"`
	StandIn PersonID   `json:"stand_in"` // empty: nobody
	From    string     `json:"from"`     // first day, 2006-01-02
	Until   string     `json:"until"`    // last day
	By      Actor      `json:"by"`
	SetAt   time.Time  `json:"set_at"`
	EndedAt *time.Time `json:"ended_at"` // when it was taken back; nil: it stands
}

// Day is the day of a time as absences and deadlines write it.
func Day(at time.Time) string { return at.Format(time.DateOnly) }

// On tells if the absence is in force on a day.
func (a Absence) On(day string) bool { return a.EndedAt == nil && a.From <= day && day <= a.Until }

// Set checks and dates an absence. A stand-in for ever would be a second way to give a role away, so it lasts a year at
// most.
func (a Absence) Set(by Actor, at time.Time) (Absence, Event, error) {
	from, err := time.Parse(time.DateOnly, a.From)
	until, err2 := time.Parse(time.DateOnly, a.Until)
	switch {
	case err != nil || err2 != nil:
		return a, Event{}, Refuse(Invalid, "The days of the absence are missing: choose the first and the last one.")
	case until.Before(from):
		return a, Event{}, Refuse(Invalid, "The absence ends before it begins: choose a later last day.")
	case a.Until < Day(at):
		return a, Event{}, Refuse(Invalid, "The absence is over already: choose a later last day.")
	case until.Sub(from) > 366*24*time.Hour:
		return a, Event{}, Refuse(Invalid, "An absence lasts a year at most: choose an earlier last day.")
	case a.StandIn == a.Person:
		return a, Event{}, Refuse(Invalid, "Nobody stands in for themselves: choose somebody else, or nobody.")
	}
	a.By, a.SetAt, a.EndedAt = by, at, nil
	return a, a.event("absence.set"), nil
}

// End takes an absence back.
func (a Absence) End(at time.Time) (Absence, Event, error) {
	if a.EndedAt != nil {
		return a, Event{}, Refuse(Conflict, "This absence was taken back already.")
	}
	a.EndedAt = &at
	return a, a.event("absence.ended"), nil
}

func (a Absence) event(action string) Event {
	subjects := []string{string(a.Person)}
	if a.StandIn != "" {
		subjects = append(subjects, string(a.StandIn))
	}
	return Event{Action: action, Subjects: subjects, Payload: AbsenceMoved{a.From, a.Until}}
}

// AbsenceMoved is the payload of what happens to an absence.
type AbsenceMoved struct {
	From  string `json:"from"`
	Until string `json:"until"`
}
