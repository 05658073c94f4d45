package main

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// A flood of refusals is one entry of the ledger for each who was refused and what, not one for each try.
func TestRefusedAccess(t *testing.T) {
	store := inventorytest.Open(t)
	d := &desk{store: store.Store}
	head := func() int64 {
		t.Helper()
		report, err := store.Verify(t.Context(), sqlite.VerifyOptions{})
		if err != nil || !report.Holds() {
			t.Fatal(report, err)
		}
		return report.Entries
	}
	before, refused := head(), d.refusedAccess()
	for range 50 {
		for _, by := range []inventory.Actor{inventory.Claimed("somebody who is not signed in"), inventorytest.Operator} {
			if err := refused(t.Context(), by, "GET /signin/oidc: Too many tries."); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := head() - before; got != 2 {
		t.Errorf("%d entries", got)
	}
}
