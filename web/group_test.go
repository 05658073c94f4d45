package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

func (b *books) JoinGroup(context.Context, inventory.Actor, string, inventory.PersonID) error {
	return b.fault()
}

func (b *books) LeaveGroup(context.Context, inventory.Actor, string, inventory.PersonID) error {
	return b.fault()
}

// A group begins with its first member and ends with its last; who is in it is read by all who read, changed by admins.
func TestGroups(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	send := func(who, path string, form url.Values) page {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Visitor", who)
		return d.do(r)
	}
	d.getAs("admin", "/groups").hasText(t, "main", "There is no group yet")
	for _, email := range []string{"ada@example.com", "grace@example.com"} {
		if p := send("admin", "/groups", url.Values{"group": {"Security <b>"}, "email": {email}}); p.Header.Get("Location") != "/groups" {
			t.Fatalf("%s: %d %s", email, p.StatusCode, p.text("main"))
		}
	}
	for _, c := range []struct {
		who, group, email string
		status            int
		says              string
	}{
		{"admin", "Security <b>", "ada@example.com", 409, "is in Security <b> already"},
		{"admin", " ", "ada@example.com", 400, "has no name"},
		{"admin", "Money", "nobody@example.com", 404, "Nobody in the directory"},
		{"help-desk", "Money", "ada@example.com", 403, "it is for admins"},
	} {
		p := send(c.who, "/groups", url.Values{"group": {c.group}, "email": {c.email}})
		if p.StatusCode != c.status || !strings.Contains(p.text("main"), c.says) {
			t.Errorf("%s into %q by %s: %d %s", c.email, c.group, c.who, p.StatusCode, p.text("main"))
		}
	}
	p := d.getAs("auditor", "/groups")
	checkPage(t, "/groups", p)
	p.hasText(t, "main", "Security <b>", "Ada Lovelace", "Grace Hopper", "admin")
	if n := len(p.find("main form")); n != 0 {
		t.Errorf("an auditor gets %d forms", n)
	}
	for _, name := range []string{"Ada", "Grace"} {
		form := url.Values{"group": {"Security <b>"}, "person": {string(personNamed(t, store, name).ID)}}
		if p := send("admin", "/groups/leave", form); p.Header.Get("Location") != "/groups" {
			t.Errorf("%s leaves: %d", name, p.StatusCode)
		}
	}
	d.getAs("admin", "/groups").hasText(t, "main", "There is no group yet")
}
