package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"keystation/inventory"
	"keystation/station"
)

// fakeBench keeps what it was told, and refuses at port 9.
type fakeBench struct {
	mu      sync.Mutex
	acts    []string
	session station.Session
}

func (b *fakeBench) note(act, port string) error {
	if port == "9" {
		return inventory.Refuse(inventory.Conflict, "Nothing is plugged in at port 9.")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acts = append(b.acts, act+" "+port)
	return nil
}

func (b *fakeBench) Plug(_ context.Context, port string) error   { return b.note("plug", port) }
func (b *fakeBench) Pull(_ context.Context, port string) error   { return b.note("pull", port) }
func (b *fakeBench) Touch(_ context.Context, port string) error  { return b.note("touch", port) }
func (b *fakeBench) Cancel(_ context.Context, port string) error { return b.note("cancel", port) }
func (b *fakeBench) Retry(_ context.Context, port string) error  { return b.note("retry", port) }

func (b *fakeBench) Hold(_ context.Context, port string, on bool) error {
	if port == "" {
		b.mu.Lock()
		b.session.Held = on
		b.mu.Unlock()
	}
	return b.note("hold "+strconv.FormatBool(on), port)
}

func (b *fakeBench) Pin(_ context.Context, port string, line inventory.LineID) error {
	return b.note("pin "+string(line), port)
}

func (b *fakeBench) Labeled(_ context.Context, _ inventory.Actor, port, serial string) error {
	return b.note("labeled "+serial, port)
}

func (b *fakeBench) Wink(_ context.Context, port string) error       { return b.note("wink", port) }
func (b *fakeBench) PrintLabel(_ context.Context, port string) error { return b.note("label", port) }

func (b *fakeBench) Open(_ context.Context, _ inventory.Actor, stock bool) error {
	b.mu.Lock()
	b.session.Making, b.session.Stock = true, stock
	b.mu.Unlock()
	return b.note("open "+strconv.FormatBool(stock), "")
}

func (b *fakeBench) End(context.Context, inventory.Actor) error { return b.note("end", "") }
func (b *fakeBench) Learn(context.Context) error                { return b.note("learn", "") }

func (b *fakeBench) Learned(_ context.Context, _ inventory.Actor, keep bool) error {
	return b.note("learned "+strconv.FormatBool(keep), "")
}

func (b *fakeBench) Session() station.Session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.session
}

func (b *fakeBench) Abandon(_ context.Context, _ inventory.Actor, run inventory.RunID) error {
	return b.note("abandon", string(run))
}

func (b *fakeBench) Answer(_ context.Context, _ inventory.Actor, port string, question int, yes bool) error {
	if yes {
		return b.note("yes "+strconv.Itoa(question), port)
	}
	return b.note("no "+strconv.Itoa(question), port)
}

// withTile is a demo with one port at work, and one that is empty.
func withTile(t *testing.T, b *fakeBench) desktop {
	t.Helper()
	d := open(t, func(c *Config) { c.Bench, c.Hands, c.Demo = b, b, true })
	d.Feed.Publish(station.Tile{
		Port: "1-1", Label: "Port 1", Plugged: true, Tone: station.Hands, Word: "Touch the key", Sentence: "It blinks.", Step: "tag", StepsIn: 2,
		Tag: string(tagOf(1)), Model: "YubiKey 5C NFC", For: "Ada Lovelace · R-1001 primary", Verdict: "genuine", Test: true, Since: noon.Add(-75 * time.Second),
	})
	d.Feed.Publish(station.Tile{Port: "9", Tone: station.Quiet, Word: "Empty", Sentence: "Plug in a key."})
	return d
}

func TestBench_tile(t *testing.T) {
	p := withTile(t, &fakeBench{}).get("/bench")
	tile := "#port-312d31" // the port's name in hexadecimal
	p.hasText(t, tile, "Port 1", "Touch the key", "It blinks.", "1:15", "YubiKey 5C NFC", "Ada Lovelace · R-1001 primary", "genuine", "test key")
	if n := len(p.find(tile + " .steps i")); n != 10 {
		t.Errorf("%d steps", n)
	}
	if on, now := len(p.find(tile+" .on")), len(p.find(tile+" .now")); on != 2 || now != 1 {
		t.Errorf("%d steps done, %d at work", on, now)
	}
	if label, _ := attr(p.find(tile + " .steps")[0], "aria-label"); label != "Tag, 2 of 10 steps done" {
		t.Errorf("progress reads %q", label)
	}
	if len(p.find(tile+" a[href=/keys/"+string(tagOf(1))+"]")) != 1 {
		t.Error("the tag leads nowhere")
	}
	if len(p.find(tile+" use[href=#i-touch]")) == 0 {
		t.Error("the tone has no shape")
	}
	p.hasText(t, ".banner", "DEMO")
}

