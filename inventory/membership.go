package inventory

import (
	"strings"
	"time"
)

// Membership says that a person is in a named group, from when to when. The routing table may let a group decide.
type Membership struct {
	ID     MembershipID `json:"id"`
	Group  string       `json:"group"`
	Person PersonID     `json:"person"`
	By     Actor        `json:"by"`
	Since  time.Time    `json:"since"`
	Until  *time.Time   `json:"until"` // nil: to this day
}

// Join checks and dates a membership.
func (m Membership) Join(by Actor, at time.Time) (Membership, Event, error) {
	m.Group = strings.TrimSpace(m.Group)
	if m.Group == "" {
		return m, Event{}, Refuse(Invalid, "The group has no name: give it one, such as Security.")
	}
	if err := CheckText("name of the group", m.Group); err != nil {
		return m, Event{}, err
	}
	m.By, m.Since, m.Until = by, at, nil
	return m, m.event("group.joined"), nil
}

// Leave ends a membership.
func (m Membership) Leave(at time.Time) (Membership, Event, error) {
	if m.Until != nil {
		return m, Event{}, Refuse(Conflict, "This person left the group already.")
	}
	m.Until = &at
	return m, m.event("group.left"), nil
}

func (m Membership) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(m.Person)}, Payload: GroupMoved{m.Group}}
}

// GroupMoved is the payload of what happens to a membership.
type GroupMoved struct {
	Group string `json:"group"`
}
