package station_test

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// A run whose process died while the PIN change was forced waits for its key. When that is lost the run is given up:
// its line is free, its PIN counts no more, and if the key comes back after all it is made anew.
func TestBench_Abandon(t *testing.T) {
	r := newRig(t)
	r.over(inventorytest.Open(t))
	k := stationtest.Key(t, softkey.Config{})
	r.diesIn(portOf(k), inventory.Force)
	b := r.bench()
	r.must(b.Recover(t.Context()))
	rows, err := r.store.Rework(t.Context(), 0)
	if err != nil || len(rows) != 1 || !rows[0].Waits || rows[0].For == nil {
		t.Fatalf("the list of keys to look at is %+v, %v", rows, err)
	}
	waits := rows[0]
	refusedWith(t, b.Abandon(t.Context(), grace, "another"), inventory.Conflict, "does not wait for its key")
	r.must(b.Abandon(t.Context(), grace, waits.Run))
	refusedWith(t, b.Abandon(t.Context(), grace, waits.Run), inventory.Conflict, "does not wait for its key")

	d, err := r.store.RunDossier(t.Context(), waits.Run)
	r.must(err)
	if d.Run.End != inventory.RunInterrupted || d.Entries[len(d.Entries)-1].Note != "Given up by Grace: its key did not come back." {
		t.Errorf("the run ended %q: %q", d.Run.End, d.Entries[len(d.Entries)-1].Note)
	}
	if o, err := r.store.Order(t.Context(), waits.For.Line); err != nil || o.Line.State != inventory.LineOpen {
		t.Errorf("its line is %s, %v", o.Line.State, err)
	}
	if _, err := r.store.LiveSeal(t.Context(), waits.Key); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("its PIN still counts: %v", err)
	}
	if told := r.told("run.force"); told[len(told)-1] != "run.force by Grace" {
		t.Errorf("the ledger says %q", told)
	}
	if rows, err := r.store.Rework(t.Context(), 0); err != nil || len(rows) != 1 || rows[0].Waits {
		t.Errorf("afterwards the list is %+v, %v; want the key, no more waited for", rows, err)
	}
	k.PowerCycle()
	rep, err := b.Make(t.Context(), portOf(k), inventory.Want{})
	if err != nil || *rep.Key != waits.Key {
		t.Fatalf("the key that came back: %+v, %v", rep, err)
	}
	wantReady(t, rep)
	wantWhole(t, r, k.Path(), k.AAGUID().String())
	if rows, err := r.store.Rework(t.Context(), 0); err != nil || len(rows) != 0 {
		t.Errorf("in the end the list is %+v, %v", rows, err)
	}
}

// A run that cannot be closed is still there to be given up, or to be ended by its key.
func TestBench_Abandon_unwritten(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{})
	r.diesIn(portOf(k), inventory.Force)
	r.cfg.Journal = dyingIn{r.store, inventory.Force}
	b := r.bench()
	r.must(b.Recover(t.Context()))
	rows, err := r.store.Rework(t.Context(), 0)
	r.must(err)
	for range 2 {
		if err := b.Abandon(t.Context(), grace, rows[0].Run); err == nil {
			t.Fatal("given up without a word in the journal")
		}
	}
}
