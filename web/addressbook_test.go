package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"keystation/inventory"
)

func (b *books) AddressBook(context.Context, inventory.Actor, inventory.PersonID) ([]inventory.SavedAddress, error) {
	return nil, b.fault()
}

func (b *books) SaveAddress(context.Context, inventory.Actor, inventory.PersonID, string, inventory.Address) error {
	return b.fault()
}

func (b *books) RemoveAddress(context.Context, inventory.Actor, inventory.PersonID, inventory.AddressID) error {
	return b.fault()
}

// An address that was typed once is a tap the next time, can be read by its person alone, and is gone when removed.
func TestAddressBook(t *testing.T) {
	a := newAsker(t, "Grace")
	form := a.get("/ask/form?what=first&pc-linux=%3F&browser=chrome")
	r := a.made(a.send(form, url.Values{"need": {"admin"}, "to": {"new"}, "street": {"1 Main Street"}, "postal": {"22201"}, "city": {"Arlington"}, "keep": {"yes"}}))
	if !r.Posted || r.Country != "US" {
		t.Errorf("posted %t to %q", r.Posted, r.Country)
	}
	form = a.get("/ask/form?what=travel&pc-linux=%3F&browser=chrome")
	form.hasText(t, "#to", "Arlington")
	if r := a.made(a.send(form, url.Values{"need": {"admin"}})); !r.Posted || r.Country != "US" {
		t.Errorf("to the saved address: posted %t to %q", r.Posted, r.Country)
	}
	p := a.get("/account/addresses")
	p.hasText(t, "main", "Grace Hopper", "1 Main Street", "22201 Arlington")
	wrong := a.post("/account/addresses", url.Values{"label": {"Home"}, "street": {"2 Oak Street"}})
	if wrong.StatusCode != http.StatusBadRequest {
		t.Errorf("half an address: %d", wrong.StatusCode)
	}
	wrong.hasText(t, ".notice", "needs a name, a street, a town")
	whole := url.Values{"label": {"Home"}, "recipient": {"Grace"}, "street": {"2 Oak Street\nFlat 3"}, "city": {"Boston"}, "country": {"us"}}
	if p := a.post("/account/addresses", whole); p.StatusCode != http.StatusSeeOther {
		t.Errorf("a whole one: %d %s", p.StatusCode, p.text("main"))
	}
	id, _ := attr(a.get("/account/addresses").find("form[action=/account/addresses/remove] input")[0], "value")
	if p := a.post("/account/addresses/remove", url.Values{"address": {id}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("remove: %d", p.StatusCode)
	}
	if said := a.get("/account/addresses").text("main"); strings.Contains(said, "Arlington") || !strings.Contains(said, "Flat 3") {
		t.Errorf("after one was removed: %q", said)
	}
	a.me = personNamed(t, a.store, "Ada")
	if p := a.post("/account/addresses/remove", url.Values{"address": {id}}); p.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else's: %d", p.StatusCode)
	}
}
