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
// people: whoever takes over an account must not turn a parcel round. lines are the lines of r.
func (r Requisition) Change(w Wish, lines []Line, by Actor, at time.Time) (Requisition, []Line, Change, Event, error) {
	c := Change{Requisition: r.ID, By: by, At: at}
	fail := func(err error) (Requisition, []Line, Change, Event, error) { return r, lines, c, Event{}, err }
	if !r.Cancellable() {
		return fail(Refuse(Conflict, "Requisition %s is %s and cannot be changed any more.", r.Number, r.State))
	}
	lines = slices.Clone(lines)
	for _, l := range lines {
		if l.State == LineSent || l.State == LineDelivered {
			return fail(Refuse(Conflict, "The %s key of %s is %s already, so it cannot be changed any more.", l.Purpose, r.Number, l.State))
		}
	}
	moved := w.Address != nil || w.Place != nil
	if w.Address != nil {
		if err := w.Address.Check(); err != nil {
			return fail(err)
		}
		r.Place = ""
		c.What = append(c.What, "address")
	}
	if w.Place != nil {
		if err := CheckText("desk", *w.Place); err != nil {
			return fail(err)
		}
		r.Place, r.Address = *w.Place, nil
		c.What = append(c.What, "place")
	}
	if w.Connector != nil {
		if err := checkConnector(*w.Connector); err != nil {
			return fail(err)
		}
		for i := range lines {
			if lines[i].State == LineOpen && lines[i].Connector != *w.Connector {
				lines[i].Connector, lines[i].ChangedAt = *w.Connector, at
			}
		}
		c.What = append(c.What, "connector")
	}
	if w.NeededBy != nil {
		if _, err := time.Parse(time.DateOnly, *w.NeededBy); *w.NeededBy != "" && err != nil {
			return fail(Refuse(Invalid, "%q is no day: choose one, or leave it empty.", *w.NeededBy))
		}
		r.NeededBy = *w.NeededBy
		c.What = append(c.What, "needed-by")
	}
	if len(c.What) == 0 {
		return fail(Refuse(Invalid, "Nothing is changed: change something, then save."))
	}
	r.Version++
	r.ChangedAt = at
	c.Version = r.Version
	if moved && r.Tier != Standard && r.State != Submitted {
		c.Reopened = true
		r.State, r.ApprovedBy, r.ApprovedAt = Submitted, nil, nil
	}
	return r, lines, c, Event{Action: "requisition.changed", Subjects: []string{string(r.ID), string(r.Person)}, Payload: c}, nil
}
