package sqlite_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// A key that is ready goes from the bench into its person's hands with a signature, and the requisition closes by itself.
func TestStore_HandOver(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	if err := c.GiveRole(ctx, inventory.System("test"), inventory.PersonID(c.sofia.ID), inventory.Operator); err != nil {
		t.Fatal(err)
	}
	made := c.MustMake("1-1", "4711", "R-1002")
	tag := made.Key.Tag
	_, err := c.HandOver(ctx, c.sofia, tag, " ", "")
	mustKind(t, "without a signature", err, inventory.Invalid)
	_, err = c.HandOver(ctx, c.grace, tag, "Grace Hopper", "")
	mustKind(t, "to oneself", err, inventory.Forbidden)
	rec, err := c.HandOver(ctx, c.sofia, tag, "Grace Hopper", "company card")
	if err != nil || rec.Terms != inventory.CustodyTerms || rec.By.ID != c.sofia.ID {
		t.Fatalf("%+v, %v", rec, err)
	}
	_, err = c.HandOver(ctx, c.sofia, tag, "Grace Hopper", "")
	mustKind(t, "twice", err, inventory.Conflict)
	d, err := c.KeyDossier(ctx, tag)
	if err != nil || d.Key.State != inventory.Delivered || d.Custody[0].Holder.ID != c.grace.ID || d.Custody[0].To != nil || d.Custody[1].To == nil {
		t.Errorf("key %+v, custody %+v, %v", d.Key, d.Custody, err)
	}
	if told := strings.Join(letters(t, c.Store), ", "); !strings.Contains(told, "pick-up to grace@example.com") || !strings.Contains(told, "handed-over to grace@example.com") {
		t.Errorf("letters: %s", told)
	}
	if s := c.state(t, "R-1002"); s != inventory.Closed {
		t.Errorf("the requisition is %s", s)
	}
	mine, err := c.Mine(ctx, inventory.PersonID(c.grace.ID))
	if err != nil || len(mine.Keys) != 1 || mine.Keys[0].Tag != tag {
		t.Errorf("Grace has %+v, %v", mine.Keys, err)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// Lines go apart: the first key is handed over while the spare is still to be made.
func TestStore_HandOver_oneOfTwo(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	place := ""
	if err := c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Place: &place}); err != nil {
		t.Fatal(err)
	}
	made := c.MustMake("1-1", "4711", "R-1004")
	if _, err := c.HandOver(ctx, c.ada, made.Key.Tag, "Sofia", ""); err != nil {
		t.Fatal(err)
	}
	d, err := c.Dossier(ctx, c.sofia, "R-1004")
	if err != nil || d.Requisition.State != inventory.Fulfilling || d.Lines[0].Line.State != inventory.LineDelivered || d.Lines[1].Line.State != inventory.LineOpen {
		t.Errorf("%+v, %v", d.Lines, err)
	}
	way, next := d.Timeline()
	if last := way[len(way)-1]; last.Code != "delivered.primary" || next.Code != "make" {
		t.Errorf("the last that happened is %+v, next %+v", last, next)
	}
}

// Of the critical tier, neither who asked nor who approved hands over, nobody does who is not known, and it is looked who
// takes it.
func TestStore_HandOver_critical(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	made := c.MustMake("1-1", "4711", "R-1002")
	if err := c.Guard(ctx, "R-1002", inventory.Critical); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		by      inventory.Actor
		checked string
		want    inventory.Kind
	}{
		"a name only":             {inventory.Claimed("Olga"), "card", inventory.Forbidden},
		"the user of the machine": {inventorytest.Operator, "card", inventory.Forbidden},
		"nobody looked":           {c.sofia, "", inventory.Invalid},
	} {
		_, err := c.HandOver(ctx, tt.by, made.Key.Tag, "Grace Hopper", tt.checked)
		mustKind(t, name, err, tt.want)
	}
	_, err := c.HandOver(ctx, c.sofia, made.Key.Tag, "Grace Hopper", "company card")
	mustKind(t, "right", err, "")
}

