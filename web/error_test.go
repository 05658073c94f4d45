package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"keystation/inventory"
)

func TestErrors(t *testing.T) {
	tests := []struct {
		name   string
		broken error
		status int
		want   string
	}{
		{"invalid", inventory.Refuse(inventory.Invalid, "That is no place in the list."), 400, "That is no place in the list."},
		{"not found", inventory.Refuse(inventory.NotFound, "There is none."), 404, "There is none."},
		{"conflict", inventory.Refuse(inventory.Conflict, "It is packed."), 409, "It is packed."},
		{"forbidden", inventory.Refuse(inventory.Forbidden, "Not you."), 403, "Not you."},
		{"unavailable", inventory.Refuse(inventory.Unavailable, "The disk is away."), 503, "The disk is away."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t)
			d.books.broken = tt.broken
			p := d.get("/people")
			if p.StatusCode != tt.status {
				t.Errorf("status %d, want %d", p.StatusCode, tt.status)
			}
			if got := p.text("h1"); got != tt.want {
				t.Errorf("the page says %q", got)
			}
		})
	}
}

// A refusal is read in the language of its page; one that nobody wrote in that is English, and says so.
func TestErrors_german(t *testing.T) {
	a := newAsker(t, "Grace")
	a.lang = "de"
	p := a.get("/requisitions/R-9999")
	if got := p.text("h1"); p.StatusCode != 404 || got != "Es gibt keinen Antrag R-9999: Prüfen Sie die Nummer." || len(p.find("h1[lang]")) != 0 || !strings.Contains(p.text("title"), "Fehler 404") {
		t.Errorf("%d %q, title %q", p.StatusCode, got, p.text("title"))
	}
	p = a.post("/requisitions/R-1002/change", url.Values{"needed_by": {"soon"}})
	if got := p.find("h1[lang=en]"); p.StatusCode != 400 || len(got) != 1 {
		t.Errorf("%d %q", p.StatusCode, p.text("h1"))
	}
}

func TestErrors_foreign(t *testing.T) {
	d := open(t)
	d.books.broken = errors.New("sqlite: /var/lib/keys.db: disk I/O error")
	p := d.get("/people")
	if p.StatusCode != 500 || strings.Contains(p.body, "sqlite") {
		t.Errorf("status %d, page %q", p.StatusCode, p.text("main"))
	}
	code := regexp.MustCompile(`logged as ([0-9A-F]{4})\.`).FindStringSubmatch(p.text("h1"))
	if code == nil || !strings.Contains(d.log.String(), "incident="+code[1]) || !strings.Contains(d.log.String(), "disk I/O error") {
		t.Errorf("page %q, log %q", p.text("h1"), d.log)
	}
}

func TestErrors_panic(t *testing.T) {
	d := open(t)
	d.Books = nil // whoever asks them panics
	p := d.get("/people")
	if p.StatusCode != 500 || !strings.Contains(d.log.String(), "panic") {
		t.Errorf("status %d, log %q", p.StatusCode, d.log)
	}
}

func TestErrors_router(t *testing.T) {
	d := open(t)
	if p := d.get("/nope"); p.StatusCode != 404 || p.text("title") != "Error 404 · keystation" || len(p.find("main a[href=/]")) == 0 {
		t.Errorf("404: %d %q", p.StatusCode, p.text("main"))
	}
	if p := d.post("/keys", nil); p.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /keys: %d", p.StatusCode)
	}
}

func TestErrors_forScripts(t *testing.T) {
	d := open(t)
	r := httptest.NewRequest(http.MethodPost, "http://localhost/bench/touch", nil)
	r.Header.Set("Accept", "application/json")
	p := d.do(r)
	if p.StatusCode != 404 || strings.TrimSpace(p.body) != `{"error":"The bench has no such port now: reload the page."}` {
		t.Errorf("%d %s", p.StatusCode, p.body)
	}
}

func TestHealth(t *testing.T) {
	d := open(t)
	if p := d.get("/healthz"); p.StatusCode != 200 || p.body != "ok\n" {
		t.Errorf("%d %q", p.StatusCode, p.body)
	}
	d.books.broken = errors.New("gone")
	if p := d.get("/healthz"); p.StatusCode != 503 {
		t.Errorf("%d %q", p.StatusCode, p.body)
	}
}
