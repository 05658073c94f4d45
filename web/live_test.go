package web

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"keystation/station"
)

// browser opens a tab of a real browser, or skips.
func browser(t *testing.T) context.Context { return browserFor(t, 2*time.Minute) }

// browserFor is browser for a test that has to look at very much.
func browserFor(t *testing.T, atMost time.Duration) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Needs the program chromium to look at the page with: install it to run this test.")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	for _, flag := range []string{"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, end := context.WithTimeout(t.Context(), atMost)
	t.Cleanup(end)
	ctx, end = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	return ctx
}

// see waits until an expression holds in the page. A browser that is between two pages gives no answer, so it is asked again.
func see(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	var err error
	for range 20 {
		if _, err = chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second))); err == nil {
			return
		}
		if !strings.Contains(err.Error(), "-32000") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	said, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	t.Fatalf("%s: %v; the page says:\n%s", what, err, said)
}

// feedHands does to the feed what a bench would after each act.
type feedHands struct {
	fakeBench
	feed *station.Feed
}

func (h *feedHands) Touch(_ context.Context, port string) error {
	h.feed.Publish(station.Tile{Port: port, Plugged: true, Tone: station.Good, Word: "Ready", StepsIn: 10})
	return nil
}

// TestBench_live opens the bench in a browser and changes ports under its eyes.
func TestBench_live(t *testing.T) {
	ctx := browser(t)
	d := open(t, func(c *Config) {
		h := &feedHands{feed: c.Feed}
		c.Hands, c.Bench = h, h
	})
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Cleanup(d.Close)
	d.publish("Reading")

	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/bench")); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "drawn by the server", `document.querySelector(".word").innerText === "Reading"`)
	d.Feed.Publish(station.Tile{Port: "1-1", Plugged: true, Tone: station.Hands, Word: "Touch the key", Step: "tag", StepsIn: 2})
	see(t, ctx, "a change", `document.querySelector(".word").innerText === "Touch the key" && document.querySelector(".tile").dataset.tone === "hands"`)
	see(t, ctx, "said aloud", `document.getElementById("said").textContent === "Port 1-1: Touch the key"`)
	see(t, ctx, "counted in the title", `document.title.startsWith("(1) ")`)
	d.Feed.Publish(station.Tile{Port: "1-10", Tone: station.Quiet, Word: "Empty"})
	see(t, ctx, "a new port", `document.querySelectorAll(".tile").length === 2`)

	if err := chromedp.Do(ctx, chromedp.Click(`form[action="/bench/touch"] button`)); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "a button that acts", `document.querySelector(".word").innerText === "Ready" && location.pathname === "/bench"`)
	see(t, ctx, "nothing that the policy refused", `performance.getEntriesByType("resource").every(r => r.responseStatus < 400)`)
}

// TestPages_fit asks a browser that no page is wider than a telephone.
func TestPages_fit(t *testing.T) {
	ctx := browser(t)
	d := open(t, packets)
	long := "Wolfeschlegelsteinhausenbergerdorff von und zu Hohenlohe-Schillingsfürst"
	d.books.addPerson(long, long)
	d.books.addRequisition("R-1002", long, "approved", "open", "open")
	d.books.addKey(2, "ready", "R-1002", long)
	for i := range 16 {
		d.Feed.Publish(station.Tile{
			Port: "1-" + string(rune('a'+i)), Plugged: true, Tone: station.Busy, Word: "Working", Sentence: "Setting the PIN. Do not unplug.", Step: "set-pin",
			StepsIn: 4, Tag: string(tagOf(i)), Model: long, For: long, Verdict: "genuine",
		})
	}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Cleanup(d.Close)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(360, 740)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/overview", "/bench", "/bench/port/1-a", "/rework", "/keys", "/keys/" + string(tagOf(2)), "/keys/" + string(tagOf(2)) + "/packet", "/requisitions", "/requisitions/R-1002", "/people", "/runs", "/runs/run00002", "/ledger", "/nope"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
		see(t, ctx, path+" fits 360 pixels", `document.documentElement.scrollWidth <= 360`)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/keys"), chromedp.Click(".menu")); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "the menu opens", `document.querySelector('#nav a[href="/ledger"]').getBoundingClientRect().width > 100`)
}

