package inventory_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"keystation/inventory"
)

// A person of the matrix below.
const (
	asker    = inventory.PersonID("asker")
	boss     = inventory.PersonID("boss")
	friend   = inventory.PersonID("friend")
	security = inventory.PersonID("security-1")
	second   = inventory.PersonID("security-2")
	admin    = inventory.PersonID("admin")
)

func folk(ids ...inventory.PersonID) map[inventory.PersonID]inventory.Person {
	all := map[inventory.PersonID]inventory.Person{}
	for _, id := range ids {
		all[id] = inventory.Person{ID: id, Name: string(id), State: inventory.PersonActive}
	}
	return all
}

// town is a company in which the manager decides first, then Security, and standard keys need nobody.
func town() inventory.Routing {
	p := inventory.Person{ID: asker, Name: "asker", State: inventory.PersonActive, Manager: boss, Country: "GB", Department: "Engines"}
	return inventory.Routing{
		Requisition: inventory.Requisition{ID: "r", Number: "R-1", Version: 1, Person: asker, Tier: inventory.Standard, State: inventory.Submitted},
		Person:      p,
		Table: []inventory.Route{
			{Tier: inventory.Standard, To: inventory.ToAutomatic}, {To: inventory.ToManager}, {To: inventory.ToGroup, Whom: "Security"}, {To: inventory.ToApprovers},
		},
		Directory: inventory.Directory{
			People: folk(asker, boss, friend, security, second, admin), Absences: map[inventory.PersonID]inventory.Absence{},
			Groups: map[string][]inventory.PersonID{"Security": {security, second}}, Approvers: []inventory.PersonID{friend}, Admins: []inventory.PersonID{admin},
		},
	}
}

// TestEntitlement_matrix goes through every tier, what somebody has, and why they ask: how many have to approve, and if
// anybody has to at all. What is expected is worked out by hand in the comments of wanted.
func TestEntitlement_matrix(t *testing.T) {
	e := inventory.DefaultEntitlement()
	events := []struct {
		name  string
		asked inventory.Asked
		lost  inventory.Holdings
	}{
		{"first pair", inventory.Asked{Kind: inventory.WantPair, Wanted: 2}, inventory.Holdings{}},
		{"one more", inventory.Asked{Kind: inventory.WantOne, Wanted: 1}, inventory.Holdings{}},
		{"travel", inventory.Asked{Kind: inventory.WantTravel, Wanted: 1}, inventory.Holdings{}},
		{"damaged", inventory.Asked{Kind: inventory.WantReplacement, Wanted: 1}, inventory.Holdings{}},
		{"lost", inventory.Asked{Kind: inventory.WantReplacement, Wanted: 1}, inventory.Holdings{Lost: 1}},
		{"stolen", inventory.Asked{Kind: inventory.WantReplacement, Wanted: 1}, inventory.Holdings{Lost: 1, Stolen: 1}},
		{"on hold", inventory.Asked{Kind: inventory.WantOne, Wanted: 1, Held: true}, inventory.Holdings{}},
	}
	for _, tier := range inventory.Tiers {
		for _, ev := range events {
			for keys := range 4 {
				for coming := range 2 {
					name := fmt.Sprintf("%s/%s/has %d, %d coming", tier, ev.name, keys, coming)
					a, h := ev.asked, ev.lost
					a.Tier, h.Keys, h.Coming = tier, keys, coming
					above := max(0, keys+coming+a.Wanted-2) // two keys are nobody's wonder
					seats := 1
					if tier != inventory.Standard {
						seats = 2
					}
					if above > 0 {
						seats++ // somebody else looks at what is above
					}
					if got := e.Above(a, h); got != above {
						t.Errorf("%s: %d above, want %d", name, got, above)
					}
					if got := e.Seats(a, h); got != seats {
						t.Errorf("%s: %d seats, want %d", name, got, seats)
					}
					free := tier == inventory.Standard && above == 0 && h.Lost == 0 && !a.Held
					if err := e.Automatic(a, h); (err == nil) != free {
						t.Errorf("%s: decided by nobody: %v, want %t", name, err, free)
					}
				}
			}
		}
	}
}

