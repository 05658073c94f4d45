package web

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/shipping"
	"keystation/station"
)

// packets gives every key a packet.
func packets(c *Config) {
	c.Policies = fakePolicies{}
	c.Packet = func(_ context.Context, key inventory.KeyID) ([]byte, string, error) {
		return []byte("%PDF-1.4 of " + key), "packet R-1001-1.pdf", nil
	}
	c.CommandSheet = func() ([]byte, error) { return []byte("%PDF-1.4 of codes"), nil }
	c.Contents = func(context.Context, inventory.KeyID) (shipping.Packet, error) {
		code, err := shipping.Code128("R-1001-1")
		tag, tagErr := shipping.Code128("7KQM-3XWB")
		return shipping.Packet{
			Test: true, Language: "en", Title: "Packet R-1001-1", Facts: []shipping.Fact{{Name: "Requisition", Value: "R-1001"}},
			Label:    shipping.Label{To: []string{"Ada Lovelace", "12 St James's Square"}, Number: code},
			KeyLabel: shipping.KeyLabel{Tag: tag, Test: true, Hint: "Put it on the key."},
			Start:    shipping.QuickStart{Title: "Your key", Blocks: []shipping.Block{{Heading: "First", Steps: []string{"Touch it."}}}},
		}, errors.Join(err, tagErr)
	}
}

// TestPages walks from the overview along every link there is, and looks at each page with the eyes of a browser that
// obeys our policy and of somebody who cannot see.
func TestPages(t *testing.T) {
	d := open(t, packets, recaller)
	d.books.addKey(2, inventory.Active, "", "")
	d.books.addKey(3, inventory.Active, "", "")
	d.books.distrusted("REVOKED")
	d.books.called("C-1001", noon)
	d.books.addRequisition("R-1002", "Grace Hopper", inventory.Submitted, inventory.LineOpen)
	for i, s := range keyStates {
		d.books.addKey(10+i, s.state, "", "")
	}
	d.publish("Reading")
	seen := walk(t, d)
	for _, r := range routes {
		if r.method == get && holders[r.permission] != nil && r.permission != admins && !strings.Contains(r.path, ":") && r.path != "/healthz" && r.path != "/bench/events" && r.path != "/policy/check" && !seen[r.path] {
			t.Errorf("no link leads to %s", r.path)
		}
	}
}

// TestPages_store walks over a real database.
func TestPages_store(t *testing.T) {
	store := inventorytest.Open(t)
	ada := store.MustMake("1-1", "4711", "R-1001")
	stock := store.MustMake("1-2", "", "")
	store.MustBegin("1-3")
	d := open(t, packets, func(c *Config) { c.Books = store })
	seen := walk(t, d)
	for _, r := range []*inventorytest.Run{ada, stock} {
		if path := "/keys/" + string(r.Key.Tag); !seen[path] {
			t.Errorf("no link leads to %s", path)
		}
	}
	d.get("/keys/"+string(ada.Key.Tag)).hasText(t, "main", "ready", "Softkey", "4711", "Ada Lovelace", "R-1001", "Bench", "tag credential", "sealed", "run.record")
	d.get("/runs").hasText(t, "tbody", "running", "1-3")
	if p := d.get("/keys?after=nonsense"); p.StatusCode != 400 {
		t.Errorf("a page that is none: %d", p.StatusCode)
	}
	if p := d.get("/healthz"); p.body != "ok\n" {
		t.Errorf("health: %q", p.body)
	}
}

// walk follows every link from the overview and checks each page it comes to.
func walk(t *testing.T, d desktop) map[string]bool {
	t.Helper()
	seen, todo := map[string]bool{}, []string{"/overview"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		p := d.get(path)
		if p.StatusCode != 200 {
			t.Errorf("%s: %d %s", path, p.StatusCode, p.text("h1"))
			continue
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			checkPage(t, path, p)
			todo = append(todo, links(p)...)
		}
	}
	return seen
}

func links(p page) []string {
	var out []string
	for _, a := range p.find("a") {
		href, _ := attr(a, "href")
		if u, err := url.Parse(href); err == nil && u.Path != "" {
			out = append(out, u.RequestURI())
		}
	}
	return out
}

