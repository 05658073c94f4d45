package sqlite_test

import (
	"fmt"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// Nothing is approved in a heap that has to be looked at: an elevated case, one in which a question waits, and one of somebody
// who lost a key. The rows of the queue say the same as the act.
func TestStore_ApproveAll(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	made := c.MustMake("1-1", "4711", "R-1002")
	lead(t, c.Store, made, inventory.Active)
	c.MustMake("1-2", "4712", "R-1004")
	making := c.MustBegin("1-3")
	making.MustTake("R-1004")
	making.MustIdentify("4713")
	a := wanted()
	a.Occasion, a.Happened, a.Replaces, a.Pair = "lost", inventory.Day(inventorytest.Start), made.Key.Tag, false
	lost, err := c.Ask(ctx, c.grace, a)
	if err != nil {
		t.Fatal(err)
	}
	c.MustImport(inventorytest.People, "reference,person,reason,keys,connector,tier\nT-7,E-4,Asks,1,,standard\nT-8,E-4,Signs,1,,elevated\n")
	mustKind(t, "a question", c.AskBack(ctx, c.ada, "R-1006", "What for?"), "")
	q, err := c.ApprovalQueue(ctx, c.ada, "")
	if err != nil || q.Count != 4 || q.Next != "" {
		t.Fatalf("%d wait, %v", q.Count, err)
	}
	numbers, batch := []string{}, ""
	for _, r := range q.Rows {
		numbers = append(numbers, r.Requisition.Number)
		if r.InBatch() {
			batch += r.Requisition.Number
		}
	}
	for _, r := range q.Rows {
		one, err := c.ApprovalCase(ctx, c.ada, r.Requisition.Number) // the case says the same
		if err != nil || one.Holdings.Keys != r.Holdings.Keys || one.Holdings.Lost != r.Holdings.Lost || one.Entitlement != r.Entitlement || one.Stock != q.Stock {
			t.Errorf("%s: %+v of %d, its case %+v of %d, %v", r.Requisition.Number, r.Holdings, r.Entitlement, one.Holdings, one.Entitlement, err)
		}
		if is := r.Requisition.Number == lost; is != (r.Holdings.Lost == 1) || (r.Holdings.Keys == 2) != (r.Person.ID == inventory.PersonID(c.sofia.ID)) {
			t.Errorf("%s: %+v", r.Requisition.Number, r.Holdings)
		}
	}
	if batch != "R-1003" || numbers[0] != "R-1007" || lost != "R-1005" {
		t.Fatalf("of %v, where %s is of a loss, in a heap: %s", numbers, lost, batch)
	}
	results, err := c.ApproveAll(ctx, c.ada, []string{"R-1003", lost, "R-1006", "R-1007"})
	if err != nil || outcomes(results) != "updated refused refused refused" {
		t.Fatalf("%+v, %v", results, err)
	}
	for i, want := range []string{"", "lost a key", "question", "elevated"} {
		if !strings.Contains(results[i].Sentence, want) {
			t.Errorf("%s: %s", results[i].What, results[i].Sentence)
		}
	}
	mustKind(t, "opened", c.Approve(ctx, c.ada, lost, ""), "")
}

// However much waits, it is all counted, and every case and line stands on one page.
func TestStore_queues_pages(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	file := &strings.Builder{}
	file.WriteString("reference,person,reason,keys,connector,tier,approved_by\n")
	for i := range 410 {
		tier := []string{"standard", "elevated"}[i%2]
		fmt.Fprintf(file, "W-%d,E-3,Waits,1,,%s,\nM-%d,E-3,Is made,1,,%s,Mary Somerville\n", i, tier, i, tier)
	}
	c.MustImport(inventorytest.People, file.String())
	seen, pages := map[string]bool{}, 0
	for after := ""; after != "" || pages == 0; pages++ {
		p, err := c.ApprovalQueue(ctx, c.ada, after)
		if err != nil || p.Count != 411 {
			t.Fatalf("%d wait, %v", p.Count, err)
		}
		for _, r := range p.Rows {
			seen[r.Requisition.Number] = true
		}
		after = p.Next
	}
	if n, err := c.ApprovalsWaiting(ctx, c.ada); len(seen) != 411 || pages != 3 || n != 411 || err != nil {
		t.Errorf("%d of %d cases on %d pages, %v", len(seen), n, pages, err)
	}
	lines, all, pages := map[inventory.LineID]bool{}, 0, 0
	for after := ""; after != "" || pages == 0; pages++ {
		p, err := c.Queue(ctx, after)
		if err != nil {
			t.Fatal(err)
		}
		all = p.Counts[inventory.QueueMake]
		for _, r := range p.Rows {
			lines[r.Line.ID] = true
		}
		after = p.Next
	}
	if all != 415 || len(lines) != all || pages != 3 {
		t.Errorf("%d of %d lines on %d pages", len(lines), all, pages)
	}
}

// An admin takes back the yes of somebody else, until the bench has a key of it; both names are written down, and whoever gave
// it is told.
func TestStore_Undo_byAdmin(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	mustKind(t, "Ada", c.Approve(ctx, c.ada, "R-1003", ""), "")
	mustKind(t, "Sofia, who is nobody", c.Undo(ctx, c.sofia, "R-1003"), inventory.NotFound)
	mustKind(t, "the role", c.GiveRole(ctx, inventory.System("test"), inventory.PersonID(c.sofia.ID), inventory.Admin), "")
	one, err := c.ApprovalCase(ctx, c.sofia, "R-1003")
	if err != nil || !one.Undo || one.UndoOf != "Ada Lovelace" {
		t.Errorf("the case offers %t, of %q, %v", one.Undo, one.UndoOf, err)
	}
	before := size(t, c.Store)
	mustKind(t, "an admin", c.Undo(ctx, c.sofia, "R-1003"), "")
	if s := c.state(t, "R-1003"); s != inventory.Submitted {
		t.Errorf("it is %s", s)
	}
	told := newVandal(t, c.Store).strings("SELECT CAST(payload AS TEXT) FROM ledger_payloads WHERE seq > ?", before)
	if text := strings.Join(told, " "); !strings.Contains(text, "Софья Ковалевская") || !strings.Contains(text, "The approval of Ada Lovelace was taken back.") {
		t.Errorf("the ledger says %s", text)
	}
	if told := strings.Join(letters(t, c.Store), ", "); !strings.Contains(told, "reopened to ada@example.com") {
		t.Errorf("letters: %s", told)
	}
	mustKind(t, "nothing is left", c.Undo(ctx, c.sofia, "R-1003"), inventory.NotFound)
	mustKind(t, "Grace", c.Approve(ctx, c.grace, "R-1003", ""), "")
	c.MustBegin("1-1").MustTake("R-1003")
	if one, err = c.ApprovalCase(ctx, c.sofia, "R-1003"); err != nil || one.Undo {
		t.Errorf("the case offers it while the bench has the key: %v", err)
	}
	mustKind(t, "the bench has it", c.Undo(ctx, c.sofia, "R-1003"), inventory.Conflict)
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}
