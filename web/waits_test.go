package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
)

// Who has to be asked stands first, what is only to be packed last, and nothing is left out without a word.
func TestOverview_waits(t *testing.T) {
	d := open(t)
	d.books.requisitions = nil
	d.books.addRequisition("R-1", "Packed Soon", inventory.Fulfilling, inventory.LineMade, inventory.LineMade)
	d.books.addRequisition("R-2", "Being Made", inventory.Fulfilling, inventory.LineMade, inventory.LineOpen)
	d.books.addRequisition("R-3", "Nobody Yet", inventory.Approved, inventory.LineOpen)
	d.books.addRequisition("R-4", "Not Approved", inventory.Submitted, inventory.LineOpen)
	p := d.get("/overview")
	var order []string
	for _, a := range p.find("tbody .strong") {
		order = append(order, (page{root: a}).text(""))
	}
	if len(order) != 4 || order[0] != "R-4" || order[1] != "R-3" || order[3] != "R-1" {
		t.Errorf("in the order %v", order)
	}
	p.hasText(t, "main", "all made, to pack")
	if strings.Contains(p.text("main"), " more") {
		t.Error("there are no more")
	}
	if len(p.find("dd a[href=/requisitions?state=submitted]")) != 1 {
		t.Error("what is to be approved leads nowhere")
	}
	for i := range 8 {
		d.books.addRequisition("R-9"+string(rune('0'+i)), "Not Approved", inventory.Submitted, inventory.LineOpen)
	}
	d.get("/overview").hasText(t, "main", "and 6 more")
}

// The page that lists what waits for an approval says how one is given.
func TestRequisitions_howToApprove(t *testing.T) {
	d := open(t)
	d.books.addRequisition("R-4", "Not Approved", inventory.Submitted, inventory.LineOpen)
	for _, path := range []string{"/requisitions?state=submitted", "/requisitions/R-4"} {
		d.get(path).hasText(t, ".notice", "approved_by", "keystation import requisitions FILE.csv")
	}
	if said := d.get("/requisitions/R-1001").text(".notice"); strings.Contains(said, "approved_by") {
		t.Errorf("one that is approved says %q", said)
	}
}

func TestLists_unknownFilter(t *testing.T) {
	d := open(t)
	for _, path := range []string{"/keys?state=shiny", "/requisitions?state=ready", "/runs?end=never"} {
		if p := d.get(path); p.StatusCode != http.StatusBadRequest || !strings.Contains(p.text("h1"), "use the buttons above the list") {
			t.Errorf("%s: %d %s", path, p.StatusCode, p.text("h1"))
		}
	}
}

// HEAD is GET without the body (RFC 9110 §9.3.2).
func TestRoutes_head(t *testing.T) {
	srv := httptest.NewServer(open(t, packets).Site)
	defer srv.Close()
	for _, path := range []string{"/overview", "/healthz", "/bench", "/bench/events", "/keys", "/keys/" + string(tagOf(1)), "/requisitions/R-1001", "/nope", "/bench/touch"} {
		head, err := http.Head(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		head.Body.Close()
		if path == "/bench/events" { // GET goes on and on
			if head.StatusCode != http.StatusOK || head.Header.Get("Content-Type") != "text/event-stream" {
				t.Errorf("%s: %d", path, head.StatusCode)
			}
			continue
		}
		get, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		get.Body.Close()
		if head.StatusCode != get.StatusCode || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("%s: HEAD %d, GET %d", path, head.StatusCode, get.StatusCode)
		}
	}
}

// A touch is passed on where the tile asks for one; elsewhere the answer says what it asks for.
func TestBench_touchUnasked(t *testing.T) {
	b := &fakeBench{}
	d := withTile(t, b)
	d.Feed.Publish(station.Tile{Port: "1-1", Label: "Port 1", Plugged: true, Tone: station.Hands, Word: "REPLUG", Sentence: "Unplug this key."})
	p := d.post("/bench/touch", url.Values{"port": {"1-1"}})
	if p.StatusCode != http.StatusConflict || len(b.acts) != 0 || p.text("h1") != "Port 1 asks for no touch now. Its tile says REPLUG: Unplug this key." {
		t.Errorf("%d %q, bench told %v", p.StatusCode, p.text("h1"), b.acts)
	}
	d.Feed.Publish(station.Tile{Port: "1-1", Label: "Port 1", Plugged: true, Tone: station.Hands, Word: "TOUCH"})
	if n := len(d.get("/bench").find("form[action=/bench/touch]")); n != 1 {
		t.Errorf("%d buttons to touch with", n)
	}
}

func TestBench_name(t *testing.T) {
	for label, want := range map[string]string{"Port 1": "Port 1", "1-2.3": "Port 1-2.3", "port-7": "port-7"} {
		if got := (tileView{Tile: station.Tile{Label: label}}).Name(); got != want {
			t.Errorf("%s is called %q", label, got)
		}
	}
}

// A key in the making is no stock, and a page says where a parcel goes but not the address.
func TestPages_making(t *testing.T) {
	store := inventorytest.Open(t)
	r := store.MustBegin("1-3")
	r.MustTake("R-1001")
	r.MustIdentify("")
	d := open(t, func(c *Config) { c.Books = store })
	d.get("/keys").hasText(t, "tbody", "being made", "Ada Lovelace", "R-1001")
	d.get("/keys/"+string(r.Key.Tag)).hasText(t, "main", "being made", "It is at the bench now.", "Ada Lovelace")
	p := d.get("/requisitions/r-1001")
	p.hasText(t, "main", "GB, an address on file")
	if strings.Contains(p.body, "St James") {
		t.Error("the page shows the address")
	}
	d.get("/requisitions/R-1002").hasText(t, "main", "the desk, to be picked up")
	d.get("/people?q=ADA").hasText(t, "thead", "Made for them")
}

// Who has a key and whether it is genuine is asked before how it was made; of a short run nobody asks where time went.
func TestKey_order(t *testing.T) {
	d := open(t, packets)
	var heads []string
	for _, h := range d.get("/keys/" + string(tagOf(1))).find("h2") {
		heads = append(heads, (page{root: h}).text(""))
	}
	if want := []string{"The key", "Is it what it says?", "Who has it", "PIN", "How it was made", "Credentials on it", "In the ledger"}; !slices.Equal(heads, want) {
		t.Errorf("in the order %v", heads)
	}
	for i := range d.books.dossiers[0].Entries {
		d.books.dossiers[0].Entries[i].MS /= 100
	}
	p := d.get("/keys/" + string(tagOf(1)))
	if len(p.find(".shares")) != 0 || strings.Contains(p.text("thead"), "Share") || len(p.find(".journal tbody tr")) != 10 {
		t.Error("the shares of a short run are shown")
	}
}