func TestBench_strip(t *testing.T) {
	p := withTile(t, &fakeBench{}).get("/bench")
	if got := p.text("#strip"); got != "1 port needs your hands Made today 2 Last hour 1 At work 0 Left to make 1" {
		t.Errorf("strip says %q", got)
	}
}

func TestBench_withoutScript(t *testing.T) {
	p := withTile(t, &fakeBench{}).get("/bench")
	if !strings.Contains(p.text("noscript"), `http-equiv="refresh"`) {
		t.Error("without script the page stands still")
	}
}

func TestBench_buttons(t *testing.T) {
	tests := []struct {
		name  string
		tile  station.Tile
		shown string // on the tile itself
		menu  string
	}{
		{"empty", station.Tile{Tone: station.Quiet}, "plug", "hold yes"},
		{"just pulled", station.Tile{Tone: station.Quiet, Prints: string(tagOf(1))}, "plug", "hold yes,label"},
		{"busy", station.Tile{Plugged: true, Running: true, Tone: station.Busy}, "pull", "cancel,hold yes"},
		{"asks", station.Tile{Plugged: true, Running: true, Tone: station.Hands, Ask: "Wipe it?"}, "answer,pull", "cancel,hold yes"},
		{"good", station.Tile{Plugged: true, Tone: station.Good, Tag: string(tagOf(1)), Prints: string(tagOf(1))}, "pull", "hold yes,wink,label"},
		{"bad", station.Tile{Plugged: true, Tone: station.Bad}, "retry,pull", "retry,hold yes,wink"},
		{"held", station.Tile{Plugged: true, Running: true, Tone: station.Quiet, Held: true}, "hold no,pull", "cancel,hold no"},
		{"held and empty", station.Tile{Tone: station.Quiet, Held: true}, "hold no,plug", "hold no"},
		{"USB fault", station.Tile{Tone: station.Bad}, "plug", "hold yes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &fakeBench{}
			d := open(t, func(c *Config) { c.Bench, c.Hands = b, b })
			tt.tile.Port, tt.tile.Word = "3", "Word"
			d.Feed.Publish(tt.tile)
			p := d.get("/bench")
			if got := forms(t, p.find(".tile .do form")); got != tt.shown {
				t.Errorf("on the tile %s, want %s", got, tt.shown)
			}
			if got := forms(t, p.find(".tile .menu form")); got != tt.menu {
				t.Errorf("in its menu %s, want %s", got, tt.menu)
			}
		})
	}
}

// A ready key is made anew only by a button that says so.
func TestBench_makeAnew(t *testing.T) {
	d := open(t, func(c *Config) { c.Bench = &fakeBench{} })
	d.Feed.Publish(station.Tile{Port: "1", Plugged: true, Tone: station.Good, Word: "READY"})
	p := d.get("/bench")
	if got := p.text(".tile .menu form[action=/bench/retry]"); !strings.HasPrefix(got, "Make anew") {
		t.Errorf("the button says %q", got)
	}
	if got := forms(t, p.find(".tile .do form")); got != "" {
		t.Errorf("on the tile itself %s", got)
	}
}

// Where nothing can begin nobody is asked to plug a key in, and no port needs hands.
func TestBench_heldNeedsNoHands(t *testing.T) {
	d := open(t, func(c *Config) { c.Bench = &fakeBench{session: station.Session{Held: true}} })
	d.Feed.Publish(station.Tile{Port: "1", Plugged: true, Tone: station.Hands, Word: "PLUG IN AGAIN", Held: true})
	p := d.get("/bench")
	if got := p.text(".tile .word"); got != "HOLD" {
		t.Errorf("the tile says %q", got)
	}
	if got := p.text("#strip .call"); got != "No port needs your hands" {
		t.Errorf("the strip says %q", got)
	}
}

// While the whole bench is held no port can be let go by itself.
func TestBench_allHeld(t *testing.T) {
	d := open(t, func(c *Config) { c.Bench = &fakeBench{session: station.Session{Held: true}} })
	d.Feed.Publish(station.Tile{Port: "1", Plugged: true, Tone: station.Quiet, Word: "HOLD", Held: true})
	if got := forms(t, d.get("/bench").find(".tile form")); got != "wink" {
		t.Errorf("buttons %s", got)
	}
}

