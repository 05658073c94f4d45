package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// chamber is a site on which Ada and Grace are approvers and R-1003 of Alan waits for one of them.
type chamber struct {
	desktop
	store *inventorytest.Store
	as    inventory.Person
	who   map[string]inventory.Person
}

func newChamber(t *testing.T) *chamber {
	t.Helper()
	c := &chamber{store: inventorytest.Empty(t), who: map[string]inventory.Person{}}
	rows, err := inventory.ReadPeople(strings.NewReader(inventorytest.People))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.store.ImportPeople(t.Context(), inventorytest.Operator, rows, false); err != nil {
		t.Fatal(err)
	}
	for name, email := range map[string]string{"Ada": "ada@example.com", "Grace": "grace@example.com", "Alan": "alan@example.com", "Sofia": "sofia@example.com"} {
		if c.who[name], err = c.store.PersonByEmail(t.Context(), email); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"Ada", "Grace"} {
		if err := c.store.GiveRole(t.Context(), inventory.System("test"), c.who[name].ID, inventory.Approver); err != nil {
			t.Fatal(err)
		}
	}
	c.store.MustImport(inventorytest.People, inventorytest.Requisitions)
	c.desktop = open(t, func(cfg *Config) {
		cfg.Books, cfg.Now = c.store, c.store.Clock.Now
		cfg.Who = func(*http.Request) (Visitor, bool) {
			roles, err := c.store.RolesOf(t.Context(), c.as.ID)
			return Visitor{Actor: inventory.ActorOf(c.as, inventory.ByOIDC), Person: c.as.ID, Roles: roles, Proved: c.store.Clock.Now()}, err == nil && c.as.ID != ""
		}
	})
	return c
}

func (c *chamber) be(name string) { c.as = c.who[name] }

func (c *chamber) state(t *testing.T) inventory.RequisitionState {
	t.Helper()
	r, err := c.store.RequisitionByNumber(t.Context(), "R-1003")
	if err != nil {
		t.Fatal(err)
	}
	return r.Requisition.State
}

// TestApproval_live opens the link of the letter on a phone: looking decides nothing, and one click approves.
func TestApproval_live(t *testing.T) {
	ctx := browser(t)
	c := newChamber(t)
	c.be("Ada")
	server := httptest.NewServer(c.Site)
	t.Cleanup(server.Close)
	does(t, ctx, chromedp.EmulateViewport(360, 740), chromedp.Navigate(server.URL+"/approvals/R-1003"))
	see(t, ctx, "the facts are there before any click", `["has 0, may have 2", "nothing so far", "Alan Turing"].every(s => document.querySelector("main").innerText.includes(s))`)
	see(t, ctx, "the button is seen without scrolling", `document.querySelector('form[action$="/approve"] button').getBoundingClientRect().bottom < innerHeight`)
	if s := c.state(t); s != inventory.Submitted {
		t.Fatalf("looking made it %s", s)
	}
	does(t, ctx, chromedp.Click(`form[action$="/approve"] button`)) // the one click
	arrive(t, ctx, "/approvals/R-1003")
	see(t, ctx, "what came of it", `!!document.querySelector('form[action$="/undo"]')`)
	if s := c.state(t); s != inventory.Approved {
		t.Errorf("one click made it %s", s)
	}
	does(t, ctx, chromedp.Click(`form[action$="/undo"] button`))
	arrive(t, ctx, "/approvals/R-1003")
	see(t, ctx, "undone", `!!document.querySelector('form[action$="/approve"]')`)
	if s := c.state(t); s != inventory.Submitted {
		t.Errorf("undone it is %s", s)
	}
}

// Whatever concerns one requisition is there for those whom it concerns and for nobody else, who learns not even that it
// exists; and nobody does by looking.
func TestMatrix_ownership(t *testing.T) {
	c := newChamber(t)
	c.Cancel = c.store.CancelRequisition
	for _, r := range routes {
		if r.permission != owners && r.permission != approvers || !strings.Contains(r.path, ":number") {
			continue
		}
		path := strings.ReplaceAll(r.path, ":number", "R-1003")
		form := url.Values{"text": {"Hello."}, "reason": {"Because."}, "question": {"Why?"}, "to": {"desk"}, "place": {"Here"}}
		ask := func(name string) page {
			c.be(name)
			if r.method == get {
				return c.get(path)
			}
			return c.post(path, form)
		}
		if p := ask("Sofia"); p.StatusCode != http.StatusNotFound {
			t.Errorf("%s %s of somebody else: %d %s", r.method, r.path, p.StatusCode, p.text("h1"))
		}
		before := c.state(t)
		if p := ask("Alan"); r.method == get && p.StatusCode != http.StatusOK {
			t.Errorf("%s %s by its person: %d %s", r.method, r.path, p.StatusCode, p.text("main"))
		}
		if r.method == get && c.state(t) != before {
			t.Errorf("looking at %s changed something", r.path)
		}
		if strings.HasPrefix(r.path, "/approvals") && c.state(t) != before {
			t.Errorf("%s lets somebody decide about their own", r.path)
		}
	}
}

// Several are approved at once, each for itself, and what was refused is told.
func TestApprovals_batch(t *testing.T) {
	c := newChamber(t)
	c.be("Ada")
	c.get("/approvals").hasText(t, ".cases", "Alan Turing", "R-1003", "Travels")
	p := c.post("/approvals", url.Values{"number": {"R-1003", "R-1001"}})
	p.hasText(t, "[role=status]", "R-1003 is approved.", "R-1001 was not approved:")
	if p := c.post("/approvals", nil); p.StatusCode != http.StatusBadRequest {
		t.Errorf("nothing ticked: %d", p.StatusCode)
	}
	c.be("Sofia")
	c.get("/approvals").hasText(t, ".empty", "Nothing waits for you.")
}

