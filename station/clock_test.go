package station_test

import (
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/sqlite"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// A run died in a reset while the clock was years ahead; the clock was set right and the key made ready by another run.
// When the dead run is closed at last, the PIN on the key stays.
func TestBench_Recover_clockSetBack(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{})
	first := r.make(k.Path())
	wantReady(t, first)
	r.diesResetting(*first.Key, "f1a206af-81f6-7077-b20f-cf52f9461b1d", portOf(k).ID)
	k.PowerCycle()
	rep := r.make(k.Path())
	wantReady(t, rep)
	r.must(r.bench().Recover(t.Context()))
	if v, err := r.store.LiveSeal(t.Context(), *rep.Key); err != nil || v.Run != rep.Run {
		t.Errorf("the key is ready, and its PIN is gone: %+v, %v", v, err)
	}
	wantWhole(t, r, k.Path(), k.AAGUID().String())
}

// diesResetting writes what a process leaves behind that took a ready key up again under this id and died in its reset.
func (r *rig) diesResetting(of inventory.KeyID, id inventory.RunID, port string) {
	r.t.Helper()
	owner, err := sqlite.NewOwner(r.locks)
	r.must(err)
	at := inventory.Instant(time.Now())
	key, err := r.store.Key(r.t.Context(), of)
	r.must(err)
	key, ev, err := key.Remake("made again", at)
	r.must(err)
	row := inventory.Run{ID: id, Port: port, Device: port, Owner: owner.Name(), Operator: grace, Policy: "p", StartedAt: at}
	entry := func(seq int, step inventory.Step, phase inventory.Phase, o inventory.Outcome) inventory.Entry {
		return inventory.Entry{Run: id, Seq: seq, At: at, Step: step, Phase: phase, Outcome: o}
	}
	r.must(r.store.Begin(r.t.Context(), row, entry(1, inventory.Identify, inventory.Intent, "")))
	row.Key = of
	r.must(r.store.Append(r.t.Context(), grace,
		inventory.Entered{Entry: entry(2, inventory.Identify, inventory.Ended, inventory.Done), Key: &key, Run: &row, VoidSeals: of, Events: []inventory.Event{ev}},
		inventory.Entered{Entry: entry(3, inventory.Reset, inventory.Intent, "")}))
	r.must(owner.Close())
}