// forms names what forms do, in their order.
func forms(t *testing.T, found []*html.Node) string {
	t.Helper()
	var names []string
	for _, f := range found {
		if method, _ := attr(f, "method"); method != "post" {
			t.Errorf("a form uses %q", method)
		}
		action, _ := attr(f, "action")
		name := strings.TrimPrefix(action, "/bench/")
		for _, on := range (page{root: f}).find("input[name=on]") {
			value, _ := attr(on, "value")
			name += " " + value
		}
		names = append(names, name)
	}
	return strings.Join(names, ",")
}

func TestBench_watchedOnly(t *testing.T) {
	d := open(t)
	d.Feed.Publish(station.Tile{Port: "1", Plugged: true, Tone: station.Hands, Word: "Answer", Ask: "Wipe it?"})
	if n := len(d.get("/bench").find(".tile form")); n != 0 {
		t.Errorf("%d forms on a bench that is only watched", n)
	}
	for _, path := range []string{"/bench/cancel", "/bench/touch", "/bench/open", "/bench/hold-all", "/bench/learn", "/rework/abandon"} {
		if p := d.post(path, url.Values{"port": {"1"}}); p.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, p.StatusCode)
		}
	}
}

func TestBench_acts(t *testing.T) {
	tests := []struct {
		name, path string
		form       url.Values
		status     int
		want       string
	}{
		{"plug", "/bench/plug", url.Values{"port": {"1-1"}}, 303, "plug 1-1"},
		{"pull", "/bench/pull", url.Values{"port": {"1-1"}}, 303, "pull 1-1"},
		{"touch", "/bench/touch", url.Values{"port": {"1-1"}}, 303, "touch 1-1"},
		{"cancel", "/bench/cancel", url.Values{"port": {"1-1"}}, 303, "cancel 1-1"},
		{"retry", "/bench/retry", url.Values{"port": {"1-1"}}, 303, "retry 1-1"},
		{"yes", "/bench/answer", url.Values{"port": {"1-1"}, "question": {"7"}, "answer": {"yes"}}, 303, "yes 7 1-1"},
		{"no", "/bench/answer", url.Values{"port": {"1-1"}, "question": {"7"}, "answer": {"no"}}, 303, "no 7 1-1"},
		{"no answer is no yes", "/bench/answer", url.Values{"port": {"1-1"}, "question": {"7"}}, 400, ""},
		{"an answer to no question", "/bench/answer", url.Values{"port": {"1-1"}, "answer": {"yes"}}, 400, ""},
		{"hold", "/bench/hold", url.Values{"port": {"1-1"}, "on": {"yes"}}, 303, "hold true 1-1"},
		{"let go", "/bench/hold", url.Values{"port": {"1-1"}, "on": {"no"}}, 303, "hold false 1-1"},
		{"hold or let go", "/bench/hold", url.Values{"port": {"1-1"}}, 400, ""},
		{"no port is not the whole bench", "/bench/hold", url.Values{"port": {""}, "on": {"yes"}}, 404, ""},
		{"hold all", "/bench/hold-all", url.Values{"on": {"yes"}}, 303, "hold true "},
		{"let all go", "/bench/hold-all", url.Values{"on": {"no"}}, 303, "hold false "},
		{"hold all or let go", "/bench/hold-all", nil, 400, ""},
		{"blink", "/bench/wink", url.Values{"port": {"1-1"}}, 303, "wink 1-1"},
		{"label", "/bench/label", url.Values{"port": {"1-1"}}, 303, "label 1-1"},
		{"pin", "/bench/pin", url.Values{"port": {"1-1"}, "line": {"l-7"}}, 303, "pin l-7 1-1"},
		{"take the pin back", "/bench/pin", url.Values{"port": {"1-1"}, "line": {""}}, 303, "pin  1-1"},
		{"pin nothing", "/bench/pin", url.Values{"port": {"1-1"}}, 400, ""},
		{"make for lines", "/bench/open", url.Values{"stock": {"no"}}, 303, "open false "},
		{"make for stock", "/bench/open", url.Values{"stock": {"yes"}}, 303, "open true "},
		{"make for whatever", "/bench/open", nil, 400, ""},
		{"stop making", "/bench/end", nil, 303, "end "},
		{"learn", "/bench/learn", nil, 303, "learn "},
		{"keep what was learned", "/bench/learned", url.Values{"keep": {"yes"}}, 303, "learned true "},
		{"forget what was learned", "/bench/learned", url.Values{"keep": {"no"}}, 303, "learned false "},
		{"keep or forget", "/bench/learned", nil, 400, ""},
		{"give up", "/rework/abandon", url.Values{"run": {"run00001"}}, 303, "abandon run00001"},
		{"give up what", "/rework/abandon", nil, 400, ""},
		{"refused", "/bench/pull", url.Values{"port": {"9"}}, 409, ""},
		{"unknown port", "/bench/touch", url.Values{"port": {"/dev/sda"}}, 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &fakeBench{}
			p := withTile(t, b).post(tt.path, tt.form)
			if p.StatusCode != tt.status || strings.Join(b.acts, ",") != tt.want {
				t.Errorf("status %d, bench told %v: %s", p.StatusCode, b.acts, p.text("h1"))
			}
			if tt.status == 303 && p.Header.Get("Location") != "/bench" {
				t.Errorf("goes on at %q", p.Header.Get("Location"))
			}
		})
	}
}

