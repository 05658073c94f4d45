package web

import (
	"net/http"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// invited is somebody of a house with a passkey that they made by an invitation.
func (h house) invited(t *testing.T, name string) (*pocket, inventory.Person) {
	t.Helper()
	who := personNamed(t, h.store, name)
	token, err := h.store.Invite(t.Context(), inventorytest.Operator, who.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := h.walkIn(t)
	if status, text := p.makes("/invitation/"+token+"/begin", "/invitation/"+token, nil); status != http.StatusOK {
		t.Fatalf("%s makes a passkey: %d %s", name, status, text)
	}
	return p, who
}

// A passkey that was copied is found out by its counter, at each of the doors: whoever comes second is refused.
func TestPasskey_copied(t *testing.T) {
	h := doored(t)
	p, _ := h.invited(t, "Ada")
	if status, text := p.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusOK {
		t.Fatalf("Ada comes in: %d %s", status, text)
	}
	thief := h.walkIn(t)
	thief.private, thief.id, thief.handle, thief.rp, thief.count = p.private, p.id, p.handle, p.rp, p.count
	if status, text := p.shows("/signin/again/begin", "/signin/again"); status != http.StatusOK {
		t.Fatalf("Ada shows again that it is her: %d %s", status, text)
	}
	if status, text := thief.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusForbidden || !strings.Contains(text, "may have been copied") {
		t.Errorf("the copy, used after hers: %d %s", status, text)
	}
	if status, _ := thief.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusOK {
		t.Fatalf("the copy, ahead of hers: %d", status)
	}
	p.count--
	if status, text := p.shows("/signin/again/begin", "/signin/again"); status != http.StatusForbidden || !strings.Contains(text, "may have been copied") {
		t.Errorf("hers, used after the copy: %d %s", status, text)
	}
}

// Where people come in by the company's account, a passkey proves nothing: neither one from before, nor one for emergencies
// whose use raised no alarm.
func TestPasskey_againWithOIDC(t *testing.T) {
	h := doored(t)
	p, ada := h.invited(t, "Ada")
	h.SignIn.OIDC = &OIDC{Issuer: "http://localhost:1", ClientID: "x", Name: "Example Co."}
	again := func() (int, string) { return p.shows("/signin/again/begin", "/signin/again") }
	if status, text := again(); status != http.StatusForbidden || !strings.Contains(text, "emergencies") {
		t.Errorf("one from before: %d %s", status, text)
	}
	h.SignIn.BreakGlass = []string{ada.Email}
	if status, text := again(); status != http.StatusForbidden || !strings.Contains(text, "emergencies") {
		t.Errorf("one for emergencies, without the alarm: %d %s", status, text)
	}
	if status, text := p.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusOK {
		t.Fatalf("break glass: %d %s", status, text)
	}
	if status, text := again(); status != http.StatusOK {
		t.Errorf("after the alarm: %d %s", status, text)
	}
	broken := func() bool {
		var v Visitor
		h.Who = func(r *http.Request) (Visitor, bool) { v, _ = h.signedIn(r); return v, v.ID != "" }
		defer func() { h.Who = nil }()
		p.at("/my")
		return v.BreakGlass
	}
	if !broken() {
		t.Fatal("nobody broke glass")
	}
	h.SignIn.OIDC = nil
	if status, text := p.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusOK || broken() {
		t.Errorf("who comes in another way in the same browser still breaks glass: %d %s", status, text)
	}
}

// Whoever is on hold is told so once their passkey showed that it is them, and nobody else is told that they exist.
func TestPasskey_onHold(t *testing.T) {
	h := doored(t)
	p, ada := h.invited(t, "Ada")
	if err := h.store.HoldPerson(t.Context(), inventorytest.Operator, ada.ID, "She said that it was not her."); err != nil {
		t.Fatal(err)
	}
	if status, text := p.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusForbidden || !strings.Contains(text, "Ada Lovelace is on hold") {
		t.Errorf("Ada: %d %s", status, text)
	}
	forger := h.walkIn(t)
	forger.id, forger.handle, forger.rp, forger.count = p.id, p.handle, p.rp, p.count
	if status, text := forger.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusForbidden || strings.Contains(text, "Ada") {
		t.Errorf("somebody who knows her passkey's number: %d %s", status, text)
	}
}
