package web

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"golang.org/x/net/html"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

func (b *books) Readiness(context.Context) (inventory.Readiness, error) {
	return inventory.DefaultReadiness(), b.fault()
}

func (b *books) ReadinessHistory(context.Context) ([]inventory.Readiness, error) {
	return nil, b.fault()
}

func (b *books) ChangeReadiness(context.Context, inventory.Actor, inventory.Readiness, int64) error {
	return b.fault()
}

func (b *books) AskFacts(context.Context, inventory.Actor, inventory.PersonID) (inventory.AskFacts, error) {
	return inventory.AskFacts{}, inventory.Refuse(inventory.NotFound, "There is nobody.")
}

func (b *books) PersonByEmail(context.Context, string) (inventory.Person, error) {
	return inventory.Person{}, inventory.Refuse(inventory.NotFound, "There is nobody.")
}

func (b *books) Ask(context.Context, inventory.Actor, inventory.Ask) (string, error) {
	return "", b.fault()
}

// asker is a site over a real database to which somebody of its directory comes.
type asker struct {
	desktop
	store *inventorytest.Store
	me    inventory.Person
	lang  string
}

func newAsker(t testing.TB, name string, changes ...func(*Config)) *asker {
	t.Helper()
	store := inventorytest.Open(t)
	a := &asker{store: store, me: personNamed(t, store, name)}
	a.desktop = open(t, append([]func(*Config){func(c *Config) {
		c.Books, c.Now = store, store.Clock.Now
		c.Who = func(*http.Request) (Visitor, bool) {
			return Visitor{Actor: inventory.ActorOf(a.me, inventory.ByOIDC), Person: a.me.ID, Language: a.lang, Proved: inventorytest.Start.AddDate(0, 0, 1)}, true
		}
	}}, changes...)...)
	return a
}

func personNamed(t testing.TB, store *inventorytest.Store, name string) inventory.Person {
	t.Helper()
	p, err := store.PersonList(t.Context(), inventory.PersonQuery{Text: name})
	if err != nil || len(p.Rows) != 1 {
		t.Fatalf("%d people are called %s, %v", len(p.Rows), name, err)
	}
	return p.Rows[0].Person
}

// filled reads the form of a page as a browser would send it, with changes: an empty value takes a field away.
func filled(t testing.TB, p page, changes url.Values) (action string, form url.Values) {
	t.Helper()
	forms := p.find("form.questions")
	if len(forms) != 1 {
		t.Fatalf("%d forms on a page that says %q", len(forms), p.text("main"))
	}
	action, _ = attr(forms[0], "action")
	form = url.Values{}
	for _, n := range (page{root: forms[0]}).find("input") {
		name, _ := attr(n, "name")
		value, _ := attr(n, "value")
		kind, _ := attr(n, "type")
		_, on := attr(n, "checked")
		if kind != "radio" && kind != "checkbox" || on {
			form.Add(name, value)
		}
	}
	for _, n := range (page{root: forms[0]}).find("textarea") {
		name, _ := attr(n, "name")
		form.Set(name, saidBy(n))
	}
	for name, values := range changes {
		form.Del(name)
		for _, v := range values {
			if v != "" {
				form.Add(name, v)
			}
		}
	}
	return action, form
}

// saidBy is the text inside an element.
func saidBy(n *html.Node) string {
	var said strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			said.WriteString(d.Data)
		}
	}
	return said.String()
}

// send fills the form of a page in and sends it; where it leads on, that page comes back.
func (a *asker) send(p page, changes url.Values) page {
	a.t.Helper()
	action, form := filled(a.t, p, changes)
	method, _ := attr(p.find("form.questions")[0], "method")
	if method == "get" {
		return a.get(action + "?" + form.Encode())
	}
	next := a.post(action, form)
	if to := next.Header.Get("Location"); next.StatusCode == http.StatusSeeOther && strings.HasPrefix(to, "/ask") {
		return a.get(to)
	}
	return next
}

// follow goes where a link leads that has this text.
func (a *asker) follow(p page, text string) page {
	a.t.Helper()
	for _, n := range p.find("main a") {
		if strings.Contains(saidBy(n), text) {
			href, _ := attr(n, "href")
			return a.get(href)
		}
	}
	a.t.Fatalf("no link says %q on a page that says %q", text, p.text("main"))
	return page{}
}

// number is that of the requisition that an answer leads to.
func (a *asker) made(p page) inventory.RequisitionRow {
	a.t.Helper()
	number, ok := strings.CutPrefix(p.Header.Get("Location"), "/requisitions/")
	if p.StatusCode != http.StatusSeeOther || !ok {
		a.t.Fatalf("%d to %q: %s", p.StatusCode, p.Header.Get("Location"), p.text("main"))
	}
	r, err := a.store.RequisitionByNumber(a.t.Context(), number)
	if err != nil {
		a.t.Fatal(err)
	}
	return r
}

// answers are those of the check, as its fields.
func answers(a inventory.Answers) url.Values {
	v := url.Values{"pc-windows": {"-"}, "pc-macos": {"-"}, "pc-chromeos": {"-"}, "pc-linux": {"-"}, "phone": {"none"}, "own": {"no"}, "browser": {a.Browser.Name},
		"model": {a.Model}, "virtual": a.Virtual, "app": a.Apps, "conn": a.Connectors, "fresh": {"yes"}, "pin": {"no"}, "form": {"keychain"}}
	version := func(i inventory.Installed) string {
		if i.Version == "" {
			return unknownVersion
		}
		return i.Version
	}
	for _, c := range a.Computers {
		v.Set("pc-"+c.Name, version(c))
	}
	if a.Phone.Name != "" {
		v.Set("phone", a.Phone.Name+" "+version(a.Phone))
	}
	if a.Willing {
		v.Set("own", "yes")
	}
	if a.NoBiometrics {
		v.Set("pin", "yes")
	}
	if a.Form != "" {
		v.Set("form", string(a.Form))
	}
	switch a.Browser.Version {
	case "":
		v.Set("fresh", unknownVersion)
	case "0":
		v.Set("fresh", "no")
	}
	return v
}

// hand puts a key into somebody's hands, beside the ledger.
func hand(t *testing.T, store *inventorytest.Store, key inventory.KeyID, to inventory.Person) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+store.Path()+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, act := range []struct {
		text string
		args []any
	}{
		{"UPDATE custody SET until = '2026-11-21T08:00:00.000000Z' WHERE key_id = ? AND until IS NULL", []any{key}},
		{"INSERT INTO custody (id, key_id, holder_kind, holder_id, holder_name, since, by_id, by_name, by_method, note) VALUES ('held', ?, 'person', ?, ?, '2026-11-21T08:00:00.000000Z', 'x', 'x', 'system', '')", []any{key, to.ID, to.Name}},
		{"UPDATE keys SET state = 'active' WHERE id = ?", []any{key}},
	} {
		if _, err := db.Exec(act.text, act.args...); err != nil {
			t.Fatal(err)
		}
	}
}

// enteredPerson puts somebody into the directory.
func enteredPerson(t testing.TB, store *inventorytest.Store, name string) inventory.Person {
	t.Helper()
	results, err := store.ImportPeople(t.Context(), inventorytest.Operator, []inventory.ImportedPerson{{Person: inventory.Person{Name: name, ExternalID: name}}}, false)
	if err != nil || results[0].Outcome != inventory.RowCreated {
		t.Fatal(results, err)
	}
	return personNamed(t, store, name)
}
