package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// ways leads a ready key to every other state.
var ways = map[inventory.KeyState][]inventory.KeyState{
	inventory.Received:    {inventory.Received},
	inventory.Ready:       {},
	inventory.Packed:      {inventory.Packed},
	inventory.InTransit:   {inventory.Packed, inventory.InTransit},
	inventory.Delivered:   {inventory.Delivered},
	inventory.Active:      {inventory.Delivered, inventory.Active},
	inventory.Suspended:   {inventory.Delivered, inventory.Active, inventory.Suspended},
	inventory.ReturnDue:   {inventory.Delivered, inventory.ReturnDue},
	inventory.InReturn:    {inventory.Delivered, inventory.ReturnDue, inventory.InReturn},
	inventory.Returned:    {inventory.Delivered, inventory.ReturnDue, inventory.InReturn, inventory.Returned},
	inventory.Quarantined: {inventory.Quarantined},
	inventory.Lost:        {inventory.Delivered, inventory.Lost},
	inventory.Stolen:      {inventory.Delivered, inventory.Stolen},
	inventory.Damaged:     {inventory.Damaged},
	inventory.Retired:     {inventory.Retired},
}

// carrier has keys on their way.
var carrier = inventory.Holder{Kind: inventory.HeldByCarrier, ID: "post", Name: "Post"}

// lead takes a ready key to a state, with whoever then has it.
func lead(t *testing.T, s *inventorytest.Store, r *inventorytest.Run, to inventory.KeyState) {
	t.Helper()
	var holder *inventory.Holder
	switch {
	case to == inventory.InTransit || to == inventory.InReturn:
		holder = &carrier
	case slices.Contains(ways[to], inventory.Delivered) && to != inventory.Returned:
		p := r.Order.Person
		holder = &inventory.Holder{Kind: inventory.HeldByPerson, ID: string(p.ID), Name: p.Name}
	}
	if len(ways[to]) == 0 {
		return
	}
	if err := s.MoveKey(t.Context(), r.Key.ID, holder, ways[to]...); err != nil {
		t.Fatal(err)
	}
}

