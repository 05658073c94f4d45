package sqlite_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// seats says who sits about a requisition in its newest version.
func (c council) seats(t *testing.T, number string) string {
	t.Helper()
	d, err := c.Dossier(t.Context(), inventory.System("test"), number)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range d.Seats {
		if a.Version == d.Requisition.Version {
			all = append(all, a.Name+" "+string(a.State))
		}
	}
	return strings.Join(all, ", ")
}

// askedOf lets Alan ask while the table names the rows; it is R-1005.
func (c council) askedOf(t *testing.T, tier inventory.Tier, rows ...inventory.Route) {
	t.Helper()
	if err := c.SetRouting(t.Context(), inventory.System("test"), rows); err != nil {
		t.Fatal(err)
	}
	c.MustImport(inventorytest.People, "reference,person,reason,keys,connector,tier\nT-9,alan@example.com,Signs,1,usb-c,"+string(tier)+"\n")
}

func (c council) escalate(t *testing.T) {
	t.Helper()
	if _, err := c.Escalate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// For two seats of which one person is the only one left, the second goes on in the moment in which they take the first.
func TestStore_Approve_onlyOneLeft(t *testing.T) {
	c, ctx, by := newCouncil(t), t.Context(), inventory.System("test")
	mustKind(t, "Ada joins", c.JoinGroup(ctx, by, "Security", inventory.PersonID(c.ada.ID)), "")
	c.askedOf(t, inventory.Critical, inventory.Route{To: inventory.ToGroup, Whom: "security"}, inventory.Route{To: inventory.ToPerson, Whom: c.ada.ID}, inventory.Route{To: inventory.ToPerson, Whom: c.grace.ID})
	mustKind(t, "Ada", c.Approve(ctx, c.ada, "R-1005", "I know him."), "")
	if got := c.seats(t, "R-1005"); got != "Security passed-over, Ada Lovelace approved, Grace Hopper waiting" {
		t.Errorf("the seats: %s", got)
	}
	if told := strings.Join(letters(t, c.Store), ", "); !strings.Contains(told, "to-approve to grace@example.com") {
		t.Errorf("letters: %s", told)
	}
	mustKind(t, "Grace", c.Approve(ctx, c.grace, "R-1005", "I do too."), "")
	if s := c.state(t, "R-1005"); s != inventory.Approved {
		t.Errorf("it is %s", s)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// The clock of a decision stands while the requisition does.
func TestStore_Escalate_held(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	c.askedOf(t, inventory.Standard, inventory.Route{To: inventory.ToPerson, Whom: c.ada.ID}, inventory.Route{To: inventory.ToPerson, Whom: c.grace.ID})
	alan := inventory.PersonID(c.alan.ID)
	mustKind(t, "hold", c.HoldPerson(ctx, c.grace, alan, "It was not him."), "")
	c.Clock.Set(inventorytest.Start.AddDate(0, 0, 10))
	c.escalate(t)
	if got := c.seats(t, "R-1005"); got != "Ada Lovelace waiting" {
		t.Errorf("on hold: %s", got)
	}
	mustKind(t, "release", c.ReleasePerson(ctx, c.grace, alan, "Called him."), "")
	c.escalate(t)
	if got := c.seats(t, "R-1005"); got != "Ada Lovelace waiting" {
		t.Errorf("let go: %s", got)
	}
	c.Clock.Set(inventorytest.Start.AddDate(0, 0, 14))
	c.escalate(t)
	if got := c.seats(t, "R-1005"); got != "Ada Lovelace passed-over, Grace Hopper waiting" {
		t.Errorf("four days on: %s", got)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// A seat goes on by itself when its person has left, is on hold, or is away by now; with a stand-in it stays.
func TestStore_Escalate_gone(t *testing.T) {
	tomorrow := inventory.Day(inventorytest.Start.AddDate(0, 0, 1))
	for name, tt := range map[string]struct {
		gone func(t *testing.T, c council) error
		want string
	}{
		"an absence begins": {func(t *testing.T, c council) error {
			return c.SetAbsence(t.Context(), c.ada, inventory.Absence{Person: inventory.PersonID(c.ada.ID), From: tomorrow, Until: tomorrow})
		}, "Ada Lovelace passed-over, Grace Hopper waiting"},
		"with a stand-in": {func(t *testing.T, c council) error {
			return c.SetAbsence(t.Context(), c.ada, inventory.Absence{Person: inventory.PersonID(c.ada.ID), StandIn: inventory.PersonID(c.sofia.ID), From: tomorrow, Until: tomorrow})
		}, "Ada Lovelace waiting"},
		"with a stand-in who is away as well": {func(t *testing.T, c council) error {
			if err := c.SetAbsence(t.Context(), c.sofia, inventory.Absence{Person: inventory.PersonID(c.sofia.ID), From: tomorrow, Until: tomorrow}); err != nil {
				return err
			}
			return c.SetAbsence(t.Context(), c.ada, inventory.Absence{Person: inventory.PersonID(c.ada.ID), StandIn: inventory.PersonID(c.sofia.ID), From: tomorrow, Until: tomorrow})
		}, "Ada Lovelace passed-over, Grace Hopper waiting"},
		"on hold": {func(t *testing.T, c council) error {
			return c.HoldPerson(t.Context(), c.grace, inventory.PersonID(c.ada.ID), "It was not her.")
		}, "Ada Lovelace passed-over, Grace Hopper waiting"},
		"left": {func(t *testing.T, c council) error {
			p, err := c.PersonByEmail(t.Context(), "ada@example.com")
			p.State = inventory.PersonLeft
			if err != nil {
				return err
			}
			return c.SavePerson(t.Context(), p)
		}, "Ada Lovelace passed-over, Grace Hopper waiting"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCouncil(t)
			c.askedOf(t, inventory.Standard, inventory.Route{To: inventory.ToPerson, Whom: c.ada.ID}, inventory.Route{To: inventory.ToPerson, Whom: c.grace.ID})
			mustKind(t, "gone", tt.gone(t, c), "")
			c.escalate(t)
			c.Clock.Set(inventorytest.Start.AddDate(0, 0, 1))
			c.escalate(t)
			if got := c.seats(t, "R-1005"); got != tt.want {
				t.Errorf("the seats: %s", got)
			}
		})
	}
}

// A group goes on when the last who could decide for it is away.
func TestStore_Escalate_group(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	for _, a := range []inventory.Actor{c.ada, c.sofia} {
		mustKind(t, "joins", c.JoinGroup(ctx, inventory.System("test"), "Security", inventory.PersonID(a.ID)), "")
	}
	c.askedOf(t, inventory.Standard, inventory.Route{To: inventory.ToGroup, Whom: "Security"}, inventory.Route{To: inventory.ToPerson, Whom: c.grace.ID})
	today := inventory.Day(inventorytest.Start)
	for i, want := range []string{"Security waiting", "Security passed-over, Grace Hopper waiting"} {
		of := inventory.PersonID([]inventory.Actor{c.ada, c.sofia}[i].ID)
		mustKind(t, "away", c.SetAbsence(ctx, inventorytest.Operator, inventory.Absence{Person: of, From: today, Until: today}), "")
		c.escalate(t)
		if got := c.seats(t, "R-1005"); got != want {
			t.Errorf("with %d away: %s", i+1, got)
		}
	}
}

// What was submitted before people decided here gets its seats.
func TestStore_Escalate_withoutSeats(t *testing.T) {
	c := newCouncil(t)
	newVandal(t, c.Store).do("DELETE FROM approvals")
	c.escalate(t)
	if got := c.seats(t, "R-1003"); got != "Manager passed-over, Approvers waiting" {
		t.Errorf("the seats: %s", got)
	}
	mustKind(t, "Ada", c.Approve(t.Context(), c.ada, "R-1003", ""), "")
}
