package web

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

func (b *books) PersonDossier(_ context.Context, id inventory.PersonID) (inventory.PersonDossier, error) {
	for _, p := range b.people {
		if p.Person.ID == id {
			return inventory.PersonDossier{Person: p.Person, Names: []string{"Somebody Else"}}, b.fault()
		}
	}
	return inventory.PersonDossier{}, inventory.Refuse(inventory.NotFound, "There is no person %s.", id)
}

func someone(t *testing.T, store *inventorytest.Store, name string) inventory.Person {
	t.Helper()
	page, err := store.PersonList(t.Context(), inventory.PersonQuery{Text: name})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("%d people are called %s, %v", len(page.Rows), name, err)
	}
	return page.Rows[0].Person
}

// bring imports a file of people by the books.
func bring(t *testing.T, store *inventorytest.Store, file string) {
	t.Helper()
	rows, err := inventory.ReadPeople(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	results, err := store.ImportPeople(t.Context(), inventorytest.Operator, rows, false)
	for _, r := range results {
		if err != nil || r.Outcome == inventory.RowRefused {
			t.Fatal(err, results)
		}
	}
}

// The page of a person shows what is theirs under all their names, and to each role the buttons that are its own.
func TestPerson(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	ada := someone(t, store, "Ada")
	bring(t, store, "name,email,manager,tier\nAda King,ada@example.com,grace@example.com,critical\n")
	path := "/people/" + string(ada.ID)
	for who, forms := range map[string]int{"auditor": 0, "operator": 0, "help-desk": 1, "admin": 3} {
		p := d.getAs(who, path)
		checkPage(t, path, p)
		p.hasText(t, "main", "Ada King", "Was called Ada Lovelace", "critical", "Grace Hopper", "R-1001")
		if n := len(p.find("main form")); n != forms {
			t.Errorf("%s gets %d forms, want %d", who, n, forms)
		}
	}
	if p := d.getAs("auditor", "/people/nobody"); p.StatusCode != 404 {
		t.Errorf("nobody's page: %d", p.StatusCode)
	}
}

// Two entries are looked at side by side, become one person, and two again.
func TestPerson_merge(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	bring(t, store, "name,email\nA. King,king@example.com\n")
	ada, twin := someone(t, store, "Ada"), someone(t, store, "King")
	path := "/people/" + string(ada.ID)
	for second, want := range map[string]string{"nobody@example.com": "Nobody in the directory", "ada@example.com": "That is this very entry"} {
		if p := d.getAs("admin", path+"/merge?second="+second); p.StatusCode < 400 || !strings.Contains(p.text("main"), want) {
			t.Errorf("%s: %d %s", second, p.StatusCode, p.text("main"))
		}
	}
	p := d.getAs("admin", path+"/merge?second=king@example.com")
	checkPage(t, path, p)
	p.hasText(t, "main", "Ada Lovelace", "A. King", "Stays", "Ends")
	form := url.Values{"second": {string(twin.ID)}}
	if p := d.postAs("operator", path+"/merge", form); p.StatusCode != 403 {
		t.Errorf("an operator merges: %d", p.StatusCode)
	}
	if p := d.postAs("admin", path+"/merge", form); p.Header.Get("Location") != path {
		t.Fatalf("%d %s", p.StatusCode, p.text("main"))
	}
	if p := d.postAs("admin", path+"/merge", form); p.StatusCode != 409 || !strings.Contains(p.text("main"), "merged already") {
		t.Errorf("a second click: %d %s", p.StatusCode, p.text("main"))
	}
	d.getAs("admin", path).hasText(t, "main", "Second entries", "A. King")
	d.getAs("admin", "/people/"+string(twin.ID)).hasText(t, "main", "This entry was a second one of Ada Lovelace")
	dossier, err := store.PersonDossier(t.Context(), ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if p := d.postAs("admin", path+"/unmerge", url.Values{"merge": {string(dossier.Merges[0].ID)}}); p.Header.Get("Location") != path {
		t.Errorf("%d %s", p.StatusCode, p.text("main"))
	}
	if someone(t, store, "King").State != inventory.PersonActive {
		t.Error("undone, the second entry is still gone")
	}
}

func TestPerson_hold(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	path := "/people/" + string(someone(t, store, "Ada").ID)
	if p := d.postAs("help-desk", path+"/hold", url.Values{"why": {" "}}); p.StatusCode != 400 || !strings.Contains(p.text("main"), "Say why") {
		t.Errorf("without a reason: %d %s", p.StatusCode, p.text("main"))
	}
	if p := d.postAs("help-desk", path+"/hold", url.Values{"why": {"A stranger called."}}); p.Header.Get("Location") != path {
		t.Errorf("%d %s", p.StatusCode, p.text("main"))
	}
	d.getAs("auditor", path).hasText(t, "main", "On hold: A stranger called.")
	d.getAs("auditor", "/people?only=held").hasText(t, "tbody", "Ada Lovelace")
}

// An admin sees by which accounts somebody comes in, since when, and detaches one; others see and let it be.
func TestPerson_detach(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	ada, err := store.SignInByClaims(t.Context(), inventory.Claims{Issuer: "https://login.example.com", Subject: "1", Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	path := "/people/" + string(ada.ID)
	p := d.getAs("auditor", path)
	p.hasText(t, "main", "Sign-ins", "https://login.example.com since")
	if n := len(p.find("main form")); n != 0 {
		t.Errorf("an auditor gets %d forms", n)
	}
	p = d.getAs("admin", path)
	checkPage(t, path, p)
	id, _ := attr(p.find("[name=identity]")[0], "value")
	to, form := path+"/detach", url.Values{"identity": {id}}
	if p := d.postAs("help-desk", to, form); p.StatusCode != 403 {
		t.Errorf("the help desk detaches: %d", p.StatusCode)
	}
	if p := d.postAs("admin", to, form); p.Header.Get("Location") != path {
		t.Fatalf("%d %s", p.StatusCode, p.text("main"))
	}
	if text := d.getAs("admin", path).text("main"); strings.Contains(text, "Sign-ins") {
		t.Error("detached, it is there")
	}
	if p := d.postAs("admin", to, form); p.StatusCode != 409 || !strings.Contains(p.text("main"), "detached already") {
		t.Errorf("a second click: %d %s", p.StatusCode, p.text("main"))
	}
}

func TestPeople_filters(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	bring(t, store, "name,email,department,tier,manager\nMary,mary@example.com,Science,critical,ada@example.com\n")
	for query, want := range map[string]string{
		"tier=critical": "Mary", "department=Science": "Mary", "tier=standard": "Ada Lovelace", "only=unmanaged": "Ada Lovelace", "q=mary&tier=critical": "Mary",
	} {
		p := d.getAs("auditor", "/people?"+query)
		checkPage(t, query, p)
		p.hasText(t, "tbody", want)
	}
	for _, query := range []string{"tier=elevated", "only=left", "q=ada&tier=critical"} {
		d.getAs("auditor", "/people?"+query).hasText(t, "main", "Nobody matches")
	}
	if text := d.getAs("auditor", "/people?only=unmanaged").text("tbody"); strings.Contains(text, "Mary") {
		t.Errorf("Mary has a manager: %s", text)
	}
}
