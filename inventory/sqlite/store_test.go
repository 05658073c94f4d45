package sqlite_test

import (
	"database/sql"
	"errors"
	"maps"
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
	"keystation/station"
)

var clerk = inventory.Actor{ID: "os-user:clerk", Name: "Clerk", Method: inventory.ByOSUser}

func testSettings() inventory.Settings {
	return inventory.Settings{RPID: "localhost", Origin: "keys.test", Verifier: "", Recipient: "age1test"}
}

func TestInit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s, err := sqlite.Init(t.Context(), path, sqlite.Options{}, testSettings(), clerk)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Settings(t.Context())
	if err != nil || got.RPID != "localhost" || got.CreatedAt.IsZero() {
		t.Errorf("settings %+v, %v", got, err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", suffix, info.Mode(), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// The bench writes its journal and reads its books here.
var (
	_ station.Journal = (*sqlite.Store)(nil)
	_ station.Books   = (*sqlite.Store)(nil)
)

// A file may be called whatever the system allows.
func TestInit_oddNames(t *testing.T) {
	for _, name := range []string{"a b.db", "what?.db", "50%41.db", "a#b&c=d.db", "ключи.db"} {
		path := filepath.Join(t.TempDir(), name)
		s, err := sqlite.Init(t.Context(), path, sqlite.Options{}, testSettings(), clerk)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s.Close()
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestInit_neverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Init(t.Context(), path, sqlite.Options{}, testSettings(), clerk)
	if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(inventory.Sentence(err), "exists already") {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "a letter" {
		t.Errorf("the file now holds %q, %v", b, err)
	}
}

// An init that fails leaves no file behind, so that it can be tried again.
func TestInit_leavesNothingWhenItFails(t *testing.T) {
	dir := t.TempDir()
	bad := testSettings()
	bad.RPID = ""
	if _, err := sqlite.Init(t.Context(), filepath.Join(dir, "x.db"), sqlite.Options{}, bad, clerk); err == nil {
		t.Fatal("settings without an RP ID were taken")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	_, err := sqlite.Init(t.Context(), filepath.Join(dir, "no", "x.db"), sqlite.Options{}, testSettings(), clerk)
	if inventory.KindOf(err) != inventory.Unavailable {
		t.Errorf("in a folder that is not there: %v", err)
	}
	_, err = sqlite.Init(t.Context(), filepath.Join(dir, "x.db"), sqlite.Options{Group: "no such group"}, testSettings(), clerk)
	if inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("for a group that is not there: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// The settings are entry 1 of the ledger, with the RP ID in its payload.
func TestInit_beginsTheLedger(t *testing.T) {
	s := inventorytest.Empty(t)
	rows, err := s.LedgerList(t.Context(), 0, 10)
	if err != nil || len(rows) != 1 || rows[0].Header.Action != "settings.made" || rows[0].Header.Rows[0].Table != "settings" {
		t.Fatalf("%+v, %v", rows, err)
	}
	payload := newVandal(t, s).strings("SELECT CAST(payload AS TEXT) FROM ledger_payloads")
	if len(payload) != 1 || !strings.Contains(payload[0], `"rp_id":"localhost"`) {
		t.Errorf("payload %q", payload)
	}
}

func TestOpen_refuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	other, err := sql.Open("sqlite3", foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("CREATE TABLE birds (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	other.Close()
	newer := inventorytest.Empty(t)
	newVandal(t, newer).do("INSERT INTO goose_db_version (version_id, is_applied) VALUES (700, 1)")
	for name, tt := range map[string]struct {
		path string
		want inventory.Kind
		says string
	}{
		"a missing file":     {filepath.Join(dir, "none.db"), inventory.NotFound, "keystation init"},
		"a folder":           {dir, inventory.Invalid, "is a folder"},
		"a letter":           {write("letter", strings.Repeat("Dear Ada, ", 200)), inventory.Invalid, "is not a keystation database"},
		"an empty file":      {write("empty", ""), inventory.Invalid, "not one of keystation"},
		"another's database": {foreign, inventory.Invalid, "not one of keystation"},
		"a newer database":   {newer.Path(), inventory.Conflict, "This database was made by a newer keystation (schema 700, this program knows "},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sqlite.Open(t.Context(), tt.path, sqlite.Options{})
			if err == nil {
				s.Close()
			}
			if inventory.KindOf(err) != tt.want || !strings.Contains(inventory.Sentence(err), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

// An older database is copied before it is brought up to date.
func TestOpen_bringsUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, schema.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	db.Close()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if h, err := s.LedgerHead(t.Context()); err != nil || h.Size != 0 {
		t.Errorf("%+v, %v", h, err)
	}
	if info, err := os.Stat(path + ".schema-1"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
}

func TestStore_Export(t *testing.T) {
	s := storied(t)
	counts := map[string]int{}
	err := s.Export(t.Context(), func(kind string, row any) error {
		counts[kind]++
		switch v := row.(type) {
		case inventory.Requisition:
			if v.Address != nil {
				t.Error("a sealed address was exported")
			}
		case inventory.Seal:
			if v.Blob != nil {
				t.Error("a sealed PIN was exported")
			}
		case inventory.Parcel:
			if v.PrintedLines != nil {
				t.Error("sealed lines were exported")
			}
		}
		return nil
	})
	want := map[string]int{"settings": 1, "person": 4, "requisition": 4, "line": 6, "key": 2, "custody": 2, "run": 2, "entry": 40,
		"registration": 2, "seal": 2, "parcel": 1, "hub": 1, "checkpoint": 1}
	if err != nil || !maps.Equal(counts, want) {
		t.Errorf("%v, %v", counts, err)
	}
	stop := errors.New("stop")
	if err := s.Export(t.Context(), func(string, any) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// Every table of nouns is followed by the ledger: none was forgotten.
func TestVerify_followsEveryTable(t *testing.T) {
	s := inventorytest.Empty(t)
	own := []string{"ledger_leaves", "ledger_payloads", "ledger_subjects", "ledger_nodes", "ledger_heads", "goose_db_version",
		"sessions", "outbox", "denials", // what moves by itself and is gone some time later
		"key_counts", "requisition_counts"} // what says nothing that other tables do not
	for _, name := range newVandal(t, s).strings("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'") {
		if !slices.Contains(own, name) && !slices.Contains(sqlite.Recorded(), name) {
			t.Errorf("table %s is followed by nobody", name)
		}
	}
}