func checkPage(t *testing.T, path string, p page) {
	t.Helper()
	if n := len(p.find("h1")); n != 1 {
		t.Errorf("%s has %d main headings", path, n)
	}
	if n := len(p.find("nav a[aria-current=page]")); n != 1 {
		t.Errorf("%s marks %d places in the navigation", path, n)
	}
	ids := map[string]bool{}
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode {
			checkElement(t, path, n, ids)
		}
	}
}

func checkElement(t *testing.T, path string, n *html.Node, ids map[string]bool) {
	t.Helper()
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("%s: <%s %s> is inline", path, n.Data, a.Key)
		}
		if a.Key == "id" && ids[a.Val] {
			t.Errorf("%s: id %s twice", path, a.Val)
		}
		if a.Key == "id" {
			ids[a.Val] = true
		}
	}
	switch n.Data {
	case "script":
		if src, _ := attr(n, "src"); !strings.HasPrefix(src, "/static/") {
			t.Errorf("%s: a script from %q", path, src)
		}
	case "style":
		t.Errorf("%s: inline style", path)
	case "th":
		if _, ok := attr(n, "scope"); !ok {
			t.Errorf("%s: a table heading without scope", path)
		}
	case "a", "button":
		label, _ := attr(n, "aria-label")
		if (page{root: n}).text("") == "" && label == "" && (page{root: n.Parent}).text(n.Data) == "" {
			t.Errorf("%s: <%s> has no name", path, n.Data)
		}
	}
}

func TestPages_banner(t *testing.T) {
	tests := []struct {
		name string
		set  func(*Config)
		want string
	}{
		{"real", func(*Config) {}, ""},
		{"test keys", func(c *Config) { c.Settings.RPID = inventory.LocalRPID }, "TEST KEYS"},
		{"demo", func(c *Config) { c.Demo, c.Settings.RPID = true, inventory.LocalRPID }, "DEMO"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t, tt.set)
			for _, path := range []string{"/overview", "/bench", "/keys", "/nope"} {
				p := d.get(path)
				if got := p.text(".banner b"); got != tt.want {
					t.Errorf("%s says %q", path, got)
				}
			}
		})
	}
}

func TestPages_wayIn(t *testing.T) {
	if p := open(t).get("/"); p.StatusCode != 200 || p.text("h1") != "Overview" {
		t.Errorf("the desk begins with %d %q", p.StatusCode, p.text("h1"))
	}
	if p := open(t, func(c *Config) { c.Demo = true }).get("/"); p.Header.Get("Location") != "/bench" {
		t.Errorf("a demo begins with %q", p.Header.Get("Location"))
	}
}

func TestPages_hostileNames(t *testing.T) {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	d := open(t, packets)
	d.books.addPerson(evil, evil)
	d.books.addRequisition("R-666", evil, inventory.Approved, inventory.LineOpen)
	d.books.addKey(66, inventory.Ready, "R-666", evil)
	d.books.dossiers[1].Key.Model = evil
	d.Feed.Publish(station.Tile{Port: evil, Label: evil, Plugged: true, Tone: station.Busy, Word: evil, Sentence: evil, For: evil, Ask: evil, Tag: evil, Model: evil, Verdict: evil, Step: evil})
	tile, err := d.part("tile", d.tileView(d.Feed.Snapshot().Tiles[0]))
	if err != nil || strings.Contains(tile, "<script") {
		t.Errorf("tile: %v %s", err, tile)
	}
	for _, path := range []string{"/overview", "/bench", "/keys", "/keys/" + string(tagOf(66)), "/people", "/requisitions", "/requisitions/R-666", "/runs", "/keys?q=" + url.QueryEscape(evil)} {
		p := d.get(path)
		if p.StatusCode != 200 {
			t.Errorf("%s: %d", path, p.StatusCode)
		}
		if n := len(p.find("img")); n > 0 {
			t.Errorf("%s: a name became %d elements", path, n)
		}
		for _, s := range p.find("script") {
			if s.FirstChild != nil {
				t.Errorf("%s: a name became a script", path)
			}
		}
	}
}

