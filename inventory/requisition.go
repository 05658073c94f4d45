package inventory

import (
	"slices"
	"strings"
	"time"
)

// Tier is how much a requisition needs guarding.
type Tier string

// The tiers.
const (
	Standard Tier = "standard"
	Elevated Tier = "elevated"
	Critical Tier = "critical"
)

// RequisitionState says where a requisition stands.
type RequisitionState string

// The states of a requisition.
const (
	Submitted        RequisitionState = "submitted"
	Approved         RequisitionState = "approved"
	Rejected         RequisitionState = "rejected"
	Cancelled        RequisitionState = "cancelled"
	ServedWithoutKey RequisitionState = "served-without-key"
	Fulfilling       RequisitionState = "fulfilling"
	Sent             RequisitionState = "sent"
	Closed           RequisitionState = "closed"
)

// LineState says where one wanted key stands.
type LineState string

// The states of a line.
const (
	LineOpen      LineState = "open"   // nobody makes it yet
	LineMaking    LineState = "making" // a run has it
	LineMade      LineState = "made"   // its key is ready
	LineSent      LineState = "sent"
	LineDelivered LineState = "delivered"
	LineCancelled LineState = "cancelled"
)

// Purpose tells the two keys of a pair apart.
type Purpose string

// The purposes of a key.
const (
	Primary Purpose = "primary"
	Spare   Purpose = "spare"
)

// Requisition is what a person asked for. Its lines are the keys wanted.
type Requisition struct {
	ID         RequisitionID    `json:"id"`
	Number     string           `json:"number"`    // R-1001, what people say and type
	Reference  string           `json:"reference"` // what the file it was imported from calls it; empty or unique
	Version    int              `json:"version"`
	Person     PersonID         `json:"person"`
	Reason     string           `json:"reason"`
	Tier       Tier             `json:"tier"`
	State      RequisitionState `json:"state"`
	Address    []byte           `json:"address"` // sealed [Address]; empty: picked up at the desk
	ApprovedBy *Actor           `json:"approved_by"`
	ApprovedAt *time.Time       `json:"approved_at"`
	CreatedAt  time.Time        `json:"created_at"`
	ChangedAt  time.Time        `json:"changed_at"`

	// What follows came later: a row from before has none of it, and its digest must stay what it was.
	Kind        RequisitionKind `json:"kind,omitempty"`         // empty: imported
	RequestedBy PersonID        `json:"requested_by,omitempty"` // who asked, for somebody else; empty: the person, or a file
	NeededBy    string          `json:"needed_by,omitempty"`    // a day, 2006-01-02; empty: as soon as it goes
	Place       string          `json:"place,omitempty"`        // the desk where the keys are picked up; empty: they are sent, or any desk
	Advice      string          `json:"advice,omitempty"`       // [Advice] as JSON: what was answered, advised and chosen; empty: nobody asked
	Held        string          `json:"held,omitempty"`         // why it stands still; empty: it does not
}

// RequisitionKind says what a requisition is about.
type RequisitionKind string

// The kinds of requisition.
const (
	WantPair        RequisitionKind = "pair"        // a primary and a spare
	WantOne         RequisitionKind = "one"         // one more key
	WantReplacement RequisitionKind = "replacement" // for a key that is lost, stolen, damaged or too old
	WantTravel      RequisitionKind = "travel"      // a spare for a journey
)

// RequisitionNumber gives the number of a requisition as it is written, R-1001, of one as people type it: r-1001, R1001
// or 1001. What is no number comes back as it is.
func RequisitionNumber(text string) string {
	if digits, ok := numbered(text, "R"); ok {
		return "R-" + digits
	}
	bare := strings.TrimSpace(text)
	if bare != "" && strings.Trim(bare, "0123456789") == "" {
		return "R-" + bare
	}
	return text
}

// numbered gives the digits of a number with its letter, however it is typed.
func numbered(text, letter string) (digits string, ok bool) {
	rest, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(text)), letter)
	digits = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest), "-"))
	return digits, ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// Line is one key wanted.