// evidence gives what was kept of the keys.
func evidence(t *testing.T, s *inventorytest.Store) map[inventory.KeyID]inventory.Evidence {
	t.Helper()
	all, err := s.Evidence(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	by := map[inventory.KeyID]inventory.Evidence{}
	for _, e := range all {
		by[e.Key.ID] = e
	}
	return by
}

// begin begins a review.
func begin(t *testing.T, s *inventorytest.Store) inventory.Review {
	t.Helper()
	r, err := s.BeginReview(t.Context(), inventorytest.Operator, inventory.Review{Cause: "Metadata no. 32 came."})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// judged is a judgment of what e is evidence of.
func judged(e inventory.Evidence, v inventory.Verdict) inventory.Judged {
	return inventory.Judged{Incidents: true, Judgment: inventory.Judgment{
		Key: e.Key.ID, Registration: e.Registration.ID, Verdict: v, Tier: e.Tier,
		Reasons: []inventory.Reason{{Code: "status-revoked", Sentence: "The metadata say of this model: " + string(v) + "."}},
	}}
}

// judge writes judgments in a review of their own.
func judge(t *testing.T, s *inventorytest.Store, js ...inventory.Judged) inventory.Review {
	t.Helper()
	r, err := s.SaveJudgments(t.Context(), inventorytest.Operator, begin(t, s).ID, len(js), js)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refuse judges a key refused.
func refuse(t *testing.T, s *inventorytest.Store, id inventory.KeyID) {
	t.Helper()
	judge(t, s, judged(evidence(t, s)[id], inventory.Refused))
}

func mustKey(t *testing.T, s *inventorytest.Store, id inventory.KeyID) inventory.KeyDossier {
	t.Helper()
	k, err := s.Key(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.KeyDossier(t.Context(), k.Tag)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func incidents(t *testing.T, s *inventorytest.Store, closed bool) []inventory.IncidentRow {
	t.Helper()
	p, err := s.Incidents(t.Context(), inventory.IncidentQuery{Closed: closed})
	if err != nil {
		t.Fatal(err)
	}
	return p.Rows
}

// What a refusal does to a key in each state.
func TestStore_SaveJudgments_refused(t *testing.T) {
	for _, tt := range []struct {
		state, want inventory.KeyState
		next        string
		reopens     bool // the line is wanted again, and the PIN is void
		incident    bool
	}{
		{state: inventory.Received, want: inventory.Quarantined, next: "Return it to the supplier."},
		{state: inventory.Ready, want: inventory.Quarantined, next: "Return it to the supplier.", reopens: true},
		{state: inventory.Packed, want: inventory.Quarantined, next: "Take it out of P-1001, which must not go. Return it to the supplier.", reopens: true},
		{state: inventory.Returned, want: inventory.Quarantined, next: "Return it to the supplier."},
		{state: inventory.InTransit, want: inventory.InTransit, incident: true},
		{state: inventory.Delivered, want: inventory.Delivered, incident: true},
		{state: inventory.Active, want: inventory.Active, incident: true},
		{state: inventory.Suspended, want: inventory.Suspended, incident: true},
		{state: inventory.ReturnDue, want: inventory.ReturnDue, incident: true},
		{state: inventory.InReturn, want: inventory.InReturn},
		{state: inventory.Quarantined, want: inventory.Quarantined, next: "Look at it."},
		{state: inventory.Lost, want: inventory.Lost},
		{state: inventory.Stolen, want: inventory.Stolen},
		{state: inventory.Damaged, want: inventory.Damaged},
	} {
		t.Run(string(tt.state), func(t *testing.T) {
			s := inventorytest.Open(t)
			r := s.MustMake("1-1", "4711", "R-1001")
			if _, err := s.BeginParcel(t.Context(), inventorytest.Operator, *r.Order, r.Key); err != nil {
				t.Fatal(err)
			}
			lead(t, s, r, tt.state)
			review := judge(t, s, judged(evidence(t, s)[r.Key.ID], inventory.Refused))
			if review.Changed != 1 || review.Refused != 1 {
				t.Errorf("the review is %+v", review)
			}
			d := mustKey(t, s, r.Key.ID)
			if d.Key.State != tt.want || d.Key.Verdict != inventory.Refused || d.Key.NextAction != tt.next || len(d.Key.Reasons) != 1 {
				t.Errorf("the key is %+v", d.Key)
			}
			q, err := s.RequisitionByNumber(t.Context(), "R-1001")
			if err != nil {
				t.Fatal(err)
			}
			if open := q.Lines[0].Line.State == inventory.LineOpen; open != tt.reopens || (d.Seal.State == inventory.SealVoid) != tt.reopens || (d.For == nil) != tt.reopens {
				t.Errorf("its line is %+v, its seal %s, it is for %+v", q.Lines[0].Line, d.Seal.State, d.For)
			}
			open := incidents(t, s, false)
			if (len(open) == 1) != tt.incident {
				t.Fatalf("incidents %+v", open)
			}
			if tt.incident && (open[0].Incident.Number != "I-1001" || open[0].Incident.Person != r.Order.Person.ID || open[0].Name != "Ada Lovelace" || open[0].Incident.Kind != inventory.IncidentUntrusted) {
				t.Errorf("incident %+v", open[0])
			}
			if a := mustVerify(t, s); !a.Holds() {
				t.Error(a)
			}
		})
	}
}

// Where policy wants no incidents, the verdict and what happens at the desk are all there is.
func TestStore_SaveJudgments_withoutIncidents(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	lead(t, s, r, inventory.Active)
	j := judged(evidence(t, s)[r.Key.ID], inventory.Refused)
	j.Incidents = false
	judge(t, s, j)
	if open := incidents(t, s, false); len(open) != 0 {
		t.Errorf("incidents %+v", open)
	}
	p, err := s.Affected(t.Context(), inventory.AffectedQuery{})
	if err != nil || p.Keys != 1 || len(p.Rows) != 1 || p.Rows[0].Name != "Ada Lovelace" || p.Rows[0].Reason.Code != "status-revoked" || p.Rows[0].Incident != "" {
		t.Errorf("affected %+v, %v", p, err)
	}
}

// A key that is judged fine again: its incident is closed with that, and a quarantine says what to do, but stays.
func TestStore_SaveJudgments_cleared(t *testing.T) {
	s := inventorytest.Open(t)
	held, ready := s.MustMake("1-1", "4711", "R-1001"), s.MustMake("1-2", "4712", "R-1001")
	aside := s.MustMake("1-3", "4713", "R-1002")
	lead(t, s, held, inventory.Active)
	lead(t, s, aside, inventory.Quarantined)
	for _, v := range []inventory.Verdict{inventory.Refused, inventory.Genuine} {
		var js []inventory.Judged
		for _, e := range evidence(t, s) {
			js = append(js, judged(e, v))
		}
		judge(t, s, js...)
	}
	all := incidents(t, s, true)
	if len(all) != 1 || all[0].Incident.ClosedAt == nil || all[0].Incident.Outcome != "It is judged genuine again." {
		t.Errorf("incidents %+v", all)
	}
	if k := mustKey(t, s, ready.Key.ID).Key; k.State != inventory.Quarantined || k.Verdict != inventory.Genuine || k.NextAction != "Make it anew: it is judged genuine again." {
		t.Errorf("the key at the desk is %+v", k)
	}
	if k := mustKey(t, s, aside.Key.ID).Key; k.NextAction != "Look at it." {
		t.Errorf("the key that somebody put aside is %+v", k)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// A key from before judgments were kept gets its first one. Nothing about the key changes, and no entry of its own says so.
func TestStore_SaveJudgments_first(t *testing.T) {
	s := inventorytest.Open(t)
	a, b := s.MustMake("1-1", "4711", "R-1001"), s.MustMake("1-2", "4712", "")
	before := mustKey(t, s, a.Key.ID).Key
	e := evidence(t, s)
	js := []inventory.Judged{judged(e[a.Key.ID], inventory.Unknown), judged(e[b.Key.ID], inventory.Unknown)}
	head := size(t, s)
	if r := judge(t, s, js...); r.Changed != 0 || r.Keys != 2 {
		t.Errorf("the review is %+v", r)
	}
	if got := actions(t, s, head+1); !slices.Equal(got, []string{"review.begun", "review.judged"}) {
		t.Errorf("the ledger says %q", got)
	}
	d := mustKey(t, s, a.Key.ID)
	if d.Key.ChangedAt != before.ChangedAt || d.Key.Verdict != before.Verdict {
		t.Errorf("the key is %+v", d.Key)
	}
	if d.Ledger[0].Header.Action != "review.judged" {
		t.Errorf("the newest entry about it is %s", d.Ledger[0].Header.Action)
	}
	if j := evidence(t, s)[a.Key.ID].Judged; j.ID == "" || j.Verdict != inventory.Unknown {
		t.Errorf("it was judged %+v", j)
	}
	js[0].Judgment.Maker, js[1].Judgment.Maker = "Softkeys Ltd", ""
	if r := judge(t, s, js...); r.Changed != 1 {
		t.Errorf("with a maker, the review is %+v", r)
	}
	if k := mustKey(t, s, a.Key.ID).Key; k.Maker != "Softkeys Ltd" || k.ChangedAt != before.ChangedAt {
		t.Errorf("the key is %+v", k)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// A key that a run has in hand is judged by the run: its state is left alone.
func TestStore_SaveJudgments_making(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-1")
	r.MustTake("R-1001")
	r.MustIdentify("4711")
	r.MustWalk()
	e := evidence(t, s)[r.Key.ID]
	if !e.Making {
		t.Fatal("nobody seems to make it")
	}
	judge(t, s, judged(e, inventory.Refused))
	if k := mustKey(t, s, r.Key.ID).Key; k.State != inventory.Received {
		t.Errorf("the key is %+v", k)
	}
	r.MustRecord()
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// A key that was made anew since its evidence was read keeps what the run found.
func TestStore_SaveJudgments_stale(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "")
	old := evidence(t, s)[r.Key.ID]
	again := s.MustBegin("1-1")
	k, ev, err := r.Key.Remake("made anew", inventory.Instant(s.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	again.MustMeet(k)
	again.MustAppend(inventory.Entered{Entry: again.Entry(inventory.Identify, inventory.Failed), Key: &k, Events: []inventory.Event{ev}})
	again.MustWalk()
	again.MustRecord()
	if r := judge(t, s, judged(old, inventory.Refused)); r.Changed != 0 {
		t.Errorf("the review is %+v", r)
	}
	if k := mustKey(t, s, r.Key.ID).Key; k.State != inventory.Ready || k.Verdict == inventory.Refused {
		t.Errorf("the key is %+v", k)
	}
}

// Of two reviews the one that began later counts: the other writes nothing any more.
func TestStore_BeginReview_supersedes(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	old := begin(t, s)
	now := begin(t, s)
	j := judged(evidence(t, s)[r.Key.ID], inventory.Refused)
	_, err := s.SaveJudgments(t.Context(), inventorytest.Operator, old.ID, 1, []inventory.Judged{j})
	if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(inventory.Sentence(err), "another began since") {
		t.Errorf("the older review: %v", err)
	}
	if _, err := s.EndReview(t.Context(), inventorytest.Operator, old.ID, 1); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("its end: %v", err)
	}
	if last, err := s.LastReview(t.Context()); err != nil || last.ID != now.ID || last.EndedAt != nil {
		t.Errorf("the last is %+v, %v", last, err)
	}
	if end, err := s.EndReview(t.Context(), inventorytest.Operator, now.ID, 1); err != nil || end.EndedAt == nil || end.Keys != 1 {
		t.Errorf("it ends %+v, %v", end, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}
