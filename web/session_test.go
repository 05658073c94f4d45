package web

import (
	"net/http/httptest"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station"
)

// What is switched on stands at the head of the bench, with what will be wiped without asking, and the buttons that
// make sense then.
func TestSession(t *testing.T) {
	hub := []string{"1-1", "1-2", "1-3"}
	olga := inventory.Actor{Name: "Olga Operator"}
	tests := []struct {
		name    string
		session station.Session
		models  []string
		says    []string
		forms   string
	}{
		{"nothing learned", station.Session{}, nil, []string{"No hub is learned", "Every key asks before it is wiped.", "Take every key out of the hub."}, "hold-all yes,learn"},
		{
			"off", station.Session{Hub: hub}, []string{"YubiKey 5C NFC", "Softkey"},
			[]string{"Making is off", "wiped and made without asking", "YubiKey 5C NFC , or Softkey", "without a PIN", "3 ports of this hub", "30 minutes", "3 ports are learned"},
			"open,open,hold-all yes,learn",
		},
		{"off, no stock list", station.Session{Hub: hub}, nil, []string{"names no model", "every key still asks"}, "open,open,hold-all yes,learn"},
		{
			"for lines", station.Session{Hub: hub, Making: true, By: olga, Since: noon}, []string{"Softkey"},
			[]string{"Making for lines", "since 12:00, Olga Operator", "A new Softkey without a PIN is wiped without asking."}, "end,hold-all yes",
		},
		{"for stock", station.Session{Hub: hub, Making: true, Stock: true, By: olga, Since: noon}, nil, []string{"Making for stock", "every key asks"}, "end,hold-all yes"},
		{"held", station.Session{Hub: hub, Held: true}, nil, []string{"All on hold"}, "open,open,hold-all no,learn"},
		{"learning", station.Session{Hub: hub[:1], Learning: true}, nil, []string{"Learning the hub: 1 port so far", "LEARNED", "Nothing is made or wiped meanwhile.", "Done: keep 1 port"}, "learned,learned"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := open(t, func(c *Config) { c.Bench, c.StockModels = &fakeBench{session: tt.session}, tt.models }).get("/bench")
			p.hasText(t, "#session", tt.says...)
			if got := forms(t, p.find("#session form")); got != tt.forms {
				t.Errorf("buttons %s, want %s", got, tt.forms)
			}
		})
	}
}

func TestSession_watchedOnly(t *testing.T) {
	if got := open(t).get("/bench").text("#session"); got != "" {
		t.Errorf("a page that only watches says %q", got)
	}
}

// An empty bench teaches: without a hub it explains how to show it one, with one where to plug a key in.
func TestBench_teaches(t *testing.T) {
	p := open(t, func(c *Config) { c.Bench = &fakeBench{} }).get("/bench")
	p.hasText(t, ".bench-empty", "Show the bench your hub", "Plug one key into port after port", "Nothing on the key is changed.")
	if got := forms(t, p.find(".bench-empty form")); got != "learn" {
		t.Errorf("the way out is %q", got)
	}
	p = open(t, func(c *Config) { c.Bench = &fakeBench{session: station.Session{Hub: []string{"1-1"}}} }).get("/bench")
	p.hasText(t, ".bench-empty", "No key is plugged in")
}

// What one page switches, and what a scanner does, the others show at once.
func TestSession_reachesOpenPages(t *testing.T) {
	b := &fakeBench{session: station.Session{Hub: []string{"1-1"}}}
	d := open(t, func(c *Config) { c.Bench = b })
	d.tick = newClockwork().ticker // no beat comes to help
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Cleanup(d.Close)
	w := watch(t, server, "", "")
	var head snapshotEvent
	w.until("snapshot").into(t, &head)
	if !strings.Contains(head.Session, "Making is off") {
		t.Fatalf("it begins with %q", head.Session)
	}
	for _, step := range []struct {
		want  string
		press func()
	}{
		{"Making for stock", func() { d.post("/bench/open", map[string][]string{"stock": {"yes"}}) }},
		{"All on hold", func() { d.scans(codeOf(t, inventory.CommandHold, 0), "") }},
	} {
		step.press()
		var head stripEvent
		w.until("strip").into(t, &head)
		if !strings.Contains(head.Session, step.want) || !strings.Contains(head.Strip, "Made today") {
			t.Errorf("then it says %+v, want %s", head, step.want)
		}
	}
}
