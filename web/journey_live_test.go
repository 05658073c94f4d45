package web

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"keystation/inventory"
)

// enterAs comes in through the door of a demo as somebody.
func (h house) enterAs(t *testing.T, ctx context.Context, name string, wide, high int64) {
	t.Helper()
	does(t, ctx, chromedp.EmulateViewport(wide, high), chromedp.Navigate(h.url+"/signin"))
	if in, _ := chromedp.Run(ctx, chromedp.Evaluate[bool](`location.pathname !== "/signin"`)); in { // whoever was there goes
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(document.querySelector('form[action="/signout"]').requestSubmit(), true)`)); err != nil {
			t.Fatal(err)
		}
		arrive(t, ctx, "/signin")
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`([...document.querySelectorAll(".choice")].find(b => b.innerText.includes(%q)).click(), true)`, name))); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if in, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`location.pathname !== "/signin" && document.readyState === "complete"`)); err == nil && in {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not get in", name)
}

// TestJourney_live takes one requisition through the hands of everybody there is, in a real browser with real sessions: Alan
// waits on his phone, Ada approves, Grace makes and hands over at the desk, and the auditor, the help desk and the admin see
// what is theirs to see and do, and no more.
func TestJourney_live(t *testing.T) {
	ctx := browser(t)
	h := doored(t, func(c *Config) { c.Demo = true })
	give := func(email string, role inventory.Role) {
		p, err := h.store.PersonByEmail(t.Context(), email)
		if err == nil {
			err = h.store.GiveRole(t.Context(), inventory.System("test"), p.ID, role)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rows := "name,email\nAuguste Auditor,auguste@example.com\nHelene Helpdesk,helene@example.com\nAlma Admin,alma@example.com\n"
	give("ada@example.com", inventory.Approver)
	h.store.MustImport(rows, "reference,person,reason,keys,connector,tier\nJ-1,alan@example.com,Goes to Princeton,1,usb-c,standard\n")
	give("grace@example.com", inventory.Operator)
	give("auguste@example.com", inventory.Auditor)
	give("helene@example.com", inventory.HelpDesk)
	give("alma@example.com", inventory.Admin)
	says := func(what, text string) {
		t.Helper()
		see(t, ctx, what, fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, text))
	}

	h.enterAs(t, ctx, "Alan Turing", 360, 740) // the requester
	h.visit(t, ctx, "/my")
	says("what he asked for", "Goes to Princeton")
	h.visit(t, ctx, "/requisitions/R-1005")
	says("who decides", "Approvers decides")
	h.visit(t, ctx, "/queue")
	says("the desk is not his", "may not come in here")

	h.enterAs(t, ctx, "Ada Lovelace", 360, 740) // the approver
	h.visit(t, ctx, "/approvals/R-1005")
	does(t, ctx, chromedp.Click(`form[action$="/approve"] button`))
	see(t, ctx, "it is approved", `!!document.querySelector('form[action$="/undo"]')`)

	h.enterAs(t, ctx, "Grace Hopper", 1280, 800) // the operator
	h.visit(t, ctx, "/queue")
	says("the desk has to make it", "R-1005")
	made := h.store.MustMake("1-1", "4711", "R-1005")
	h.visit(t, ctx, "/queue")
	does(t, ctx, chromedp.Click(fmt.Sprintf(`a[href="/keys/%s/handover"]`, made.Key.Tag)))
	arrive(t, ctx, "/keys/"+string(made.Key.Tag)+"/handover")
	does(t, ctx, chromedp.Click("[name=agreed]"), chromedp.SendKeys("[name=signed]", "Alan Turing"), chromedp.Click("main form button"))
	arrive(t, ctx, "/keys/"+string(made.Key.Tag))
	says("whose it is now", "Alan Turing")

	h.enterAs(t, ctx, "Auguste Auditor", 1280, 800)
	h.visit(t, ctx, "/requisitions/R-1005")
	says("how it ended", "Done: everything was handed over")
	h.visit(t, ctx, "/keys/"+string(made.Key.Tag)+"/packet")
	says("no address for an auditor", "may not come in here")

	h.enterAs(t, ctx, "Helene Helpdesk", 1280, 800)
	alan, err := h.store.PersonByEmail(t.Context(), "alan@example.com")
	if err != nil {
		t.Fatal(err)
	}
	h.visit(t, ctx, "/people/"+string(alan.ID))
	says("what Alan has", string(made.Key.Tag))

	h.enterAs(t, ctx, "Alma Admin", 1280, 800)
	h.visit(t, ctx, "/roles")
	says("who may what", "Auguste Auditor")

	h.enterAs(t, ctx, "Alan Turing", 360, 740)
	h.visit(t, ctx, "/my")
	says("the key is his", string(made.Key.Tag))
	if r, err := h.store.RequisitionByNumber(t.Context(), "R-1005"); err != nil || r.Requisition.State != inventory.Closed {
		t.Errorf("it is %s, %v", r.Requisition.State, err)
	}
}