// TestRouting_matrix goes through every tier with each way in which an approver cannot decide: who is asked instead, that it
// is said, and that neither the person nor who asked for them ever sits.
func TestRouting_matrix(t *testing.T) {
	e := inventory.DefaultEntitlement()
	troubles := []struct {
		name string
		do   func(*inventory.Routing)
		says string // in the note of the seat that was passed over; empty: none was
	}{
		{"nobody is away", func(*inventory.Routing) {}, ""},
		{"the manager is away", func(r *inventory.Routing) {
			r.Directory.Absences[boss] = inventory.Absence{Person: boss, From: "2026-12-01", Until: "2026-12-12"}
		}, "boss is away until 2026-12-12."},
		{"the manager has left", func(r *inventory.Routing) { left(r, boss) }, "boss has left."},
		{"the manager is on hold", func(r *inventory.Routing) {
			p := r.Directory.People[boss]
			p.Held = "This was not me."
			r.Directory.People[boss] = p
		}, "boss is on hold."},
		{"there is no manager", func(r *inventory.Routing) { r.Person.Manager = "" }, "The directory names no manager of asker."},
		{"they are their own manager", func(r *inventory.Routing) { r.Person.Manager = asker }, "asker asks for this themselves."},
		{"the manager asked for them", func(r *inventory.Routing) { r.Requisition.RequestedBy = boss }, "boss asked for this in somebody's name."},
	}
	for _, tier := range inventory.Tiers {
		for _, tt := range troubles {
			for keys := range 4 {
				r := town()
				r.Requisition.Tier = tier
				a, h := inventory.Asked{Tier: tier, Kind: inventory.WantOne, Wanted: 1}, inventory.Holdings{Keys: keys}
				r.Seats, r.Automatic = e.Seats(a, h), e.Automatic(a, h)
				tt.do(&r)
				seats, automatic := r.Decide()
				name := fmt.Sprintf("%s/%s/has %d", tier, tt.name, keys)
				if automatic != (tier == inventory.Standard && keys < 2) {
					t.Errorf("%s: decided by nobody: %t", name, automatic)
				}
				if automatic {
					continue
				}
				checkSeats(t, name, r, seats, tt.says)
			}
		}
	}
}

func left(r *inventory.Routing, id inventory.PersonID) {
	p := r.Directory.People[id]
	p.State = inventory.PersonLeft
	r.Directory.People[id] = p
}

func checkSeats(t *testing.T, name string, r inventory.Routing, seats []inventory.Seat, says string) {
	t.Helper()
	taken, said := 0, false
	for _, s := range seats {
		said = said || s.Passed && s.Note == says
		if s.Passed {
			continue
		}
		taken++
		if s.Person == asker || s.Person != "" && s.Person == r.Requisition.RequestedBy {
			t.Errorf("%s: %s sits", name, s.Person)
		}
	}
	if taken != r.Seats {
		t.Errorf("%s: %d sit, want %d: %+v", name, taken, r.Seats, seats)
	}
	if says != "" && !said {
		t.Errorf("%s: nobody says %q: %+v", name, says, seats)
	}
}

// Somebody who stands in for an absent approver keeps the seat with that approver, and both names are there.
func TestRouting_standIn(t *testing.T) {
	r := town()
	r.Requisition.Tier, r.Seats = inventory.Elevated, 2
	r.Directory.Absences[boss] = inventory.Absence{Person: boss, StandIn: friend, From: "2026-12-01", Until: "2026-12-12"}
	seats, _ := r.Decide()
	if seats[0].Person != boss || seats[0].Passed || seats[0].Note != "boss is away until 2026-12-12; friend decides in their name." {
		t.Errorf("%+v", seats[0])
	}
	r.Requisition.Person = friend // who must not decide about their own in somebody's name
	r.Person.ID = friend
	if seats, _ = r.Decide(); !seats[0].Passed {
		t.Errorf("a stand-in decides about their own: %+v", seats[0])
	}
}

