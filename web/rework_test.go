package web

import (
	"net/http"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// Each key on the list has its reason, the one next action, and the way to its page and its run.
func TestRework(t *testing.T) {
	b := &fakeBench{}
	d := open(t, func(c *Config) { c.Bench = b })
	d.books.rework = []inventory.ReworkRow{
		{
			Key: "k1", Tag: tagOf(1), Model: "YubiKey 5C NFC", State: inventory.Received, Run: "run00001", Port: "1-2.3", At: noon, Waits: true,
			Why: inventory.WaitsForKey, Next: inventory.RunEnd("").NextAction(), For: &inventory.OrderRef{Number: "R-1001", Name: "Ada Lovelace"},
		},
		{Key: "k2", Tag: tagOf(2), State: inventory.Quarantined, At: noon, Why: "The tag did not answer.", Next: "Plug it in again at another port."},
	}
	p := d.get("/rework")
	p.hasText(t, "tbody", "waits for its key", inventory.WaitsForKey, "give its run up", "Run at 1-2.3", "Ada Lovelace", "quarantined", "The tag did not answer.", "Plug it in again at another port.")
	if len(p.find("tbody a[href=/runs/run00001]")) != 1 || len(p.find("tbody a[href=/keys/"+string(tagOf(2))+"]")) != 1 {
		t.Error("no way to the key or to the run")
	}
	if got := forms(t, p.find("tbody form")); got != "/rework/abandon" {
		t.Errorf("can be given up: %s", got)
	}
	p.hasText(t, "tbody details", "Its sealed PIN is destroyed, and its line is free for another key.")
	o := d.get("/overview")
	o.hasText(t, ".next", "2 keys must be taken up again.")
	if len(o.find("dd a[href=/rework]")) != 1 {
		t.Error("the overview does not lead there")
	}
}

func TestRework_many(t *testing.T) {
	d := open(t)
	for i := range reworkRows + 1 {
		d.books.rework = append(d.books.rework, inventory.ReworkRow{Tag: tagOf(i), State: inventory.Quarantined, Next: "Look at it."})
	}
	p := d.get("/rework")
	if n := len(p.find("tbody tr")); n != reworkRows {
		t.Errorf("%d rows", n)
	}
	p.hasText(t, "main", "There are more.")
	if len(p.find("main form")) != 0 {
		t.Error("a page that only watches gives up runs")
	}
}

// TestRework_store lists what a real database has.
func TestRework_store(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "4711", "R-1001")
	d := open(t, func(c *Config) { c.Books, c.Bench = s, &fakeBench{} })
	if p := d.get("/rework"); p.StatusCode != http.StatusOK || p.text(".empty h2") != "Nothing to look at again" {
		t.Errorf("%d %s", p.StatusCode, p.text("main"))
	}
}
