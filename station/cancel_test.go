package station_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBench_Watch_cancelled cancels a requisition in the inventory while a key for it waits for a touch: once before
// anything is on the key, once when its PIN is sealed and set. The port stops and says what to do, no PIN counts, the key
// is in stock, and the next key at that port is made for somebody else.
func TestBench_Watch_cancelled(t *testing.T) {
	for _, tt := range []struct {
		name, profile string
		at            inventory.Step
	}{
		{"at the reset", "", inventory.Reset},
		{"with its PIN set", "always-uv", inventory.SetPIN},
	} {
		t.Run(tt.name, func(t *testing.T) {
			books := inventorytest.Open(t)
			w := watch(t, func(cfg *station.Config) {
				cfg.Journal, cfg.Books, cfg.Owner = books.Store, books.Store, books.Owner.Name()
			})
			w.store = books.Store
			k := stationtest.Key(t, softkey.Config{Profile: tt.profile, Touch: softkey.TouchManual})
			w.bus.put("1-1", k)
			for e := range w.events {
				if e.Tile.Word == "TOUCH" && e.Tile.Step == string(tt.at) {
					break
				}
				if e.Tile.Word == "TOUCH" {
					k.Touch()
				}
			}
			if err := books.CancelRequisition(t.Context(), inventorytest.Operator, "R-1001", "Ada has left."); err != nil {
				t.Fatal(err)
			}
			tile := w.until("1-1", "STOP")
			const says = "R-1001 is cancelled: no keys are made for it. Nothing on this key counts: put it back into stock, or plug it in again to make it for the next line."
			if tile.Sentence != says {
				t.Errorf("the tile says %q", tile.Sentence)
			}
			d, err := books.KeyDossier(t.Context(), inventory.AssetTag(tile.Tag))
			if err != nil {
				t.Fatal(err)
			}
			if d.Key.State != inventory.Received || d.Runs[0].Run.End != inventory.RunRefused {
				t.Errorf("the key is %s, its run ended %s", d.Key.State, d.Runs[0].Run.End)
			}
			if sealed := d.Seal != nil; sealed != (tt.at == inventory.SetPIN) || sealed && d.Seal.State != inventory.SealVoid {
				t.Errorf("its seal is %+v", d.Seal)
			}
			if a, err := books.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !a.Holds() {
				t.Errorf("the ledger: %v, %v", a, err)
			}
			w.bus.pull("1-1")
			w.until("1-1", "EMPTY")
			w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
			if next := w.until("1-1", "READY"); !strings.Contains(next.For, "R-1002") {
				t.Errorf("the next key is made for %s", next.For)
			}
		})
	}
}

// TestBench_Recheck cancels a requisition whose key is still in its port, ready: the tile does not call it ready any more,
// and the key of another requisition stays what it is.
func TestBench_Recheck(t *testing.T) {
	books := inventorytest.Open(t)
	w := watch(t, func(cfg *station.Config) {
		cfg.Journal, cfg.Books, cfg.Owner = books.Store, books.Store, books.Owner.Name()
	})
	w.store = books.Store
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	w.until("1-1", "READY")
	w.bus.put("1-2", stationtest.Key(t, softkey.Config{}))
	spare := w.until("1-2", "READY")
	w.bus.put("1-3", stationtest.Key(t, softkey.Config{}))
	other := w.until("1-3", "READY")
	w.bench.Recheck(t.Context()) // nothing has changed
	if err := books.CancelRequisition(t.Context(), inventorytest.Operator, "R-1001", "Ada has left."); err != nil {
		t.Fatal(err)
	}
	w.bench.Recheck(t.Context())
	tile := w.until("1-2", "STOP")
	const says = "R-1001 was cancelled. Nothing on this key counts: put it back into stock, or plug it in again to make it for the next line."
	if tile.Sentence != says || tile.Tag != spare.Tag {
		t.Errorf("the tile of %s says %q", tile.Tag, tile.Sentence)
	}
	for port, word := range map[string]string{"1-1": "STOP", "1-3": "READY"} {
		if now, _ := w.cfg.Feed.Tile(port); now.Word != word {
			t.Errorf("port %s says %s, want %s", port, now.Word, word)
		}
	}
	if k, err := books.Key(t.Context(), inventory.KeyID(other.Key)); err != nil || k.State != inventory.Ready {
		t.Errorf("the key of another requisition is %s, %v", k.State, err)
	}
	r := inventory.Recall{Reason: "Its vendor lost a key.", Deadline: inventorytest.Start.AddDate(1, 0, 0)}
	if _, err := books.OpenRecall(t.Context(), inventorytest.Operator, r, inventory.RecallOf{Tags: []inventory.AssetTag{inventory.AssetTag(other.Tag)}}); err != nil {
		t.Fatal(err)
	}
	w.bench.Recheck(t.Context())
	if tile := w.until("1-3", "STOP"); tile.Sentence != "Recall C-1001: Its vendor lost a key. Put it with recall C-1001." {
		t.Errorf("the tile of a recalled key says %q", tile.Sentence)
	}
}