type Line struct {
	ID          LineID        `json:"id"`
	Requisition RequisitionID `json:"requisition"`
	Position    int           `json:"position"` // 1, 2, … within the requisition
	Purpose     Purpose       `json:"purpose"`
	Connector   string        `json:"connector"`      // usb-a, usb-c, nfc …; empty: any
	Form        FormFactor    `json:"form,omitempty"` // empty: any
	State       LineState     `json:"state"`
	Run         RunID         `json:"run"` // that is making it, or made it
	Key         KeyID         `json:"key"` // that was made for it
	ChangedAt   time.Time     `json:"changed_at"`
}

// Order is a line with all that the bench and the packet need to know about it. Address is open here: an Order lives
// in memory only.
type Order struct {
	Line        Line
	Requisition Requisition
	Person      Person
	Address     Address
	Others      []Held // keys of the person beside the one for this line
}

// Wanted refuses with the reason why no key can be made for the order's line now.
func (o Order) Wanted() error {
	if err := o.Requisition.Makeable(); err != nil {
		return err
	}
	if o.Line.State != LineOpen {
		state := string(o.Line.State)
		if o.Line.State == LineMaking {
			state = "being made"
		}
		return Refuse(Conflict, "The %s key of %s is %s already: choose another line.", o.Line.Purpose, o.Requisition.Number, state)
	}
	return nil
}

// Submit checks and dates a new requisition.
func (r Requisition) Submit(at time.Time) (Requisition, Event, error) {
	if r.State != "" {
		return r, Event{}, Refuse(Conflict, "Requisition %s is %s already: submit a new one.", r.Number, r.State)
	}
	if err := CheckText("reason", r.Reason); err != nil {
		return r, Event{}, err
	}
	if r.Tier == "" {
		r.Tier = Standard
	}
	if err := checkTier(r.Tier); err != nil {
		return r, Event{}, err
	}
	r.State, r.Version, r.CreatedAt, r.ChangedAt = Submitted, 1, at, at
	return r, r.event("requisition.submitted", r.Reason), nil
}

// Approve lets the bench make the lines of r. Nobody approves their own.
func (r Requisition) Approve(by Actor, at time.Time) (Requisition, Event, error) {
	if r.State != Submitted {
		return r, Event{}, Refuse(Conflict, "Requisition %s is %s: only a submitted one can be approved.", r.Number, r.State)
	}
	if by.ID == string(r.Person) {
		return r, Event{}, Refuse(Forbidden, "Nobody approves their own requisition: ask another approver for %s.", r.Number)
	}
	if r.RequestedBy != "" && by.ID == string(r.RequestedBy) {
		return r, Event{}, Refuse(Forbidden, "Nobody approves what they asked for in somebody's name: ask another approver for %s.", r.Number)
	}
	if r.Held != "" {
		return r, Event{}, Refuse(Conflict, "Requisition %s stands still: %s Nobody approves it until it goes on.", r.Number, r.Held)
	}
	r.State, r.ApprovedBy, r.ApprovedAt, r.ChangedAt = Approved, &by, &at, at
	return r, r.event("requisition.approved", by.Name), nil
}

// Makeable refuses with the reason why the bench may not make keys for r now.
func (r Requisition) Makeable() error {
	if r.Held != "" {
		return Refuse(Conflict, "Requisition %s stands still: %s", r.Number, r.Held)
	}
	switch r.State {
	case Approved, Fulfilling:
		return nil
	case Submitted:
		return Refuse(Conflict, "Requisition %s is not approved yet: have it approved, then run again.", r.Number)
	}
	return Refuse(Conflict, "Requisition %s is %s: no keys are made for it.", r.Number, r.State)
}

// Fulfill notes that the bench works on r.
func (r Requisition) Fulfill(at time.Time) (Requisition, Event, error) {
	if err := r.Makeable(); err != nil {
		return r, Event{}, err
	}
	r.State, r.ChangedAt = Fulfilling, at
	return r, r.event("requisition.fulfilling", ""), nil
}

