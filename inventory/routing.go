package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// RouteTo says who decides by a row of the routing table.
type RouteTo string

// The ways of a routing row.
const (
	ToManager   RouteTo = "manager"
	ToGroup     RouteTo = "group"     // anybody in the group that Whom names
	ToPerson    RouteTo = "person"    // whom Whom names by id
	ToApprovers RouteTo = "approvers" // anybody with the role
	ToAutomatic RouteTo = "automatic" // nobody need, within the entitlement
	ToAdmins    RouteTo = "admins"    // where no row is left; never in a table
)

// Route is a row of the routing table: who decides about what. The rows stand in an order, and the first that fits is
// asked first.
type Route struct {
	ID         RouteID   `json:"id"`
	Order      int       `json:"order"` // 1, 2, …
	Tier       Tier      `json:"tier"`  // empty: any
	Country    string    `json:"country"`
	Department string    `json:"department"`
	To         RouteTo   `json:"to"`
	Whom       string    `json:"whom"` // of a group its name, of a person the id; else empty
	By         Actor     `json:"by"`
	ChangedAt  time.Time `json:"changed_at"`
}

// DefaultRoutes decide while nobody wrote a table: the manager, then whoever is an approver.
func DefaultRoutes() []Route {
	return []Route{{Order: 1, To: ToManager}, {Order: 2, To: ToApprovers}}
}

// Check refuses a row that could decide nothing.
func (r Route) Check() error {
	if err := together(checkTier(r.Tier), CheckCountry(r.Country), CheckText("department", r.Department), CheckText("group", r.Whom)); err != nil {
		return err
	}
	switch r.To {
	case ToManager, ToApprovers, ToAutomatic:
		if r.Whom != "" {
			return Refuse(Invalid, "A row to %s names nobody: leave the name empty.", r.To)
		}
	case ToGroup, ToPerson:
		if strings.TrimSpace(r.Whom) == "" {
			return Refuse(Invalid, "The row names no %s: choose one.", r.To)
		}
	default:
		return Refuse(Invalid, "%q decides nothing: choose manager, group, person, approvers or automatic.", r.To)
	}
	if r.To == ToAutomatic && (r.Tier == Elevated || r.Tier == Critical) {
		return Refuse(Invalid, "Keys of the %s tier are always decided by people: choose who.", r.Tier)
	}
	return nil
}

// Mark names the row in a form. Rows that hold by default have no id, but each decides another way.
func (r Route) Mark() string {
	if r.ID == "" {
		return "default-" + string(r.To)
	}
	return string(r.ID)
}

// RoutingAct is what is done to one row of the table.
type RoutingAct string

// The acts.
const (
	RouteAdd    RoutingAct = "add" // at the end
	RouteUp     RoutingAct = "up"
	RouteDown   RoutingAct = "down"
	RouteRemove RoutingAct = "remove"
)

// RoutingChange is one act on the table. It names its row by mark, so that it is about that row wherever others have moved it
// meanwhile.
type RoutingChange struct {
	Act RoutingAct
	Row string // the mark; not for [RouteAdd]
	New Route  // for [RouteAdd]
}

// Apply gives the table with the change made.
func (c RoutingChange) Apply(table []Route) ([]Route, error) {
	table = slices.Clone(table)
	if c.Act == RouteAdd {
		return append(table, c.New), c.New.Check()
	}
	at := slices.IndexFunc(table, func(r Route) bool { return r.Mark() == c.Row })
	if at < 0 {
		return nil, Refuse(Conflict, "The table has no such row any more: somebody else changed it. Look at it again.")
	}
	to, moves := map[RoutingAct]int{RouteUp: at - 1, RouteDown: at + 1}[c.Act]
	switch {
	case c.Act == RouteRemove:
		return slices.Delete(table, at, at+1), nil
	case !moves:
		return nil, Refuse(Invalid, "%q changes no row: choose up, down or remove.", c.Act)
	case to < 0 || to >= len(table):
		return nil, Refuse(Conflict, "The row cannot move any further: somebody else moved it. Look at the table again.")
	}
	table[at], table[to] = table[to], table[at]
	return table, nil
}

// Fits tells if the row is about a person's requisition of a tier.
func (r Route) Fits(t Tier, p Person) bool {
	same := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	return same(string(r.Tier), string(t)) && same(r.Country, p.Country) && same(r.Department, p.Department)
}

// Directory is what routing needs to know of people. It holds at least those whom the table may name.
type Directory struct {
	People    map[PersonID]Person
	Absences  map[PersonID]Absence // in force today
	Groups    map[string][]PersonID
	Approvers []PersonID
	Admins    []PersonID
}

// Routing is a requisition on its way to those who decide.
type Routing struct {
	Requisition Requisition
	Person      Person // for whom the keys are
	Table       []Route
	Directory   Directory
	Said        map[PersonID]bool // who approved it already: nobody does twice
	Seats       int               // how many have to approve
	Automatic   error             // why people must decide; nil: a row may say that nobody need
}

// Seat is who is asked to approve, or who was passed over and why.
type Seat struct {
	To     RouteTo
	Whom   string // of a group its name; else empty
	Person PersonID
	Name   string // of the person or the group, as pages show it
	Passed bool
	Note   string // why it was passed over, who stands in, or why nobody was asked
}