// Of the critical tier, nobody makes or packs keys who asked for them: the bench passes the line over for them, and says why
// to whoever names it.
func TestStore_TakeLine_critical(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	if err := c.Guard(ctx, "R-1002", inventory.Critical); err != nil {
		t.Fatal(err)
	}
	take := func(by inventory.Actor, number string) (inventory.Order, error) {
		r := c.MustBegin("1-1")
		return c.TakeLine(ctx, by, r.Row.ID, inventory.Want{Requisition: number})
	}
	_, err := take(c.grace, "R-1002")
	if inventory.KindOf(err) != inventory.NotFound || !strings.Contains(inventory.Sentence(err), "somebody else handles its keys") {
		t.Errorf("her own: %v", err)
	}
	if o, err := take(c.grace, ""); err != nil || o.Requisition.Number == "R-1002" {
		t.Errorf("any line: %s, %v", o.Requisition.Number, err)
	}
	mustKind(t, "she packs", c.MayPack(ctx, c.grace, "R-1002"), inventory.Forbidden)
	mustKind(t, "another packs", c.MayPack(ctx, c.sofia, "R-1002"), "")
	o, err := take(c.sofia, "R-1002")
	if err != nil || o.Requisition.Number != "R-1002" {
		t.Errorf("another: %s, %v", o.Requisition.Number, err)
	}
}

