package inventory

import (
	"slices"
	"time"
)

// Merge says that one entry of the directory was a second one of somebody who is in it already. What happened under the
// second entry keeps naming it: the ledger is not rewritten, the pages of the person show both.
type Merge struct {
	ID       MergeID    `json:"id"`
	Second   PersonID   `json:"second"`
	Into     PersonID   `json:"into"`
	Moved    string     `json:"moved"` // [MergeMoved] as JSON
	By       Actor      `json:"by"`
	At       time.Time  `json:"at"`
	UndoneAt *time.Time `json:"undone_at"` // nil: it stands
}

// MergeMoved is what went over with the second entry: ways to sign in, people who named it as their manager, entries that
// had been merged into it.
type MergeMoved struct {
	State      PersonState  `json:"state"`   // of the second entry before
	Manager    bool         `json:"manager"` // the second entry was the manager of the first
	Identities []IdentityID `json:"identities"`
	Passkeys   []PasskeyID  `json:"passkeys"`
	Reports    []PersonID   `json:"reports"`
	Entries    []PersonID   `json:"entries"`
}

// Begin checks and dates a merge. open is what the second entry still has that would be given away, or lost, by the way:
// words such as "the role approver".
func (m Merge) Begin(second, into Person, open []string, by Actor, at time.Time) (Merge, Person, Event, error) {
	switch {
	case second.ID == into.ID:
		return m, second, Event{}, Refuse(Invalid, "These are not two entries: choose another one.")
	case second.MergedInto != "" || into.MergedInto != "":
		return m, second, Event{}, Refuse(Conflict, "One of the two was merged already: open the entry that is left.")
	case into.State != PersonActive:
		return m, second, Event{}, Refuse(Conflict, "%s has left in this entry: keep the other one.", into.Name)
	case by.ID == string(second.ID) || by.ID == string(into.ID):
		return m, second, Event{}, Refuse(Forbidden, "Nobody merges entries of their own: ask another admin.")
	case second.Held != "" || into.Held != "": // what was stopped must not go on under another name
		return m, second, Event{}, Refuse(Conflict, "%s is on hold in one of the two entries: let the help desk see to that first.", into.Name)
	case slices.Index(Tiers, second.Tier) > max(0, slices.Index(Tiers, into.Tier)): // no tier is the first
		return m, second, Event{}, Refuse(Conflict, "The second entry of %s is of the %s tier, which would be lost: give the one that is left that tier first.", second.Name, second.Tier)
	case len(open) > 0:
		return m, second, Event{}, Refuse(Conflict, "The second entry of %s still has %s: see to that first.", second.Name, andList(open))
	}
	m.Second, m.Into, m.By, m.At, m.UndoneAt = second.ID, into.ID, by, at, nil
	second.MergedInto, second.State, second.ChangedAt = into.ID, PersonLeft, at
	return m, second, m.event("person.merged", second, into), nil
}

// Undo takes a merge back. since is how many things happened to either of the two after it.
func (m Merge) Undo(second, into Person, was MergeMoved, since int, at time.Time) (Merge, Person, Event, error) {
	switch {
	case m.UndoneAt != nil || second.MergedInto != m.Into:
		return m, second, Event{}, Refuse(Conflict, "This merge was undone already.")
	case since > 0:
		return m, second, Event{}, Refuse(Conflict, "Things have happened to %s since: which of the two they belong to nobody can tell any more, so the merge stays.", into.Name)
	}
	m.UndoneAt = &at
	second.MergedInto, second.State, second.ChangedAt = "", was.State, at
	return m, second, m.event("person.unmerged", second, into), nil
}

func (m Merge) event(action string, second, into Person) Event {
	return Event{Action: action, Subjects: []string{string(m.ID), string(m.Second), string(m.Into)}, Payload: Merged{second.Name, into.Name}}
}

// Merged is the payload of what happens to a merge.
type Merged struct {
	Second string `json:"second"`
	Into   string `json:"into"`
}