func TestOverview_next(t *testing.T) {
	tests := []struct {
		name  string
		all   inventory.Overview
		sum   strip
		again int
		want  string
	}{
		{"hands first", inventory.Overview{OpenLines: 3}, strip{Waiting: 2}, 0, "2 keys on the bench wait for your hands."},
		{"then what went wrong", inventory.Overview{OpenLines: 3}, strip{}, 1, "One key must be taken up again."},
		{"then lines", inventory.Overview{OpenLines: 1, Requisitions: map[inventory.RequisitionState]int{inventory.Submitted: 2}}, strip{}, 0, "One approved line waits for its key. Plug one in."},
		{"then approvals", inventory.Overview{Requisitions: map[inventory.RequisitionState]int{inventory.Submitted: 2}}, strip{}, 0, "2 requisitions wait for an approval."},
		{"then packing", inventory.Overview{Keys: map[inventory.KeyState]int{inventory.Ready: 4}}, strip{}, 0, "4 keys are ready to be packed."},
		{"nothing", inventory.Overview{}, strip{}, 0, "Nothing waits. New requisitions show up here."},
	}
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := texts.next(tt.all, tt.sum, tt.again); got.Text != tt.want || got.Path == "" || got.LinkText == "" {
				t.Errorf("next = %+v", got)
			}
		})
	}
}

func TestOverview_open(t *testing.T) {
	d := open(t)
	for i := range 9 {
		d.books.addRequisition("R-"+string(rune('a'+i)), "Grace Hopper", inventory.Submitted, inventory.LineOpen)
	}
	p := d.get("/overview")
	if n := len(p.find(".lines")); n != overviewRows {
		t.Errorf("%d requisitions", n)
	}
	p.hasText(t, "main", "Made today", "R-1001", "Keys that changed last", string(tagOf(1)))
}

func TestKeys_pages(t *testing.T) {
	d := open(t)
	for i := range 2*pageRows + 7 {
		d.books.addKey(100+i, inventory.Received, "", "")
	}
	path, rows, seen := "/keys?state=received", 0, map[string]bool{}
	for range 3 {
		p := d.get(path)
		for _, a := range p.find("tbody .tag") {
			href, _ := attr(a, "href")
			if rows++; seen[href] {
				t.Errorf("%s is on two pages", href)
			}
			seen[href] = true
		}
		if next := p.find("a[rel=next]"); len(next) == 1 {
			path, _ = attr(next[0], "href")
		}
	}
	if rows != 2*pageRows+7 {
		t.Errorf("%d rows on three pages", rows)
	}
}

func TestKeys_find(t *testing.T) {
	d := open(t)
	d.books.addKey(2, inventory.Active, "R-1002", "Grace Hopper")
	tests := []struct {
		query string
		want  []inventory.AssetTag
	}{
		{"", []inventory.AssetTag{tagOf(1), tagOf(2)}},
		{"?q=grace", []inventory.AssetTag{tagOf(2)}},
		{"?q=20114701", []inventory.AssetTag{tagOf(1)}},
		{"?state=active", []inventory.AssetTag{tagOf(2)}},
		{"?state=lost", nil},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			p := d.get("/keys" + tt.query)
			got := strings.Fields(p.text("tbody .tag"))
			if len(got) != len(tt.want) || slices.ContainsFunc(tt.want, func(tag inventory.AssetTag) bool { return !slices.Contains(got, string(tag)) }) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
			if tt.want == nil {
				p.hasText(t, ".empty", "No key matches")
			}
		})
	}
}

