package inventory

import (
	"slices"
	"strings"
)

// KeyState says what may happen to a key next. It is neither a place nor a holder: those are [Custody].
type KeyState string

// The states of a key.
const (
	Received    KeyState = "received"    // in stock, not yet made
	Ready       KeyState = "ready"       // made by a run, label on, PIN sealed
	Packed      KeyState = "packed"      // in a closed parcel
	InTransit   KeyState = "in-transit"  // with a carrier
	Delivered   KeyState = "delivered"   // touched by its person, or signed for at the desk
	Active      KeyState = "active"      // first user-verified assertion seen
	Suspended   KeyState = "suspended"   // may come back to active
	ReturnDue   KeyState = "return-due"  // the holder owes it
	InReturn    KeyState = "in-return"   // on its way back
	Returned    KeyState = "returned"    // back, not yet wiped
	Quarantined KeyState = "quarantined" // undecidable; has a reason and one next action
	Lost        KeyState = "lost"
	Stolen      KeyState = "stolen"
	Damaged     KeyState = "damaged"
	Retired     KeyState = "retired"
)

// Edge is one allowed change of a key's state and what it demands.
type Edge struct {
	From, To KeyState
	Demands  string // what must be true or given, as a person would say it
}

// What more than one edge demands. [Key.Move] and [Key.Quarantine] ask for the first two.
const (
	demandsReason = "a reason"
	demandsNext   = "a reason and one next action"
	demandsReport = "a report"
	demandsAway   = "a disposal"
)

// Edges is the one table of a key's life.
var Edges = []Edge{
	{Received, Ready, "a run that ended with its record"},
	{Received, Returned, "goods-in found that it was issued before"},
	{Ready, Received, "its line or its PIN is gone"},
	{Ready, Packed, "its packet was scanned with it"},
	{Ready, Delivered, "signed for or touched at the desk"},
	{Packed, Ready, "the parcel was canceled"},
	{Packed, InTransit, "the carrier took the parcel"},
	{InTransit, Delivered, "its tag was touched by its person"},
	{InTransit, InReturn, "the parcel came back or was called back"},
	{Delivered, Active, "first user-verified assertion"},
	{Delivered, ReturnDue, demandsReason},
	{Active, ReturnDue, demandsReason},
	{Active, Suspended, demandsReason},
	{Suspended, Active, "the reason is gone"},
	{Suspended, ReturnDue, demandsReason},
	{ReturnDue, InReturn, "a return slip was used"},
	{InReturn, Returned, "intake by scan or plug-in"},
	{Returned, Received, "policy of the tier lets it be issued again"},
	{Returned, Retired, demandsAway},
	{Quarantined, Received, "its next action was done"},
	{Quarantined, Retired, demandsAway},
	{Lost, Returned, "it was found"},
	{Lost, Retired, "written off"},
	{Stolen, Returned, "it was found"},
	{Stolen, Retired, "written off"},
	{Damaged, Retired, demandsAway},
	{Received, Retired, demandsAway},
	{Ready, Retired, demandsAway},
	{Received, Quarantined, demandsNext},
	{Ready, Quarantined, demandsNext},
	{Packed, Quarantined, demandsNext},
	{InReturn, Quarantined, demandsNext},
	{Returned, Quarantined, demandsNext},
	{Received, Lost, demandsReport}, {Ready, Lost, demandsReport}, {Packed, Lost, demandsReport}, {InTransit, Lost, demandsReport},
	{Delivered, Lost, demandsReport}, {Active, Lost, demandsReport}, {Suspended, Lost, demandsReport}, {ReturnDue, Lost, demandsReport},
	{InReturn, Lost, demandsReport}, {Returned, Lost, demandsReport}, {Quarantined, Lost, demandsReport},
	{Received, Stolen, demandsReport}, {Ready, Stolen, demandsReport}, {Packed, Stolen, demandsReport}, {InTransit, Stolen, demandsReport},
	{Delivered, Stolen, demandsReport}, {Active, Stolen, demandsReport}, {Suspended, Stolen, demandsReport}, {ReturnDue, Stolen, demandsReport},
	{InReturn, Stolen, demandsReport}, {Returned, Stolen, demandsReport}, {Quarantined, Stolen, demandsReport},
	{Lost, Stolen, demandsReport},
	{Received, Damaged, demandsReport}, {Ready, Damaged, demandsReport}, {Packed, Damaged, demandsReport}, {InTransit, Damaged, demandsReport},
	{Delivered, Damaged, demandsReport}, {Active, Damaged, demandsReport}, {Suspended, Damaged, demandsReport},
	{ReturnDue, Damaged, demandsReport}, {InReturn, Damaged, demandsReport}, {Returned, Damaged, demandsReport},
	{Quarantined, Damaged, demandsReport},
}

// May tells if a key in state s may become to.
func (s KeyState) May(to KeyState) bool { return s.edge(to) != nil }

// Next lists what a key in state s may become, in the order of [Edges].
func (s KeyState) Next() []KeyState {
	var next []KeyState
	for _, e := range Edges {
		if e.From == s {
			next = append(next, e.To)
		}
	}
	return next
}

// ways says what a key in state s may become, as the end of a sentence.
func (s KeyState) ways() string {
	next := s.Next()
	if len(next) == 0 {
		return "it stays " + string(s)
	}
	words := make([]string, len(next))
	for i, n := range next {
		words[i] = string(n)
	}
	if last := len(words) - 1; last > 0 {
		return "it can become " + strings.Join(words[:last], ", ") + " or " + words[last]
	}
	return "it can only become " + words[0]
}

func (s KeyState) edge(to KeyState) *Edge {
	i := slices.IndexFunc(Edges, func(e Edge) bool { return e.From == s && e.To == to })
	if i < 0 {
		return nil
	}
	return &Edges[i]
}

// WithSomebody tells if a key in this state is, or is on its way to or from, somebody's hands: such a key is never
// wiped at the bench, whoever says yes.
func (s KeyState) WithSomebody() bool {
	return slices.Contains([]KeyState{Packed, InTransit, Delivered, Active, Suspended, ReturnDue, InReturn, Lost, Stolen}, s)
}

// AtDesk tells if a key in this state is in our hands and may be used, or used again: such a key can be put aside at once.
func (s KeyState) AtDesk() bool {
	return slices.Contains([]KeyState{Received, Ready, Packed, Returned}, s)
}

// InHands tells if a person has, or is about to get, a key in this state.
func (s KeyState) InHands() bool {
	return slices.Contains([]KeyState{InTransit, Delivered, Active, Suspended, ReturnDue}, s)
}

// InUse tells if a key in this state is, or is about to be, one that its person can sign in with.
func (s KeyState) InUse() bool {
	return slices.Contains([]KeyState{Ready, Packed, InTransit, Delivered, Active, Suspended}, s)
}
