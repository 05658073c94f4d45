package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// A requisition that can be canceled has a form that says what becomes of its keys, and asks for a reason.
func TestRequisition_cancelForm(t *testing.T) {
	offered := func(c *Config) {
		c.Cancel = func(context.Context, inventory.Actor, string, string) error { return nil }
	}
	d := open(t, offered)
	d.books.addRequisition("R-1002", "Grace Hopper", inventory.Submitted, inventory.LineOpen)
	d.books.addRequisition("R-1003", "Grace Hopper", inventory.Fulfilling, inventory.LineMaking, inventory.LineMaking)
	d.books.addRequisition("R-1004", "Grace Hopper", inventory.Closed, inventory.LineDelivered)
	for number, says := range map[string][]string{
		"R-1001": {"Key " + string(tagOf(1)) + " goes back to stock and its sealed PIN is destroyed", "This cannot be undone."},
		"R-1002": {"No key is made for it any more. This cannot be undone."},
		"R-1003": {"The 2 keys that are being made stop, and their tiles say STOP."},
	} {
		p := d.get("/requisitions/" + number)
		p.hasText(t, "details", says...)
		checkPage(t, number, p)
		if got := forms(t, p.find("main .giveup form")); got != "/requisitions/"+number+"/cancel" {
			t.Errorf("%s has the forms %s", number, got)
		}
		if _, must := attr(p.find("#why")[0], "required"); !must {
			t.Errorf("%s asks for no reason", number)
		}
	}
	if n := len(d.get("/requisitions/R-1004").find("main .giveup form")); n != 0 {
		t.Errorf("a closed one has %d forms", n)
	}
	if n := len(open(t).get("/requisitions/R-1001").find("main .giveup form")); n != 0 {
		t.Errorf("a page that cancels nothing has %d forms", n)
	}
}

// The form cancels in a real database, and page, list and key show it.
func TestRequisition_cancel(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	d := open(t, func(c *Config) {
		c.Books = s
		c.Cancel = func(ctx context.Context, by inventory.Actor, number, reason string) error {
			return s.CancelRequisition(ctx, inventorytest.Operator, number, reason)
		}
	})
	p := d.post("/requisitions/R-1001/cancel", url.Values{"reason": {"<b>Ada</b> has left."}})
	if p.StatusCode != http.StatusSeeOther || p.Header.Get("Location") != "/requisitions/R-1001" {
		t.Fatalf("%d to %q: %s", p.StatusCode, p.Header.Get("Location"), p.text("h1"))
	}
	p = d.get("/requisitions/R-1001")
	p.hasText(t, "main", "cancelled", "Olga Operator", "<b>Ada</b> has left.")
	checkPage(t, "/requisitions/R-1001", p)
	if len(p.find("main .giveup form")) != 0 {
		t.Error("it can be canceled twice")
	}
	d.get("/requisitions?state=cancelled").hasText(t, "tbody", "R-1001", "cancelled", "<b>Ada</b> has left.")
	d.get("/keys/"+string(r.Key.Tag)).hasText(t, "main", "received", "R-1001 was cancelled", "void")
}

func TestRequisition_cancelRefused(t *testing.T) {
	s := inventorytest.Open(t)
	d := open(t, func(c *Config) {
		c.Books = s
		c.Cancel = func(ctx context.Context, by inventory.Actor, number, reason string) error {
			return s.CancelRequisition(ctx, inventorytest.Operator, number, reason)
		}
	})
	because := url.Values{"reason": {"Ada has left."}}
	d.post("/requisitions/R-1002/cancel", because)
	tests := []struct {
		name, number string
		form         url.Values
		status       int
		says         string
	}{
		{"no reason", "R-1001", nil, 400, "Requisition R-1001 cannot be cancelled without a reason: say why."},
		{"blanks are none", "R-1001", url.Values{"reason": {"  "}}, 400, "without a reason"},
		{"twice", "R-1002", because, 409, "Requisition R-1002 is cancelled and cannot be cancelled any more."},
		{"no such one", "R-7", because, 404, "There is no requisition R-7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := d.post("/requisitions/"+tt.number+"/cancel", tt.form)
			if p.StatusCode != tt.status || !strings.Contains(p.text("h1"), tt.says) {
				t.Errorf("%d %s", p.StatusCode, p.text("h1"))
			}
		})
	}
	if p := d.get("/requisitions/R-1001"); strings.Contains(p.text("main"), "cancelled") {
		t.Errorf("a refusal canceled it: %s", p.text("main"))
	}
	if p := open(t).post("/requisitions/R-1001/cancel", because); p.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a page that cancels nothing answers %d", p.StatusCode)
	}
}
