package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"keystation/station"
)

// A port's own page has its tile, what it said, its buttons, and the lines that its next key can be for.
func TestPort(t *testing.T) {
	b := &fakeBench{}
	d := withTile(t, b)
	d.Feed.Publish(station.Tile{Port: "1-1", Label: "Port 1", Plugged: true, Tone: station.Bad, Word: "REFUSED", Sentence: "Nobody we know signed it.", Run: "run00001", Tag: string(tagOf(1)), Prints: string(tagOf(1)), Since: noon})
	p := d.get("/bench/port/1-1")
	p.hasText(t, "h1", "Port 1")
	p.hasText(t, ".tile .word", "REFUSED")
	if got := p.text(".log tbody"); got != "12:00:00 REFUSED Nobody we know signed it. "+string(tagOf(1))+" Run 11:58:45 Touch the key It blinks. "+string(tagOf(1)) {
		t.Errorf("the log says %q", got)
	}
	if len(p.find(".log a[href=/runs/run00001]")) != 1 {
		t.Error("no way to the run")
	}
	if got := forms(t, p.find("#acts form")); got != "retry,hold yes,wink,label" {
		t.Errorf("buttons %s", got)
	}
	p.hasText(t, "#nextkey", "It takes the next approved line. The tile shows its connector: look that the key has it.")
	if got := p.text("#line option"); got != "Choose a line R-1001 spare, Ada Lovelace, usb-c" {
		t.Errorf("can be pinned: %q", got)
	}
}

func TestPort_pinned(t *testing.T) {
	b := &fakeBench{}
	d := withTile(t, b)
	d.Feed.Publish(station.Tile{Port: "1-1", Tone: station.Quiet, Word: "EMPTY", Pinned: "R-1001 spare"})
	p := d.get("/bench/port/1-1")
	p.hasText(t, "#nextkey", "It is pinned: R-1001 spare")
	p.hasText(t, ".tile .whom", "Pinned: R-1001 spare")
	if got := forms(t, p.find("#nextkey form")); got != "pin" {
		t.Errorf("buttons %q", got)
	}
	d.books.requisitions = nil
	d.get("/bench/port/1-1").hasText(t, "#pin", "No approved requisition has an open line.")
}

func TestPort_watchedOnly(t *testing.T) {
	d := open(t)
	d.publish("READING")
	p := d.get("/bench/port/1-1")
	p.hasText(t, ".log", "READING")
	if n := len(p.find("main form")); n != 0 {
		t.Errorf("%d forms on a page that only watches", n)
	}
}

// A port may have any name; a pseudo-terminal's has slashes in it.
func TestPort_names(t *testing.T) {
	d := open(t, func(c *Config) { c.Bench = &fakeBench{} })
	for _, name := range []string{"/dev/pts/7", "1-2.3", "a b?c#d%2F", "ä"} {
		d.Feed.Publish(station.Tile{Port: name, Plugged: true, Tone: station.Busy, Word: "READING"})
	}
	server := httptest.NewServer(d.Site)
	defer server.Close()
	for _, a := range d.get("/bench").find(".where a") {
		href, _ := attr(a, "href")
		answer, err := http.Get(server.URL + href)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %v %v", href, answer, err)
		}
		answer.Body.Close()
	}
	if p := d.get("/bench/port/9"); p.StatusCode != http.StatusNotFound || !strings.Contains(p.text("h1"), "The bench has no such port now") {
		t.Errorf("no such port: %d %s", p.StatusCode, p.text("h1"))
	}
}

// Whoever pressed a button stays on the page where it is; nobody is sent to another site.
func TestPort_back(t *testing.T) {
	for from, want := range map[string]string{
		"":                                      "/bench",
		"http://localhost:8080/bench":           "/bench",
		"http://localhost:8080/bench?still=1":   "/bench?still=1",
		"http://localhost:8080/bench/port/1-1":  "/bench/port/1-1",
		"http://localhost:8080/bench/port/%2Fx": "/bench/port/%2Fx",
		"http://localhost:8080/rework":          "/rework",
		"http://localhost:8080/keys":            "/bench",
		"http://evil.example/bench/port/1-1":    "/bench",
		"::":                                    "/bench",
	} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/bench/wink", strings.NewReader(url.Values{"port": {"1-1"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", from)
		if got := withTile(t, &fakeBench{}).do(r).Header.Get("Location"); got != want {
			t.Errorf("from %q it goes on at %q, want %q", from, got, want)
		}
	}
}

// The tiles stand as the hub does; what is not on it comes after.
func TestBench_places(t *testing.T) {
	d := open(t)
	for port, place := range map[string]int{"1-1": 3, "1-2": 1, "1-3": 0, "1-10": 2, "/dev/pts/1": 0} {
		d.Feed.Publish(station.Tile{Port: port, Label: port, Place: place, Tone: station.Quiet, Word: "EMPTY"})
	}
	if got := d.get("/bench").text(".where [aria-hidden=true]"); got != "1-2 1-10 1-1 /dev/pts/1 1-3" {
		t.Errorf("they stand in the order %s", got)
	}
}

func TestTile_shapes(t *testing.T) {
	icons, err := templateFiles.ReadFile("templates/parts/icons.html")
	if err != nil {
		t.Fatal(err)
	}
	for word, icon := range tileIcons {
		if !strings.Contains(string(icons), `id="i-`+icon+`"`) {
			t.Errorf("%s: no icon %s is drawn", word, icon)
		}
	}
	for _, tt := range []struct {
		tile station.Tile
		want string
	}{
		{station.Tile{Word: "Replug", Tone: station.Hands}, "plug"},
		{station.Tile{Word: "USB FAULT", Tone: station.Bad}, "cable"},
		{station.Tile{Word: "HOLD", Tone: station.Quiet}, "pause"},
		{station.Tile{Word: "BRAND NEW", Tone: station.Bad}, "octagon"},
	} {
		if got := (tileView{Tile: tt.tile}).Icon(); got != tt.want {
			t.Errorf("%s has the shape %s", tt.tile.Word, got)
		}
	}
}

// Without script the page reloads, unless somebody wants it to stand still.
func TestBench_still(t *testing.T) {
	d := withTile(t, &fakeBench{})
	if p := d.get("/bench?still=1"); strings.Contains(p.text("noscript"), "refresh") || !strings.Contains(p.text("noscript"), "Let it reload by itself") {
		t.Errorf("it says %q", p.text("noscript"))
	}
}
