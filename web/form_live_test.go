package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"keystation/inventory"
)

// line is the way to a site, which can be cut, and counts the forms that come over it.
type line struct {
	http.Handler
	cut   atomic.Bool
	forms atomic.Int32
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.cut.Load() {
		panic(http.ErrAbortHandler)
	}
	if r.Method == http.MethodPost {
		l.forms.Add(1)
	}
	l.Handler.ServeHTTP(w, r)
}

// seeNext is see on the page that comes next. What is asked while the browser is between the two gets no answer.
func seeNext(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	for range 400 {
		if holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err == nil && holds {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(what)
}

// When the server is away a form says so and keeps what was typed; when it is back it is sent, once.
func TestForm_offline(t *testing.T) {
	ctx := browser(t)
	g := newGallery(t)
	way := &line{Handler: g}
	server := httptest.NewServer(way)
	t.Cleanup(server.Close)
	t.Cleanup(g.Close)
	g.look(picture{})
	do(t, ctx, chromedp.Navigate(server.URL+"/requisitions/R-1003"), chromedp.SendKeys("#comment", "I come on Monday."))
	way.cut.Store(true)
	do(t, ctx, chromedp.Click(`form[action$="/comment"] .button`))
	see(t, ctx, "it says that the server is away", `document.getElementById("offline").checkVisibility() && document.getElementById("comment").value === "I come on Monday." && !document.querySelector("form[aria-busy]")`)
	way.cut.Store(false)
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`const form = document.getElementById("comment").form; form.requestSubmit(); form.requestSubmit(); undefined`))
	seeNext(t, ctx, "it is sent", `document.querySelector(".said")?.innerText === "I come on Monday."`)
	if n := way.forms.Load(); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

// clear holds when whatever has the focus is marked as such and nothing lies over it.
const clear = `(() => { const e = document.activeElement, at = e.closest("label") || e, box = at.getBoundingClientRect(), s = getComputedStyle(at), own = getComputedStyle(e);
	const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, 40) / 2);
	return (s.outlineStyle !== "none" || own.outlineStyle !== "none") && top !== null && (at.contains(top) || top.contains(at)); })()`

// tabTo goes on with the tabulator until an element has the focus, and looks at each place on the way.
func tabTo(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	for range 60 {
		do(t, ctx, chromedp.KeyEvent("\t"))
		seen, err := chromedp.Run(ctx, chromedp.Evaluate[[]any](`[`+clear+`, document.activeElement.matches('`+selector+`'), document.activeElement.outerHTML.slice(0, 120)]`))
		if err != nil {
			t.Fatal(err)
		}
		if seen[0] != true {
			t.Errorf("the focus is not to be seen on %s", seen[2])
		}
		if seen[1] == true {
			return
		}
	}
	t.Fatalf("the tabulator never comes to %s", selector)
}

// Somebody without a mouse decides, and asks for a key.
func TestKeyboard(t *testing.T) {
	ctx := browser(t)
	g := newGallery(t)
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	t.Cleanup(g.Close)
	g.look(picture{})
	for _, size := range [][2]int64{{360, 640}, {1280, 800}} {
		do(t, ctx, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(server.URL+"/approvals/R-1003"))
		tabTo(t, ctx, ".skip")
		do(t, ctx, chromedp.KeyEvent("\r"))
		tabTo(t, ctx, ".decision a")
		tabTo(t, ctx, `form[action$="/approve"] .button`)
		tabTo(t, ctx, `details summary`)
		do(t, ctx, chromedp.KeyEvent("\r"))
		tabTo(t, ctx, `[name=reason]`)
	}
	do(t, ctx, chromedp.Navigate(server.URL+"/approvals/R-1003"))
	tabTo(t, ctx, `form[action$="/approve"] .button`)
	do(t, ctx, chromedp.KeyEvent("\r"))
	seeNext(t, ctx, "it is approved", `document.querySelector("form[action$=undo]") !== null`)
	r, err := g.store.RequisitionByNumber(t.Context(), "R-1003")
	if err != nil || r.Requisition.State != inventory.Approved {
		t.Errorf("%+v, %v", r.Requisition, err)
	}

	do(t, ctx, chromedp.Navigate(server.URL+"/ask"))
	tabTo(t, ctx, "[name=who]")
	tabTo(t, ctx, "[name=what]")
	do(t, ctx, chromedp.KeyEvent(" "))
	tabTo(t, ctx, ".button.main")
	do(t, ctx, chromedp.KeyEvent("\r"))
	arrive(t, ctx, "/ask/check")
	tabTo(t, ctx, "[name=pc-linux]")
	tabTo(t, ctx, "[name=conn]")
	do(t, ctx, chromedp.KeyEvent(" "))
	tabTo(t, ctx, ".button.main")
}
