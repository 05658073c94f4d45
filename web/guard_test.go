package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestGuard_headers(t *testing.T) {
	d := open(t)
	for _, path := range []string{"/overview", "/nowhere", "/healthz"} {
		p := d.get(path)
		for _, h := range securityHeaders {
			if p.Header.Get(h[0]) != h[1] {
				t.Errorf("%s: %s = %q, want %q", path, h[0], p.Header.Get(h[0]), h[1])
			}
		}
	}
	csp := d.get("/overview").Header.Get("Content-Security-Policy")
	if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("the policy lets too much in: %s", csp)
	}
}

func TestGuard_host(t *testing.T) {
	d := open(t, func(c *Config) { c.DeskHosts = []string{"desk.example.com"} })
	tests := []struct {
		host string
		want int
	}{
		{"localhost:8080", 200}, {"127.0.0.1", 200}, {"[::1]:8080", 200}, {"LOCALHOST", 200}, {"desk.example.com", 200},
		{"evil.example", 421}, {"localhost.evil.example", 421}, {"127.0.0.1.nip.io:8080", 421}, {"192.168.1.7", 421}, {"", 421},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
			r.Host = tt.host
			if p := d.do(r); p.StatusCode != tt.want {
				t.Errorf("status %d, want %d", p.StatusCode, tt.want)
			}
		})
	}
}

func TestGuard_otherSites(t *testing.T) {
	tests := []struct {
		name, header, value string
		want                int
	}{
		{"cross-site", "Sec-Fetch-Site", "cross-site", 403},
		{"same-site is not us", "Sec-Fetch-Site", "same-site", 403},
		{"foreign origin", "Origin", "https://evil.example", 403},
		{"our own page", "Sec-Fetch-Site", "same-origin", 303},
		{"a command line", "X-None", "", 303},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bench := &fakeBench{}
			d := withTile(t, bench)
			r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/bench/cancel", strings.NewReader(url.Values{"port": {"1-1"}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(tt.header, tt.value)
			if p := d.do(r); p.StatusCode != tt.want {
				t.Errorf("status %d, want %d: %s", p.StatusCode, tt.want, p.body)
			}
			if acted := len(bench.acts) > 0; acted != (tt.want == 303) {
				t.Errorf("the bench was told %v", bench.acts)
			}
		})
	}
}

func TestGuard_body(t *testing.T) {
	d := withTile(t, &fakeBench{})
	p := d.post("/bench/cancel", url.Values{"port": {strings.Repeat("x", maxBody)}})
	if p.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", p.StatusCode)
	}
}

// openForms are what may be sent without being signed in: the ways in, and what gives no more than its token does.
var openForms = []string{"/language", "/signin/demo", "/signin/passkey/begin", "/signin/passkey", "/invitation/:token/begin", "/invitation/:token",
	"/setup/begin", "/setup", "/not-me/:token"}

func TestRoutes(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range routes {
		name := r.method + " " + r.path
		if seen[name] {
			t.Errorf("%s is listed twice", name)
		}
		seen[name] = true
		if !slices.Contains([]permission{anybody, people, owners, approvers, readers, operators, helpers, admins}, r.permission) {
			t.Errorf("%s lets in %q", name, r.permission)
		}
		if r.surface != desk && r.surface != folk && r.surface != both {
			t.Errorf("%s is on surface %q", name, r.surface)
		}
		if r.doc == "" || r.do == nil {
			t.Errorf("%s says nothing or does nothing", name)
		}
		if r.method != get && r.permission == anybody && !slices.Contains(openForms, r.path) {
			t.Errorf("%s changes something and lets anybody in", name)
		}
	}
}

func TestRoutes_addressesAreForOperators(t *testing.T) {
	for _, r := range routes {
		if strings.Contains(r.path, "packet") && r.permission != operators {
			t.Errorf("%s shows an address to %s", r.path, r.permission)
		}
	}
}

func TestAssets(t *testing.T) {
	d := open(t)
	links := d.get("/bench").find("link[rel=stylesheet]")
	href, _ := attr(links[0], "href")
	p := d.get(href)
	if p.StatusCode != 200 || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/css") {
		t.Fatalf("%s: %d %s", href, p.StatusCode, p.Header.Get("Content-Type"))
	}
	if !strings.Contains(p.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("Cache-Control = %q", p.Header.Get("Cache-Control"))
	}
	for _, path := range []string{"/static/style.css", "/static/..%2fweb.go", "/static/"} {
		if p := d.get(path); p.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, p.StatusCode)
		}
	}
}

// Behind a proxy nobody goes round it, and it alone is believed for whom it asks.
func TestGuard_proxy(t *testing.T) {
	d := open(t, func(c *Config) { c.Proxy = netip.MustParseAddr("10.0.0.1") })
	for from, want := range map[string]int{"10.0.0.1:4711": 200, "[::ffff:10.0.0.1]:4711": 200, "10.0.0.2:4711": 403, "127.0.0.1:4711": 403} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8080/healthz", nil)
		r.RemoteAddr = from
		p := d.do(r)
		if p.StatusCode != want {
			t.Errorf("from %s: %d, want %d", from, p.StatusCode, want)
		}
		if p.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("from %s: a browser may come in the clear next time", from)
		}
	}
	for _, tt := range []struct{ from, says, want string }{
		{"10.0.0.1:4711", "192.0.2.7", "192.0.2.7"},
		{"10.0.0.1:4711", "192.0.2.66, 192.0.2.7", "192.0.2.7"}, // the first is what the asker wrote
		{"10.0.0.2:4711", "192.0.2.7", "10.0.0.2"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8080/", nil)
		r.RemoteAddr = tt.from
		r.Header.Set("X-Forwarded-For", tt.says)
		if got := d.echo().NewContext(r, nil).RealIP(); got != tt.want {
			t.Errorf("%s says %s: taken for %s", tt.from, tt.says, got)
		}
	}
}

// Each surface is asked for by its own name.
func TestGuard_names(t *testing.T) {
	d := open(t, func(c *Config) {
		c.DeskHosts, c.PeopleHosts = []string{"desk.example.com"}, []string{"keys.example.com"}
	})
	for name, door := range map[string]http.Handler{"keys.example.com": d.Desk(), "desk.example.com": d.People()} {
		w := httptest.NewRecorder()
		door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://"+name+"/healthz", nil))
		if w.Code != http.StatusMisdirectedRequest {
			t.Errorf("the other surface's name %s: %d", name, w.Code)
		}
	}
}
