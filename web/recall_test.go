package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// called is a recall with a key in each state: Ada's is still out, Grace's is back, one of the desk is written off.
func (b *books) called(number string, deadline time.Time) {
	d := inventory.RecallDossier{RecallRow: inventory.RecallRow{
		Recall: inventory.Recall{Number: number, Reason: "Its vendor lost a key.", Deadline: deadline, State: inventory.RecallOpen, By: inventory.Actor{Name: "Olga Operator", Method: inventory.ByOSUser}, OpenedAt: noon},
		Due:    1, Returned: 1, WrittenOff: 1,
	}}
	for i, row := range []inventory.RecallItemRow{
		{Item: inventory.RecallItem{Person: "ada", State: inventory.RecallDue}, KeyState: inventory.ReturnDue, Name: "Ada Lovelace", Requisition: "R-1001", RequisitionState: inventory.Approved},
		{Item: inventory.RecallItem{Person: "grace", State: inventory.RecallReturned, ChangedAt: noon}, KeyState: inventory.Returned, Name: "Grace Hopper"},
		{Item: inventory.RecallItem{State: inventory.RecallWrittenOff, Note: "Lost in the post.", ChangedAt: noon}, KeyState: inventory.Retired},
	} {
		row.Tag, row.Model = tagOf(1+i), "YubiKey 5C NFC"
		d.Items = append(d.Items, row)
	}
	b.recallRows = append(b.recallRows, d)
}

func recaller(c *Config) {
	c.Recall = func(context.Context, inventory.Actor, inventory.Recall, inventory.RecallOf) (inventory.RecallOpened, error) {
		return inventory.RecallOpened{}, nil
	}
	c.Settle = func(context.Context, inventory.Actor, string, inventory.AssetTag, inventory.RecallItemState, string) error {
		return nil
	}
}

// A recall says who still has a key, what became of the others, and what takes their place.
func TestRecall(t *testing.T) {
	d := open(t, recaller)
	d.books.called("C-1001", noon.Add(9*24*time.Hour+time.Hour))
	p := d.get("/recalls")
	checkPage(t, "/recalls", p)
	p.hasText(t, "tbody", "C-1001", "Its vendor lost a key.", "2 of 3, 1 written off", "12 Nov 2026", "in 9 days", "Olga Operator")
	if len(p.find("tbody .badge[data-tone=bad]")) != 0 {
		t.Error("one that is in time is overdue")
	}
	p = d.get("/recalls/c1001")
	checkPage(t, "/recalls/c1001", p)
	p.hasText(t, "main", "Its vendor lost a key.", "All 3", "still out 1", "returned 1", "written off 1", "Ada Lovelace", "return due", "R-1001", "approved", "Lost in the post.", "at the desk", "nothing")
	label, _ := attr(p.find(".recallbar")[0], "aria-label")
	if label != "1 returned, 1 written off, 1 still out" {
		t.Errorf("the bar reads %q", label)
	}
	if got := forms(t, p.find("tbody form")); got != "/recalls/C-1001/settle,/recalls/C-1001/settle" {
		t.Errorf("forms %q", got)
	}
	d.books.recallRows[0].Items[0].Item.Person, d.books.recallRows[0].Items[0].Name = "", ""
	d.get("/recalls/c1001").hasText(t, "tbody tr", "at the desk", "to put aside", "Put aside") // nobody owes it
	p = d.get("/recalls/C-1001?state=returned")
	if n := len(p.find("tbody tr")); n != 1 || p.text("nav.filter a[aria-current=true]") != "returned 1" {
		t.Errorf("%d rows are back, here is %q", n, p.text("nav.filter a[aria-current=true]"))
	}
	for path, status := range map[string]int{"/recalls/C-7": 404, "/recalls/C-1001?state=gone": 400} {
		if p := d.get(path); p.StatusCode != status {
			t.Errorf("%s: %d", path, p.StatusCode)
		}
	}
}

func TestRecall_overdue(t *testing.T) {
	d := open(t)
	d.books.called("C-1001", noon.Add(-50*time.Hour))
	d.get("/recalls").hasText(t, "tbody", "overdue", "2 days late")
	p := d.get("/recalls/C-1001")
	p.hasText(t, "h1", "overdue")
	if n := len(p.find("main form")) + len(d.get("/recalls").find("main form")); n != 0 {
		t.Errorf("pages that only watch have %d forms", n)
	}
	d.get("/overview").hasText(t, ".notice", "A recall is overdue.")
}

