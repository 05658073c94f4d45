package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// canceled are the lines of a requisition that was canceled, which must all be so.
func canceled(t *testing.T, s *inventorytest.Store, number string) inventory.RequisitionRow {
	t.Helper()
	r, err := s.RequisitionByNumber(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	if r.Requisition.State != inventory.Cancelled {
		t.Errorf("%s is %s", number, r.Requisition.State)
	}
	for _, l := range r.Lines {
		if l.Line.State != inventory.LineCancelled || l.Line.Run != "" || l.Line.Key != "" {
			t.Errorf("line %+v", l.Line)
		}
	}
	return r
}

// Of a requisition with a key that is ready and one that is in the making, the first goes back to stock with a void seal,
// and the record of the second is refused. Both are found in the ledger, which holds.
func TestStore_CancelRequisition(t *testing.T) {
	s := inventorytest.Open(t)
	ready := s.MustMake("1-1", "4711", "R-1001")
	making := s.MustBegin("1-2")
	making.MustTake("R-1001")
	making.MustIdentify("4712")
	making.MustWalk()
	before := size(t, s)
	if err := s.CancelRequisition(t.Context(), inventorytest.Operator, "r1001", "Ada has left."); err != nil {
		t.Fatal(err)
	}
	if got := actions(t, s, before+1); !slices.Equal(got, []string{"requisition.cancelled", "key.received"}) {
		t.Errorf("the ledger says %q", got)
	}
	r := canceled(t, s, "R-1001")
	if r.CancelledFor != "Ada has left." || r.CancelledBy != inventorytest.Operator.Name {
		t.Errorf("canceled by %q: %q", r.CancelledBy, r.CancelledFor)
	}
	d, err := s.KeyDossier(t.Context(), ready.Key.Tag)
	if err != nil {
		t.Fatal(err)
	}
	if d.Key.State != inventory.Received || d.Key.StateReason != "R-1001 was cancelled" || d.For != nil || d.Seal.State != inventory.SealVoid {
		t.Errorf("the ready key is %+v, for %+v, its seal %+v", d.Key, d.For, d.Seal)
	}
	if len(d.Registrations) != 1 || d.Registrations[0].RevokedAt != nil {
		t.Errorf("the tag by which it is known again: %+v", d.Registrations)
	}
	if d.Ledger[0].Header.Action != "key.received" || d.Ledger[1].Header.Action != "requisition.cancelled" {
		t.Errorf("the ledger about the key begins with %s, %s", d.Ledger[0].Header.Action, d.Ledger[1].Header.Action)
	}
	err = s.Append(t.Context(), inventorytest.Operator, making.RecordEntered())
	if inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("the record of the run in the making: %v", err)
	}
	k, err := s.Key(t.Context(), making.Key.ID)
	if err != nil || k.State != inventory.Received {
		t.Errorf("the key in the making is %s, %v", k.State, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// What the ledger forgets the page forgets too: the reason stands nowhere else.
func TestStore_CancelRequisition_erased(t *testing.T) {
	s := inventorytest.Open(t)
	if err := s.CancelRequisition(t.Context(), inventorytest.Operator, "R-1002", "Grace is ill."); err != nil {
		t.Fatal(err)
	}
	list, err := s.RequisitionList(t.Context(), inventory.RequisitionQuery{State: inventory.Cancelled})
	if err != nil || len(list.Rows) != 1 || list.Rows[0].CancelledFor != "Grace is ill." {
		t.Fatalf("the list: %+v, %v", list, err)
	}
	if err := s.ErasePayloads(t.Context(), inventorytest.Operator, []int64{size(t, s)}, "retention"); err != nil {
		t.Fatal(err)
	}
	if r := canceled(t, s, "R-1002"); r.CancelledFor != "" || r.CancelledBy != "" {
		t.Errorf("after it was erased: %q, %q", r.CancelledBy, r.CancelledFor)
	}
}

// pack puts a key into its parcel, with the entry of some run: there is no other way yet.
func pack(t *testing.T, s *inventorytest.Store, k inventory.Key) {
	t.Helper()
	k, ev, err := k.Move(inventory.Packed, "", inventory.Instant(s.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	r := s.MustBegin("1-9")
	r.MustAppend(inventory.Entered{Entry: r.Entry(inventory.Identify, inventory.Failed), Key: &k, Events: []inventory.Event{ev}})
}

// A refusal says why and leaves nothing behind.
func TestStore_CancelRequisition_refused(t *testing.T) {
	s := inventorytest.Open(t)
	packed := s.MustMake("1-1", "4711", "R-1001").Key
	s.MustMake("1-2", "4712", "R-1001")
	pack(t, s, packed)
	if err := s.CancelRequisition(t.Context(), inventorytest.Operator, "R-1003", "Asked twice."); err != nil {
		t.Fatal(err)
	}
	before := size(t, s)
	for _, tt := range []struct {
		number, reason string
		kind           inventory.Kind
		says           string
	}{
		{"R-1001", "Ada has left.", inventory.Conflict, "is packed: a requisition can be cancelled only until one of its keys is packed."},
		{"R-1002", " ", inventory.Invalid, "without a reason"},
		{"R-1003", "Once more.", inventory.Conflict, "R-1003 is cancelled and cannot be cancelled any more."},
		{"R-9", "Nobody asked.", inventory.NotFound, "There is no requisition R-9"},
	} {
		err := s.CancelRequisition(t.Context(), inventorytest.Operator, tt.number, tt.reason)
		if inventory.KindOf(err) != tt.kind || !strings.Contains(inventory.Sentence(err), tt.says) {
			t.Errorf("%s: %v", tt.number, err)
		}
	}
	r, err := s.RequisitionByNumber(t.Context(), "R-1001")
	if err != nil || r.Requisition.State != inventory.Fulfilling || r.Lines[1].KeyState != inventory.Ready || size(t, s) != before {
		t.Errorf("a refusal left %+v, %v", r, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// Nothing is made for what was canceled, no packet is begun for its key, and the key can be made for another line.
func TestStore_CancelRequisition_after(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1002")
	if err := s.CancelRequisition(t.Context(), inventorytest.Operator, "R-1002", "Grace is ill."); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TakeLine(t.Context(), inventorytest.Operator, r.Row.ID, inventory.Want{Requisition: "R-1002"}); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("a line of it is taken: %v", err)
	}
	_, err := s.BeginParcel(t.Context(), inventorytest.Operator, *r.Order, r.Key)
	if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(inventory.Sentence(err), "no packet is printed") {
		t.Errorf("a packet is begun for it: %v", err)
	}
	if left, err := s.Unprinted(t.Context(), s.Owner.Name()); err != nil || len(left) != 0 {
		t.Errorf("packets to print: %+v, %v", left, err)
	}
}
