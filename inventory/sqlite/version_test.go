package sqlite_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

const header = "reference,person,reason,keys,connector,tier,recipient,street,city,country\n"

// Of the critical tier, a yes that was given to one address is none to another: both decide again, also while it waits.
func TestStore_ChangeRequisition_whileSubmitted(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	c.MustImport(inventorytest.People, header+"T-9,alan@example.com,Signs,1,usb-c,critical,Alan Turing,Street 1,Ulm,DE\n")
	mustKind(t, "Ada", c.Approve(ctx, c.ada, "R-1005", "I know him."), "")
	to := inventory.Address{Recipient: "Alan Turing", Street: []string{"Street 2"}, City: "Ulm", Country: "DE"}
	mustKind(t, "another address", c.ChangeRequisition(ctx, c.alan, "R-1005", inventory.Wish{Address: &to}), "")
	d, err := c.Dossier(ctx, c.alan, "R-1005")
	if err != nil || d.Requisition.State != inventory.Submitted || !d.Changes[0].Reopened {
		t.Fatalf("%+v, %v", d.Requisition, err)
	}
	if got := inventory.Stand(d.Requisition.Version, d.Seats); got.Approved != 0 || got.Open != 2 {
		t.Errorf("the seats come to %+v", got)
	}
	if told := d.Seats[1]; told.State != inventory.ApprovalVoid || told.By == nil || told.By.ID != c.ada.ID {
		t.Errorf("the old yes is %+v", told)
	}
	way, _ := d.Timeline()
	var codes []string
	for _, m := range way {
		codes = append(codes, m.Code)
	}
	if got := strings.Join(codes, " "); !strings.Contains(got, "seat.approved") || !strings.HasSuffix(got, "changed.reopened") {
		t.Errorf("the time line says %s", got)
	}
	mustKind(t, "Ada again", c.Approve(ctx, c.ada, "R-1005", "I know him."), "")
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// What is standard waits on with the same seats.
func TestStore_ChangeRequisition_standardWaits(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	place := "Reception"
	mustKind(t, "a place", c.ChangeRequisition(ctx, c.alan, "R-1003", inventory.Wish{Place: &place}), "")
	mustKind(t, "Ada", c.Approve(ctx, c.ada, "R-1003", ""), "")
	if s := c.state(t, "R-1003"); s != inventory.Approved {
		t.Errorf("it is %s", s)
	}
}

// Nothing is changed of what stands still, of what is made, or to a day that is over.
func TestStore_ChangeRequisition_refuses(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	place, connector, past := "Reception", "nfc", "2020-01-01"
	mustKind(t, "needed long ago", c.ChangeRequisition(ctx, c.alan, "R-1003", inventory.Wish{NeededBy: &past}), inventory.Invalid)
	same := "usb-a"
	mustKind(t, "the connector that it has", c.ChangeRequisition(ctx, c.alan, "R-1003", inventory.Wish{Connector: &same}), inventory.Invalid)
	c.MustMake("1-1", "4711", "R-1002")
	mustKind(t, "the connector of a made key", c.ChangeRequisition(ctx, c.grace, "R-1002", inventory.Wish{Connector: &connector}), inventory.Conflict)
	if err := c.HoldPerson(ctx, c.ada, inventory.PersonID(c.grace.ID), "She says it was not her."); err != nil {
		t.Fatal(err)
	}
	mustKind(t, "on hold", c.ChangeRequisition(ctx, inventorytest.Operator, "R-1002", inventory.Wish{Place: &place}), inventory.Conflict)
}

// A run that makes a key with the old connector has no line any more at its record; one that is made keeps it.
func TestStore_ChangeRequisition_connector(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	c.MustMake("1-1", "4711", "R-1004")
	r := c.MustBegin("1-2")
	r.MustTake("R-1004")
	r.MustIdentify("4712")
	r.MustWalk()
	connector := "nfc"
	mustKind(t, "another connector", c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Connector: &connector}), "")
	mustKind(t, "the record", c.Append(ctx, inventorytest.Operator, r.RecordEntered()), inventory.Conflict)
	d, err := c.Dossier(ctx, c.sofia, "R-1004")
	if err != nil {
		t.Fatal(err)
	}
	if first, second := d.Lines[0].Line, d.Lines[1].Line; first.State != inventory.LineMade || first.Connector != "usb-c" || second.State != inventory.LineOpen || second.Connector != "nfc" {
		t.Errorf("%+v, %+v", first, second)
	}
}