// While one of two keys is handed over already, the other can be cancelled and changed on the status page; of a requisition
// that stands still nothing is changed.
func TestRequisition_theRest(t *testing.T) {
	c := newChamber(t)
	c.Cancel = c.store.CancelRequisition
	c.be("Sofia")
	c.post("/requisitions/R-1004/change", url.Values{"to": {"desk"}})
	made := c.store.MustMake("1-1", "4711", "R-1004")
	if _, err := c.store.HandOver(t.Context(), inventory.ActorOf(c.who["Ada"], inventory.ByOIDC), made.Key.Tag, "Sofia", ""); err != nil {
		t.Fatal(err)
	}
	const change, cancel = "a[href=/requisitions/R-1004/change]", "form[action=/requisitions/R-1004/cancel]"
	if p := c.get("/requisitions/R-1004"); len(p.find(change)) != 1 || len(p.find(cancel)) != 1 {
		t.Errorf("%d ways to change, %d to cancel", len(p.find(change)), len(p.find(cancel)))
	}
	c.post("/requisitions/R-1004/cancel", url.Values{"reason": {"One is enough."}})
	p := c.get("/requisitions/R-1004")
	p.hasText(t, ".timeline", "The first key was handed over", "The spare was cancelled", "Done")
	if len(p.find(change)) != 0 || len(p.find(cancel)) != 0 {
		t.Error("what is over can be changed")
	}
	c.be("Alan")
	if err := c.store.HoldPerson(t.Context(), inventorytest.Operator, c.who["Alan"].ID, "It was not him."); err != nil {
		t.Fatal(err)
	}
	if p := c.get("/requisitions/R-1003"); len(p.find("a[href=/requisitions/R-1003/change]")) != 0 {
		t.Error("what stands still can be changed")
	}
}

// The buttons of the routing table move the row that they stand in.
func TestRouting_rows(t *testing.T) {
	c := newChamber(t)
	if err := c.store.GiveRole(t.Context(), inventory.System("test"), c.who["Sofia"].ID, inventory.Admin); err != nil {
		t.Fatal(err)
	}
	c.be("Sofia")
	rows := func() []string { // what stands in the forms
		var marks []string
		for _, n := range c.get("/routing").find("tbody input[name=row]") {
			mark, _ := attr(n, "value")
			marks = append(marks, mark)
		}
		return marks
	}
	c.post("/routing", url.Values{"act": {"down"}, "row": {rows()[0]}})
	seen := rows()
	c.get("/routing").hasText(t, "tbody", "any approver", "the manager")
	c.post("/routing", url.Values{"act": {"up"}, "row": {seen[1]}})
	if now := rows(); len(now) != 2 || now[0] != seen[1] || now[1] != seen[0] {
		t.Errorf("%v became %v", seen, now)
	}
	c.post("/routing", url.Values{"act": {"remove"}, "row": {seen[1]}})
	if p := c.post("/routing", url.Values{"act": {"remove"}, "row": {seen[1]}}); p.StatusCode != http.StatusConflict {
		t.Errorf("removed twice: %d", p.StatusCode)
	}
	if p := c.post("/routing", url.Values{"act": {"add"}, "to": {"group"}, "whom": {"Nobody"}}); p.StatusCode != http.StatusNotFound {
		t.Errorf("a group that nobody is in: %d", p.StatusCode)
	}
	if now := rows(); len(now) != 1 || now[0] != seen[0] {
		t.Errorf("left: %v", now)
	}
}

// The queues say how many there are in all, and go on on a next page.
func TestQueues_pages(t *testing.T) {
	c := newChamber(t)
	c.be("Ada")
	c.get("/approvals").hasText(t, ".lead", "One waits for you.")
	file := "reference,person,reason,keys,connector,tier,approved_by\n"
	for i := range 205 {
		n := strconv.Itoa(i)
		file += "W-" + n + ",E-3,Waits,1,,standard,\nM-" + n + ",E-3,Is made,1,,standard,Mary Somerville\n"
	}
	c.store.MustImport(inventorytest.People, file)
	if err := c.store.GiveRole(t.Context(), inventory.System("test"), c.who["Ada"].ID, inventory.Operator); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{"/approvals": "206 wait for you.", "/queue": "210 to make"} {
		first := c.get(path)
		first.hasText(t, ".lead", says)
		next := first.find("a[rel=next]")
		if len(next) != 1 {
			t.Fatalf("%s has %d links to a next page", path, len(next))
		}
		to, _ := attr(next[0], "href")
		p := c.get(to)
		p.hasText(t, ".lead", says)
		p.hasText(t, ".pager", "First page")
		if len(p.find("a[rel=next]")) != 0 {
			t.Errorf("%s has a third page", path)
		}
	}
}

// An admin is offered to take back the yes of somebody else, by name.
func TestApproval_undoByAdmin(t *testing.T) {
	c := newChamber(t)
	c.be("Ada")
	c.post("/approvals/R-1003/approve", url.Values{})
	if err := c.store.GiveRole(t.Context(), inventory.System("test"), c.who["Sofia"].ID, inventory.Admin); err != nil {
		t.Fatal(err)
	}
	c.be("Sofia")
	c.get("/approvals/R-1003").hasText(t, "form[action=/approvals/R-1003/undo]", "Take the yes of Ada Lovelace back")
	c.post("/approvals/R-1003/undo", url.Values{})
	if s := c.state(t); s != inventory.Submitted {
		t.Errorf("it is %s", s)
	}
}
