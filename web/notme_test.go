package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

func (b *books) Denial(context.Context, string) (inventory.Denial, error) {
	return inventory.Denial{}, inventory.Refuse(inventory.NotFound, "This link is none of ours.")
}

func (b *books) Deny(context.Context, string) error { return b.fault() }

func (b *books) HeldPeople(context.Context) ([]inventory.Person, error) { return nil, b.fault() }

func (b *books) ReleasePerson(context.Context, inventory.Actor, inventory.PersonID, string) error {
	return b.fault()
}

func (b *books) LettersWaiting(context.Context) (inventory.OutboxState, error) {
	return inventory.OutboxState{}, b.fault()
}

func (b *books) WantsDigest(context.Context, inventory.PersonID) (bool, error) {
	return false, b.fault()
}

func (b *books) ChooseDigest(context.Context, inventory.Actor, bool) error { return b.fault() }

// lettersTo are the letters to an address that are due, as the delivery gets them.
func lettersTo(t testing.TB, store *inventorytest.Store, address string) []inventory.Letter {
	t.Helper()
	all, err := store.DueLetters(t.Context(), inventorytest.Start.AddDate(0, 0, 30), 100)
	if err != nil {
		t.Fatal(err)
	}
	var to []inventory.Letter
	for _, l := range all {
		if l.To == address {
			to = append(to, l)
		}
	}
	return to
}

// Somebody who is told of what was not them stops everything in their name by a link that works for whoever is signed out,
// and that does nothing by being opened. The help desk lets it go on, with what was found out.
func TestNotMe(t *testing.T) {
	store := inventorytest.Open(t)
	grace, ada := personNamed(t, store, "Grace"), personNamed(t, store, "Ada")
	if err := store.GiveRole(t.Context(), inventorytest.Operator, ada.ID, inventory.HelpDesk); err != nil {
		t.Fatal(err)
	}
	home := inventory.Address{Recipient: "Grace", Street: []string{"1 Thief's Lane"}, City: "Boston", Country: "US"}
	if err := store.SaveAddress(t.Context(), inventory.ActorOf(grace, inventory.ByOIDC), grace.ID, "Home", home); err != nil {
		t.Fatal(err)
	}
	link := lettersTo(t, store, "grace@example.com")[0].Facts.Deny
	d := open(t, as, func(c *Config) { c.Books, c.Now = store, store.Clock.Now })
	for range 3 { // a mail scanner looks again and again
		p := d.getAs("nobody", link)
		p.hasText(t, "main", "Was this you?", "An address to which keys can be sent", "It was not me: stop everything")
	}
	if held, err := store.HeldPeople(t.Context()); err != nil || len(held) != 0 {
		t.Errorf("by looking: %v, %v", held, err)
	}
	if p := d.getAs("nobody", "/not-me/"+strings.Repeat("A", 26)); p.StatusCode != http.StatusNotFound {
		t.Errorf("a link of somebody's own making: %d", p.StatusCode)
	}
	if p := d.post(link, url.Values{}); p.Header.Get("Location") != link {
		t.Fatalf("%d %s", p.StatusCode, p.text("main"))
	}
	d.getAs("nobody", link).hasText(t, "main", "Everything in your name stands still")
	if p := d.post(link, url.Values{}); p.StatusCode != http.StatusConflict {
		t.Errorf("once more: %d", p.StatusCode)
	}
	if _, _, err := store.Whoever(t.Context(), grace.ID); inventory.KindOf(err) != inventory.Forbidden {
		t.Errorf("she may still come in: %v", err)
	}
	if r, err := store.RequisitionByNumber(t.Context(), "R-1002"); err != nil || r.Requisition.Held == "" || r.Requisition.Makeable() == nil {
		t.Errorf("her requisition goes on: %+v, %v", r.Requisition, err)
	}
	if got := lettersTo(t, store, "ada@example.com"); len(got) == 0 || got[len(got)-1].Kind != inventory.LetterSuspended {
		t.Errorf("the help desk is told %+v", got)
	}
	p := d.getAs("help-desk", "/held")
	checkPage(t, "/held", p)
	p.hasText(t, "main", "Grace Hopper", "said that it was not them")
	if n := len(d.getAs("auditor", "/held").find("main form")); n != 0 {
		t.Errorf("an auditor gets %d forms", n)
	}
	if err := store.ReleasePerson(t.Context(), inventory.ActorOf(grace, inventory.ByOIDC), grace.ID, "It was me."); inventory.KindOf(err) != inventory.Forbidden {
		t.Errorf("by herself: %v", err)
	}
	if err := store.ReleasePerson(t.Context(), inventorytest.Operator, grace.ID, " "); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("without a word: %v", err)
	}
	if err := store.ReleasePerson(t.Context(), inventorytest.Operator, grace.ID, "Called her: it was her."); err != nil {
		t.Fatal(err)
	}
	if r, err := store.RequisitionByNumber(t.Context(), "R-1002"); err != nil || r.Requisition.Held != "" {
		t.Errorf("her requisition stands still: %q, %v", r.Requisition.Held, err)
	}
	d.getAs("help-desk", "/held").hasText(t, "main", "Nobody is on hold")
}

// Somebody who wants one mail a day gets one, at eight by their own clock, without what was decided meanwhile.
func TestMailChoice(t *testing.T) {
	a := newAsker(t, "Ada")
	if err := a.store.GiveRole(t.Context(), inventorytest.Operator, a.me.ID, inventory.Approver); err != nil {
		t.Fatal(err)
	}
	p := a.get("/account/mail")
	if p := a.send(p, url.Values{"digest": {"yes"}}); p.Header.Get("Location") != "/account/mail" {
		t.Fatalf("%d %s", p.StatusCode, p.text("main"))
	}
	if _, form := filled(t, a.get("/account/mail"), nil); form.Get("digest") != "yes" {
		t.Errorf("chosen is %v", form)
	}
	ada := a.me
	var numbers []string
	for _, name := range []string{"Grace", "Alan"} {
		a.me = personNamed(t, a.store, name)
		numbers = append(numbers, a.made(a.send(a.get("/ask/form?what=first&pc-linux=%3F&browser=chrome"), url.Values{"need": {"admin"}})).Requisition.Number)
	}
	if err := a.store.CancelRequisition(t.Context(), inventorytest.Operator, numbers[1], "Asked by mistake."); err != nil {
		t.Fatal(err)
	}
	soon, err := a.store.DueLetters(t.Context(), a.store.Clock.Now(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range soon {
		if l.To == ada.Email && (l.Kind == inventory.LetterToApprove || l.Kind == inventory.LetterDigest) {
			t.Errorf("at once: %+v", l)
		}
	}
	next := ada.NextDigest(a.store.Clock.Now())
	all, err := a.store.DueLetters(t.Context(), next, 100)
	if err != nil {
		t.Fatal(err)
	}
	var digests []inventory.Letter
	for _, l := range all {
		if l.Kind == inventory.LetterToApprove && l.To == ada.Email {
			t.Errorf("beside the digest: %+v", l)
		}
		if l.Kind == inventory.LetterDigest {
			digests = append(digests, l)
		}
	}
	if len(digests) != 1 || digests[0].Facts.Count != 1 || digests[0].Facts.Lines[0] != numbers[0]+", Grace Hopper" || next.Hour() != 8 {
		t.Errorf("at %s: %+v", next, digests)
	}
}
