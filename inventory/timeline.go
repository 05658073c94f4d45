package inventory

import "time"

// Dossier is all that the status page of a requisition tells.
type Dossier struct {
	RequisitionRow
	Seats       []Approval // of all versions
	Comments    []Comment
	Changes     []Change
	Receipts    []Receipt
	Reserved    map[LineID]AssetTag
	RequestedBy string // name of who asked for somebody else; empty: the person did, or a file
	Mine        bool   // the reader is the person, or asked for them
	Promise     Entitlement
}

// Moment is one step on the way of a requisition.
type Moment struct {
	Code string     // what happened: submitted, seat.approved, changed …
	At   *time.Time // nil: it is still to come
	Who  string
	Note string
	Done bool
	Bad  bool // it ended something
}

// Expected says what happens next: what, who does it, and by when.
type Expected struct {
	Code string // decide, answer, make, pick-up, send, arrive, nothing, held
	Who  string
	By   *time.Time
}

// Timeline gives what happened so far, in its order, and what comes next. It says the same to everybody.
func (d Dossier) Timeline() ([]Moment, Expected) {
	r := d.Requisition
	out := []Moment{{Code: "submitted", At: &r.CreatedAt, Who: d.RequestedBy, Done: true}}
	add := func(m Moment) { m.Done = true; out = append(out, m) }
	for _, a := range d.Seats {
		if a.AnsweredAt == nil || a.State == ApprovalVoid && a.By == nil {
			continue
		}
		state := a.State
		if state == ApprovalVoid { // a yes that counts no more, as its note says
			state = ApprovalApproved
		}
		add(Moment{Code: "seat." + string(state), At: a.AnsweredAt, Who: who(a), Note: a.Note, Bad: a.State == ApprovalRejected})
	}
	for _, c := range d.Changes {
		code := "changed"
		if c.Reopened {
			code = "changed.reopened"
		}
		at := c.At
		add(Moment{Code: code, At: &at, Who: c.By.Name})
	}
	for _, c := range d.Comments {
		if c.Kind != Remark {
			at := c.At
			add(Moment{Code: string(c.Kind), At: &at, Who: c.By.Name})
		}
	}
	if r.ApprovedAt != nil {
		add(Moment{Code: "approved", At: r.ApprovedAt})
	}
	for _, l := range d.Lines {
		at := l.Line.ChangedAt
		switch l.Line.State {
		case LineMade:
			add(Moment{Code: "made." + string(l.Line.Purpose), At: &at})
		case LineDelivered:
			add(Moment{Code: "delivered." + string(l.Line.Purpose), At: &at})
		case LineCancelled:
			if r.State != Cancelled && r.State != Rejected { // the others went apart from it
				add(Moment{Code: "cancelled." + string(l.Line.Purpose), At: &at})
			}
		}
	}
	if end, ended := map[RequisitionState]string{Rejected: "rejected", Cancelled: "cancelled", Closed: "closed", ServedWithoutKey: "served"}[r.State]; ended {
		at := r.ChangedAt
		add(Moment{Code: end, At: &at, Who: d.CancelledBy, Note: d.CancelledFor, Bad: r.State == Rejected || r.State == Cancelled})
	}
	byTime(out)
	return out, d.expected()
}

func who(a Approval) string {
	if a.By != nil && a.State != ApprovalPassed {
		return a.By.Name
	}
	return a.Name
}

// byTime sorts moments by their time; those of one time keep their order.
func byTime(all []Moment) {
	for i := range all {
		for j := i; j > 0 && all[j].At.Before(*all[j-1].At); j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
}

// expected says what comes next.
func (d Dossier) expected() Expected {
	r := d.Requisition
	switch {
	case r.Held != "":
		return Expected{Code: "held"}
	case r.State == Submitted:
		return d.expectedDecision()
	case r.State != Approved && r.State != Fulfilling && r.State != Sent:
		return Expected{Code: "nothing"}
	}
	made := d.AllMade()
	switch {
	case !made:
		var by *time.Time
		if r.ApprovedAt != nil {
			t := r.ApprovedAt.Add(d.Promise.ShipWithin)
			by = &t
		}
		return Expected{Code: "make", By: by}
	case d.Posted:
		return Expected{Code: "send"}
	}
	return Expected{Code: "pick-up", Who: r.Place}
}

func (d Dossier) expectedDecision() Expected {
	e := Expected{Code: "decide"}
	for _, a := range d.Seats {
		if a.Version != d.Requisition.Version || !a.Open() {
			continue
		}
		if a.State == ApprovalAsked {
			return Expected{Code: "answer", Who: a.Name}
		}
		if e.Who == "" {
			e.Who = a.Name
			if d.Promise.DecideWithin > 0 && a.To != ToAdmins {
				t := a.AskedAt.Add(d.Promise.DecideWithin)
				e.By = &t
			}
		}
	}
	return e
}
