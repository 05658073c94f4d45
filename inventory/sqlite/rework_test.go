package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// stop ends a run at a step without a key.
func stop(t *testing.T, s *inventorytest.Store, r *inventorytest.Run, at inventory.Step, end inventory.RunEnd, note string) {
	t.Helper()
	row, now := r.Row, inventory.Instant(s.Clock.Now())
	row.End, row.EndedAt = end, &now
	e := r.Entry(at, inventory.Failed)
	e.Note = note
	r.MustAppend(inventory.Entered{Entry: e, Run: &row, Release: true})
}

func rework(t *testing.T, s *inventorytest.Store) []inventory.ReworkRow {
	t.Helper()
	rows, err := s.Rework(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Every kind of key that somebody must look at again is on the list with its reason and one next action.
func TestStore_Rework(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "ready", "R-1002")
	if rows := rework(t, s); len(rows) != 0 {
		t.Fatalf("all keys are ready and %d are on the list", len(rows))
	}
	failed := s.MustBegin("1-2")
	failed.MustTake("R-1001")
	failed.MustIdentify("failed")
	stop(t, s, failed, inventory.Reset, inventory.RunFailed, "The key stopped answering.")

	aside := s.MustBegin("1-3")
	aside.MustIdentify("aside")
	k, ev, err := aside.Key.Quarantine("It lies.", "Return it.", inventory.Instant(s.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	aside.MustAppend(inventory.Entered{Entry: aside.Entry(inventory.Reset, inventory.StepRefused), Key: &k, Events: []inventory.Event{ev}})
	stop(t, s, aside, inventory.Reset, inventory.RunQuarantined, "It lies.")

	stranger := s.MustBegin("1-4") // nobody knows what it was: it was left as it is
	stop(t, s, stranger, inventory.Identify, inventory.RunFailed, "No answer.")

	var got []string
	for _, r := range rework(t, s) {
		got = append(got, string(r.State)+" "+r.Port+": "+r.Why+" "+r.Next)
	}
	want := []string{
		"quarantined 1-3: It lies. Return it.",
		"received 1-2: The key stopped answering. " + inventory.RunFailed.NextAction(),
	}
	if !slices.Equal(got, want) {
		t.Errorf("the list is %q, want %q", got, want)
	}
}

// A key that is being made, or was made since, needs nobody; one for stock neither.
func TestStore_Rework_over(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-2")
	r.MustIdentify("4711")
	stop(t, s, r, inventory.Reset, inventory.RunWaiting, "Nobody came.")
	if rows := rework(t, s); len(rows) != 1 || rows[0].Run != r.Row.ID || rows[0].Tag != r.Key.Tag {
		t.Fatalf("the list is %+v, want the key that waits", rows)
	}
	again := s.MustBegin("1-2")
	row, key := again.Row, r.Key
	row.Key = key.ID
	again.MustAppend(inventory.Entered{Entry: again.Entry(inventory.Identify, inventory.Done), Run: &row, Key: &key})
	again.Row = row
	if rows := rework(t, s); len(rows) != 0 {
		t.Errorf("a key that a run has in hand is on the list: %+v", rows)
	}
	stop(t, s, again, inventory.Record, inventory.RunStocked, "")
	if rows := rework(t, s); len(rows) != 0 {
		t.Errorf("a key that is made for stock is on the list: %+v", rows)
	}
}

// A run that only its key can end is on the list, with its line, as soon as a living process has taken it over.
func TestStore_Rework_waits(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustBegin("1-2")
	r.MustTake("R-1001")
	r.MustIdentify("4711")
	if rows := rework(t, s); len(rows) != 0 {
		t.Errorf("a run that goes on is on the list: %+v", rows)
	}
	if err := s.Owner.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := sqlite.NewOwner(s.Options.Locks)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if _, err := s.Unfinished(t.Context(), next.Name()); err != nil {
		t.Fatal(err)
	}
	rows := rework(t, s)
	if len(rows) != 1 || !rows[0].Waits || rows[0].Run != r.Row.ID || !strings.Contains(rows[0].Next, "give its run up") {
		t.Fatalf("the list is %+v, want the run that waits", rows)
	}
	if rows[0].For == nil || rows[0].For.Number != "R-1001" {
		t.Errorf("it is for %+v, want R-1001", rows[0].For)
	}
}

// The newest come first, and no more than were asked for.
func TestStore_Rework_limit(t *testing.T) {
	s := inventorytest.Open(t)
	for range 5 {
		r := s.MustBegin("1-2")
		r.MustIdentify("")
		stop(t, s, r, inventory.Reset, inventory.RunFailed, "No answer.")
	}
	all := rework(t, s)
	few, err := s.Rework(t.Context(), 2)
	if err != nil || len(all) != 5 || len(few) != 2 || few[0] != all[0] || few[1] != all[1] {
		t.Fatalf("%d of %d are given, %v", len(few), len(all), err)
	}
	if !all[0].At.After(all[4].At) {
		t.Error("the oldest comes first")
	}
}

func TestStore_Note(t *testing.T) {
	s := inventorytest.Open(t)
	before, err := s.LedgerHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ev := inventory.Event{Action: "session.opened", Payload: []string{"1-1"}}
	if err := s.Note(t.Context(), inventorytest.Operator, ev, inventory.Event{Action: "session.ended"}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.LedgerList(t.Context(), 0, 2)
	if err != nil || rows[0].Header.Seq != before.Size+2 || rows[1].Header.Action != "session.opened" || rows[1].Actor != inventorytest.Operator.Name {
		t.Errorf("the ledger says %+v, %v", rows, err)
	}
	if report, err := s.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !report.Holds() {
		t.Errorf("the ledger does not hold: %v, %v", report, err)
	}
}

// A database from before keys were made for stock keeps what it has, and takes the new end of a run and no other.
func TestOpen_bringsStockToAnOlderDatabase(t *testing.T) {
	path := older(t, served(t), 3)
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, err := s.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !a.Holds() || a.Entries < 40 {
		t.Fatalf("brought up to date: %+v, %v", a, err)
	}
	db := sqlite.Engine("file:" + path)
	defer db.Close()
	v := vandal{t, db}
	if got := v.strings("PRAGMA integrity_check"); !slices.Equal(got, []string{"ok"}) {
		t.Errorf("the file is %q", got)
	}
	v.do("UPDATE runs SET ended = 'stocked' WHERE ended = 'ready'")
	if _, err := db.Exec("UPDATE runs SET ended = 'elsewhere' WHERE ended = 'stocked'"); err == nil || !strings.Contains(err.Error(), "CHECK") {
		t.Errorf("a run may end in any word: %v", err)
	}
}
