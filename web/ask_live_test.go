package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"keystation/inventory"
)

// typed counts the fields in which something else stands than the page had put there.
const typed = `[...document.querySelectorAll("main .text")].filter(e => e.value !== e.defaultValue).length`

// thumbs holds when everything to tap is as large as a thumb, nothing is wider than the screen and no script but that of every form is there.
const thumbs = `document.documentElement.scrollWidth <= innerWidth && [...document.scripts].every(s => new URL(s.src).pathname.startsWith("/static/form.")) &&
	[...document.querySelectorAll("main .choice, main .button, main .text")].filter(e => e.checkVisibility()).every(e => e.getBoundingClientRect().height >= 43.9)`

// TestAsk_live asks on the smallest phone there is, in a browser that runs no script, and counts what has to be typed: never more than three fields.
func TestAsk_live(t *testing.T) {
	ctx := browser(t)
	for _, c := range []struct {
		name  string
		taps  []string // on the first page
		text  map[string]string
		where []string // taps on the last page
		typed int
		other bool
	}{
		{name: "for oneself, picked up", typed: 0},
		{name: "for oneself, sent", where: []string{`[name=to][value=new]`},
			text: map[string]string{"#street": "1 Main Street", "#postal": "22201", "#city": "Arlington"}, typed: 3},
		{name: "for somebody else, picked up", taps: []string{`[name=who][value=other]`, `[name=rel][value=new-hire]`},
			text: map[string]string{"#email": "alan@example.com"}, typed: 1, other: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAsker(t, "Grace")
			server := httptest.NewServer(a)
			t.Cleanup(server.Close)
			t.Cleanup(a.Close)
			sum := 0
			// on looks at a page, taps, types what is visible of the text, and goes on.
			on := func(at string, taps ...string) {
				t.Helper()
				arrive(t, ctx, at)
				for _, tap := range taps {
					if err := chromedp.Do(ctx, chromedp.Click("main "+tap)); err != nil {
						t.Fatal(err)
					}
				}
				for field, text := range c.text {
					if visible(t, ctx, field) {
						if err := chromedp.Do(ctx, chromedp.SendKeys(field, text)); err != nil {
							t.Fatal(err)
						}
					}
				}
				see(t, ctx, at+" fits a thumb", thumbs)
				n, err := chromedp.Run(ctx, chromedp.Evaluate[int](typed))
				if err != nil {
					t.Fatal(err)
				}
				sum += n
				if err := chromedp.Do(ctx, chromedp.Click("main .button.main")); err != nil {
					t.Fatal(err)
				}
			}
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(320, 640), scriptless, chromedp.Navigate(server.URL+"/ask")); err != nil {
				t.Fatal(err)
			}
			on("/ask", append(c.taps, `[name=what][value=first]`)...)
			on("/ask/check", `[name=pc-windows][value="10"]`, `[name=virtual][value=vdi]`, `[name=conn][value=usb-c]`)
			on("/ask/advice")
			on("/ask/form", append(c.where, `[name=need][value=admin]`)...)
			arrive(t, ctx, "/requisitions/R-1005")
			r, err := a.store.RequisitionByNumber(t.Context(), "R-1005")
			if err != nil {
				t.Fatal(err)
			}
			if q := r.Requisition; sum != c.typed || q.State != inventory.Submitted || r.Posted != (c.typed == 3) || (q.RequestedBy != "") != c.other || len(r.Lines) != 2 {
				t.Errorf("%d fields were typed, want %d; asked is %+v, posted %t", sum, c.typed, q, r.Posted)
			}
		})
	}
}

// scriptless lets the browser run no script of any page.
var scriptless = chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
	_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return err
})

// arrive waits until a page is there. What is asked while the browser is between two pages gets no answer.
func arrive(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	for range 400 {
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path)))
		if err == nil && there {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the browser never comes to %s", path)
}

func visible(t *testing.T, ctx context.Context, selector string) bool {
	t.Helper()
	is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`!!document.querySelector(%q)?.checkVisibility()`, selector)))
	if err != nil {
		t.Fatal(err)
	}
	return is
}
