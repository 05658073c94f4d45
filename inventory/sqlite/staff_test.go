package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

func staffRows(t testing.TB, column, file string) []inventory.ImportedPerson {
	t.Helper()
	rows, err := inventory.ReadPeopleBy(strings.NewReader(file), column)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// What the directory knows about people goes in whole, managers from further down too, and their history stays with them
// when they get another address.
func TestStore_ImportStaff(t *testing.T) {
	s := inventorytest.Open(t)
	ada := wantPerson(t, s, "Ada")
	file := `name,email,external_id,tier,manager,time_zone,second_email,systems,street,city,postal_code,country
Ada King,ada.king@example.com,E-1,critical,boss@example.com,Europe/London,ada@home.example,macos ios,1 Main St,London,SW1,GB
Boss,boss@example.com,E-100,,,,,,,,,
`
	for n, want := range []string{"updated created", "unchanged unchanged"} {
		r, err := s.ImportStaff(t.Context(), inventorytest.Operator, staffRows(t, "external_id", file), inventory.ImportChoices{})
		if err != nil || outcomes(r.Rows) != want {
			t.Fatalf("%d: %v %+v", n, err, r.Rows)
		}
	}
	now := wantPerson(t, s, "Ada King")
	boss := wantPerson(t, s, "Boss")
	if now.ID != ada.ID || now.Email != "ada.king@example.com" || now.Tier != inventory.Critical || now.Manager != boss.ID || now.Systems != "macos ios" {
		t.Errorf("%+v", now)
	}
	book, err := s.AddressBook(t.Context(), inventory.ActorOf(now, inventory.ByOIDC), now.ID)
	if err != nil || len(book) != 1 || book[0].Open.Street[0] != "1 Main St" {
		t.Errorf("%+v, %v", book, err)
	}
	if got := strings.Join(letters(t, s), "; "); got != "address to ada.king@example.com; address to ada@home.example" {
		t.Errorf("letters: %s", got)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// What was previewed is applied, and nothing else: neither when the directory moved, nor half of it.
func TestStore_ImportStaff_asPreviewed(t *testing.T) {
	s := inventorytest.Open(t)
	rows := staffRows(t, "", "name,email\nAda King,ada@example.com\nMary,mary@example.com\nEve,no address\n")
	seen, err := s.ImportStaff(t.Context(), inventorytest.Operator, rows, inventory.ImportChoices{DryRun: true})
	if err != nil || outcomes(seen.Rows) != "updated created refused" {
		t.Fatal(err, seen)
	}
	before := size(t, s)
	_, err = s.ImportStaff(t.Context(), inventorytest.Operator, rows, inventory.ImportChoices{AllOrNothing: true, Seen: seen.Digest})
	if inventory.KindOf(err) != inventory.Conflict || size(t, s) != before {
		t.Errorf("a row is refused: %v", err)
	}
	importPeople(t, s, false, "name,email,department\nAda Byron,ada@example.com,Other\n")
	before = size(t, s)
	r, err := s.ImportStaff(t.Context(), inventorytest.Operator, rows, inventory.ImportChoices{Seen: seen.Digest})
	if inventory.KindOf(err) != inventory.Conflict || size(t, s) != before || r.Digest == seen.Digest {
		t.Errorf("the directory moved: %v", err)
	}
	if r, err = s.ImportStaff(t.Context(), inventorytest.Operator, rows, inventory.ImportChoices{Seen: r.Digest}); err != nil || outcomes(r.Rows) != "updated created refused" {
		t.Errorf("what was seen: %v %+v", err, r)
	}
}

func TestStore_ImportStaff_leavers(t *testing.T) {
	s := inventorytest.Open(t)
	for i := range 6 {
		enter(t, s, inventory.Person{Name: fmt.Sprint("Temp ", i), ExternalID: fmt.Sprint("T-", i)})
	}
	if err := s.GiveRole(t.Context(), inventorytest.Operator, wantPerson(t, s, "Grace").ID, inventory.Admin); err != nil {
		t.Fatal(err)
	}
	rows := staffRows(t, "", "name,email\nAda Lovelace,ada@example.com\n")
	how := inventory.ImportChoices{Leavers: true, DryRun: true}
	seen, err := s.ImportStaff(t.Context(), inventorytest.Operator, rows, how)
	if err != nil || len(seen.Missing) < 7 || wantPerson(t, s, "Temp 1").State != inventory.PersonActive {
		t.Fatal(err, seen.Missing)
	}
	how.DryRun = false
	if _, err := s.ImportStaff(t.Context(), inventorytest.Operator, rows, how); inventory.KindOf(err) != inventory.Conflict || wantPerson(t, s, "Temp 1").State != inventory.PersonActive {
		t.Errorf("too many left unasked: %v", err)
	}
	how.Confirmed = len(seen.Missing)
	if _, err := s.ImportStaff(t.Context(), inventorytest.Operator, rows, how); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]inventory.PersonState{"Temp 1": inventory.PersonLeft, "Ada": inventory.PersonActive, "Grace": inventory.PersonActive} {
		if p := wantPerson(t, s, name); p.State != want {
			t.Errorf("%s is %s, want %s", name, p.State, want)
		}
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// A process that is killed in the middle of an import leaves nothing of it.
func TestStore_ImportStaff_killed(t *testing.T) {
	const path = "KEYSTATION_TEST_IMPORT_INTO"
	if db := os.Getenv(path); db != "" {
		importUntilKilled(t, db)
		return
	}
	s := inventorytest.Open(t)
	before := size(t, s)
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStore_ImportStaff_killed$")
	c.Env = append(os.Environ(), path+"="+s.Path())
	out, err := c.CombinedOutput()
	if err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("it was to be killed: %v\n%s", err, out)
	}
	again := s.MustAgain()
	page, err := again.PersonList(t.Context(), inventory.PersonQuery{Text: "Person"})
	if err != nil || len(page.Rows) != 0 || size(t, s) != before {
		t.Errorf("%d people are there, %v", len(page.Rows), err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// importUntilKilled imports, and ends itself when all rows are written and the commit is next.
func importUntilKilled(t *testing.T, db string) {
	s, err := sqlite.Open(t.Context(), db, sqlite.Options{Now: time.Now, Commit: func([]string, func() error) error {
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		if err := self.Kill(); err != nil {
			return err
		}
		select {} // the signal is on its way
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.ImportStaff(context.Background(), inventorytest.Operator, peopleFile(t, 2000), inventory.ImportChoices{})
	t.Fatalf("it lives: %v", err)
}
