package inventory

import (
	"slices"
	"strings"
	"time"
)

// ApprovalState says what became of a seat.
type ApprovalState string

// The states of a seat.
const (
	ApprovalWaiting  ApprovalState = "waiting"
	ApprovalAsked    ApprovalState = "asked-back" // its approver waits for an answer
	ApprovalApproved ApprovalState = "approved"
	ApprovalRejected ApprovalState = "rejected"
	ApprovalPassed   ApprovalState = "passed-over" // the next in the table was asked instead
	ApprovalVoid     ApprovalState = "void"        // it was decided elsewhere, or something else is asked for by now
)

// Approval is one seat of those who decide about a version of a requisition: who was asked, and what they said. Rows are
// added and answered, never taken away, so that whoever reads them sees how the decision came about.
type Approval struct {
	ID          ApprovalID    `json:"id"`
	Requisition RequisitionID `json:"requisition"`
	Version     int           `json:"version"` // of the requisition
	Position    int           `json:"position"`
	To          RouteTo       `json:"to"`
	Whom        string        `json:"whom"`   // a group's name
	Person      PersonID      `json:"person"` // empty: anybody of the group, or with the role
	Name        string        `json:"name"`   // as it was when they were asked
	State       ApprovalState `json:"state"`
	Note        string        `json:"note"`
	By          *Actor        `json:"by"`
	InNameOf    string        `json:"in_name_of"` // for whom By stood in; empty: nobody
	Reason      string        `json:"reason"`
	AskedAt     time.Time     `json:"asked_at"`
	PausedAt    *time.Time    `json:"paused_at"` // since when its clock stands: for an answer, or with the requisition; nil: it goes
	AnsweredAt  *time.Time    `json:"answered_at"`
}

// Sit makes the row of a seat.
func (s Seat) Sit(r Requisition, position int, at time.Time) Approval {
	a := Approval{Requisition: r.ID, Version: r.Version, Position: position, To: s.To, Whom: s.Whom, Person: s.Person, Name: s.Name,
		State: ApprovalWaiting, Note: s.Note, AskedAt: at}
	switch {
	case s.Passed:
		a.State, a.AnsweredAt = ApprovalPassed, &at
	case s.To == ToAutomatic:
		by := System("within entitlement")
		a.State, a.By, a.AnsweredAt = ApprovalApproved, &by, &at
	}
	return a
}

// Open tells if the seat still has to be answered.
func (a Approval) Open() bool { return a.State == ApprovalWaiting || a.State == ApprovalAsked }

// Decider is somebody who wants to answer for a seat.
type Decider struct {
	Actor     Actor
	Groups    []string   // that they are in
	Roles     []Role     // that they have
	StandsFor []PersonID // for whom they stand in today
	Names     map[PersonID]string
}

// Sits tells if the seat is d's to answer, and for whom they stand in when they do.
func (a Approval) Sits(d Decider) (mine bool, inNameOf string) {
	switch a.To {
	case ToGroup:
		return slices.ContainsFunc(d.Groups, func(g string) bool { return strings.EqualFold(g, a.Whom) }), ""
	case ToApprovers:
		return slices.Contains(d.Roles, Approver), ""
	case ToAdmins:
		return slices.Contains(d.Roles, Admin), ""
	}
	if a.Person == "" {
		return false, ""
	}
	if string(a.Person) == d.Actor.ID {
		return true, ""
	}
	return slices.Contains(d.StandsFor, a.Person), d.Names[a.Person]
}

// MayDecide refuses whoever must not decide about r, whatever seat they have: nobody approves their own, nor what they
// asked for in somebody's name, and nobody approves twice. all are the seats of this version. For the critical tier only
// somebody counts who is known to be who they are (DESIGN §10).
func (r Requisition) MayDecide(d Decider, all []Approval) error {
	switch {
	case d.Actor.ID == string(r.Person):
		return Refuse(Forbidden, "Nobody approves their own requisition: ask another approver for %s.", r.Number)
	case r.RequestedBy != "" && d.Actor.ID == string(r.RequestedBy):
		return Refuse(Forbidden, "You asked for this in somebody's name, so somebody else decides about %s.", r.Number)
	case r.Tier == Critical && !d.Actor.Known():
		return Refuse(Forbidden, "Keys of the critical tier are decided by people who signed in: sign in, then decide about %s.", r.Number)
	case r.State != Submitted:
		return Refuse(Conflict, "Requisition %s is %s: there is nothing to decide any more.", r.Number, r.State)
	case r.Held != "":
		return Refuse(Conflict, "Requisition %s stands still: %s Nobody decides about it until it goes on.", r.Number, r.Held)
	}
	for _, a := range all {
		if a.State == ApprovalApproved && a.By != nil && a.By.ID == d.Actor.ID {
			return Refuse(Forbidden, "You approved %s already: it takes somebody else as well.", r.Number)
		}
	}
	return nil
}

