package sqlite_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// A group is one and the same however its name is written: where people join, where the table names it, and where they decide.
func TestRouting_groupNames(t *testing.T) {
	c, ctx, by := newCouncil(t), t.Context(), inventory.System("test")
	mustKind(t, "an unknown group", c.ChangeRouting(ctx, by, inventory.RoutingChange{Act: inventory.RouteAdd, New: inventory.Route{To: inventory.ToGroup, Whom: "Ärzte"}}), inventory.NotFound)
	mustKind(t, "Sofia joins", c.JoinGroup(ctx, by, "Ärzte", inventory.PersonID(c.sofia.ID)), "")
	mustKind(t, "Ada joins", c.JoinGroup(ctx, by, "ÄRZTE", inventory.PersonID(c.ada.ID)), "")
	mustKind(t, "Ada twice", c.JoinGroup(ctx, by, "ärzte", inventory.PersonID(c.ada.ID)), inventory.Conflict)
	mustKind(t, "the table", c.SetRouting(ctx, by, []inventory.Route{{To: inventory.ToGroup, Whom: "äRZTE"}}), "")
	rows, err := c.RoutingTable(ctx)
	if err != nil || len(rows) != 1 || rows[0].Route.Whom != "Ärzte" {
		t.Fatalf("%+v, %v", rows, err)
	}
	c.MustImport(inventorytest.People, "reference,person,reason,keys,connector,tier\nT-9,alan@example.com,Signs,1,usb-c,standard\n")
	if q, err := c.ApprovalQueue(ctx, c.sofia, ""); err != nil || q.Count != 1 {
		t.Errorf("Sofia sees %d cases, %v", q.Count, err)
	}
	if told := strings.Join(letters(t, c.Store), ", "); !strings.Contains(told, "to-approve to sofia@example.com") {
		t.Errorf("letters: %s", told)
	}
	mustKind(t, "Ada leaves", c.LeaveGroup(ctx, by, "ärzte", inventory.PersonID(c.ada.ID)), "")
	mustKind(t, "Ada, who left", c.Approve(ctx, c.ada, "R-1005", ""), inventory.NotFound)
	mustKind(t, "Sofia", c.Approve(ctx, c.sofia, "R-1005", ""), "")
}

// Whoever moves a row means that row, wherever another admin has moved it meanwhile; one that is gone is not taken for another.
func TestStore_ChangeRouting(t *testing.T) {
	c, ctx, by := newCouncil(t), t.Context(), inventory.System("test")
	change := func(act inventory.RoutingAct, row string, r inventory.Route) error {
		return c.ChangeRouting(ctx, by, inventory.RoutingChange{Act: act, Row: row, New: r})
	}
	table := func() (to, marks string) {
		rows, err := c.RoutingTable(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var ways, all []string
		for _, r := range rows {
			ways, all = append(ways, string(r.Route.To)), append(all, r.Route.Mark())
		}
		return strings.Join(ways, " "), strings.Join(all, " ")
	}
	mustKind(t, "the default moves", change(inventory.RouteDown, "default-manager", inventory.Route{}), "")
	mustKind(t, "and is the default no more", change(inventory.RouteDown, "default-manager", inventory.Route{}), inventory.Conflict)
	mustKind(t, "one more", change(inventory.RouteAdd, "", inventory.Route{To: inventory.ToAutomatic, Tier: inventory.Standard}), "")
	to, marks := table()
	if to != "approvers manager automatic" {
		t.Fatalf("the table is %s", to)
	}
	seen := strings.Fields(marks)
	mustKind(t, "one admin moves the last up", change(inventory.RouteUp, seen[2], inventory.Route{}), "")
	mustKind(t, "another removes the second, as they saw it", change(inventory.RouteRemove, seen[1], inventory.Route{}), "")
	if to, marks = table(); to != "approvers automatic" || marks != seen[0]+" "+seen[2] {
		t.Errorf("the table is %s, %s", to, marks)
	}
	mustKind(t, "it is gone", change(inventory.RouteUp, seen[1], inventory.Route{}), inventory.Conflict)
	mustKind(t, "up from the top", change(inventory.RouteUp, seen[0], inventory.Route{}), inventory.Conflict)
	mustKind(t, "sideways", change("left", seen[0], inventory.Route{}), inventory.Invalid)
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}
