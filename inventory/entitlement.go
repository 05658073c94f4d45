package inventory

import (
	"fmt"
	"time"
)

// Entitlement is how many keys people have without anybody wondering, and how long a decision may take. The zero value
// is none; [DefaultEntitlement] is what reference tables recommend: a primary and a spare.
type Entitlement struct {
	Standard int `json:"standard"` // active keys of a person, by tier
	Elevated int `json:"elevated"`
	Critical int `json:"critical"`

	LossMonths   int           `json:"loss_months"`   // how long a lost key speaks against deciding without a person
	DecideWithin time.Duration `json:"decide_within"` // until the next in the row is asked; 0: never
	ShipWithin   time.Duration `json:"ship_within"`   // what people are told to expect after an approval
}

// DefaultEntitlement is what holds until something else is configured.
func DefaultEntitlement() Entitlement {
	return Entitlement{Standard: 2, Elevated: 2, Critical: 2, LossMonths: 12, DecideWithin: 3 * 24 * time.Hour, ShipWithin: 5 * 24 * time.Hour}
}

// For gives how many active keys a person of a tier is entitled to.
func (e Entitlement) For(t Tier) int {
	switch t {
	case Critical:
		return e.Critical
	case Elevated:
		return e.Elevated
	}
	return e.Standard
}

// Holdings is what somebody has when they ask for more. A key that is lost, broken or on its way back is none of theirs
// any more, so that a replacement adds nothing.
type Holdings struct {
	Keys   int // in their hands, made for them, or being made
	Coming int // lines of other requisitions of theirs that no key was made for yet
	Lost   int // keys that they lost or that were stolen from them, within the months that count
	Stolen int // of those
}

// Asked is what has to be weighed about a requisition.
type Asked struct {
	Tier   Tier
	Kind   RequisitionKind
	Wanted int  // keys
	Held   bool // the person is on hold
}

// Above tells by how many keys what is asked goes beyond the entitlement; 0: not at all.
func (e Entitlement) Above(a Asked, h Holdings) int {
	return max(0, h.Keys+h.Coming+a.Wanted-e.For(a.Tier))
}

// Seats is how many people have to approve: one, two for elevated and critical, and one more for what is above the
// entitlement.
func (e Entitlement) Seats(a Asked, h Holdings) int {
	seats := 1
	if a.Tier == Elevated || a.Tier == Critical {
		seats = 2
	}
	if e.Above(a, h) > 0 {
		seats++
	}
	return seats
}

// Automatic refuses with the reason why a person has to decide, even where the routing table says that nobody need.
func (e Entitlement) Automatic(a Asked, h Holdings) error {
	switch {
	case a.Tier == Elevated || a.Tier == Critical:
		return Refuse(Forbidden, "Keys of the %s tier are always decided by people.", a.Tier)
	case a.Held:
		return Refuse(Forbidden, "The person is on hold.")
	case a.Kind == WantReplacement && h.Stolen > 0:
		return Refuse(Forbidden, "A key was stolen.")
	case h.Lost > 0:
		return Refuse(Forbidden, "%s lost within %d months.", plural(h.Lost, "key was", "keys were"), e.LossMonths)
	case e.Above(a, h) > 0:
		return Refuse(Forbidden, "It is above the entitlement of %s.", plural(e.For(a.Tier), "key", "keys"))
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