// CheckYes refuses a yes to a critical requisition without a word why: programs that look through mail press buttons too.
func (r Requisition) CheckYes(reason string) error {
	if r.Tier == Critical && strings.TrimSpace(reason) == "" {
		return Refuse(Invalid, "%s is of the critical tier: say in a few words why you approve it.", r.Number)
	}
	return nil
}

// CheckBatch refuses what nobody approves in a heap, but only after they opened its case: elevated and critical keys, a case in
// which a question waits for its answer, and a person who lost a key not long ago.
func (r Requisition) CheckBatch(seat Approval, h Holdings) error {
	switch {
	case r.Tier != Standard:
		return Refuse(Forbidden, "%s is of the %s tier, which is decided case by case: open the case.", r.Number, r.Tier)
	case seat.State != ApprovalWaiting:
		return Refuse(Conflict, "A question about %s waits for its answer: open the case.", r.Number)
	case h.Lost > 0:
		return Refuse(Forbidden, "%s is for somebody who lost a key not long ago: open the case.", r.Number)
	}
	return nil
}

// SeatFor gives the seat of all that d answers for: the one in their own name first, then one of whom they stand in for, and
// only then one that others could answer as well. NotFound when none is theirs.
func SeatFor(d Decider, all []Approval) (Approval, string, error) {
	for _, fits := range []func(Approval) bool{
		func(a Approval) bool { return a.Person != "" && string(a.Person) == d.Actor.ID },
		func(a Approval) bool { return a.Person != "" },
		func(Approval) bool { return true },
	} {
		for _, a := range all {
			if mine, inNameOf := a.Sits(d); mine && a.Open() && fits(a) {
				return a, inNameOf, nil
			}
		}
	}
	return Approval{}, "", Refuse(NotFound, "There is nothing here for you to decide: perhaps somebody else did, or it went to another approver.")
}

// Approve answers a seat with yes.
func (a Approval) Approve(by Actor, inNameOf, reason string, at time.Time) (Approval, error) {
	return a.answer(ApprovalApproved, by, inNameOf, reason, at)
}

// Reject answers a seat with no. It takes a reason, which the requester reads.
func (a Approval) Reject(by Actor, inNameOf, reason string, at time.Time) (Approval, error) {
	if strings.TrimSpace(reason) == "" {
		return a, Refuse(Invalid, "A rejection needs a reason, which the requester reads: say why.")
	}
	return a.answer(ApprovalRejected, by, inNameOf, reason, at)
}

func (a Approval) answer(to ApprovalState, by Actor, inNameOf, reason string, at time.Time) (Approval, error) {
	if !a.Open() {
		return a, Refuse(Conflict, "This was answered already: it is %s.", a.State)
	}
	reason = strings.TrimSpace(reason)
	if err := CheckText("reason", reason); err != nil {
		return a, err
	}
	a.State, a.By, a.InNameOf, a.Reason, a.AnsweredAt, a.PausedAt = to, &by, inNameOf, reason, &at, nil
	return a, nil
}

// AskBack lets the clock of a seat stand until the requester answers.
func (a Approval) AskBack(at time.Time) (Approval, error) {
	if a.State != ApprovalWaiting {
		return a, Refuse(Conflict, "There is a question or an answer already: it is %s.", a.State)
	}
	a.State, a.PausedAt = ApprovalAsked, &at
	return a, nil
}

// Answered lets the clock go on: the time that the approver waited does not count.
func (a Approval) Answered(at time.Time) Approval {
	if a.State != ApprovalAsked {
		return a
	}
	a.State = ApprovalWaiting
	return a.Resume(at)
}

// Pause lets the clock of a seat stand while its requisition does.
func (a Approval) Pause(at time.Time) Approval {
	if a.State == ApprovalWaiting && a.PausedAt == nil {
		a.PausedAt = &at
	}
	return a
}