func TestKey(t *testing.T) {
	d := open(t, packets)
	p := d.get("/keys/" + strings.ToLower(string(tagOf(1))))
	p.hasText(t, "h1", string(tagOf(1)), "ready")
	p.hasText(t, "main",
		"Made, its PIN sealed.", "YubiKey 5C NFC", "20114701", "read from the key by the vendor's command", "Ada Lovelace", "R-1001",
		"genuine", "The chain ends at a root of this model.", "keys.example.com", "tag credential", "5c015c015c…015c01",
		"Nobody in the company has seen it", "Safe 2", "until now", "Bench", "key.ready", "The line asks for no identity provider.")
	if n := len(p.find(".journal tbody tr")); n != 10 {
		t.Errorf("%d steps", n)
	}
	label, _ := attr(p.find(".shares")[0], "aria-label")
	if !strings.Contains(label, "Reset 58 percent, Tag 26 percent") {
		t.Errorf("the bar reads %q", label)
	}
}

func TestKey_quarantined(t *testing.T) {
	d := open(t, packets)
	d.books.addKey(5, inventory.Quarantined, "R-1001", "Ada Lovelace")
	p := d.get("/keys/" + string(tagOf(5)))
	p.hasText(t, ".notice", "Next: Plug it in again at another port.")
	p.hasText(t, ".lead", "The tag did not answer after the reset")
}

func TestKey_notThere(t *testing.T) {
	d := open(t)
	for path, want := range map[string]string{
		"/keys/" + string(tagOf(77)): "There is no key " + string(tagOf(77)),
		"/keys/hello":                `"hello" is no asset tag`,
	} {
		if p := d.get(path); p.StatusCode != 404 || !strings.Contains(p.text("h1"), want) {
			t.Errorf("%s: %d %q", path, p.StatusCode, p.text("h1"))
		}
	}
}

func TestPacket(t *testing.T) {
	d := open(t, packets)
	p := d.get("/keys/" + string(tagOf(1)) + "/packet.pdf")
	if p.StatusCode != 200 || p.Header.Get("Content-Type") != "application/pdf" || p.body != "%PDF-1.4 of k00001" {
		t.Errorf("%d %s %q", p.StatusCode, p.Header.Get("Content-Type"), p.body)
	}
	if got := p.Header.Get("Content-Disposition"); got != `attachment; filename="packet R-1001-1.pdf"` {
		t.Errorf("Content-Disposition = %q", got)
	}
	twin := d.get("/keys/" + string(tagOf(1)) + "/packet")
	twin.hasText(t, ".packet", "TEST KEY", "Ada Lovelace", "12 St James's Square", "Your key", "Touch it.", "R-1001-1", "Key label", "7KQM-3XWB", "Put it on the key.")
	if path, _ := attr(twin.find(".sheet-code path")[0], "d"); !strings.HasPrefix(path, "M0 0h") {
		t.Errorf("the code is drawn as %q", path)
	}
}

func TestPacket_none(t *testing.T) {
	tests := []struct {
		name   string
		set    func(*Config)
		state  inventory.KeyState
		number string
		status int
	}{
		{"nobody prints", func(*Config) {}, inventory.Ready, "R-1", 503},
		{"stock", packets, inventory.Ready, "", 409},
		{"delivered", packets, inventory.Delivered, "R-1", 409},
		{"fault", func(c *Config) {
			c.Packet = func(context.Context, inventory.KeyID) ([]byte, string, error) { return nil, "", errors.New("font") }
		}, inventory.Ready, "R-1", 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t, tt.set)
			d.books.addKey(8, tt.state, tt.number, "Ada Lovelace")
			if p := d.get("/keys/" + string(tagOf(8)) + "/packet.pdf"); p.StatusCode != tt.status {
				t.Errorf("%d %s", p.StatusCode, p.text("h1"))
			}
			has := len(d.get("/keys/"+string(tagOf(8))).find("a.main")) > 0
			if offered := tt.status == 500; has != offered {
				t.Errorf("the page offers a packet: %v", has)
			}
		})
	}
}

func TestRequisition(t *testing.T) {
	p := open(t).get("/requisitions/R-1001")
	p.hasText(t, "main", "R-1001", "fulfilling", "elevated", "Ada Lovelace", "Research", "Signs releases", "Alan Turing", "claimed")
	p.hasText(t, ".rows", "first key", "usb-c", "made", string(tagOf(1)), "spare", "open")
	p.hasText(t, ".timeline", "Asked", "Approved: the desk makes it", "The first key is ready")
	p.hasText(t, ".next", "What happens next", "The desk makes it")
}