// Cancel ends what is left of r before its keys are packed. Where some went apart already, only the rest of lines is cancelled,
// and r goes where those leave it. What that means for lines and keys is for [Line.Cancel] and [Key.TakeBack] to say; when one
// of them refuses, r is not cancelled.
func (r Requisition) Cancel(reason string, lines []Line, at time.Time) (Requisition, Event, error) {
	if !r.Cancellable() || len(lines) > 0 && !slices.ContainsFunc(lines, Line.Here) {
		return r, Event{}, Refuse(Conflict, "Requisition %s is %s and cannot be cancelled any more.", r.Number, r.State)
	}
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return r, Event{}, Refuse(Invalid, "Requisition %s cannot be cancelled without a reason: say why.", r.Number)
	}
	if err := CheckText("reason", reason); err != nil {
		return r, Event{}, err
	}
	r.ChangedAt = at
	switch in := func(s LineState) bool { return slices.ContainsFunc(lines, func(l Line) bool { return l.State == s }) }; {
	case in(LineSent):
		r.State = Sent
	case in(LineDelivered):
		r.State = Closed
	default:
		r.State = Cancelled
		return r, r.event("requisition.cancelled", reason), nil
	}
	return r, r.event("requisition.rest-cancelled", reason), nil
}

// Cancellable tells if the state of r lets it be cancelled. A key that is packed may still stand against it.
func (r Requisition) Cancellable() bool {
	return slices.Contains([]RequisitionState{Submitted, Approved, Fulfilling}, r.State)
}

func (r Requisition) event(action, text string) Event {
	return Event{
		Action:   action,
		Subjects: []string{string(r.ID), string(r.Person)},
		Payload:  RequisitionMoved{Number: r.Number, State: r.State, Text: text},
	}
}

// RequisitionMoved is the payload of a requisition's change of state.
type RequisitionMoved struct {
	Number string           `json:"number"`
	State  RequisitionState `json:"state"`
	Text   string           `json:"text,omitempty"`
}

// Take gives l to a run.
func (l Line) Take(run RunID, at time.Time) (Line, error) {
	if l.State != LineOpen {
		return l, Refuse(Conflict, "This line is %s already: take another.", l.State)
	}
	l.State, l.Run, l.ChangedAt = LineMaking, run, at
	return l, nil
}

// Here tells if the desk has l still to do, or in its hands.
func (l Line) Here() bool { return l.State == LineOpen || l.State == LineMaking || l.State == LineMade }

// Release gives l back because run ended without a key. A line that another run has is left alone.
func (l Line) Release(run RunID, at time.Time) Line {
	if l.State == LineMaking && l.Run == run {
		l.State, l.Run, l.ChangedAt = LineOpen, "", at
	}
	return l
}

// Made notes that run made key for l.
func (l Line) Made(run RunID, key KeyID, at time.Time) (Line, error) {
	if l.State != LineMaking || l.Run != run {
		return l, Refuse(Conflict, "This line was taken from the run that made its key (it is %s): put the key aside.", l.State)
	}
	l.State, l.Key, l.ChangedAt = LineMade, key, at
	return l, nil
}

// Reopen gives l back because its key is gone or is made again.
func (l Line) Reopen(at time.Time) Line {
	if l.State == LineMade {
		l.State, l.Run, l.Key, l.ChangedAt = LineOpen, "", "", at
	}
	return l
}

// Cancel ends l: no key is made for it any more. A run that has it learns so before its next step, or at its record; the
// key that was made for it is taken back with [Key.TakeBack].
func (l Line) Cancel(at time.Time) (Line, error) {
	if l.State == LineSent || l.State == LineDelivered {
		return l, Refuse(Conflict, "The %s key is %s already, so nothing can be cancelled any more: have the key sent back instead.", l.Purpose, l.State)
	}
	if l.State != LineCancelled {
		l.State, l.Run, l.Key, l.ChangedAt = LineCancelled, "", "", at
	}
	return l, nil
}

// Want says which line a run would take.
type Want struct {
	Requisition string   // a requisition number; empty: any
	Line        LineID   // a line; empty: any
	Skip        []LineID // lines that were found not to fit
	Key         KeyID    // of the key, where it is known: a line that is kept for another one is passed over, one kept for it comes first

	Tiers     []Tier // nil: any
	TwoMakers []Tier // for people of these tiers [Order.TwoMakers] is asked
	Maker     string // of the key, for that; empty: unknown
}

// Narrow tells if lines may be passed over because of what the key is.
func (w Want) Narrow() bool {
	return w.Tiers != nil && len(w.Tiers) < len(Tiers) || len(w.TwoMakers) > 0
}
