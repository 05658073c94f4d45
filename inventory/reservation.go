package inventory

import "time"

// Reservation keeps a stock key for a line: no other line gets it, and the line waits for no other.
type Reservation struct {
	ID    ReservationID `json:"id"`
	Line  LineID        `json:"line"`
	Key   KeyID         `json:"key"`
	By    Actor         `json:"by"`
	Since time.Time     `json:"since"`
	Until *time.Time    `json:"until"` // nil: it is kept
	Ended string        `json:"ended"` // why; empty while it is kept
}

// Reserve keeps key k for the line of an order.
func (o Order) Reserve(k Key, by Actor, at time.Time) (Reservation, Event, error) {
	res := Reservation{Line: o.Line.ID, Key: k.ID, By: by, Since: at}
	if err := o.Wanted(); err != nil {
		return res, Event{}, err
	}
	if k.State != Received {
		return res, Event{}, Refuse(Conflict, "Key %s is %s: only one in stock is reserved.", k.Tag, k.State)
	}
	if k.Verdict == Refused {
		return res, Event{}, Refuse(Conflict, "Key %s is not to be trusted: reserve another.", k.Tag)
	}
	return res, res.event("line.reserved", k.Tag, o.Requisition.Number), nil
}

// End lets the key go.
func (r Reservation) End(why string, k AssetTag, number string, at time.Time) (Reservation, Event, error) {
	if r.Until != nil {
		return r, Event{}, Refuse(Conflict, "This key is not reserved any more.")
	}
	r.Until, r.Ended = &at, why
	return r, r.event("line.released", k, number), nil
}

func (r Reservation) event(action string, tag AssetTag, number string) Event {
	return Event{Action: action, Subjects: []string{string(r.Line), string(r.Key)}, Payload: Reserved{tag, number}}
}

// Reserved is the payload of what happens to a reservation.
type Reserved struct {
	Tag    AssetTag `json:"asset_tag"`
	Number string   `json:"number"`
}
