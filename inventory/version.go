package inventory

import (
	"slices"
	"time"
)

// Change is what was changed about a requisition after it was submitted, which made a new version of it. It never holds an
// address.
type Change struct {
	ID          ChangeID      `json:"id"`
	Requisition RequisitionID `json:"requisition"`
	Version     int           `json:"version"` // that it made
	What        []string      `json:"what"`    // address, place, connector, needed-by
	Reopened    bool          `json:"reopened"`
	By          Actor         `json:"by"`
	At          time.Time     `json:"at"`
}

// Wish is what a requisition shall be from now on. Nil fields stay as they are.
type Wish struct {
	Address   *Address // where the keys are sent
	Place     *string  // the desk where they are picked up, which takes an address away; empty: any desk
	Connector *string
	NeededBy  *string
}

// Change makes a new version of r. A new address, or a desk instead of one, has to be decided again for elevated and critical
// people, also while they wait for a decision: whoever takes over an account must not turn a parcel round under a yes that was
// given to another address. lines are the lines of r; those that are in somebody's hands already stay as they are.
func (r Requisition) Change(w Wish, lines []Line, by Actor, at time.Time) (Requisition, []Line, Change, Event, error) {
	c := Change{Requisition: r.ID, By: by, At: at}
	fail := func(err error) (Requisition, []Line, Change, Event, error) { return r, lines, c, Event{}, err }
	if err := r.changeable(lines); err != nil {
		return fail(err)
	}
	now, where, err := r.moveTo(w)
	if err != nil {
		return fail(err)
	}
	all, others, err := plugInto(w.Connector, lines, at)
	if err != nil {
		return fail(err)
	}
	if len(where) > 0 {
		stopMaking(all, at)
	}
	c.What = append(where, others...)
	if w.NeededBy != nil {
		if err := checkNeededBy(*w.NeededBy, at); err != nil {
			return fail(err)
		}
		now.NeededBy = *w.NeededBy
		c.What = append(c.What, "needed-by")
	}
	if len(c.What) == 0 {
		return fail(Refuse(Invalid, "Nothing is changed: change something, then save."))
	}
	now.Version++
	now.ChangedAt = at
	c.Version = now.Version
	if len(where) > 0 && r.Tier != Standard {
		c.Reopened = true
		now.State, now.ApprovedBy, now.ApprovedAt = Submitted, nil, nil
	}
	return now, all, c, Event{Action: "requisition.changed", Subjects: []string{string(r.ID), string(r.Person)}, Payload: c}, nil
}

// changeable refuses with the reason why nothing of r can be changed now.
func (r Requisition) changeable(lines []Line) error {
	if r.Held != "" {
		return Refuse(Conflict, "%s stands still: %s Nothing of it is changed until it goes on.", r.Number, r.Held)
	}
	if !r.Cancellable() || !slices.ContainsFunc(lines, Line.Here) {
		return Refuse(Conflict, "Requisition %s is %s and cannot be changed any more.", r.Number, r.State)
	}
	return nil
}

// moveTo changes where the keys of r go. It tells what is another then.
func (r Requisition) moveTo(w Wish) (now Requisition, what []string, err error) {
	if w.Address != nil {
		if err := w.Address.Check(); err != nil {
			return r, nil, err
		}
		r.Place = ""
		what = append(what, "address")
	}
	if w.Place != nil {
		if err := CheckText("desk", *w.Place); err != nil {
			return r, nil, err
		}
		r.Place, r.Address = *w.Place, nil
		what = append(what, "place")
	}
	return r, what, nil
}

// plugInto gives the lines that no key is made for yet another connector. A run that makes a key with the old one loses its
// line, and stops at its next safe point.
func plugInto(connector *string, lines []Line, at time.Time) (all []Line, what []string, err error) {
	all = slices.Clone(lines)
	if connector == nil {
		return all, nil, nil
	}
	if err := checkConnector(*connector); err != nil {
		return lines, nil, err
	}
	unmade := 0
	for i, l := range all {
		if l.State != LineOpen && l.State != LineMaking {
			continue
		}
		unmade++
		if l.Connector != *connector {
			all[i].Connector, all[i].State, all[i].Run, all[i].ChangedAt = *connector, LineOpen, "", at
			what = []string{"connector"}
		}
	}
	if unmade == 0 {
		return lines, nil, Refuse(Conflict, "The keys are made already, so another connector would change nothing: cancel, and ask again.")
	}
	return all, what, nil
}

// stopMaking takes lines from the runs that make keys for them, which stop at their next safe point: their packets would name
// the old address.
func stopMaking(lines []Line, at time.Time) {
	for i, l := range lines {
		if l.State == LineMaking {
			lines[i].State, lines[i].Run, lines[i].ChangedAt = LineOpen, "", at
		}
	}
}

// checkNeededBy refuses a day by which nothing can be needed; an empty one is none.
func checkNeededBy(day string, at time.Time) error {
	if day == "" {
		return nil
	}
	yesterday := at.UTC().AddDate(0, 0, -1).Format(time.DateOnly) // somewhere it is still that day
	return checkDay("the day by which it is needed", day, yesterday, at.UTC().AddDate(1, 0, 0).Format(time.DateOnly))
}
