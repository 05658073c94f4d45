package inventory

import (
	"strings"
	"time"
)

// Receipt says that a key was handed to its person at a desk, with the text that they agreed to.
type Receipt struct {
	ID          ReceiptID     `json:"id"`
	Key         KeyID         `json:"key"`
	Line        LineID        `json:"line"`
	Requisition RequisitionID `json:"requisition"`
	Person      PersonID      `json:"person"`
	How         string        `json:"how"`     // [Signed] or [Touched]
	Signed      string        `json:"signed"`  // the name as whoever took the key typed it; where it was touched, theirs
	Terms       string        `json:"terms"`   // the text as agreed
	Checked     string        `json:"checked"` // how it was seen who took it
	Touch       *Touch        `json:"touch,omitempty"`
	By          Actor         `json:"by"` // who handed it over; where it was touched, who took it
	At          time.Time     `json:"at"`
}

// CustodyTerms is what somebody agrees to who takes a key.
const CustodyTerms = "I took this security key. I keep it with me or locked away, lend it to nobody, and say at once when it is lost, stolen or damaged. It stays the company's, and I give it back when I leave."

// How a key was taken.
const (
	Signed  = "signed"  // with a name typed at the desk
	Touched = "touched" // by touching it, signed in
)

// Handing is what a hand-over comes to.
type Handing struct {
	Key     Key
	Line    Line
	Receipt Receipt
	Events  []Event
}

// HandOver gives the key of a line to its person at a desk: the key is delivered, and who holds it changes. seats are those who
// decided about this version of the requisition.
func (o Order) HandOver(k Key, rec Receipt, seats []Approval, by Actor, at time.Time) (Handing, error) {
	rec.How, rec.Signed, rec.Checked = Signed, strings.TrimSpace(rec.Signed), strings.TrimSpace(rec.Checked)
	switch {
	case by.ID == string(o.Person.ID):
		return Handing{}, Refuse(Forbidden, "Nobody hands a key to themselves: ask another operator.")
	case rec.Signed == "":
		return Handing{}, Refuse(Invalid, "The signature is missing: %s types their name on this screen.", o.Person.Name)
	case o.Requisition.Tier == Critical && rec.Checked == "":
		return Handing{}, Refuse(Invalid, "A key of the critical tier is given to nobody whose identity was not checked: say what you looked at, such as a company card.")
	}
	if err := together(CheckText("signature", rec.Signed), CheckText("check", rec.Checked), o.Requisition.MayHandle(by, seats)); err != nil {
		return Handing{}, err
	}
	return o.give(k, rec, by, at)
}

// give delivers the key of a line at a desk, where nothing stands against it.
func (o Order) give(k Key, rec Receipt, by Actor, at time.Time) (Handing, error) {
	if err := o.mayGive(k); err != nil {
		return Handing{}, err
	}
	k, moved, err := k.Move(Delivered, "handed over at the desk", at)
	if err != nil {
		return Handing{}, err
	}
	rec.Key, rec.Line, rec.Requisition, rec.Person = k.ID, o.Line.ID, o.Requisition.ID, o.Person.ID
	rec.Terms, rec.By, rec.At = CustodyTerms, by, at
	l := o.Line
	l.State, l.ChangedAt = LineDelivered, at
	given := Event{Action: "key.handed-over", Subjects: []string{string(k.ID), string(o.Person.ID), string(o.Requisition.ID)}, Payload: HandedOver{k.Tag, rec.How, rec.Signed, rec.Checked}}
	return Handing{k, l, rec, []Event{moved, given}}, nil
}

// mayGive refuses with the reason why the key of a line is given to nobody at a desk.
func (o Order) mayGive(k Key) error {
	switch {
	case o.Requisition.Held != "":
		return Refuse(Conflict, "%s stands still: %s Nothing is handed over.", o.Requisition.Number, o.Requisition.Held)
	case o.Requisition.State != Approved && o.Requisition.State != Fulfilling:
		return Refuse(Conflict, "Requisition %s is %s: nothing is handed over.", o.Requisition.Number, o.Requisition.State)
	case len(o.Requisition.Address) > 0:
		return Refuse(Conflict, "%s is to be sent: change it to pick-up first, so that nobody waits for a parcel.", o.Requisition.Number)
	case o.Line.State != LineMade || o.Line.Key != k.ID:
		return Refuse(Conflict, "Key %s is not the one that was made for this line: look which one is.", k.Tag)
	case k.State != Ready:
		return Refuse(Conflict, "Key %s is %s: only one that is ready is handed over.", k.Tag, k.State)
	}
	return o.Person.MayTake()
}

// MayTake refuses with the reason why no key is approved, made or handed over for p any more.
func (p Person) MayTake() error {
	switch {
	case p.MergedInto != "":
		return Refuse(Conflict, "This entry of %s was merged into another: have the key asked for under that one.", p.Name)
	case p.State != PersonActive:
		return Refuse(Conflict, "%s has left, as the directory says: nobody gets keys in their name. Cancel the requisition.", p.Name)
	case p.Held != "":
		return Refuse(Conflict, "%s is on hold: %s Nothing goes on until the help desk lets it.", p.Name, p.Held)
	}
	return nil
}

// HandedOver is the payload of a hand-over.
type HandedOver struct {
	Tag     AssetTag `json:"asset_tag"`
	How     string   `json:"how"`
	Signed  string   `json:"signed"`
	Checked string   `json:"checked,omitempty"`
}

// Deliver closes r when none of its lines is wanted any more and one at least was delivered; else it stays open.
func (r Requisition) Deliver(all []Line, at time.Time) (Requisition, Event) {
	delivered := false
	for _, l := range all {
		if l.State != LineDelivered && l.State != LineCancelled {
			return r, Event{}
		}
		delivered = delivered || l.State == LineDelivered
	}
	if !delivered || r.State != Approved && r.State != Fulfilling && r.State != Sent {
		return r, Event{}
	}
	r.State, r.ChangedAt = Closed, at
	return r, r.event("requisition.closed", "")
}