// With nobody left in the table the admins are asked, visibly.
func TestRouting_nobodyLeft(t *testing.T) {
	r := town()
	r.Requisition.Tier, r.Seats = inventory.Critical, 2
	r.Table = []inventory.Route{{To: inventory.ToManager}}
	left(&r, boss)
	seats, _ := r.Decide()
	if n := len(seats); n != 3 || seats[1].To != inventory.ToAdmins || seats[1].Note != "No row of the routing table is left." {
		t.Errorf("%+v", seats)
	}
	next := r.Next([]inventory.Approval{{To: inventory.ToManager, Person: boss}})
	if len(next) != 1 || next[0].To != inventory.ToAdmins {
		t.Errorf("next: %+v", next)
	}
}

func TestRoute_Check(t *testing.T) {
	for _, bad := range []inventory.Route{
		{To: "anybody"}, {To: inventory.ToGroup}, {To: inventory.ToPerson}, {To: inventory.ToManager, Whom: "x"},
		{To: inventory.ToAutomatic, Tier: inventory.Critical}, {To: inventory.ToAutomatic, Tier: inventory.Elevated}, {To: inventory.ToManager, Country: "UK"}, {To: inventory.ToManager, Tier: "high"},
	} {
		if err := bad.Check(); inventory.KindOf(err) != inventory.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestSeparation_matrix goes through every tier with everybody who could want to decide or to handle keys: nobody decides
// about their own or what they asked for, nobody twice, and of a critical one requester, approvers and packer are four people
// who are all known to be who they are.
func TestSeparation_matrix(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	known := func(id inventory.PersonID) inventory.Actor {
		return inventory.ActorOf(inventory.Person{ID: id, Name: string(id)}, inventory.ByOIDC)
	}
	claimed := inventory.Claimed("Charles Babbage")
	for _, tier := range inventory.Tiers {
		r := inventory.Requisition{Number: "R-1", Version: 1, Person: asker, RequestedBy: boss, Tier: tier, State: inventory.Submitted}
		one := known(security)
		seats := []inventory.Approval{{Version: 1, State: inventory.ApprovalApproved, By: &one}, {Version: 1, To: inventory.ToGroup, Whom: "Security", State: inventory.ApprovalWaiting}}
		for _, tt := range []struct {
			who  inventory.Actor
			want inventory.Kind // of the refusal; empty: they may
		}{
			{known(asker), inventory.Forbidden}, {known(boss), inventory.Forbidden}, {known(security), inventory.Forbidden}, {known(second), ""},
			{claimed, map[bool]inventory.Kind{true: inventory.Forbidden}[tier == inventory.Critical]},
		} {
			err := r.MayDecide(inventory.Decider{Actor: tt.who, Groups: []string{"Security"}}, seats)
			if inventory.KindOf(err) != tt.want {
				t.Errorf("%s: %s decides: %v", tier, tt.who.Name, err)
			}
		}
		approved := r
		approved.State, approved.ApprovedAt = inventory.Approved, &now
		critical := tier == inventory.Critical
		for who, refused := range map[inventory.Actor]bool{
			known(asker): critical, known(boss): critical, known(security): critical, known(friend): false, claimed: critical,
			{ID: "os-user:x", Name: "x", Method: inventory.ByOSUser}: critical,
		} {
			if err := approved.MayHandle(who, seats); (err != nil) != refused {
				t.Errorf("%s: %s hands over: %v, want refused %t", tier, who.Name, err, refused)
			}
			refused = refused && who.Known() // who only claims a name makes keys, and is no fourth person
			if err := approved.Apart(who, seats); (err != nil) != refused {
				t.Errorf("%s: %s packs: %v, want refused %t", tier, who.Name, err, refused)
			}
		}
	}
}

// Nobody decides about what stands still, and a critical yes says why.
func TestRequisition_MayDecide_held(t *testing.T) {
	r := inventory.Requisition{Number: "R-1", Version: 1, Person: asker, State: inventory.Submitted, Tier: inventory.Critical, Held: "This was not me."}
	d := inventory.Decider{Actor: inventory.Actor{ID: string(boss), Method: inventory.ByOIDC}}
	if err := r.MayDecide(d, nil); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("held: %v", err)
	}
	if _, _, err := r.Approve(inventory.Claimed("Mary Somerville"), time.Time{}); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("approved by a file while it is held: %v", err)
	}
	if err := r.CheckYes("  "); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("a critical yes without a word: %v", err)
	}
	r.Tier = inventory.Elevated
	if err := r.CheckYes(""); err != nil {
		t.Error(err)
	}
}

