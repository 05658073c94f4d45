package inventory

import "slices"

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

// Edges is the one table of a key's life.
var Edges = []Edge{
	{Received, Ready, "a run that ended with its record"},
	{Received, Returned, "goods-in found that it was issued before"},
	{Ready, Received, "its line or its PIN is gone"},
	{Ready, Packed, "its packet was scanned with it"},
	{Ready, Delivered, "signed for or touched at the desk"},
	{Packed, Ready, "the parcel was cancelled"},
	{Packed, InTransit, "the carrier took the parcel"},
	{InTransit, Delivered, "its tag was touched by its person"},
	{InTransit, InReturn, "the parcel came back or was called back"},
	{Delivered, Active, "first user-verified assertion"},
	{Delivered, ReturnDue, "a reason"},
	{Active, ReturnDue, "a reason"},
	{Active, Suspended, "a reason"},
	{Suspended, Active, "the reason is gone"},
	{Suspended, ReturnDue, "a reason"},
	{ReturnDue, InReturn, "a return slip was used"},
	{InReturn, Returned, "intake by scan or plug-in"},
	{Returned, Received, "policy of the tier lets it be issued again"},
	{Returned, Retired, "a disposal"},
	{Quarantined, Received, "its next action was done"},
	{Quarantined, Retired, "a disposal"},
	{Lost, Returned, "it was found"},
	{Lost, Retired, "written off"},
	{Stolen, Returned, "it was found"},
	{Stolen, Retired, "written off"},
	{Damaged, Retired, "a disposal"},
	{Received, Retired, "a disposal"},
	{Ready, Retired, "a disposal"},
	{Received, Quarantined, "a reason and one next action"},
	{Ready, Quarantined, "a reason and one next action"},
	{Packed, Quarantined, "a reason and one next action"},
	{InReturn, Quarantined, "a reason and one next action"},
	{Returned, Quarantined, "a reason and one next action"},
	{Received, Lost, "a report"}, {Ready, Lost, "a report"}, {Packed, Lost, "a report"}, {InTransit, Lost, "a report"},
	{Delivered, Lost, "a report"}, {Active, Lost, "a report"}, {Suspended, Lost, "a report"}, {ReturnDue, Lost, "a report"},
	{InReturn, Lost, "a report"},
	{Received, Stolen, "a report"}, {Ready, Stolen, "a report"}, {Packed, Stolen, "a report"}, {InTransit, Stolen, "a report"},
	{Delivered, Stolen, "a report"}, {Active, Stolen, "a report"}, {Suspended, Stolen, "a report"}, {ReturnDue, Stolen, "a report"},
	{InReturn, Stolen, "a report"}, {Lost, Stolen, "a report"},
	{Received, Damaged, "a report"}, {Ready, Damaged, "a report"}, {Packed, Damaged, "a report"}, {InTransit, Damaged, "a report"},
	{Delivered, Damaged, "a report"}, {Active, Damaged, "a report"}, {ReturnDue, Damaged, "a report"}, {InReturn, Damaged, "a report"},
	{Returned, Damaged, "a report"},
}

// May tells if a key in state s may become to.
func (s KeyState) May(to KeyState) bool {
	return slices.ContainsFunc(Edges, func(e Edge) bool { return e.From == s && e.To == to })
}

// WithSomebody tells if a key in this state is, or is on its way to or from, somebody's hands: such a key is never
// wiped at the bench, whoever says yes.
func (s KeyState) WithSomebody() bool {
	return slices.Contains([]KeyState{Packed, InTransit, Delivered, Active, Suspended, ReturnDue, InReturn, Lost, Stolen}, s)
}
