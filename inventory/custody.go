package inventory

import "time"

// HolderKind says what sort of holder a key is with.
type HolderKind string

// The kinds of holder.
const (
	HeldByPerson  HolderKind = "person"
	HeldAtPlace   HolderKind = "place"
	HeldByCarrier HolderKind = "carrier"
)

// Holder is a person, a place or a carrier.
type Holder struct {
	Kind HolderKind `json:"kind"`
	ID   string     `json:"id"`   // a PersonID, or the name of the place or carrier
	Name string     `json:"name"` // as it was at the time
}

// Bench is the place where keys are made.
var Bench = Holder{Kind: HeldAtPlace, ID: "bench", Name: "Bench"}

// Custody says who holds a key from when to when. One row per key is open (To is nil); of a row only an empty end may
// be filled, once.
type Custody struct {
	ID     CustodyID  `json:"id"`
	Key    KeyID      `json:"key"`
	Holder Holder     `json:"holder"`
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to"`
	By     Actor      `json:"by"` // who recorded the hand-over
	Note   string     `json:"note"`
}
