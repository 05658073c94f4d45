package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// A table that was changed judges from then on, every version is kept with who made it, and two people who change the same
// version do not undo each other's work.
func TestStore_ChangeReadiness(t *testing.T) {
	s := inventorytest.Open(t)
	first, err := s.Readiness(t.Context())
	if err != nil || first.Version != 0 || len(first.Rows) != len(inventory.DefaultReadiness().Rows) {
		t.Fatalf("at first: version %d with %d rows, %v", first.Version, len(first.Rows), err)
	}
	changed := first
	changed.Rows = append(slices.Clone(first.Rows), inventory.ReadinessRow{Kind: inventory.ReadySystem, Name: "linux", Min: "6", Source: "we tried it"})
	before := size(t, s)
	if err := s.ChangeReadiness(t.Context(), inventorytest.Operator, changed, 0); err != nil {
		t.Fatal(err)
	}
	if got := actions(t, s, before+1); !slices.Equal(got, []string{"readiness.changed"}) {
		t.Errorf("the ledger says %q", got)
	}
	err = s.ChangeReadiness(t.Context(), inventorytest.Operator, first, 0)
	if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(inventory.Sentence(err), "changed meanwhile by Olga Operator") {
		t.Errorf("a change of what is not in force any more: %v", err)
	}
	now, err := s.Readiness(t.Context())
	if err != nil || now.Version != 1 || now.By != inventorytest.Operator || !slices.Equal(now.Rows, changed.Rows) {
		t.Errorf("in force: %+v, %v", now, err)
	}
	bad := changed
	bad.Rows = nil
	if err := s.ChangeReadiness(t.Context(), inventorytest.Operator, bad, 1); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("an empty table: %v", err)
	}
	if err := s.ChangeReadiness(t.Context(), inventorytest.Operator, first, 1); err != nil {
		t.Error(err)
	}
	history, err := s.ReadinessHistory(t.Context())
	if err != nil || len(history) != 2 || history[0].Version != 2 || history[1].Version != 1 {
		t.Errorf("history: %+v, %v", history, err)
	}
	holds(t, s)

	// Somebody for whom the changed table has a row is judged by it.
	a := wanted()
	a.Answers.Phone, a.Answers.Willing, a.Chosen = inventory.Installed{Name: "ios", Version: "17"}, true, inventory.WayPhone
	a.Answers.Computers[0].Version = "6"
	by := inventory.ActorOf(known(t, s, "Ada"), inventory.ByPasskey)
	if _, err := s.Ask(t.Context(), by, a); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("before: %v", err)
	}
	if err := s.ChangeReadiness(t.Context(), inventorytest.Operator, changed, 2); err != nil {
		t.Fatal(err)
	}
	number, err := s.Ask(t.Context(), by, a)
	if err != nil {
		t.Fatal(err)
	}
	r := asked(t, s, number).Requisition
	if kept, _ := r.Advised(); r.State != inventory.ServedWithoutKey || kept.Readiness != 3 {
		t.Errorf("it ended %s by version %d", r.State, kept.Readiness)
	}
}
