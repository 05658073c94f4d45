package sqlite_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// kept is a key in stock that is kept for the line of R-1002.
func kept(t *testing.T) (c council, k inventory.Key, line inventory.LineID) {
	t.Helper()
	c = newCouncil(t)
	r := c.MustBegin("1-1")
	r.MustIdentify("1")
	d, err := c.Dossier(t.Context(), c.grace, "R-1002")
	if err != nil {
		t.Fatal(err)
	}
	line = d.Lines[0].Line.ID
	mustKind(t, "reserve", c.Reserve(t.Context(), inventorytest.Operator, line, r.Key.Tag), "")
	return c, r.Key, line
}

// A key that is kept for a line and is put aside, lost or thrown away is kept for it no more, so that another one is made.
func TestStore_Reserve_gone(t *testing.T) {
	for _, to := range []inventory.KeyState{inventory.Quarantined, inventory.Lost, inventory.Damaged, inventory.Retired} {
		c, k, line := kept(t)
		if err := c.MoveKey(t.Context(), k.ID, nil, to); err != nil {
			t.Fatal(err)
		}
		d, err := c.Dossier(t.Context(), c.grace, "R-1002")
		if err != nil || len(d.Reserved) != 0 {
			t.Errorf("%s: kept %v, %v", to, d.Reserved, err)
		}
		other := c.MustBegin("1-2")
		o, err := c.TakeLine(t.Context(), inventorytest.Operator, other.Row.ID, inventory.Want{Requisition: "R-1002"})
		if err != nil || o.Line.ID != line {
			t.Errorf("%s: another key gets %+v, %v", to, o.Line, err)
		}
		if a := mustVerify(t, c.Store); !a.Holds() {
			t.Error(a)
		}
	}
}

// A key that is kept for a requisition goes to no other, named or not, before it is let go.
func TestStore_TakeLine_keptElsewhere(t *testing.T) {
	c, k, line := kept(t)
	ctx := t.Context()
	first, err := c.RequisitionByNumber(ctx, "R-1001")
	if err != nil {
		t.Fatal(err)
	}
	run := c.MustBegin("1-2").Row.ID
	for name, want := range map[string]inventory.Want{
		"another requisition": {Key: k.ID, Requisition: "R-1001"}, "another line": {Key: k.ID, Line: first.Lines[0].Line.ID},
		"its own is skipped": {Key: k.ID, Skip: []inventory.LineID{line}},
	} {
		_, err := c.TakeLine(ctx, inventorytest.Operator, run, want)
		mustKind(t, name, err, inventory.NotFound)
		if !strings.Contains(inventory.Sentence(err), "is kept for R-1002") {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustKind(t, "let go", c.Unreserve(ctx, inventorytest.Operator, line), "")
	_, err = c.TakeLine(ctx, inventorytest.Operator, run, inventory.Want{Key: k.ID, Requisition: "R-1001"})
	mustKind(t, "then", err, "")
}

// Nothing is handed over in the name of who has left or is on hold, nor what is to be sent.
func TestStore_HandOver_refuses(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	sent := c.MustMake("1-1", "4711", "R-1004")
	_, err := c.HandOver(ctx, c.ada, sent.Key.Tag, "Sofia", "")
	mustKind(t, "to be sent", err, inventory.Conflict)
	if !strings.Contains(inventory.Sentence(err), "change it to pick-up first") {
		t.Error(err)
	}
	made := c.MustMake("1-2", "4712", "R-1002")
	p, err := c.PersonByEmail(ctx, "grace@example.com")
	if err != nil {
		t.Fatal(err)
	}
	was := p
	p.State = inventory.PersonLeft
	if err := c.SavePerson(ctx, p); err != nil {
		t.Fatal(err)
	}
	_, err = c.HandOver(ctx, c.ada, made.Key.Tag, "Grace Hopper", "")
	mustKind(t, "to somebody who left", err, inventory.Conflict)
	was.Held = "It was not her."
	if err := c.SavePerson(ctx, was); err != nil {
		t.Fatal(err)
	}
	_, err = c.HandOver(ctx, c.ada, made.Key.Tag, "Grace Hopper", "")
	mustKind(t, "to somebody on hold", err, inventory.Conflict)
}