func TestRequisitions_progress(t *testing.T) {
	p := open(t).get("/requisitions")
	if label, _ := attr(p.find(".lines")[0], "aria-label"); label != "line 1 made, line 2 open" {
		t.Errorf("progress reads %q", label)
	}
}

func TestRun(t *testing.T) {
	d := open(t)
	d.get("/runs").hasText(t, "tbody", "ready", string(tagOf(1)), "1-2.3")
	d.get("/runs/run00001").hasText(t, "main", "Run at 1-2.3", "Force PIN change", "/dev/hidraw3", "Grace Hopper", "7.2 s")
	d.get("/runs?end=failed").hasText(t, ".empty", "No run ended so")
	if p := d.get("/runs/none"); p.StatusCode != 404 {
		t.Errorf("no such run: %d", p.StatusCode)
	}
}

func TestShares(t *testing.T) {
	out := shares([]inventory.Entry{
		{Step: inventory.Identify, Phase: inventory.Intent}, {Step: inventory.Identify, Phase: inventory.Ended, Outcome: inventory.Done, MS: 50},
		{Step: inventory.Reset, Phase: inventory.Intent}, {Step: inventory.Reset, Phase: inventory.Ended, Outcome: inventory.Waiting, MS: 50},
		{Step: inventory.Reset, Phase: inventory.Intent}, {Step: inventory.Reset, Phase: inventory.Ended, Outcome: inventory.Done, MS: 100},
		{Step: inventory.Tag, Phase: inventory.Intent},
	})
	if len(out) != 3 || out[0].Percent != 25 || out[1].MS != 150 || out[1].X != 250 || out[1].Width != 750 || out[2].Outcome != "" {
		t.Errorf("shares = %+v", out)
	}
}

func TestLedger(t *testing.T) {
	d := open(t)
	for seq := int64(4); seq <= 70; seq++ {
		d.books.ledger = slices.Insert(d.books.ledger, 0, ledgerRow(seq))
	}
	p := d.get("/ledger")
	p.hasText(t, "main", "Not signed yet", strings.Repeat("ab", 32), "key.ready", "Grace Hopper")
	next, _ := attr(p.find("a[rel=next]")[0], "href")
	if older := d.get(next); len(older.find("tbody tr")) != 20 || len(older.find("a[rel=next]")) != 0 {
		t.Errorf("%s has %d entries", next, len(older.find("tbody tr")))
	}
	if p := d.get("/ledger?before=x"); p.StatusCode != 400 {
		t.Errorf("a number that is none: %d", p.StatusCode)
	}
}

func TestPages_empty(t *testing.T) {
	d := open(t)
	*d.books = books{}
	for path, want := range map[string]string{
		"/overview": "Nothing waits.", "/keys": "There are no keys yet", "/requisitions": "Nobody has asked for a key yet",
		"/people": "The directory is empty", "/runs": "No key was made yet", "/rework": "Nothing to look at again", "/incidents": "No incident is open", "/affected": "Nobody holds", "/recalls": "No key was recalled yet", "/ledger": "the ledger is empty",
	} {
		d.get(path).hasText(t, "main", want)
	}
}

func TestLabel(t *testing.T) {
	d := open(t, func(c *Config) {
		c.Label = func(tag inventory.AssetTag, test bool) ([]byte, error) {
			return []byte("%PDF-1.4 of " + string(tag)), nil
		}
	})
	tag := string(tagOf(1))
	if n := len(d.get("/keys/" + tag).find("a[href=/keys/" + tag + "/label.pdf]")); n != 1 {
		t.Errorf("the key's page links its label %d times", n)
	}
	if p := d.get("/keys/" + tag + "/label.pdf"); p.StatusCode != 200 || p.body != "%PDF-1.4 of "+tag {
		t.Errorf("%d %q", p.StatusCode, p.body)
	}
	if p := open(t, func(*Config) {}).get("/keys/" + tag + "/label.pdf"); p.StatusCode != 503 {
		t.Errorf("without a printer the label is %d, want 503", p.StatusCode)
	}
}
