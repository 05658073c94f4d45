package station_test

import (
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// another is a bench of another process over the same file, with a store and a lock of its own.
func (r *rig) another() (*station.Bench, *sqlite.Owner) {
	r.t.Helper()
	store, err := sqlite.Open(r.t.Context(), r.store.Path(), sqlite.Options{Locks: r.locks})
	r.must(err)
	r.t.Cleanup(func() { _ = store.Close() })
	owner, err := sqlite.NewOwner(r.locks)
	r.must(err)
	cfg := r.cfg
	cfg.Owner, cfg.Journal, cfg.Books = owner.Name(), store, store
	b, err := station.New(cfg)
	r.must(err)
	return b, owner
}

// A program dies while another has been at work for long: its run is on the list at once and can be given up there, also
// when a third took it over and died too. While that third lives the run is its own.
func TestBench_Abandon_ofAnotherProcess(t *testing.T) {
	for _, third := range []bool{false, true} {
		r := newRig(t)
		r.over(inventorytest.Open(t))
		k := stationtest.Key(t, softkey.Config{})
		serve := r.bench()
		r.must(serve.Recover(t.Context()))
		r.diesIn(portOf(k), inventory.Force)
		rows, err := r.store.Rework(t.Context(), 0)
		if err != nil || len(rows) != 1 || !rows[0].Waits || rows[0].For == nil {
			t.Fatalf("the list is %+v, %v; want the run that waits", rows, err)
		}
		if third {
			b, owner := r.another()
			r.must(b.Recover(t.Context()))
			refusedWith(t, serve.Abandon(t.Context(), grace, rows[0].Run), inventory.Conflict, "Another keystation")
			r.must(owner.Close())
		}
		r.must(serve.Abandon(t.Context(), grace, rows[0].Run))
		if o, err := r.store.Order(t.Context(), rows[0].For.Line); err != nil || o.Line.State != inventory.LineOpen {
			t.Errorf("its line is %s, %v", o.Line.State, err)
		}
	}
}

// A run that goes on in another process is neither given up nor taken.
func TestBench_Abandon_ofTheLiving(t *testing.T) {
	s := inventorytest.Open(t)
	r := newRig(t)
	r.over(s)
	owner, err := sqlite.NewOwner(s.Options.Locks)
	r.must(err)
	defer owner.Close()
	r.cfg.Owner = owner.Name()
	run := s.MustBegin("1-1")
	run.MustIdentify("")
	refusedWith(t, r.bench().Abandon(t.Context(), grace, run.Row.ID), inventory.Conflict, "Another keystation")
	if row, err := s.Run(t.Context(), run.Row.ID); err != nil || row.Owner != s.Owner.Name() || row.End != "" {
		t.Errorf("the run is %+v, %v", row, err)
	}
}

// Whatever a program was doing when it died beside one that is at work: the idle bench frees its line without a restart.
func TestBench_Watch_adopts(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	w := watchOver(t, func(r *rig) {
		r.over(inventorytest.Open(t))
		r.cfg.Adopt = time.Millisecond
	})
	elsewhere := newTray()
	elsewhere.put(k.Path(), k)
	w.cfg.Bus = elsewhere
	w.diesIn(portOf(k), inventory.SetPIN)
	for {
		runs, err := w.store.RunList(t.Context(), inventory.RunQuery{})
		w.must(err)
		if len(runs.Rows) != 1 {
			t.Fatalf("%d runs", len(runs.Rows))
		}
		row := runs.Rows[0].Run
		if row.End == "" {
			select {
			case <-t.Context().Done():
				t.Fatal("it was never taken over")
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		if o, err := w.store.Order(t.Context(), row.Line); err != nil || o.Line.State != inventory.LineOpen || row.End != inventory.RunInterrupted {
			t.Errorf("the run ended %s, its line is %s, %v", row.End, o.Line.State, err)
		}
		return
	}
}

// The key of a dead program is plugged in here before anything was taken over: it is finished where its record was all
// that was missing, and made anew otherwise; the PIN that is sealed is the one on it, also after the next start.
func TestBench_Make_afterAnotherDied(t *testing.T) {
	for _, step := range []inventory.Step{inventory.SetPIN, inventory.Force, inventory.Record} {
		t.Run(string(step), func(t *testing.T) {
			r := newRig(t)
			k := stationtest.Key(t, softkey.Config{})
			serve := r.bench()
			r.must(serve.Recover(t.Context()))
			r.diesIn(portOf(k), step)
			k.PowerCycle()
			rep, err := serve.Make(t.Context(), portOf(k), inventory.Want{})
			r.must(err)
			if rep.End != inventory.RunReady {
				t.Fatalf("the key is not ready: %s %q", outcomes(rep), rep.Reasons)
			}
			next, owner := r.another()
			defer owner.Close()
			r.must(next.Recover(t.Context()))
			wantWhole(t, r, k.Path(), k.AAGUID().String())
		})
	}
}
