package web

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"keystation/station"
)

// browser opens a tab of a real browser, or skips.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Needs the program chromium to look at the page with: install it to run this test.")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	for _, flag := range []string{"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, end := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(end)
	ctx, end = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	return ctx
}

// see waits until an expression holds in the page.
func see(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		said, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		t.Fatalf("%s: %v; the page says:\n%s", what, err, said)
	}
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

// TestPages_fit asks a browser that no page is wider than a telephone, and that sixteen ports need no scrolling.
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
	for _, path := range []string{"/overview", "/bench", "/keys", "/keys/" + string(tagOf(2)), "/keys/" + string(tagOf(2)) + "/packet", "/requisitions", "/requisitions/R-1002", "/people", "/runs", "/runs/run00002", "/ledger", "/nope"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
		see(t, ctx, path+" fits 360 pixels", `document.documentElement.scrollWidth <= 360`)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/keys"), chromedp.Click(".menu")); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "the menu opens", `document.querySelector('#nav a[href="/ledger"]').getBoundingClientRect().width > 100`)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(server.URL+"/bench")); err != nil {
		t.Fatal(err)
	}
	see(t, ctx, "sixteen ports on one screen", `document.querySelectorAll(".tile").length === 16 && document.documentElement.scrollHeight <= 900`)
}
