package web

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// upload sends a file as a browser does.
func (d desktop) upload(t testing.TB, who, file string, fields url.Values) page {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range fields {
		if err := w.WriteField(name, values[0]); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		f, err := w.CreateFormFile("file", "people.csv")
		if err == nil {
			_, err = f.Write([]byte(file))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/people/import", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("X-Visitor", who)
	return d.do(r)
}

func (d desktop) postAs(who, path string, form url.Values) page {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Visitor", who)
	return d.do(r)
}

// An admin sees what a file would come to, applies it, and gets exactly that.
func TestStaff(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	checkPage(t, "/people/import", d.getAs("admin", "/people/import"))
	p := d.upload(t, "admin", "name,e mail,staff no,tier\n", url.Values{"key": {"own"}, "own": {"staff no"}})
	if p.StatusCode != 400 || !strings.Contains(p.text("main"), `There is no column "e_mail"`) {
		t.Errorf("%d %s", p.StatusCode, p.text("main"))
	}
	p = d.upload(t, "admin", "name,email,staff no,tier\nAda King,ada.king@example.com,E-1,critical\nMary,mary@example.com,E-9,\nEve,eve,E-10,\n", url.Values{"key": {"own"}, "own": {"Staff No"}})
	preview := p.Header.Get("Location")
	p = d.getAs("admin", preview)
	checkPage(t, preview, p)
	p.hasText(t, "main", "Nothing is changed yet", "ada.king@example.com", "critical", "Created 1", "Updated 1", "Refused 1", "line 4")
	if p := d.getAs("admin,operator", preview); p.StatusCode != 404 {
		t.Errorf("somebody else sees the preview: %d", p.StatusCode)
	}
	if page, _ := store.PersonList(t.Context(), inventory.PersonQuery{Text: "Mary"}); len(page.Rows) != 0 {
		t.Fatal("looking changed something")
	}
	if p := d.postAs("admin", preview, nil); p.Header.Get("Location") != preview {
		t.Fatalf("%d %s", p.StatusCode, p.text("main"))
	}
	d.getAs("admin", preview).hasText(t, "main", "This is what the file came to", "Updated 1")
	page, err := store.PersonList(t.Context(), inventory.PersonQuery{Text: "Ada"})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Person.Email != "ada.king@example.com" || page.Rows[0].Person.Tier != inventory.Critical {
		t.Errorf("%+v %v", page, err)
	}
	before, _ := store.LedgerHead(t.Context())
	d.postAs("admin", preview, nil)
	if after, _ := store.LedgerHead(t.Context()); after.Size != before.Size {
		t.Error("a second click did something")
	}
}

// What the directory became since the preview is shown before it is applied.
func TestStaff_moved(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	path := d.upload(t, "admin", "name,email\nMary,mary@example.com\n", nil).Header.Get("Location")
	if r, err := store.ImportPeople(t.Context(), inventorytest.Operator, []inventory.ImportedPerson{{Person: inventory.Person{Name: "Mary S", Email: "mary@example.com"}}}, false); err != nil || r[0].Outcome != inventory.RowCreated {
		t.Fatal(r, err)
	}
	d.postAs("admin", path, nil)
	d.getAs("admin", path).hasText(t, "main", "The directory has changed since the preview", "Updated 1", "Mary S")
	d.postAs("admin", path, nil)
	d.getAs("admin", path).hasText(t, "main", "This is what the file came to")
}

// Very many leavers are confirmed by their number.
func TestStaff_leavers(t *testing.T) {
	store := inventorytest.Open(t)
	d := open(t, as, func(c *Config) { c.Books = store })
	for i := range 7 {
		if _, err := store.ImportPeople(t.Context(), inventorytest.Operator, []inventory.ImportedPerson{{Person: inventory.Person{Name: fmt.Sprint("Temp ", i), ExternalID: fmt.Sprint("T-", i)}}}, false); err != nil {
			t.Fatal(err)
		}
	}
	path := d.upload(t, "admin", "name,email\nAda Lovelace,ada@example.com\n", url.Values{"leavers": {"yes"}}).Header.Get("Location")
	d.getAs("admin", path).hasText(t, "main", "would have left", "type their number", "Temp 6")
	if d.postAs("admin", path, url.Values{"leavers": {"1"}}); !strings.Contains(d.getAs("admin", path).text("main"), "confirm the number") {
		t.Error("a wrong number is taken")
	}
	page, err := store.PersonList(t.Context(), inventory.PersonQuery{})
	if err != nil {
		t.Fatal(err)
	}
	d.postAs("admin", path, url.Values{"leavers": {fmt.Sprint(len(page.Rows) - 1)}})
	d.getAs("admin", path).hasText(t, "main", "Have left", "This is what the file came to")
}

func TestStaff_refuses(t *testing.T) {
	now := noon
	d := open(t, as, func(c *Config) { c.Books, c.Now = inventorytest.Open(t), func() time.Time { return now } })
	for name, tt := range map[string]struct {
		file, want string
		fields     url.Values
	}{
		"no file":       {"", "No file is chosen", nil},
		"UTF-16":        {"\xff\xfen\x00", "The file is UTF-16", nil},
		"not by name":   {"name,email\n", "Nobody is found by their name", url.Values{"key": {"own"}, "own": {"name"}}},
		"far too large": {"name,email\n" + strings.Repeat("x", maxUpload), "The file is larger than 8 MB", nil},
	} {
		if p := d.upload(t, "admin", tt.file, tt.fields); p.StatusCode != 400 || !strings.Contains(p.text("main"), tt.want) {
			t.Errorf("%s: %d %s", name, p.StatusCode, p.text("main"))
		}
	}
	for _, who := range []string{"operator", "help-desk", "auditor", "requester"} {
		if p := d.upload(t, who, "name,email\n", nil); p.StatusCode != 403 {
			t.Errorf("%s: %d", who, p.StatusCode)
		}
	}
	var file strings.Builder
	file.WriteString("name,email\n")
	for i := range 2*pageRows + 3 {
		fmt.Fprintf(&file, "P %d,p%d@example.com\n", i, i)
	}
	file.WriteString("Eve,eve\n")
	path := d.upload(t, "admin", file.String(), nil).Header.Get("Location")
	first := d.getAs("admin", path)
	if n := len(first.find("tbody tr")); n != pageRows {
		t.Errorf("%d rows on a page", n)
	}
	to := ""
	for _, a := range first.find("main a") {
		if href, _ := attr(a, "href"); strings.Contains(href, "#line-") {
			to = href
		}
	}
	if p := d.getAs("admin", to[:strings.Index(to, "#")]); !strings.Contains(p.text("tbody"), "Eve") {
		t.Errorf("%s leads nowhere", to)
	}
	if p := d.getAs("admin", path+"?after=x"); p.StatusCode != 400 {
		t.Errorf("a page that is none: %d", p.StatusCode)
	}
	for range keptPreviews {
		d.upload(t, "admin", "name,email\n", nil)
	}
	if p := d.getAs("admin", path); p.StatusCode != 404 || !strings.Contains(p.text("main"), "choose the file again") {
		t.Errorf("an old preview: %d", p.StatusCode)
	}
}
