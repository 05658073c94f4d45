package web

import (
	"net/http"
	"testing"
)

// The components are there in a demo, with a badge for each state, and nowhere else.
func TestDesign(t *testing.T) {
	d := open(t, func(c *Config) { c.Demo = true })
	p := d.get("/design")
	checkPage(t, "/design", p)
	all := len(keyStates)
	for _, kind := range words {
		all += len(kind)
	}
	if n := len(p.find(".facts-list .badge")); n != all {
		t.Errorf("%d badges of %d states", n, all)
	}
	p.hasText(t, "main", "One of these", "Tap at least one.", "7KQM-3XWB", "Away until Friday.", "Nothing is here yet")
	if p := open(t).get("/design"); p.StatusCode != http.StatusNotFound {
		t.Errorf("where nobody plays: %d", p.StatusCode)
	}
}
