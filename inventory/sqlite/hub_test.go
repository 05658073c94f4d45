package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/schema"
)

// fivePorts is a hub that was learned from right to left.
func fivePorts() inventory.Hub {
	h := inventory.Hub{Host: "bench"}
	for _, id := range []string{"1-2.4.2", "1-2.4.1", "1-2.3", "1-2.2", "1-2.1"} {
		h.Ports = append(h.Ports, inventory.HubPort{ID: id})
	}
	h.Ports[0].Label = "right"
	return h
}

func TestStore_SaveHub(t *testing.T) {
	s := inventorytest.Empty(t)
	if h, err := s.Hub(t.Context(), "bench"); err != nil || h.Host != "bench" || len(h.Ports) != 0 {
		t.Fatalf("before: %+v, %v", h, err)
	}
	want := fivePorts()
	if err := s.SaveHub(t.Context(), inventorytest.Operator, want); err != nil {
		t.Fatal(err)
	}
	have, err := s.Hub(t.Context(), "bench")
	if err != nil || have.Host != want.Host || !slices.Equal(have.Ports, want.Ports) {
		t.Fatalf("have %+v, %v\nwant %+v", have, err, want)
	}
	if other, err := s.Hub(t.Context(), "another"); err != nil || len(other.Ports) != 0 {
		t.Errorf("another machine has %+v, %v", other, err)
	}
	if err := s.SaveHub(t.Context(), inventorytest.Operator, inventory.Hub{Host: "bench"}); err != nil {
		t.Fatal(err)
	}
	if gone, err := s.Hub(t.Context(), "bench"); err != nil || len(gone.Ports) != 0 {
		t.Errorf("forgotten: %+v, %v", gone, err)
	}
	rows, err := s.LedgerList(t.Context(), 0, 10)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%+v, %v", rows, err)
	}
	for _, row := range rows[:2] {
		h := row.Header
		if h.Action != "bench.hub" || h.ActorID != inventorytest.Operator.ID || len(h.Rows) != 1 || h.Rows[0].Table != "hubs" ||
			len(h.Subjects) != 1 || h.Subjects[0].ID != want.Subject() {
			t.Errorf("entry %+v", h)
		}
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Errorf("the ledger: %s", a)
	}
}

// A hub that cannot stand leaves neither row nor entry.
func TestStore_SaveHub_refuses(t *testing.T) {
	s := inventorytest.Empty(t)
	twice := inventory.Hub{Host: "bench", Ports: []inventory.HubPort{{ID: "1-1"}, {ID: "1-1"}}}
	if err := s.SaveHub(t.Context(), inventorytest.Operator, twice); inventory.KindOf(err) != inventory.Invalid {
		t.Fatal(err)
	}
	if h, err := s.Hub(t.Context(), "bench"); err != nil || len(h.Ports) != 0 {
		t.Errorf("%+v, %v", h, err)
	}
	if head, err := s.LedgerHead(t.Context()); err != nil || head.Size != 1 {
		t.Errorf("%+v, %v", head, err)
	}
}

// A port that somebody adds by hand, so that keys there are wiped unasked, is found.
func TestStore_Verify_findsAPortAddedByHand(t *testing.T) {
	s := inventorytest.Empty(t)
	if err := s.SaveHub(t.Context(), inventorytest.Operator, fivePorts()); err != nil {
		t.Fatal(err)
	}
	newVandal(t, s).do(`UPDATE hubs SET ports = json_insert(ports, '$[#]', json('{"id":"1-9","label":""}'))`)
	if h, err := s.Hub(t.Context(), "bench"); err != nil || h.Place("1-9") == 0 {
		t.Fatalf("the vandal failed: %+v, %v", h, err)
	}
	a := mustVerify(t, s)
	if a.Holds() || a.Findings[0].Table != "hubs" || a.Findings[0].ID != "bench" || a.Findings[0].Entry != 2 {
		t.Fatalf("%+v", a)
	}
}

// A database from before hubs were learned is copied, gets the table, and everything in it still fits its ledger.
func TestOpen_bringsTheHubToAnOlderDatabase(t *testing.T) {
	path := older(t, served(t), 2)
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, err := s.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !a.Holds() || a.Entries < 40 {
		t.Fatalf("brought up to date: %+v, %v", a, err)
	}
	if h, err := s.Hub(t.Context(), "bench"); err != nil || len(h.Ports) != 0 {
		t.Errorf("before anything was learned: %+v, %v", h, err)
	}
	if err := s.SaveHub(t.Context(), inventorytest.Operator, fivePorts()); err != nil {
		t.Fatal(err)
	}
	h, err := s.Hub(t.Context(), "bench")
	if err != nil || !slices.Equal(h.Ports, fivePorts().Ports) {
		t.Errorf("%+v, %v", h, err)
	}
	if a, err := s.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !a.Holds() {
		t.Errorf("%+v, %v", a, err)
	}
	if info, err := os.Stat(path + ".schema-2"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
}

// older makes a database as a program left it that knew so many files of the schema, with the rows of s.
func older(t *testing.T, s *inventorytest.Store, version int64) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "old.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, schema.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	v := vandal{t, db}
	v.do("ATTACH $1 AS now", s.Path())
	for _, table := range v.strings("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite*' AND name <> 'goose_db_version'") {
		columns := strings.Join(v.strings("SELECT name FROM pragma_table_info($1, 'main')", table), ", ")
		v.do("INSERT INTO main." + table + " (" + columns + ") SELECT " + columns + " FROM now." + table)
	}
	return path
}