// TestBench_fits asks a browser that as many ports as a hub has need no scrolling at a desk, that every word stands
// whole in its tile, and that it is large.
func TestBench_fits(t *testing.T) {
	ctx := browser(t)
	words := slices.Sorted(maps.Keys(tileIcons))
	for _, ports := range []int{7, 10, 16} {
		d := open(t, packets, func(c *Config) { c.Bench = &fakeBench{} })
		server := httptest.NewServer(d)
		t.Cleanup(server.Close)
		t.Cleanup(d.Close)
		for i := range ports {
			d.Feed.Publish(station.Tile{
				Port: "1-" + strconv.Itoa(i), Label: strconv.Itoa(i + 1), Place: i + 1, Plugged: true, Tone: station.Hands, Word: words[i], Step: "set-pin", StepsIn: 4,
				Sentence: "The key stopped answering. Plug it in again; if that happens twice, change the cable or port, then the key.", Tag: string(tagOf(i)), Model: "YubiKey 5C NFC",
				For: "Wolfeschlegelsteinhausenbergerdorff von und zu Hohenlohe-Schillingsfürst", Verdict: "genuine",
			})
		}
		for _, screen := range [][2]int64{{1366, 640}, {1366, 768}, {1920, 1080}, {3440, 1440}} { // 8 by 2 on the last
			at := fmt.Sprintf("%d ports at %d by %d", ports, screen[0], screen[1])
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(screen[0], screen[1]), chromedp.Navigate(server.URL+"/bench")); err != nil {
				t.Fatal(err)
			}
			see(t, ctx, at+": no scrolling", fmt.Sprintf(`document.querySelectorAll(".tile").length === %d && document.documentElement.scrollHeight <= innerHeight`, ports))
			see(t, ctx, at+": whole words", `[...document.querySelectorAll(".word span")].every(w => {
				const word = w.getBoundingClientRect(), tile = w.closest(".face").getBoundingClientRect();
				return word.right <= tile.right && word.bottom <= tile.bottom && word.top >= tile.top && parseFloat(getComputedStyle(w).fontSize) >= 21; })`)
			if ports < 16 {
				continue
			}
			for i := range words[ports:] { // the others, one after the other, in the first tile
				d.Feed.Publish(station.Tile{Port: "1-0", Label: "1", Place: 1, Plugged: true, Tone: station.Bad, Word: words[ports+i], Sentence: "Try again."})
				see(t, ctx, at+": "+words[ports+i], `(() => { const w = document.querySelector(".word span"), word = w.getBoundingClientRect(), tile = w.closest(".face").getBoundingClientRect();
					return w.innerText === `+strconv.Quote(words[ports+i])+` && word.right <= tile.right && word.bottom <= tile.bottom && word.top >= tile.top; })()`)
			}
		}
	}
}

// TestBench_keeps changes ports while somebody is at work on the page: menus stay open, focus stays, tiles go where
// their ports stand, and the head says what another page switched.
func TestBench_keeps(t *testing.T) {
	ctx := browser(t)
	b := &fakeBench{session: station.Session{Hub: []string{"1-1", "1-2"}}}
	d := open(t, func(c *Config) { c.Bench = b })
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Cleanup(d.Close)
	tile := func(port string, place int, tone station.Tone, word string) {
		d.Feed.Publish(station.Tile{Port: port, Label: port, Place: place, Plugged: true, Running: true, Tone: tone, Word: word, Step: "tag", StepsIn: 2})
	}
	tile("1-1", 0, station.Busy, "READING")
	tile("1-2", 0, station.Busy, "READING")
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/bench")); err != nil {
		t.Fatal(err)
	}
	one := "#port-312d31"
	see(t, ctx, "drawn", `document.querySelectorAll(".tile").length === 2`)
	if err := chromedp.Do(ctx, chromedp.Click(one+" summary"), chromedp.Focus(one+` form[action="/bench/cancel"] button`)); err != nil {
		t.Fatal(err)
	}
	d.Feed.Publish(station.Tile{Port: "1-1", Label: "1-1", Plugged: true, Running: true, Tone: station.Hands, Word: "TOUCH", Tag: string(tagOf(1)), Prints: string(tagOf(1))})
	see(t, ctx, "another button in the menu", `document.querySelector("`+one+` .word").innerText === "TOUCH" && document.querySelector('`+one+` form[action="/bench/label"]') !== null`)
	see(t, ctx, "the menu stays open, the focus where it was", `document.querySelector("`+one+` details").open && document.activeElement.form.getAttribute("action") === "/bench/cancel"`)
	tile("1-1", 2, station.Hands, "TOUCH")
	tile("1-2", 1, station.Busy, "TAGGING")
	see(t, ctx, "they stand as the hub does", `[...document.querySelectorAll(".where a")].map(a => a.lastChild.innerText).join() === "1-2,1-1"`)
	see(t, ctx, "and the focus went along", `document.activeElement.form?.getAttribute("action") === "/bench/cancel"`)
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\x1b")); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "Escape closes it", `!document.querySelector("details[open]") && document.activeElement.matches("`+one+` summary")`)

	if err := chromedp.Do(ctx, chromedp.Click(".drop summary"), chromedp.Click(`form[action="/bench/open"] .main`)); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "a session is open", `document.querySelector("#session").innerText.includes("Making for lines") && location.pathname === "/bench"`)
	if p := d.post("/bench/hold-all", url.Values{"on": {"yes"}}); p.StatusCode != 303 {
		t.Fatal(p.Status)
	}
	see(t, ctx, "what another page switched", `document.querySelector("#session").innerText.includes("All on hold")`)
}

// TestPort_live looks at the page of one port while the port works.
func TestPort_live(t *testing.T) {
	ctx := browser(t)
	b := &fakeBench{}
	d := open(t, func(c *Config) { c.Bench = b })
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Cleanup(d.Close)
	d.publish("READING")
	d.Feed.Publish(station.Tile{Port: "1-2", Tone: station.Quiet, Word: "EMPTY"})
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/bench/port/1-1")); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "one tile", `document.querySelectorAll(".tile").length === 1`)
	d.publish("TAGGING")
	see(t, ctx, "its tile changes, and its log", `document.querySelector(".word").innerText === "TAGGING" && document.querySelectorAll(".log tbody tr").length === 2`)
	if err := chromedp.Do(ctx, chromedp.Click(`#acts form[action="/bench/wink"] button`)); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "what was done is said", `document.getElementById("live").innerText === "Port 1-1: the key was asked to blink." && document.querySelectorAll(".tile").length === 1`)
}