func TestBench_getDecidesNothing(t *testing.T) {
	b := &fakeBench{}
	d := withTile(t, b)
	for _, r := range routes {
		page := slices.ContainsFunc(routes, func(o route) bool { return o.method == get && o.path == r.path })
		if r.method == post && !page { // a form may be sent to the address of its page
			if p := d.get(r.path + "?port=1-1&answer=yes"); p.StatusCode < 400 {
				t.Errorf("GET %s: %d", r.path, p.StatusCode)
			}
		}
	}
	if len(b.acts) > 0 {
		t.Errorf("the bench was told %v", b.acts)
	}
}

func TestBench_empty(t *testing.T) {
	p := open(t).get("/bench")
	p.hasText(t, ".bench-empty", "No key is plugged in", "Plug a key into the hub.")
}

// The word is as large as it fits: a long one may stand in two lines.
func TestBench_word(t *testing.T) {
	for word, want := range map[string][2]int{"": {4, 4}, "READY": {6, 6}, "YOUR ANSWER?": {11, 7}, "BAD KEY OR CABLE": {13, 8}, strings.Repeat("W", 40): {14, 14}} {
		v := tileView{Tile: station.Tile{Word: word}}
		if got := [2]int{v.Fit(), v.Fit2()}; got != want {
			t.Errorf("%s is %v heights wide in one line and in two, want %v", word, got, want)
		}
	}
}

func TestBench_questionOnce(t *testing.T) {
	d := withTile(t, &fakeBench{})
	ask := "Is this key blank?"
	d.Feed.Publish(station.Tile{Port: "1-1", Plugged: true, Tone: station.Hands, Word: "YOUR ANSWER?", Sentence: ask, Ask: ask})
	if got := d.get("/bench").text("#port-312d31 .sentence"); got != ask {
		t.Errorf("the tile says %q", got)
	}
}

func TestBench_wants(t *testing.T) {
	tests := []struct {
		tile  station.Tile
		touch bool
		pull  bool
	}{
		{station.Tile{Tone: station.Hands, Word: "TOUCH"}, true, false},
		{station.Tile{Tone: station.Hands, Word: "REPLUG"}, false, true},
		{station.Tile{Tone: station.Hands, Word: "TOUCH", Ask: "Wipe it?"}, false, false},
		{station.Tile{Tone: station.Busy, Word: "Touch done"}, false, false},
	}
	for _, tt := range tests {
		v := tileView{Tile: tt.tile}
		if v.Wants("touch") != tt.touch || v.Wants("plug") != tt.pull {
			t.Errorf("%+v", tt)
		}
	}
}

func TestBench_packet(t *testing.T) {
	d := open(t, packets)
	tag := string(tagOf(1))
	d.Feed.Publish(station.Tile{Port: "1", Plugged: true, Tone: station.Good, Word: "READY", Tag: tag, For: "Ada Lovelace"})
	d.Feed.Publish(station.Tile{Port: "2", Plugged: true, Tone: station.Good, Word: "READY", Tag: tag})
	d.Feed.Publish(station.Tile{Port: "3", Plugged: true, Tone: station.Busy, Word: "PRINTING", Tag: tag, For: "Ada Lovelace"})
	if n := len(d.get("/bench").find("a[href=/keys/" + tag + "/packet.pdf]")); n != 1 {
		t.Errorf("%d links to packets", n)
	}
}