// When one of two keys was handed over the other can still be changed, and cancelled, which closes the requisition.
func TestStore_CancelRequisition_theRest(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	place, connector := "", "nfc"
	mustKind(t, "to pick-up", c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Place: &place}), "")
	made := c.MustMake("1-1", "4711", "R-1004")
	if _, err := c.HandOver(ctx, c.ada, made.Key.Tag, "Sofia", ""); err != nil {
		t.Fatal(err)
	}
	mustKind(t, "the rest is changed", c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Connector: &connector}), "")
	mustKind(t, "the rest is cancelled", c.CancelRequisition(ctx, c.sofia, "R-1004", "One is enough."), "")
	d, err := c.Dossier(ctx, c.sofia, "R-1004")
	if err != nil || d.Requisition.State != inventory.Closed || d.Lines[0].Line.State != inventory.LineDelivered || d.Lines[1].Line.State != inventory.LineCancelled || d.Here() {
		t.Fatalf("%s, %+v, %v", d.Requisition.State, d.Lines, err)
	}
	way, next := d.Timeline()
	if last := way[len(way)-1].Code + " " + way[len(way)-2].Code; !strings.Contains(last, "closed") || !strings.Contains(last, "cancelled.spare") || next.Code != "nothing" {
		t.Errorf("the time line ends with %s, then %s", last, next.Code)
	}
	mustKind(t, "once more", c.CancelRequisition(ctx, c.sofia, "R-1004", "One is enough."), inventory.Conflict)
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// A key that is made for an old address is not recorded, also where nobody has to decide again; a packet of an old order is not
// printed, and a parcel that is closed keeps its address.
func TestStore_ChangeRequisition_oldAddress(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	making := c.MustBegin("1-1")
	making.MustTake("R-1004")
	making.MustIdentify("4711")
	making.MustWalk()
	to := inventory.Address{Recipient: "Софья Ковалевская", Street: []string{"Sveavägen 65"}, City: "Stockholm", PostalCode: "113 50", Country: "SE"}
	mustKind(t, "while it is made", c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Address: &to}), "")
	mustKind(t, "the record", c.Append(ctx, inventorytest.Operator, making.RecordEntered()), inventory.Conflict)
	made := c.MustMake("1-2", "4712", "R-1004")
	mustKind(t, "before it is printed", c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Address: &to}), "")
	_, err := c.BeginParcel(ctx, inventorytest.Operator, *made.Order, made.Key)
	mustKind(t, "the packet of the old order", err, inventory.Conflict)
	m, err := c.Made(ctx, made.Key.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.BeginParcel(ctx, inventorytest.Operator, m.Order, m.Key)
	if err != nil {
		t.Fatal(err)
	}
	p.PrintedLines, p.PacketSHA256 = []byte("sealed"), "ab"
	mustKind(t, "the packet of the new one", c.SaveParcel(ctx, inventorytest.Operator, p), "")
	pack(t, c.Store, m.Key)
	mustKind(t, "once it is packed", c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Address: &to}), inventory.Conflict)
}

// For who has left no key is approved, none is made, and the queue says to leave it alone.
func TestStore_left(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	for _, email := range []string{"alan@example.com", "grace@example.com"} {
		p, err := c.PersonByEmail(ctx, email)
		if err != nil {
			t.Fatal(err)
		}
		p.State = inventory.PersonLeft
		if err := c.SavePerson(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	mustKind(t, "approved", c.Approve(ctx, c.ada, "R-1003", ""), inventory.Conflict)
	_, err := c.TakeLine(ctx, inventorytest.Operator, c.MustBegin("1-1").Row.ID, inventory.Want{Requisition: "R-1002"})
	mustKind(t, "made", err, inventory.NotFound)
	if !strings.Contains(inventory.Sentence(err), "Grace Hopper has left") {
		t.Error(err)
	}
	o, err := c.TakeLine(ctx, inventorytest.Operator, c.MustBegin("1-2").Row.ID, inventory.Want{})
	if err != nil || o.Requisition.Number != "R-1001" {
		t.Errorf("whoever is next gets %s, %v", o.Requisition.Number, err)
	}
	q, err := c.Queue(ctx, "")
	if err != nil || q.Counts[inventory.QueueHeld] != 1 || q.Counts[inventory.QueueMake] != 3 {
		t.Errorf("the queue counts %v, %v", q.Counts, err)
	}
	mustKind(t, "rejected", c.Reject(ctx, c.ada, "R-1003", "He has left."), "")
}