// An answer is given once, a rejection says why, and the clock stands while an approver waits for an answer.
func TestApproval(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	by := inventory.Actor{ID: "boss", Name: "boss", Method: inventory.ByOIDC}
	a := inventory.Seat{To: inventory.ToManager, Person: boss, Name: "boss"}.Sit(inventory.Requisition{Version: 1}, 1, at)
	if _, err := a.Reject(by, "", "  ", at); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("rejected without a reason: %v", err)
	}
	asked, err := a.AskBack(at.Add(time.Hour))
	if err != nil || asked.Late(24*time.Hour, at.Add(100*time.Hour)) {
		t.Errorf("asked back: %+v, %v", asked, err)
	}
	back := asked.Answered(at.Add(50 * time.Hour))
	if back.State != inventory.ApprovalWaiting || !back.AskedAt.Equal(at.Add(49*time.Hour)) || back.Late(24*time.Hour, at.Add(72*time.Hour)) || !back.Late(24*time.Hour, at.Add(74*time.Hour)) {
		t.Errorf("answered: %+v", back)
	}
	yes, err := back.Approve(by, "", "", at)
	if err != nil || yes.By == nil || yes.State != inventory.ApprovalApproved {
		t.Fatalf("%+v, %v", yes, err)
	}
	if _, err := yes.Approve(by, "", "", at); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("approved twice: %v", err)
	}
	if u := yes.Undo(at); u.State != inventory.ApprovalWaiting || u.By != nil {
		t.Errorf("undone: %+v", u)
	}
}

// An approval is taken back until the bench has a key of it in hand.
func TestRequisition_TakeApprovalBack(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	by := inventory.Actor{ID: "boss"}
	r := inventory.Requisition{Number: "R-1", State: inventory.Approved, ApprovedBy: &by, ApprovedAt: &at}
	for state, may := range map[inventory.LineState]bool{inventory.LineOpen: true, inventory.LineCancelled: true, inventory.LineMaking: false, inventory.LineMade: false, inventory.LineDelivered: false} {
		back, ev, err := r.TakeApprovalBack("undone", []inventory.Line{{State: state}}, at)
		if (err == nil) != may {
			t.Errorf("with a line that is %s: %v", state, err)
		}
		if may && (back.State != inventory.Submitted || back.ApprovedBy != nil || ev.Action != "requisition.reopened") {
			t.Errorf("back: %+v %+v", back, ev)
		}
	}
}

