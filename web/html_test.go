package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"keystation/inventory"
	"keystation/station"
)

// page is an answer with its HTML.
type page struct {
	*http.Response
	body string
	root *html.Node
}

// find gives all elements that fit a selector: tag, #id, .class and [attribute=value], and the same after spaces for
// elements inside.
func (p page) find(selector string) []*html.Node {
	nodes := []*html.Node{p.root}
	for _, part := range strings.Fields(selector) {
		var inside []*html.Node
		for _, n := range nodes {
			for d := range n.Descendants() {
				if d.Type == html.ElementNode && fits(d, part) {
					inside = append(inside, d)
				}
			}
		}
		nodes = inside
	}
	return nodes
}

func fits(n *html.Node, part string) bool {
	part, attribute, _ := strings.Cut(strings.TrimSuffix(part, "]"), "[")
	if attribute != "" {
		name, value, given := strings.Cut(attribute, "=")
		if got, ok := attr(n, name); !ok || given && got != value {
			return false
		}
	}
	if tag, class, ok := strings.Cut(part, "."); ok {
		classes, _ := attr(n, "class")
		return (tag == "" || tag == n.Data) && strings.Contains(" "+classes+" ", " "+class+" ")
	}
	if tag, id, ok := strings.Cut(part, "#"); ok {
		got, _ := attr(n, "id")
		return (tag == "" || tag == n.Data) && got == id
	}
	return part == "" || part == n.Data
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// text gives what a reader sees of the elements that fit, with single spaces.
func (p page) text(selector string) string {
	var b strings.Builder
	for _, n := range p.find(selector) {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data + " ")
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p page) hasText(t *testing.T, selector string, want ...string) {
	t.Helper()
	got := p.text(selector)
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s says %q, want %q in it", selector, got, w)
		}
	}
}

// desktop is a site for tests: its books, feed and log at hand.
type desktop struct {
	*Site
	books *books
	log   *strings.Builder
	t     testing.TB
}

// open makes a site at noon over seeded books. Each change is made to its configuration before.
func open(t testing.TB, changes ...func(*Config)) desktop {
	t.Helper()
	d := desktop{books: seeded(t), log: &strings.Builder{}, t: t}
	cfg := Config{
		Feed: station.NewFeed(), Books: d.books, Settings: inventory.Settings{RPID: "keys.example.com"}, Version: "1.2.3",
		Now: func() time.Time { return noon }, Zone: time.UTC, Log: slog.New(slog.NewTextHandler(d.log, nil)),
	}
	for _, change := range changes {
		change(&cfg)
	}
	var err error
	if d.Site, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func (d desktop) get(path string) page {
	return d.do(httptest.NewRequest(http.MethodGet, "http://localhost:8080"+path, nil))
}

func (d desktop) post(path string, form url.Values) page {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.do(r)
}

func (d desktop) do(r *http.Request) page {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	p := page{Response: w.Result()}
	body, err := io.ReadAll(p.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	p.body = string(body)
	if p.root, err = html.Parse(strings.NewReader(p.body)); err != nil {
		d.t.Fatal(err)
	}
	return p
}
