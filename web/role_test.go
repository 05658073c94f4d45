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

func (b *books) PeopleWithRoles(context.Context) ([]inventory.RoleRow, error) { return nil, b.fault() }

func (b *books) RolesEnded(context.Context, int) ([]inventory.RoleRow, error) { return nil, b.fault() }

func (b *books) Whoever(_ context.Context, id inventory.PersonID) (inventory.Person, []inventory.Role, error) {
	for _, p := range b.people {
		if p.Person.ID == id {
			return p.Person, nil, b.fault()
		}
	}
	return inventory.Person{}, nil, inventory.Refuse(inventory.NotFound, "There is nobody.")
}

func (b *books) GiveRole(context.Context, inventory.Actor, inventory.PersonID, inventory.Role) error {
	return b.fault()
}

func (b *books) WithdrawRole(context.Context, inventory.Actor, inventory.PersonID, inventory.Role) error {
	return b.fault()
}

// A role is given and withdrawn in two steps, the first of which says what it means; who had it stays to be read.
func TestRoles(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	as := func(who, path string, form url.Values) page {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Visitor", who)
		return d.do(r)
	}
	p := d.getAs("admin", "/roles")
	checkPage(t, "/roles", p)
	p.hasText(t, "main", "Nobody has it.", "None has ended yet.", "Reads everything but addresses and changes nothing.")
	wrong := as("admin", "/roles", url.Values{"email": {"nobody@example.com"}, "role": {"auditor"}})
	if wrong.StatusCode != http.StatusBadRequest {
		t.Errorf("nobody: %d", wrong.StatusCode)
	}
	wrong.hasText(t, ".notice", "Nobody in the directory has the e-mail address")
	if p := as("admin", "/roles", url.Values{"email": {"ada@example.com"}, "role": {"king"}}); p.StatusCode != http.StatusBadRequest {
		t.Errorf("a role that is none: %d", p.StatusCode)
	}
	to := as("admin", "/roles", url.Values{"email": {"ada@example.com"}, "role": {"admin"}}).Header.Get("Location")
	if strings.Contains(to, "ada") || !strings.HasPrefix(to, "/roles/give?") {
		t.Fatalf("it goes on at %q", to)
	}
	p = d.getAs("admin", to)
	checkPage(t, "/roles/give", p)
	p.hasText(t, "h1", "Make Ada Lovelace admin?")
	ada := personNamed(t, store, "Ada")
	role := url.Values{"person": {string(ada.ID)}, "role": {"admin"}}
	if p := as("help-desk", "/roles/give", role); p.StatusCode != http.StatusForbidden {
		t.Errorf("given by the help desk: %d", p.StatusCode)
	}
	if p := as("admin", "/roles/give", role); p.Header.Get("Location") != "/roles" {
		t.Fatalf("%d %s", p.StatusCode, p.text("main"))
	}
	if p := as("admin", "/roles/give", role); p.StatusCode != http.StatusConflict {
		t.Errorf("given twice: %d", p.StatusCode)
	}
	d.getAs("auditor", "/roles").hasText(t, "main", "Ada Lovelace", "given by an admin")
	if n := len(d.getAs("auditor", "/roles").find("main form, main .button")); n != 0 {
		t.Errorf("an auditor gets %d buttons", n)
	}
	if p := as("admin", "/roles/withdraw", role); p.StatusCode != http.StatusConflict {
		t.Errorf("the last admin: %d", p.StatusCode)
	}
	if err := store.GiveRole(t.Context(), inventorytest.Operator, personNamed(t, store, "Grace").ID, inventory.Admin); err != nil {
		t.Fatal(err)
	}
	d.getAs("admin", "/roles/withdraw?"+role.Encode()).hasText(t, "h1", "Withdraw admin from Ada Lovelace?")
	if p := as("admin", "/roles/withdraw", role); p.Header.Get("Location") != "/roles" {
		t.Fatalf("%d %s", p.StatusCode, p.text("main"))
	}
	if p := d.getAs("admin", "/roles/withdraw?"+role.Encode()); p.StatusCode != http.StatusNotFound {
		t.Errorf("withdrawn already: %d", p.StatusCode)
	}
	ended, err := store.RolesEnded(t.Context(), 10)
	if err != nil || len(ended) != 1 || ended[0].Person.ID != ada.ID || ended[0].Grant.Until == nil {
		t.Errorf("ended: %+v, %v", ended, err)
	}
}