// A stock key that is kept for a line goes to no other, and the line gets no other key.
func TestStore_Reserve(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	stock := func(port, serial string) inventory.Key {
		r := c.MustBegin(port)
		r.MustIdentify(serial)
		return r.Key
	}
	kept, other := stock("1-1", "1"), stock("1-2", "2")
	d, err := c.Dossier(ctx, c.sofia, "R-1002")
	mustKind(t, "a stranger reads", err, inventory.NotFound)
	if d, err = c.Dossier(ctx, c.grace, "R-1002"); err != nil {
		t.Fatal(err)
	}
	line := d.Lines[0].Line.ID
	mustKind(t, "reserve", c.Reserve(ctx, inventorytest.Operator, line, kept.Tag), "")
	first, err := c.RequisitionByNumber(ctx, "R-1001")
	if err != nil {
		t.Fatal(err)
	}
	mustKind(t, "for somebody else", c.Reserve(ctx, inventorytest.Operator, first.Lines[0].Line.ID, kept.Tag), inventory.Conflict)
	take := func(port string, key inventory.KeyID, number string) (inventory.Order, error) {
		r := c.MustBegin(port)
		return c.TakeLine(ctx, inventorytest.Operator, r.Row.ID, inventory.Want{Key: key, Requisition: number})
	}
	_, err = take("1-3", other.ID, "R-1002")
	if err == nil {
		t.Error("another key gets the line")
	}
	o, err := take("1-4", kept.ID, "")
	if err != nil || o.Line.ID != line {
		t.Errorf("the kept key gets %+v, %v", o.Requisition.Number, err)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// A key that is kept is let go when its requisition is cancelled, or by hand.
func TestStore_Reserve_letGo(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	r := c.MustBegin("1-1")
	r.MustIdentify("1")
	d, err := c.Dossier(ctx, c.grace, "R-1002")
	if err != nil {
		t.Fatal(err)
	}
	line := d.Lines[0].Line.ID
	kept := func() int {
		d, err := c.Dossier(ctx, c.grace, "R-1002")
		if err != nil {
			t.Fatal(err)
		}
		return len(d.Reserved)
	}
	for _, letGo := range []func() error{
		func() error { return c.Unreserve(ctx, inventorytest.Operator, line) },
		func() error { return c.CancelRequisition(ctx, c.grace, "R-1002", "I have one.") },
	} {
		if err := c.Reserve(ctx, inventorytest.Operator, line, r.Key.Tag); err != nil || kept() != 1 {
			t.Fatalf("reserved %d, %v", kept(), err)
		}
		if err := letGo(); err != nil || kept() != 0 {
			t.Errorf("let go: %d kept, %v", kept(), err)
		}
	}
}

// Who may change and cancel, and what a new address does: a standard one goes on, an elevated one is decided again, and what
// was made for the old address goes back.
func TestStore_ChangeRequisition(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	to := inventory.Address{Recipient: "Ada Lovelace", Street: []string{"5 Ockham Park"}, City: "Ockham", PostalCode: "GU23 6NG", Country: "GB"}
	mustKind(t, "a stranger changes", c.ChangeRequisition(ctx, c.sofia, "R-1001", inventory.Wish{Address: &to}), inventory.NotFound)
	mustKind(t, "a stranger cancels", c.CancelRequisition(ctx, c.sofia, "R-1001", "No."), inventory.NotFound)
	mustKind(t, "nothing", c.ChangeRequisition(ctx, c.ada, "R-1001", inventory.Wish{}), inventory.Invalid)
	made := c.MustMake("1-1", "4711", "R-1001")
	mustKind(t, "another address", c.ChangeRequisition(ctx, c.ada, "R-1001", inventory.Wish{Address: &to}), "")
	d, err := c.Dossier(ctx, c.ada, "R-1001")
	if err != nil || d.Requisition.State != inventory.Submitted || d.Requisition.Version != 2 || !d.Changes[0].Reopened {
		t.Fatalf("%+v, %v", d.Requisition, err)
	}
	for _, l := range d.Lines {
		if l.Line.State != inventory.LineOpen {
			t.Errorf("line %d is %s", l.Line.Position, l.Line.State)
		}
	}
	k, err := c.Key(ctx, made.Key.ID)
	if err != nil || k.State != inventory.Received || k.Line != "" {
		t.Errorf("the key is %s for %q, %v", k.State, k.Line, err)
	}
	if _, err := c.LiveSeal(ctx, k.ID); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("its PIN is still sealed: %v", err)
	}
	if told := strings.Join(letters(t, c.Store), ", "); !strings.Contains(told, "address to ada@example.com") {
		t.Errorf("letters: %s", told)
	}
	connector := "usb-a"
	mustKind(t, "another connector", c.ChangeRequisition(ctx, c.grace, "R-1002", inventory.Wish{Connector: &connector}), "")
	if s := c.state(t, "R-1002"); s != inventory.Approved {
		t.Errorf("a standard one is %s", s)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}

// A run that makes a key for what is decided again has no line any more at its record.
func TestStore_ChangeRequisition_whileMaking(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	r := c.MustBegin("1-1")
	r.MustTake("R-1001")
	r.MustIdentify("4711")
	r.MustWalk()
	place := "Reception"
	if err := c.ChangeRequisition(ctx, c.ada, "R-1001", inventory.Wish{Place: &place}); err != nil {
		t.Fatal(err)
	}
	if err := c.Append(ctx, inventorytest.Operator, r.RecordEntered()); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("the key is recorded for it all the same: %v", err)
	}
}

// A packet that was printed for another address counts no more, also where nobody has to decide again.
func TestStore_ChangeRequisition_packet(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	made := c.MustMake("1-1", "4711", "R-1004")
	p, err := c.BeginParcel(ctx, inventorytest.Operator, *made.Order, made.Key)
	if err != nil {
		t.Fatal(err)
	}
	p.PrintedLines, p.PacketSHA256 = []byte("sealed"), "ab"
	if err := c.SaveParcel(ctx, inventorytest.Operator, p); err != nil {
		t.Fatal(err)
	}
	to := inventory.Address{Recipient: "Софья Ковалевская", Street: []string{"Sveavägen 65"}, City: "Stockholm", PostalCode: "113 50", Country: "SE"}
	if err := c.ChangeRequisition(ctx, c.sofia, "R-1004", inventory.Wish{Address: &to}); err != nil {
		t.Fatal(err)
	}
	m, err := c.Made(ctx, made.Key.ID)
	if err != nil || m.Parcel.PacketSHA256 != "" || len(m.Parcel.PrintedLines) != 0 || m.Order.Address.City != "Stockholm" || m.Order.Address.Street[0] != "Sveavägen 65" {
		t.Errorf("%+v, %v", m.Parcel, err)
	}
	left, err := c.Unprinted(ctx, c.Owner.Name())
	if err != nil || len(left) != 1 || left[0].Key.ID != made.Key.ID {
		t.Errorf("to be printed: %d, %v", len(left), err)
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}