// withStore has a real database that is written to as the pages are told.
func withStore(s *inventorytest.Store) func(*Config) {
	return func(c *Config) {
		c.Books, c.Now = s, s.Clock.Now
		c.Recall = func(ctx context.Context, by inventory.Actor, r inventory.Recall, of inventory.RecallOf) (inventory.RecallOpened, error) {
			return s.OpenRecall(ctx, inventorytest.Operator, r, of)
		}
		c.Settle = func(ctx context.Context, by inventory.Actor, number string, tag inventory.AssetTag, to inventory.RecallItemState, note string) error {
			return s.SettleRecall(ctx, inventorytest.Operator, number, tag, to, note)
		}
	}
}

// The forms recall keys in a real database and settle the recall, key by key, until it closes by itself.
func TestRecall_store(t *testing.T) {
	s := inventorytest.Open(t)
	one, two := s.MustMake("1-1", "4711", "R-1001"), s.MustMake("1-1", "4712", "R-1002")
	d := open(t, withStore(s))
	evil := `<script>alert(1)</script> & "why"`
	p := d.get("/recalls?tag=" + string(one.Key.Tag) + "&tag=" + string(two.Key.Tag))
	if _, isOpen := attr(p.find("details#recall")[0], "open"); !isOpen {
		t.Error("a form that is filled in is shut")
	}
	tags := p.text("textarea")
	p = d.post("/recalls/open", url.Values{"tags": {tags}, "reason": {evil}, "deadline": {"2026-12-24"}})
	if p.StatusCode != http.StatusSeeOther || p.Header.Get("Location") != "/recalls/C-1001" {
		t.Fatalf("%d to %q: %s", p.StatusCode, p.Header.Get("Location"), p.text("h1"))
	}
	p = d.get("/recalls/C-1001")
	checkPage(t, "/recalls/C-1001", p)
	p.hasText(t, "main", "2 keys recalled.", evil, "24 Dec 2026", string(one.Key.Tag), "quarantined", "R-1001")
	d.get("/recalls").hasText(t, "tbody", evil, "0 of 2")
	d.get("/overview").hasText(t, "main", "Recalls open 1")

	settle := func(tag inventory.AssetTag, to, reason, referer string) page {
		form := url.Values{"tag": {string(tag)}, "to": {to}, "reason": {reason}}
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/recalls/C-1001/settle", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", referer)
		return d.do(r)
	}
	if p := settle(one.Key.Tag, "written-off", " ", ""); p.StatusCode != http.StatusBadRequest || !strings.Contains(p.text("h1"), "without a reason") {
		t.Errorf("without a reason: %d %s", p.StatusCode, p.text("h1"))
	}
	if p := settle(one.Key.Tag, "returned", "", "http://localhost:8080/recalls/C-1001?state=due"); p.Header.Get("Location") != "/recalls/C-1001?state=due" {
		t.Errorf("%d to %q", p.StatusCode, p.Header.Get("Location"))
	}
	if p := settle(one.Key.Tag, "returned", "", ""); p.StatusCode != http.StatusConflict {
		t.Errorf("twice: %d", p.StatusCode)
	}
	if p := settle(two.Key.Tag, "written-off", "Fell into the sea.", "http://elsewhere.test/recalls/C-1001?x"); p.Header.Get("Location") != "/recalls/C-1001" {
		t.Errorf("%d to %q", p.StatusCode, p.Header.Get("Location"))
	}
	p = d.get("/recalls/C-1001")
	p.hasText(t, "main", "closed", "Fell into the sea.", "written off 1", "returned 1")
	if len(p.find("tbody form")) != 0 {
		t.Error("a closed one can be settled")
	}
	d.get("/keys/"+string(two.Key.Tag)).hasText(t, "main", "retired")
}