func TestAbsence(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	by := inventory.Actor{ID: "boss"}
	for name, bad := range map[string]inventory.Absence{
		"no days": {}, "backward": {From: "2026-12-05", Until: "2026-12-04"}, "over": {From: "2026-11-01", Until: "2026-11-30"},
		"for ever": {From: "2026-12-01", Until: "2028-12-01"}, "for oneself": {Person: boss, StandIn: boss, From: "2026-12-01", Until: "2026-12-02"},
	} {
		if _, _, err := bad.Set(by, at); inventory.KindOf(err) != inventory.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, _, err := inventory.Absence{Person: boss, From: "2026-12-01", Until: "2026-12-12"}.Set(by, at)
	if err != nil || !a.On("2026-12-12") || a.On("2026-12-13") {
		t.Errorf("%+v, %v", a, err)
	}
	if a, _, err = a.End(at); err != nil || a.On("2026-12-02") {
		t.Errorf("ended: %+v, %v", a, err)
	}
	if !slices.Contains([]inventory.Kind{inventory.Conflict}, inventory.KindOf(func() error { _, _, err := a.End(at); return err }())) {
		t.Error("ended twice")
	}
}

// Whoever has several seats answers the one in their own name first, then that of whom they stand in for: others can answer for
// a group.
func TestSeatFor_order(t *testing.T) {
	d := inventory.Decider{Actor: inventory.Actor{ID: string(boss)}, Groups: []string{"SECURITY"}, Roles: []inventory.Role{inventory.Approver}, StandsFor: []inventory.PersonID{friend}, Names: map[inventory.PersonID]string{friend: "friend"}}
	waits := inventory.ApprovalWaiting
	seats := []inventory.Approval{
		{Position: 1, To: inventory.ToApprovers, State: waits}, {Position: 2, To: inventory.ToGroup, Whom: "Security", State: waits},
		{Position: 3, To: inventory.ToPerson, Person: friend, State: waits}, {Position: 4, To: inventory.ToPerson, Person: boss, State: waits},
	}
	for _, want := range []int{4, 3, 1, 2} {
		a, inNameOf, err := inventory.SeatFor(d, seats)
		if err != nil || a.Position != want || (inNameOf != "") != (want == 3) {
			t.Fatalf("seat %d in the name of %q, %v, want %d", a.Position, inNameOf, err, want)
		}
		seats[a.Position-1].State = inventory.ApprovalApproved
	}
}

// A clock stands while its requisition does, and the time does not count.
func TestApproval_Pause(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	a := inventory.Approval{State: inventory.ApprovalWaiting, AskedAt: at}
	p := a.Pause(at.Add(time.Hour)).Pause(at.Add(2 * time.Hour))
	if p.Late(24*time.Hour, at.Add(100*time.Hour)) || !a.Late(24*time.Hour, at.Add(100*time.Hour)) {
		t.Error("the clock goes on")
	}
	if r := p.Resume(at.Add(50 * time.Hour)); r.PausedAt != nil || !r.AskedAt.Equal(at.Add(49*time.Hour)) {
		t.Errorf("%+v", r)
	}
}

// A group of which everybody is away, or approved already, goes on to the next row.
func TestRouting_Stuck(t *testing.T) {
	r := town()
	r.Said = map[inventory.PersonID]bool{security: true}
	group, one := inventory.Approval{To: inventory.ToGroup, Whom: "Security"}, inventory.Approval{To: inventory.ToPerson, Person: security}
	if why := r.Stuck(group); why != "" {
		t.Errorf("the other one is there: %s", why)
	}
	if why := r.Stuck(one); why != "security-1 approved it already." {
		t.Errorf("nobody sits twice: %q", why)
	}
	r.Directory.Absences[second] = inventory.Absence{Person: second, StandIn: friend, Until: "2026-12-24"}
	if why := r.Stuck(group); why == "" {
		t.Error("nobody in it can decide, and a stand-in is none of it")
	}
	if why := r.Stuck(inventory.Approval{To: inventory.ToPerson, Person: second}); why != "" {
		t.Errorf("somebody stands in: %s", why)
	}
	r.Directory.Absences[friend] = inventory.Absence{Person: friend, Until: "2026-12-24"}
	if why := r.Stuck(inventory.Approval{To: inventory.ToPerson, Person: second}); why == "" {
		t.Error("who stands in is away as well")
	}
	delete(r.Directory.Absences, friend)
	r.Said[friend] = true
	if r.Stuck(inventory.Approval{To: inventory.ToPerson, Person: second}) == "" || r.Stuck(inventory.Approval{To: inventory.ToAdmins}) != "" {
		t.Error("the stand-in approved already, and admins are the last")
	}
}
