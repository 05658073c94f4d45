package sqlite_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// actions lists what the ledger says was done, the oldest first, from entry first on.
func actions(t *testing.T, s *inventorytest.Store, first int64) []string {
	t.Helper()
	rows, err := s.LedgerList(t.Context(), 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range slices.Backward(rows) {
		if r.Header.Seq >= first {
			all = append(all, r.Header.Action)
		}
	}
	return all
}

func size(t *testing.T, s *inventorytest.Store) int64 {
	t.Helper()
	h, err := s.LedgerHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h.Size
}

func TestStore_Append_aWholeRun(t *testing.T) {
	s := inventorytest.Open(t)
	before := size(t, s)
	r := s.MustMake("1-2", "4711", "R-1001")
	want := []string{
		"run.begun", "line.taken", "requisition.fulfilling", "run.identify", "key.let", "run.reset", "run.tag", "run.seal",
		"run.set-pin", "run.configure", "run.prove", "run.register", "run.force", "run.record", "key.ready",
	}
	if got := actions(t, s, before+1); !slices.Equal(got, want) {
		t.Errorf("the ledger says\n%q, want\n%q", got, want)
	}
	d, err := s.KeyDossier(t.Context(), r.Key.Tag)
	if err != nil {
		t.Fatal(err)
	}
	if d.Key.State != inventory.Ready || d.Key.Line != r.Order.Line.ID || d.Custody[0].Holder != inventory.Bench {
		t.Errorf("key %+v, custody %+v", d.Key, d.Custody)
	}
	o, err := s.Order(t.Context(), r.Order.Line.ID)
	if err != nil || o.Line.State != inventory.LineMade || o.Line.Key != r.Key.ID || o.Requisition.State != inventory.Fulfilling {
		t.Errorf("order %+v, %v", o, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// The record is the moment a key becomes ready. It happens once, whoever tries.
func TestStore_Append_recordsOnce(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-2")
	r.MustIdentify("")
	r.MustWalk()
	e := r.RecordEntered()
	r.MustAppend(e)
	before := size(t, s)
	e.Entry.Seq++
	err := s.Append(t.Context(), inventorytest.Operator, e)
	if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(inventory.Sentence(err), "written already") {
		t.Errorf("a second record: %v", err)
	}
	if size(t, s) != before {
		t.Error("the refused record left something in the ledger")
	}
}

// A line that is given to somebody else while its key is made refuses the record, and nothing of it is written.
func TestStore_Append_whenTheLineIsGone(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-2")
	r.MustTake("R-1001")
	r.MustIdentify("")
	r.MustWalk()
	if err := s.ReleaseLine(t.Context(), inventorytest.Operator, r.Row.ID); err != nil {
		t.Fatal(err)
	}
	before := size(t, s)
	if err := s.Append(t.Context(), inventorytest.Operator, r.RecordEntered()); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("got %v", err)
	}
	k, err := s.Key(t.Context(), r.Key.ID)
	if err != nil || k.State != inventory.Received || size(t, s) != before {
		t.Errorf("the key became %s, %v", k.State, err)
	}
}

func TestStore_Append_refusesWhatCannotBe(t *testing.T) {
	s := inventorytest.Open(t)
	one, two := s.MustBegin("1-1"), s.MustBegin("1-2")
	r := s.MustMake("1-3", "4711", "")
	same := r.Key
	same.ID, same.Tag = "another", "2222-2222"
	outcome := func(r *inventorytest.Run) inventory.Entered {
		return inventory.Entered{Entry: r.Entry(inventory.Identify, inventory.Done)}
	}
	withKey := func(k inventory.Key) []inventory.Entered {
		e := outcome(one)
		e.Key = &k
		return []inventory.Entered{e}
	}
	sameTag := r.Key
	sameTag.ID, sameTag.Serial = "another", "4712"
	early := outcome(one)
	early.Custody = &inventory.Custody{ID: "c", Key: r.Key.ID, Holder: inventory.Holder{Kind: inventory.HeldAtPlace, ID: "safe"},
		From: inventorytest.Start.Add(-time.Hour), By: inventorytest.Operator}
	unmade := outcome(one)
	unmade.Made = "no such line"
	for _, tt := range []struct {
		name string
		es   []inventory.Entered
		want inventory.Kind
	}{
		{"entries of two runs", []inventory.Entered{outcome(one), outcome(two)}, inventory.Internal},
		{"the same entry again", []inventory.Entered{{Entry: inventory.Entry{Run: one.Row.ID, Seq: 1, Step: inventory.Identify, Phase: inventory.Intent}}}, inventory.Conflict},
		{"a serial number twice", withKey(same), inventory.Conflict},
		{"an asset tag twice", withKey(sameTag), inventory.Conflict},
		{"a hand-over before the last one", []inventory.Entered{early}, inventory.Conflict},
		{"a line made without a key", []inventory.Entered{unmade}, inventory.Internal},
		{"an outcome that is none", []inventory.Entered{{Entry: one.Entry(inventory.Identify, "splendid")}}, inventory.Internal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := size(t, s)
			if err := s.Append(t.Context(), inventorytest.Operator, tt.es...); inventory.KindOf(err) != tt.want {
				t.Errorf("got %v (%s), want %s", err, inventory.KindOf(err), tt.want)
			}
			if size(t, s) != before {
				t.Error("something of it was written")
			}
		})
	}
	if err := s.Append(t.Context(), inventorytest.Operator); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

// A key that is made again loses its sealed PIN, its credentials and its line, and is handed over anew.
func TestStore_Append_makesAgain(t *testing.T) {
	s := inventorytest.Open(t)
	first := s.MustMake("1-1", "4711", "R-1001")
	again := s.MustBegin("1-2")
	now := inventory.Instant(s.Clock.Now())
	k, ev, err := first.Key.Remake("it is made anew", now)
	if err != nil {
		t.Fatal(err)
	}
	safe := inventory.Holder{Kind: inventory.HeldAtPlace, ID: "safe", Name: "Safe"}
	row := again.Row
	row.Key = k.ID
	again.MustAppend(inventory.Entered{
		Entry: again.Entry(inventory.Identify, inventory.Done), Key: &k, Run: &row, VoidSeals: k.ID, Reopen: first.Row.Line,
		Custody: &inventory.Custody{ID: "c-2", Key: k.ID, Holder: safe, From: now, By: inventorytest.Operator}, Events: []inventory.Event{ev},
	})
	again.MustAppend(inventory.Entered{
		Entry: again.Entry(inventory.Reset, inventory.Done), Revoke: &inventory.Revocation{Key: k.ID, Keep: again.Row.ID, Why: "the key was reset"},
	})
	d, err := s.KeyDossier(t.Context(), k.Tag)
	if err != nil {
		t.Fatal(err)
	}
	if d.Seal.State != inventory.SealVoid || d.Registrations[0].RevokedAt == nil || d.Registrations[0].RevokedWhy != "the key was reset" {
		t.Errorf("seal %s, registration %+v", d.Seal.State, d.Registrations[0])
	}
	if len(d.Custody) != 2 || d.Custody[0].Holder != safe || d.Custody[1].To == nil || !d.Custody[1].To.Equal(now) {
		t.Errorf("custody %+v", d.Custody)
	}
	if o, err := s.Order(t.Context(), first.Row.Line); err != nil || o.Line.State != inventory.LineOpen {
		t.Errorf("line %+v, %v", o.Line, err)
	}
	if live, err := s.Registrations(t.Context(), k.ID); err != nil || len(live) != 0 {
		t.Errorf("live: %+v, %v", live, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

func TestStore_Begin_needsAnOwner(t *testing.T) {
	s := inventorytest.Open(t)
	err := s.Begin(t.Context(), inventory.Run{ID: "r", Operator: inventorytest.Operator}, inventory.Entry{})
	if inventory.KindOf(err) != inventory.Invalid {
		t.Error(err)
	}
}

func TestStore_update_refusesRowsWithoutAnEvent(t *testing.T) {
	s := inventorytest.Open(t)
	p := inventory.Person{ID: "x", Name: "Nemo Nobody", ExternalID: "x", State: inventory.PersonActive}
	if err := s.SaveUnsaid(t.Context(), p); err == nil || !strings.Contains(err.Error(), "without an event") {
		t.Errorf("got %v", err)
	}
	if page, err := s.PersonList(t.Context(), inventory.PersonQuery{Text: "Nemo"}); err != nil || len(page.Rows) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}
