package sqlite_test

import (
	"strings"
	"testing"

	"keystation/inventory"
)

// Whoever a key was made for takes it at the desk by touching it, and nobody else does. What the key signed is kept.
func TestStore_TakeByTouch(t *testing.T) {
	c, ctx := newCouncil(t), t.Context()
	made := c.MustMake("1-1", "4711", "R-1002") // for Grace, picked up
	waits := func(by inventory.Actor, number, rpID string) []inventory.TouchableKey {
		t.Helper()
		got, err := c.Touchable(ctx, by, number, rpID)
		if err != nil || got.Number != number || string(got.Person) != by.ID {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Keys
	}
	if n := len(waits(c.ada, "R-1002", "localhost")) + len(waits(c.grace, "R-1002", "keys.example.com")) + len(waits(c.grace, "R-1001", "localhost")); n != 0 {
		t.Errorf("%d keys wait for a touch of somebody else, at another relying party or in another requisition", n)
	}
	keys := waits(c.grace, "R-1002", "localhost")
	if len(keys) != 1 || keys[0].Tag != made.Key.Tag {
		t.Fatalf("%+v wait for Grace", keys)
	}
	touch := inventory.Touch{Registration: keys[0].Registration.ID, Statement: []byte("{}"), ClientData: []byte{1}, AuthenticatorData: []byte{2}, Signature: []byte{3}}
	for _, tt := range []struct {
		name string
		by   inventory.Actor
		with inventory.RegistrationID
		want inventory.Kind
	}{
		{"somebody else", c.ada, touch.Registration, inventory.Forbidden},
		{"a name only", inventory.Actor{ID: c.grace.ID, Name: c.grace.Name, Method: inventory.ByClaim}, touch.Registration, inventory.Forbidden},
		{"a credential that is gone", c.grace, "none", inventory.NotFound},
	} {
		of := touch
		of.Registration = tt.with
		_, err := c.TakeByTouch(ctx, tt.by, made.Key.Tag, of)
		mustKind(t, tt.name, err, tt.want)
	}
	rec, err := c.TakeByTouch(ctx, c.grace, made.Key.Tag, touch)
	if err != nil || rec.How != inventory.Touched || rec.Signed != "Grace Hopper" || rec.Terms != inventory.CustodyTerms || rec.By.ID != c.grace.ID {
		t.Fatalf("%+v, %v", rec, err)
	}
	_, err = c.TakeByTouch(ctx, c.grace, made.Key.Tag, touch)
	mustKind(t, "twice", err, inventory.Conflict)
	d, err := c.Dossier(ctx, c.grace, "R-1002")
	if err != nil || d.Requisition.State != inventory.Closed || len(d.Receipts) != 1 || d.Receipts[0].Touch == nil || string(d.Receipts[0].Touch.Signature) != "\x03" {
		t.Errorf("%+v, %v", d, err)
	}
	k, err := c.KeyDossier(ctx, made.Key.Tag)
	if err != nil || k.Key.State != inventory.Delivered || k.Custody[0].Holder.ID != c.grace.ID || !strings.Contains(k.Custody[0].Note, "touching") {
		t.Errorf("%+v, %v", k.Custody, err)
	}
	if len(waits(c.grace, "R-1002", "localhost")) != 0 {
		t.Error("the key still waits")
	}
	if a := mustVerify(t, c.Store); !a.Holds() {
		t.Error(a)
	}
}
