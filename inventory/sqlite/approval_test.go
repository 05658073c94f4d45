package sqlite_test

import (
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// council is a database in which R-1003 of Alan waits, Ada and Grace are approvers, and Sofia is nobody in particular.
type council struct {
	*inventorytest.Store
	ada, grace, alan, sofia inventory.Actor
}

func newCouncil(t *testing.T) council {
	t.Helper()
	c := council{Store: inventorytest.Empty(t)}
	who := func(email string) inventory.Actor {
		p, err := c.PersonByEmail(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		return inventory.ActorOf(p, inventory.ByOIDC)
	}
	rows, err := inventory.ReadPeople(strings.NewReader(inventorytest.People))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ImportPeople(t.Context(), inventorytest.Operator, rows, false); err != nil {
		t.Fatal(err)
	}
	c.ada, c.grace, c.alan, c.sofia = who("ada@example.com"), who("grace@example.com"), who("alan@example.com"), who("sofia@example.com")
	for _, a := range []inventory.Actor{c.ada, c.grace} {
		if err := c.GiveRole(t.Context(), inventory.System("test"), inventory.PersonID(a.ID), inventory.Approver); err != nil {
			t.Fatal(err)
		}
	}
	c.MustImport(inventorytest.People, inventorytest.Requisitions)
	return c
}

func (c council) state(t *testing.T, number string) inventory.RequisitionState {
	t.Helper()
	r, err := c.RequisitionByNumber(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return r.Requisition.State
}

func mustKind(t *testing.T, what string, err error, want inventory.Kind) {
	t.Helper()
	if inventory.KindOf(err) != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// A yes is given by whoever sits, taken back, and not taken back any more once the bench has the line.
func TestStore_Approve(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	mustKind(t, "Alan about his own", c.Approve(ctx, c.alan, "R-1003", ""), inventory.Forbidden)
	mustKind(t, "somebody without a seat", c.Approve(ctx, c.sofia, "R-1003", ""), inventory.NotFound)
	q, err := c.ApprovalQueue(ctx, c.ada, "")
	if err != nil || q.Count != 1 || q.Rows[0].Requisition.Number != "R-1003" {
		t.Fatalf("Ada's queue: %+v, %v", q, err)
	}
	if q, _ := c.ApprovalQueue(ctx, c.sofia, ""); q.Count != 0 {
		t.Errorf("Sofia's queue: %+v", q)
	}
	mustKind(t, "Ada", c.Approve(ctx, c.ada, "r-1003", ""), "")
	if s := c.state(t, "R-1003"); s != inventory.Approved {
		t.Fatalf("it is %s", s)
	}
	mustKind(t, "Grace after Ada", c.Approve(ctx, c.grace, "R-1003", ""), inventory.Conflict)
	mustKind(t, "Grace takes Ada's yes back", c.Undo(ctx, c.grace, "R-1003"), inventory.NotFound)
	mustKind(t, "Ada takes hers back", c.Undo(ctx, c.ada, "R-1003"), "")
	if s := c.state(t, "R-1003"); s != inventory.Submitted {
		t.Fatalf("undone it is %s", s)
	}
	mustKind(t, "Grace", c.Approve(ctx, c.grace, "R-1003", ""), "")
	run := c.MustBegin("1-1")
	run.MustTake("R-1003")
	mustKind(t, "the bench has it", c.Undo(ctx, c.grace, "R-1003"), inventory.Conflict)
	if s := c.state(t, "R-1003"); s != inventory.Fulfilling {
		t.Errorf("it is %s", s)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// Of two who press the button in the same moment one approves, and the other is told.
func TestStore_Approve_atOnce(t *testing.T) {
	c := newCouncil(t)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, by := range []inventory.Actor{c.ada, c.grace} {
		both.Go(func() { errs[i] = c.Approve(t.Context(), by, "R-1003", "") })
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("%v and %v", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil && inventory.KindOf(err) != inventory.Conflict {
			t.Error(err)
		}
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// Undo and the bench may come at the same moment: either the line is taken, or it waits for a decision again.
func TestStore_Undo_atOnce(t *testing.T) {
	for range 10 {
		c := newCouncil(t)
		if err := c.Approve(t.Context(), c.ada, "R-1003", ""); err != nil {
			t.Fatal(err)
		}
		run := c.MustBegin("1-1")
		var undone, taken error
		var both sync.WaitGroup
		both.Go(func() { undone = c.Undo(t.Context(), c.ada, "R-1003") })
		both.Go(func() {
			_, taken = c.TakeLine(t.Context(), inventorytest.Operator, run.Row.ID, inventory.Want{Requisition: "R-1003"})
		})
		both.Wait()
		if (undone == nil) == (taken == nil) {
			t.Fatalf("undone %v, taken %v", undone, taken)
		}
	}
}

// A no ends it, with a reason that the person reads; a question lets the clock stand until they answer.
func TestStore_Reject(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	mustKind(t, "a question", c.AskBack(ctx, c.ada, "R-1003", "What for, Alan?"), "")
	one, err := c.ApprovalCase(ctx, c.ada, "R-1003")
	if err != nil || one.Mine == nil || one.Mine.State != inventory.ApprovalAsked || len(one.Comments) != 1 || one.Due != nil {
		t.Fatalf("%+v, %v", one, err)
	}
	mustKind(t, "a stranger answers", c.Comment(ctx, c.sofia, "R-1003", "Me too."), inventory.NotFound)
	mustKind(t, "Alan answers", c.Comment(ctx, c.alan, "R-1003", "For the journey to Princeton."), "")
	one, err = c.ApprovalCase(ctx, c.ada, "R-1003")
	if err != nil || one.Mine.State != inventory.ApprovalWaiting || one.Comments[1].Kind != inventory.Answer || one.Due == nil {
		t.Fatalf("%+v, %v", one, err)
	}
	mustKind(t, "no, without a reason", c.Reject(ctx, c.ada, "R-1003", " "), inventory.Invalid)
	mustKind(t, "no", c.Reject(ctx, c.ada, "R-1003", "Take your phone."), "")
	r, err := c.RequisitionByNumber(ctx, "R-1003")
	if err != nil || r.Requisition.State != inventory.Rejected || r.Lines[0].Line.State != inventory.LineCancelled {
		t.Errorf("%+v, %v", r, err)
	}
	told := letters(t, c.Store)
	for _, want := range []string{"asked-back", "rejected"} {
		found := false
		for _, l := range told {
			found = found || strings.Contains(l, want) && strings.Contains(l, "alan@example.com")
		}
		if !found {
			t.Errorf("no letter %s to Alan: %q", want, told)
		}
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// Whoever does not answer in time, or goes away, is passed over, and the requisition says so.
func TestStore_Escalate(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	if err := c.SetRouting(ctx, inventory.System("test"), []inventory.Route{{To: inventory.ToPerson, Whom: c.ada.ID}, {To: inventory.ToPerson, Whom: c.grace.ID}}); err != nil {
		t.Fatal(err)
	}
	c.MustImport(inventorytest.People, "reference,person,reason,keys,connector,tier\nT-9,alan@example.com,Signs,1,usb-c,standard\n")
	number := "R-1005"
	seats := func() string {
		d, err := c.Dossier(ctx, inventory.System("test"), number)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, a := range d.Seats {
			all = append(all, a.Name+" "+string(a.State))
		}
		return strings.Join(all, ", ")
	}
	if got := seats(); got != "Ada Lovelace waiting" {
		t.Fatalf("at first: %s", got)
	}
	if n, err := c.Escalate(ctx); n != 0 || err != nil {
		t.Errorf("at once %d, %v", n, err)
	}
	c.Clock.Set(inventorytest.Start.AddDate(0, 0, 4))
	if _, err := c.Escalate(ctx); err != nil {
		t.Fatal(err)
	}
	if got := seats(); got != "Ada Lovelace passed-over, Grace Hopper waiting" {
		t.Errorf("after four days: %s", got)
	}
	today := inventory.Day(inventorytest.Start.AddDate(0, 0, 4))
	if err := c.SetAbsence(ctx, c.grace, inventory.Absence{Person: inventory.PersonID(c.grace.ID), From: today, Until: today}); err != nil {
		t.Fatal(err)
	}
	if got := seats(); got != "Ada Lovelace passed-over, Grace Hopper passed-over, Admins waiting" {
		t.Errorf("with Grace away: %s", got)
	}
	mustKind(t, "Ada for Grace", c.SetAbsence(ctx, c.ada, inventory.Absence{Person: inventory.PersonID(c.grace.ID), From: today, Until: today}), inventory.NotFound)
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// A stand-in decides in the name of who is away, and both names are kept.
func TestStore_Approve_standIn(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	if err := c.SetRouting(ctx, inventory.System("test"), []inventory.Route{{To: inventory.ToPerson, Whom: c.ada.ID}}); err != nil {
		t.Fatal(err)
	}
	today := inventory.Day(inventorytest.Start)
	if err := c.SetAbsence(ctx, c.ada, inventory.Absence{Person: inventory.PersonID(c.ada.ID), StandIn: inventory.PersonID(c.sofia.ID), From: today, Until: today}); err != nil {
		t.Fatal(err)
	}
	c.MustImport(inventorytest.People, "reference,person,reason,keys,connector,tier\nT-9,alan@example.com,Signs,1,usb-c,standard\n")
	if one, err := c.ApprovalCase(ctx, c.sofia, "R-1005"); err != nil || one.InNameOf != "Ada Lovelace" {
		t.Errorf("the stand-in opens the case: %q, %v", one.InNameOf, err)
	}
	mustKind(t, "the stand-in", c.Approve(ctx, c.sofia, "R-1005", ""), "")
	d, err := c.Dossier(ctx, c.alan, "R-1005")
	if err != nil || d.Seats[0].By.Name != "Софья Ковалевская" || d.Seats[0].InNameOf != "Ada Lovelace" || d.Requisition.State != inventory.Approved {
		t.Errorf("%+v, %v", d.Seats, err)
	}
}

// An admin who has left is none: the last one who is there keeps the role, and without any the first one begins anew.
func TestStore_WithdrawRole_lastAdmin(t *testing.T) {
	c, ctx, by := newCouncil(t), t.Context(), inventory.System("test")
	for _, a := range []inventory.Actor{c.ada, c.alan} {
		if err := c.GiveRole(ctx, by, inventory.PersonID(a.ID), inventory.Admin); err != nil {
			t.Fatal(err)
		}
	}
	leave := func(email string) {
		t.Helper()
		p, err := c.PersonByEmail(ctx, email)
		if err != nil {
			t.Fatal(err)
		}
		p.State = inventory.PersonLeft
		if err := c.SavePerson(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	leave("alan@example.com")
	mustKind(t, "the last admin", c.WithdrawRole(ctx, by, inventory.PersonID(c.ada.ID), inventory.Admin), inventory.Conflict)
	leave("ada@example.com")
	_, err := c.Setup(ctx, "Mary", "mary@example.com")
	mustKind(t, "a first admin anew", err, "")
}