func TestRecall_refused(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	d := open(t, withStore(s))
	full := func(change func(url.Values)) url.Values {
		v := url.Values{"tags": {string(r.Key.Tag)}, "reason": {"Its vendor lost a key."}, "deadline": {"2026-12-24"}}
		change(v)
		return v
	}
	for _, tt := range []struct {
		name   string
		form   url.Values
		status int
		says   string
	}{
		{"no day", full(func(v url.Values) { v.Del("deadline") }), 400, "The deadline is missing"},
		{"no such day", full(func(v url.Values) { v.Set("deadline", "2026-02-30") }), 400, "The deadline is missing"},
		{"yesterday", full(func(v url.Values) { v.Set("deadline", "2026-11-19") }), 400, "The deadline of a recall lies ahead"},
		{"no reason", full(func(v url.Values) { v.Set("reason", " ") }), 400, "A recall needs a reason"},
		{"no keys", full(func(v url.Values) { v.Del("tags") }), 400, "Say in one way which keys are recalled"},
		{"two ways", full(func(v url.Values) { v.Set("untrusted", "yes") }), 400, "Say in one way which keys are recalled"},
		{"no tag", full(func(v url.Values) { v.Set("tags", "hello") }), 400, `"hello" is no asset tag`},
		{"no such key", full(func(v url.Values) { v.Set("tags", string(tagOf(7))) }), 409, "No key is there to be recalled"},
		{"no such firmware", url.Values{"aaguid": {inventorytest.AAGUID}, "below": {"0.5"}, "reason": {"Old."}, "deadline": {"2026-12-24"}}, 409, "No key is there to be recalled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p := d.post("/recalls/open", tt.form); p.StatusCode != tt.status || !strings.Contains(p.text("h1"), tt.says) {
				t.Errorf("%d %s", p.StatusCode, p.text("h1"))
			}
		})
	}
	if rows, err := s.Recalls(t.Context()); len(rows) != 0 || err != nil {
		t.Errorf("a refusal opened %v, %v", rows, err)
	}
	p := d.post("/recalls/open", url.Values{"aaguid": {inventorytest.AAGUID}, "below": {"1.1"}, "reason": {"Old."}, "deadline": {"2026-11-20"}})
	if p.Header.Get("Location") != "/recalls/C-1001" {
		t.Errorf("of a model, due today: %d %s", p.StatusCode, p.text("h1"))
	}
	watch := open(t)
	for _, path := range []string{"/recalls/open", "/recalls/C-1001/settle"} {
		if p := watch.post(path, full(func(url.Values) {})); p.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a page that only watches answers %s with %d", path, p.StatusCode)
		}
	}
}

// What opening came to is told once more on the page of the recall: what was left out, and what has to be approved.
func TestRecall_opened(t *testing.T) {
	d := open(t, func(c *Config) {
		c.Recall = func(_ context.Context, _ inventory.Actor, r inventory.Recall, _ inventory.RecallOf) (inventory.RecallOpened, error) {
			r.Number = "C-1001"
			return inventory.RecallOpened{
				Recall: r, Keys: 3, Requisitions: []string{"R-7", "R-8"}, Submitted: []string{"R-8"}, PickUps: 1,
				Left: []string{"Key 7KQM-3XWB is left out: it is being made."}, LeftOut: 2,
			}, nil
		}
	})
	d.books.called("C-1001", noon.Add(time.Hour))
	d.books.called("C-1000", noon.Add(time.Hour))
	d.post("/recalls/open", url.Values{"tags": {string(tagOf(1))}, "reason": {"x"}, "deadline": {"2026-11-04"}})
	d.get("/recalls/C-1001").hasText(t, ".told", "3 keys recalled.", "2 requisitions", "1 has to be approved first.", "1 replacement is picked up", "2 keys left out", "it is being made", "and more.")
	if len(d.get("/recalls/C-1000").find(".told")) != 0 {
		t.Error("another recall tells it too")
	}
}

func TestDue(t *testing.T) {
	s := open(t).Site
	for left, want := range map[time.Duration]string{
		time.Hour: "within a day", 25 * time.Hour: "in 1 day", 72 * time.Hour: "in 3 days", -time.Minute: "late since today", -49 * time.Hour: "2 days late",
	} {
		if got, err := s.dueView(english, noon.Add(left)); err != nil || got.Left != want || got.Late != (left < 0) {
			t.Errorf("%v: %+v", left, got)
		}
	}
	if got, err := s.dueView(english, noon); err != nil || got.Full != "3 Nov 2026" {
		t.Error(got, err)
	}
	if got, err := s.dueView("de", noon.Add(49*time.Hour)); err != nil || got.Full != "5.11.2026" || got.Left != "in 2 Tagen" {
		t.Error(got, err)
	}
}