// Resume lets the clock go on: the time in which it stood does not count.
func (a Approval) Resume(at time.Time) Approval {
	if a.State == ApprovalWaiting && a.PausedAt != nil {
		a.AskedAt, a.PausedAt = a.AskedAt.Add(at.Sub(*a.PausedAt)), nil
	}
	return a
}

// Late tells if the seat has waited longer than within; 0: never.
func (a Approval) Late(within time.Duration, at time.Time) bool {
	return a.State == ApprovalWaiting && a.PausedAt == nil && within > 0 && at.Sub(a.AskedAt) > within
}

// PassOver gives the seat to the next in the table.
func (a Approval) PassOver(note string, at time.Time) Approval {
	a.State, a.Note, a.AnsweredAt = ApprovalPassed, note, &at
	return a
}

// Void ends a seat that nobody has to answer any more, or whose answer counts no more.
func (a Approval) Void(note string, at time.Time) Approval {
	a.State, a.Note, a.PausedAt = ApprovalVoid, note, nil
	if a.AnsweredAt == nil {
		a.AnsweredAt = &at
	}
	return a
}

// Undo takes a yes back.
func (a Approval) Undo(at time.Time) Approval {
	a.State, a.By, a.InNameOf, a.Reason, a.AnsweredAt, a.AskedAt = ApprovalWaiting, nil, "", "", nil, at
	return a
}

// Standing is what the seats of a version come to.
type Standing struct {
	Approved, Open int
	Rejected       bool
}

// Stand counts the seats of a version.
func Stand(version int, all []Approval) (s Standing) {
	for _, a := range all {
		switch {
		case a.Version != version:
		case a.State == ApprovalApproved:
			s.Approved++
		case a.State == ApprovalRejected:
			s.Rejected = true
		case a.Open():
			s.Open++
		}
	}
	return s
}

// Reject ends r because an approver said no.
func (r Requisition) Reject(by Actor, reason string, at time.Time) (Requisition, Event, error) {
	if r.State != Submitted {
		return r, Event{}, Refuse(Conflict, "Requisition %s is %s: only a submitted one can be rejected.", r.Number, r.State)
	}
	r.State, r.ChangedAt = Rejected, at
	return r, r.event("requisition.rejected", reason), nil
}

// TakeApprovalBack brings an approved requisition back to be decided: undone by who approved it, or changed since. What the
// bench has begun must be let go first; lines are the lines of r.
func (r Requisition) TakeApprovalBack(why string, lines []Line, at time.Time) (Requisition, Event, error) {
	if r.State != Approved && r.State != Fulfilling {
		return r, Event{}, Refuse(Conflict, "Requisition %s is %s: there is no approval to take back.", r.Number, r.State)
	}
	for _, l := range lines {
		if l.State != LineOpen && l.State != LineCancelled {
			return r, Event{}, Refuse(Conflict, "The bench has the %s key of %s in hand already: cancel the requisition instead.", l.Purpose, r.Number)
		}
	}
	r.State, r.ApprovedBy, r.ApprovedAt, r.ChangedAt = Submitted, nil, nil, at
	return r, r.event("requisition.reopened", why), nil
}

// MayHandle refuses whoever must not hand over keys for r: of the critical tier they are known, and [Requisition.Apart] from
// those who asked and decided. all are the seats of this version.
func (r Requisition) MayHandle(by Actor, all []Approval) error {
	if r.Tier == Critical && !by.Known() {
		return Refuse(Forbidden, "Keys of the critical tier are handled by people who signed in: sign in at the desk, then go on with %s.", r.Number)
	}
	return r.Apart(by, all)
}

// Apart refuses whoever must not make or pack keys for r since they asked for it or approved it: for the critical tier,
// requester, approvers and packer are four people (DESIGN §10). Somebody who only claims a name is none of them.
func (r Requisition) Apart(by Actor, all []Approval) error {
	if r.Tier != Critical {
		return nil
	}
	if by.ID == string(r.Person) || by.ID == string(r.RequestedBy) {
		return Refuse(Forbidden, "%s is your own, and of the critical tier: somebody else handles its keys.", r.Number)
	}
	for _, a := range all {
		if a.Version == r.Version && a.State == ApprovalApproved && a.By != nil && a.By.ID == by.ID {
			return Refuse(Forbidden, "You approved %s, which is of the critical tier: somebody else handles its keys.", r.Number)
		}
	}
	return nil
}
