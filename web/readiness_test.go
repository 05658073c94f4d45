package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// tableForm is the readiness page's form as a browser would send it.
func tableForm(p page) url.Values {
	form := url.Values{}
	for _, n := range p.find("form.readiness input") {
		name, _ := attr(n, "name")
		value, _ := attr(n, "value")
		kind, _ := attr(n, "type")
		if _, on := attr(n, "checked"); kind != "checkbox" || on {
			form.Set(name, value)
		}
	}
	for _, n := range p.find("form.readiness select") {
		name, _ := attr(n, "name")
		for _, o := range (page{root: n}).find("option") {
			value, ok := attr(o, "value")
			if !ok {
				value = saidBy(o)
			}
			if _, chosen := attr(o, "selected"); chosen || !form.Has(name) {
				form.Set(name, value)
			}
		}
	}
	return form
}

// An admin changes the table on its page; what is refused comes back as it was sent, and a change of an old version is told
// so. Others read it.
func TestReadiness(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	send := func(form url.Values) page {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/readiness", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Visitor", "admin")
		return d.do(r)
	}
	p := d.getAs("admin", "/readiness")
	checkPage(t, "/readiness", p)
	p.hasText(t, "main", "as it came with the program", "Nobody changed it yet")
	form := tableForm(p)
	if form.Get("name-0") != "windows" || form.Get("min-0") != "10" || form.Get("auth-4") != "yes" || form.Get("authenticator") != "macos" {
		t.Fatalf("the page offers %v", form)
	}
	form.Set("min-0", "11")
	form.Set("name-2", "") // ChromeOS goes
	form.Set("kind-18", "app")
	form.Set("name-18", "Payroll <b>")
	form.Set("source-18", "")
	wrong := send(form)
	if wrong.StatusCode != http.StatusBadRequest {
		t.Errorf("without a source: %d", wrong.StatusCode)
	}
	wrong.hasText(t, ".notice", `"Payroll <b>" has no source`)
	if back := tableForm(wrong); back.Get("min-0") != "11" || back.Get("version") != "0" {
		t.Errorf("it comes back as %v", back)
	}
	form.Set("source-18", "we asked")
	if done := send(form); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d: %s", done.StatusCode, done.text("main"))
	}
	if late := send(form); late.StatusCode != http.StatusConflict {
		t.Errorf("a change of an old version: %d", late.StatusCode)
	}
	p = d.getAs("auditor", "/readiness")
	p.hasText(t, "main", "Version 1, by admin", "with system windows 11", "without system chromeos 109", "with app Payroll <b>")
	if n := len(p.find("form.readiness")); n != 0 {
		t.Errorf("an auditor gets %d forms", n)
	}
	table, err := store.Readiness(t.Context())
	if err != nil || table.Version != 1 || len(table.Rows) != len(inventory.DefaultReadiness().Rows) || table.Rows[0].Min != "11" || !table.Rows[3].Authenticator {
		t.Errorf("in force is %+v, %v", table, err)
	}
}