// Decide gives the seats of a requisition in their order, those that were passed over among them. No person sits twice. When
// automatic is true nobody has to decide.
func (r Routing) Decide() (seats []Seat, automatic bool) {
	taken := 0
	for _, row := range r.Table {
		if taken == r.Seats {
			break
		}
		if !row.Fits(r.Requisition.Tier, r.Person) {
			continue
		}
		if row.To == ToAutomatic {
			if r.Automatic == nil && taken == 0 {
				return append(seats, Seat{To: ToAutomatic, Name: "Nobody", Note: "It is within the entitlement, so nobody has to decide."}), true
			}
			if r.Automatic != nil {
				seats = append(seats, Seat{To: ToAutomatic, Name: "Nobody", Passed: true, Note: Sentence(r.Automatic)})
			}
			continue
		}
		s := r.seat(row)
		if !s.Passed && r.twice(seats, s) {
			continue
		}
		seats = append(seats, s)
		if !s.Passed {
			taken++
		}
	}
	for ; taken < r.Seats; taken++ {
		seats = append(seats, Seat{To: ToAdmins, Name: "Admins", Note: "No row of the routing table is left."})
	}
	return seats, false
}

// Next gives the seats by which one more person is asked than sit by now: by the first row that nobody was asked by yet. Those
// who cannot decide now are passed over visibly; where no row is left the admins are asked.
func (r Routing) Next(have []Approval) (next []Seat) {
	asked := make([]Seat, len(have))
	for i, a := range have {
		asked[i] = Seat{To: a.To, Whom: a.Whom, Person: a.Person}
	}
	for _, row := range r.Table {
		if row.To == ToAutomatic || !row.Fits(r.Requisition.Tier, r.Person) {
			continue
		}
		s := r.seat(row)
		if slices.ContainsFunc(asked, func(o Seat) bool { return o.To == s.To && o.Whom == s.Whom && o.Person == s.Person }) {
			continue
		}
		next = append(next, s)
		if !s.Passed {
			return next
		}
	}
	return append(next, Seat{To: ToAdmins, Name: "Admins", Note: "No row of the routing table is left."})
}

// Stuck says why nobody can answer for a seat now; empty: somebody can.
func (r Routing) Stuck(a Approval) string {
	switch a.To {
	case ToGroup:
		return r.many(Seat{}, r.Directory.Groups[a.Whom]).Note
	case ToApprovers:
		return r.many(Seat{}, r.Directory.Approvers).Note
	case ToAdmins, ToAutomatic:
		return "" // there is nobody to go to from them
	}
	why, _ := r.bars(a.Person)
	return why
}

// twice tells if whoever the seat is for sits already.
func (r Routing) twice(seats []Seat, s Seat) bool {
	return slices.ContainsFunc(seats, func(o Seat) bool {
		return !o.Passed && o.To != ToAdmins && o.Person == s.Person && o.Whom == s.Whom && (s.Person != "" || o.To == s.To)
	})
}

// seat says who sits by a row, or why nobody does.
func (r Routing) seat(row Route) Seat {
	switch row.To {
	case ToGroup:
		return r.many(Seat{To: ToGroup, Whom: row.Whom, Name: row.Whom}, r.Directory.Groups[row.Whom])
	case ToApprovers:
		return r.many(Seat{To: ToApprovers, Name: "Approvers"}, r.Directory.Approvers)
	case ToPerson:
		return r.one(ToPerson, PersonID(row.Whom), "")
	default:
		return r.one(ToManager, r.Person.Manager, "The directory names no manager of "+r.Person.Name+".")
	}
}

func (r Routing) many(s Seat, of []PersonID) Seat {
	for _, id := range of {
		if why, standIn := r.bars(id); why == "" && standIn == "" { // who stands in for one of them is none of them
			return s
		}
	}
	s.Passed, s.Note = true, "Nobody in it can decide now."
	return s
}

func (r Routing) one(to RouteTo, id PersonID, none string) Seat {
	p, known := r.Directory.People[id]
	s := Seat{To: to, Person: id, Name: p.Name}
	if !known {
		s.Person, s.Name, s.Passed, s.Note = "", "Manager", true, none
		if none == "" {
			s.Name, s.Note = "Somebody", "The person that the routing table names is not in the directory."
		}
		return s
	}
	why, standIn := r.bars(id)
	s.Passed, s.Note = why != "", why
	if standIn != "" {
		s.Note = standIn
	}
	return s
}

// bars says why somebody cannot decide here; empty: they can. When somebody stands in for them it says so instead.
func (r Routing) bars(id PersonID) (why, standIn string) {
	p, known := r.Directory.People[id]
	switch {
	case !known:
		return "Not in the directory.", ""
	case id == r.Requisition.Person:
		return p.Name + " asks for this themselves.", ""
	case id == r.Requisition.RequestedBy:
		return p.Name + " asked for this in somebody's name.", ""
	case p.State != PersonActive:
		return p.Name + " has left.", ""
	case p.Held != "":
		return p.Name + " is on hold.", ""
	case r.Said[id]:
		return p.Name + " approved it already.", ""
	}
	away, is := r.Directory.Absences[id]
	if !is {
		return "", ""
	}
	until := p.Name + " is away until " + away.Until
	if s, ok := r.Directory.People[away.StandIn]; ok && r.mayStandIn(s) {
		return "", fmt.Sprintf("%s; %s decides in their name.", until, s.Name)
	}
	return until + ".", ""
}

// mayStandIn tells if somebody can decide here in the name of who is away: they are there themselves, and it is not about them.
func (r Routing) mayStandIn(s Person) bool {
	_, away := r.Directory.Absences[s.ID]
	return !away && s.State == PersonActive && s.Held == "" && !r.Said[s.ID] && s.ID != r.Requisition.Person && s.ID != r.Requisition.RequestedBy
}
