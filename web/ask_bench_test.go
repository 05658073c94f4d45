package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// How long somebody takes, by the keystroke-level model (Card, Moran, Newell: The Psychology of Human-Computer Interaction,
// 1983, chapter 8): a thought for each question that can be seen, the way of a thumb for each tap, a stroke for each letter
// of somebody who types slowly.
const (
	thought = 1350 * time.Millisecond
	thumb   = 1100 * time.Millisecond
	stroke  = 280 * time.Millisecond
)

// minute is what asking may take (DESIGN §2).
const minute = 60 * time.Second

// modeled is somebody on a phone, with the time that they took so far.
type modeled struct {
	*asker
	took time.Duration
}

// does answers a page: each field that is sent with another value than the page had is one tap, or as many strokes as it
// has letters.
func (m *modeled) does(p page, changes url.Values) page {
	m.t.Helper()
	for _, q := range p.find("main .question") {
		class, _ := attr(q, "class")
		id, _ := attr(q, "id")
		if !strings.Contains(class, "more") && (id != "model" && id != "own" || changes.Has("phone")) || id == "address" && changes.Get("to") == toNew {
			m.took += thought
		}
	}
	for name, values := range changes {
		typed := slices.ContainsFunc(p.find("main .text"), func(n *html.Node) bool { got, _ := attr(n, "name"); return got == name })
		for _, v := range values {
			if m.took += thumb; typed {
				m.took += time.Duration(len(v)) * stroke
			}
		}
	}
	m.took += thumb
	began := time.Now()
	next := m.send(p, changes)
	m.took += time.Since(began)
	return next
}

// reads follows the link of the advice, after a thought for each sentence.
func (m *modeled) reads(p page, link string) page {
	m.took += thumb + time.Duration(len(p.find("main li"))+1)*thought
	return m.follow(p, link)
}

// BenchmarkAsk lets somebody ask, for whom the directory knows nothing, whose key is sent to an address that nobody knows
// yet: the longest way to a key for oneself. The result is theirs, not the machine's.
func BenchmarkAsk(b *testing.B) {
	var took time.Duration
	for b.Loop() {
		m := &modeled{asker: newAsker(b, "Grace")}
		check := m.does(m.get("/ask"), url.Values{"what": {"first"}})
		advice := m.does(check, url.Values{"pc-windows": {"10"}, "virtual": {"vdi"}, "conn": {"usb-c"}})
		form := m.reads(advice, "Go on with the key")
		m.made(m.does(form, url.Values{"need": {"admin"}, "to": {"new"}, "street": {"1 Main Street"}, "postal": {"22201"}, "city": {"Arlington"}}))
		took = m.took
	}
	b.ReportMetric(took.Seconds(), "s/ask")
	if took > minute {
		b.Errorf("asking takes %s, more than %s", took, minute)
	}
}
