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
	How         string        `json:"how"`     // signed
	Signed      string        `json:"signed"`  // the name as whoever took the key typed it
	Terms       string        `json:"terms"`   // the text as agreed
	Checked     string        `json:"checked"` // how it was seen who took it
	By          Actor         `json:"by"`      // who handed it over
	At          time.Time     `json:"at"`
}

// CustodyTerms is what somebody agrees to who takes a key.
const CustodyTerms = "I took this security key. I keep it with me or locked away, lend it to nobody, and say at once when it is lost, stolen or damaged. It stays the company's, and I give it back when I leave."

// HandOver gives the key of a line to its person at a desk: the key is delivered, and who holds it changes. seats are those who
// decided about this version of the requisition.
func (o Order) HandOver(k Key, rec Receipt, seats []Approval, by Actor, at time.Time) (Key, Line, Receipt, []Event, error) {
	fail := func(err error) (Key, Line, Receipt, []Event, error) { return k, o.Line, rec, nil, err }
	rec.Signed, rec.Checked = strings.TrimSpace(rec.Signed), strings.TrimSpace(rec.Checked)
	switch {
	case o.Requisition.Held != "":
		return fail(Refuse(Conflict, "%s stands still: %s Nothing is handed over.", o.Requisition.Number, o.Requisition.Held))
	case o.Requisition.State != Approved && o.Requisition.State != Fulfilling:
		return fail(Refuse(Conflict, "Requisition %s is %s: nothing is handed over.", o.Requisition.Number, o.Requisition.State))
	case len(o.Requisition.Address) > 0:
		return fail(Refuse(Conflict, "%s is to be sent: change it to pick-up first, so that nobody waits for a parcel.", o.Requisition.Number))
	case o.Line.State != LineMade || o.Line.Key != k.ID:
		return fail(Refuse(Conflict, "Key %s is not the one that was made for this line: look which one is.", k.Tag))
	case k.State != Ready:
		return fail(Refuse(Conflict, "Key %s is %s: only one that is ready is handed over.", k.Tag, k.State))
	case by.ID == string(o.Person.ID):
		return fail(Refuse(Forbidden, "Nobody hands a key to themselves: ask another operator."))
	case rec.Signed == "":
		return fail(Refuse(Invalid, "The signature is missing: %s types their name on this screen.", o.Person.Name))
	case o.Requisition.Tier == Critical && rec.Checked == "":
		return fail(Refuse(Invalid, "A key of the critical tier is given to nobody whose identity was not checked: say what you looked at, such as a company card."))
	}
	if err := o.Person.MayTake(); err != nil {
		return fail(err)
	}
	if err := together(CheckText("signature", rec.Signed), CheckText("check", rec.Checked), o.Requisition.MayHandle(by, seats)); err != nil {
		return fail(err)
	}
	k, moved, err := k.Move(Delivered, "handed over at the desk", at)
	if err != nil {
		return fail(err)
	}
	rec.Key, rec.Line, rec.Requisition, rec.Person = k.ID, o.Line.ID, o.Requisition.ID, o.Person.ID
	rec.How, rec.Terms, rec.By, rec.At = "signed", CustodyTerms, by, at
	l := o.Line
	l.State, l.ChangedAt = LineDelivered, at
	return k, l, rec, []Event{moved, {Action: "key.handed-over", Subjects: []string{string(k.ID), string(o.Person.ID), string(o.Requisition.ID)}, Payload: HandedOver{k.Tag, rec.Signed, rec.Checked}}}, nil
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
