package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// here sends something from the machine itself: a form, or where there is none the wish for a page.
func (d desktop) here(path string, form url.Values) page {
	d.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8080"+path, nil)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.RemoteAddr = "127.0.0.1:5"
	return d.do(r)
}

// The first admin of a company's desk makes a passkey at the machine itself, where the company's name is not that of the
// page. It is good there, and nowhere else.
func TestSetup_passkey(t *testing.T) {
	h := doored(t, func(c *Config) {
		c.Settings.RPID = "keys.example.com"
		c.PeopleURL, c.PeopleHosts = "https://keys.example.com", []string{"keys.example.com"}
	})
	p := h.walkIn(t)
	form := url.Values{"code": {h.SetupCode()}, "name": {"Mary Somerville"}, "email": {"mary@example.com"}}
	if status, text := p.makes("/setup/begin", "/setup", form); status != http.StatusOK || p.rp != "localhost" {
		t.Fatalf("%d %s, for %q", status, text, p.rp)
	}
	if status, text := p.shows("/signin/passkey/begin", "/signin/passkey"); status != http.StatusOK {
		t.Errorf("in again: %d %s", status, text)
	}
	if w, err := h.party(&http.Request{Host: "keys.example.com"}); err != nil || w.Config.RPID != "keys.example.com" {
		t.Errorf("at the company's address: %v, %v", w.Config.RPID, err)
	}
	if _, status, _ := p.begins("/setup/begin", form); status != http.StatusForbidden {
		t.Errorf("a second first admin: %d", status)
	}
}

// Where the desk is at an address of its own, the code gives a link to open there, since a passkey is good where it was made.
// One that was lost is made good by a new start.
func TestSetup_elsewhere(t *testing.T) {
	h := doored(t, func(c *Config) { c.DeskURL = "https://desk.example.com" })
	first := func(email string) string {
		t.Helper()
		p := h.here("/setup/begin", url.Values{"code": {h.SetupCode()}, "name": {"Mary Somerville"}, "email": {email}})
		if p.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", email, p.StatusCode, p.text("main"))
		}
		link, _ := attr(p.find("main input")[0], "value")
		return strings.TrimPrefix(link, h.url)
	}
	h.SetupCode()
	if _, ceremony := attr(h.here("/setup", nil).find("main form")[0], "data-begin"); ceremony {
		t.Error("a passkey is made here that would be good for nothing")
	}
	lost := first("mari@example.com")
	link := first("mary@example.com")
	p := h.walkIn(t)
	if status, text := p.makes(link+"/begin", link, nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if has, err := h.store.HasAdmin(t.Context()); !has || err != nil {
		t.Errorf("there is no admin: %v", err)
	}
	if status, _ := h.walkIn(t).makes(lost+"/begin", lost, nil); status != http.StatusOK {
		t.Errorf("the other link: %d", status)
	}
	rows, err := h.store.PeopleWithRoles(t.Context())
	if err != nil || len(rows) != 1 || rows[0].Person.Email != "mary@example.com" {
		t.Errorf("admins are %+v, %v", rows, err)
	}
	if p := h.here("/setup/begin", url.Values{"code": {h.SetupCode()}, "name": {"Eve"}, "email": {"eve@example.com"}}); p.StatusCode != http.StatusConflict {
		t.Errorf("with an admin there: %d", p.StatusCode)
	}
}

// With an identity provider the code names the person, and the provider lets them in.
func TestSetup_withOIDC(t *testing.T) {
	c := newCompany(t)
	c.who = "eve"
	p := c.here("/setup/begin", url.Values{"code": {c.SetupCode()}, "name": {"Eve"}, "email": {"EVE@example.com"}})
	p.hasText(t, "main", "Eve is the first admin", "Example Login")
	if has, err := c.store.HasAdmin(t.Context()); has || err != nil {
		t.Errorf("she is known before she came in: %v", err)
	}
	link, _ := attr(p.find("main a.main")[0], "href")
	if link != c.url+"/signin?next=%2Foverview" {
		t.Errorf("she goes on at %s", link)
	}
	if status, _, at := c.guest(t).goes("/signin/oidc?next=%2Froles"); status != http.StatusOK || at != "/roles" {
		t.Errorf("%d at %s", status, at)
	}
	if has, err := c.store.HasAdmin(t.Context()); !has || err != nil {
		t.Errorf("there is no admin: %v", err)
	}
}

// The first admin begins at this machine only, also behind a proxy, which is gone round for that page alone.
func TestSetup_fromHere(t *testing.T) {
	h := doored(t, func(c *Config) {
		c.Proxy = netip.MustParseAddr("192.0.2.9")
		c.DeskHosts = []string{"desk.example.com"}
	})
	h.SetupCode()
	for _, tt := range []struct {
		name, from, host, path, forwarded string
		want                              int
	}{
		{"at the machine", "127.0.0.1:5", "localhost:8080", "/setup", "", 200},
		{"by its other pages", "127.0.0.1:5", "localhost:8080", "/signin", "", 403},
		{"under another name", "127.0.0.1:5", "desk.example.com", "/setup", "", 403},
		{"by another proxy", "127.0.0.1:5", "localhost:8080", "/setup", "203.0.113.7", 403},
		{"by the proxy", "192.0.2.9:5", "desk.example.com", "/setup", "203.0.113.7", 403},
		{"from elsewhere", "203.0.113.7:5", "localhost:8080", "/setup", "", 403},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://"+tt.host+tt.path, nil)
		r.RemoteAddr = tt.from
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := h.do(r).StatusCode; got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	*h.now = h.now.Add(setupFor + time.Second)
	if got := h.here("/setup", nil).StatusCode; got != http.StatusForbidden {
		t.Errorf("too late: %d", got)
	}
}
