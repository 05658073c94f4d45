package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// An address book is its person's: sealed, told of at both e-mail addresses, empty where it was removed.
func TestStore_SaveAddress(t *testing.T) {
	s := inventorytest.Open(t)
	ada := enter(t, s, inventory.Person{Name: "Adele", Email: "adele@example.com", SecondEmail: "adele@home.example"})
	self, other := inventory.ActorOf(ada, inventory.ByOIDC), inventory.ActorOf(known(t, s, "Grace"), inventory.ByOIDC)
	home := inventory.Address{Recipient: "Adele", Street: []string{"7 Secret Lane"}, City: "York", Country: "GB"}
	if err := s.SaveAddress(t.Context(), self, ada.ID, " Home ", home); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		by    inventory.Actor
		label string
		to    inventory.Address
		kind  inventory.Kind
	}{
		{other, "Home", home, inventory.Forbidden},
		{self, "", home, inventory.Invalid},
		{self, "Half", inventory.Address{Recipient: "Adele"}, inventory.Invalid},
	} {
		if err := s.SaveAddress(t.Context(), c.by, ada.ID, c.label, c.to); inventory.KindOf(err) != c.kind {
			t.Errorf("%q by %s: %v", c.label, c.by.Name, err)
		}
	}
	mine, err := s.AddressBook(t.Context(), self, ada.ID)
	if err != nil || len(mine) != 1 || mine[0].Label != "Home" || mine[0].Open.City != "York" || mine[0].Sealed != nil {
		t.Fatalf("her own: %+v, %v", mine, err)
	}
	theirs, err := s.AddressBook(t.Context(), other, ada.ID)
	if err != nil || len(theirs) != 1 || !theirs[0].Open.IsZero() {
		t.Errorf("seen by another: %+v, %v", theirs, err)
	}
	if got := letters(t, s); !slices.Equal(got, []string{"address to adele@example.com", "address to adele@home.example"}) {
		t.Errorf("letters %q", got)
	}
	a := wanted()
	a.Saved = mine[0].ID
	if _, err := s.Ask(t.Context(), other, a); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("sent to somebody else's address: %v", err)
	}
	number, err := s.Ask(t.Context(), self, a)
	if err != nil {
		t.Fatal(err)
	}
	if r := asked(t, s, number); !r.Posted || r.Country != "GB" {
		t.Errorf("sent to her own: %t, %q", r.Posted, r.Country)
	}
	if err := s.RemoveAddress(t.Context(), other, ada.ID, mine[0].ID); inventory.KindOf(err) != inventory.Forbidden {
		t.Errorf("removed by another: %v", err)
	}
	if err := s.RemoveAddress(t.Context(), self, ada.ID, mine[0].ID); err != nil {
		t.Fatal(err)
	}
	if left := newVandal(t, s).strings("SELECT CAST(sealed AS TEXT) FROM addresses"); !slices.Equal(left, []string{""}) {
		t.Errorf("left of it is %q", left)
	}
	for _, seen := range newVandal(t, s).strings("SELECT CAST(payload AS TEXT) FROM ledger_payloads UNION ALL SELECT facts FROM outbox") {
		if strings.Contains(seen, "Secret Lane") || strings.Contains(seen, "York") {
			t.Errorf("the address stands in %s", seen)
		}
	}
	for i := range 9 {
		err := s.SaveAddress(t.Context(), self, ada.ID, "Again", home)
		if (i < 8) != (err == nil) {
			t.Errorf("address %d: %v", i+1, err)
		}
	}
	holds(t, s)
}

// What the directory has takes the place of what it had, never of what somebody keeps beside it, and the same once more
// changes nothing.
func TestStore_addAddress(t *testing.T) {
	s := inventorytest.Open(t)
	ada := known(t, s, "Ada")
	self := inventory.ActorOf(ada, inventory.ByOIDC)
	home, old, now := inventory.Address{Recipient: "Ada", Street: []string{"1 Home"}, City: "York", Country: "GB"},
		inventory.Address{Recipient: "Ada", Street: []string{"2 Old"}, City: "Leeds", Country: "GB"}, inventory.Address{Recipient: "Ada", Street: []string{"3 New"}, City: "Bath", Country: "GB"}
	if err := s.SaveAddress(t.Context(), self, ada.ID, "Home", home); err != nil {
		t.Fatal(err)
	}
	for _, to := range []inventory.Address{old, now, now, home} {
		if err := s.AddAddress(t.Context(), inventorytest.Operator, ada, "Directory", to); err != nil {
			t.Fatal(err)
		}
	}
	book, err := s.AddressBook(t.Context(), self, ada.ID)
	if err != nil || len(book) != 2 || book[0].Open.City != "York" || book[1].Open.City != "Bath" {
		t.Errorf("the book is %+v, %v", book, err)
	}
	var told []string
	for _, a := range actions(t, s, 1) {
		if strings.HasPrefix(a, "address.") {
			told = append(told, a)
		}
	}
	if !slices.Equal(told, []string{"address.saved", "address.saved", "address.removed", "address.saved"}) {
		t.Errorf("the ledger says %q", told)
	}
	holds(t, s)
}
