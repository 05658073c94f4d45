package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"keystation/inventory"
	"keystation/inventory/sqlite"
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
