package station_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"keystation/inventory"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// crash is one row: the process dies at a write of a run on a kind of key, before it reaches the disk or right after.
// Dying before the write of an outcome is dying between an act and its outcome.
type crash struct {
	profile string
	at      int64
	after   bool
}

func (c crash) String() string {
	when := "before"
	if c.after {
		when = "after"
	}
	return fmt.Sprintf("%-16s %s write %2d", c.profile, when, c.at)
}

// TestTable_crashes lets the process die at every write of a run on every kind of key that can be made, before and after
// it, starts again, and wants what the table of steps promises: in the end one ready key with one live tag credential
// and one sealed PIN, which is the one on the key; no run without an end; and never a ready key before that.
func TestTable_crashes(t *testing.T) {
	t.Parallel()
	rows := newPrintout(t, "DIED", "IN STEP", "DEAD RUN", "KEY THEN", "PIN THEN", "ALL RUNS, THEN ONE READY KEY")
	var crashes []crash
	for _, p := range softkey.Profiles() {
		if profileEnds[p.Name].end != inventory.RunReady {
			continue
		}
		for at := range writesOf(t, p.Name) {
			crashes = append(crashes, crash{p.Name, at + 1, false}, crash{p.Name, at + 1, true})
		}
	}
	inParallel(t, crashes, crash.String, func(t *testing.T, c crash) { rows.add(c.row(t)...) })
}

// writesOf counts the writes of a run that nothing happens to.
func writesOf(t *testing.T, profile string) int64 {
	t.Helper()
	r := newRig(t)
	d := &dying{Journal: r.store, at: 1 << 32}
	r.cfg.Journal = d
	wantReady(t, r.make(stationtest.Key(t, softkey.Config{Profile: profile}).Path()))
	return d.n.Load()
}

// row lets the process die and starts it again.
func (c crash) row(t *testing.T) []string {
	t.Helper()
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{Profile: c.profile})
	port := station.Port{ID: k.Path(), Path: k.Path()}
	step := r.dies(port, c)
	found := r.found()
	k.PowerCycle()
	startAgain(t, r, port)
	wantWhole(t, r, k.Path(), k.AAGUID().String())
	return append([]string{c.String(), string(step)}, append(found, r.runEnds())...)
}

// dies is the first process. It tells in which step it died.
func (r *rig) dies(port station.Port, c crash) inventory.Step {
	r.t.Helper()
	owner, err := sqlite.NewOwner(r.locks)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() {
		if err := owner.Close(); err != nil {
			r.t.Fatal(err)
		}
	}()
	cfg, d := r.cfg, &dying{Journal: r.store, at: c.at, after: c.after}
	cfg.Owner, cfg.Journal = owner.Name(), d
	b, err := station.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := b.Make(r.t.Context(), port, inventory.Want{}); !errors.Is(err, errDied) {
		r.t.Fatalf("the process did not die, but ended with %v", err)
	}
	return d.step()
}

// found is how the inventory stands after the death: nothing in it may look better than it is.
func (r *rig) found() []string {
	r.t.Helper()
	ctx := r.t.Context()
	runs, err := r.store.RunList(ctx, inventory.RunQuery{})
	if err != nil {
		r.t.Fatal(err)
	}
	dead := "never begun"
	if len(runs.Rows) > 0 {
		dead = "no end"
		if end := runs.Rows[0].Run.End; end != "" {
			dead = string(end)
		}
	}
	keys, err := r.store.KeyList(ctx, inventory.KeyQuery{})
	if err != nil {
		r.t.Fatal(err)
	}
	if len(keys.Rows) == 0 {
		return []string{dead, "not in the books", "none"}
	}
	key, pin := keys.Rows[0].Key, "none"
	if _, err := r.store.LiveSeal(ctx, key.ID); err == nil {
		pin = "sealed"
	}
	if (key.State == inventory.Ready) != (dead == string(inventory.RunReady)) || key.State == inventory.Ready && pin == "none" {
		r.t.Errorf("the dead run is %q, its key %s, its PIN %s", dead, key.State, pin)
	}
	return []string{dead, string(key.State), pin}
}

// runEnds lists how all runs ended, the oldest first.
func (r *rig) runEnds() string {
	r.t.Helper()
	runs, err := r.store.RunList(r.t.Context(), inventory.RunQuery{})
	if err != nil {
		r.t.Fatal(err)
	}
	var ends []string
	for _, row := range runs.Rows {
		ends = append([]string{string(row.Run.End)}, ends...)
	}
	return fmt.Sprint(ends)
}

// struckDead is a journal whose process dies at the first write after a fault struck the key.
type struckDead struct {
	station.Journal
	struck *atomic.Bool
}

func (j struckDead) Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error {
	if j.struck.Load() {
		return errDied
	}
	return j.Journal.Append(ctx, by, es...)
}

// TestTable_faultsAndCrashes lets the process die on top of every fault, before the outcome of the step that it struck is
// written. Started again, with the key plugged in again, it is made.
func TestTable_faultsAndCrashes(t *testing.T) {
	t.Parallel()
	rows := newPrintout(t, "FAULT, THEN DEAD", "KEY THEN", "PIN THEN", "ALL RUNS", "TILE AT LAST")
	inParallel(t, faultRows(), softkey.Fault.String, func(t *testing.T, f softkey.Fault) {
		s, struck := faultStand(t, f)
		first := s.deadRun(struck)
		if !errors.Is(first.err, errDied) {
			t.Fatalf("the process did not die, but ended with %v", first.err)
		}
		then := s.found()
		s.replug()
		s.bench = s.rig.bench()
		if err := s.bench.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := s.run(inventory.Want{})
		s.wantTold(second)
		if second.End != inventory.RunReady {
			t.Errorf("started again, the key is not made: %s, %q", outcomes(second.Report), second.said())
		}
		rows.add(f.String(), then[1], then[2], s.runEnds(), second.tile.Word)
	})
}

// deadRun runs in a process that dies when a fault has struck.
func (s *stand) deadRun(struck *atomic.Bool) ending {
	s.t.Helper()
	owner, err := sqlite.NewOwner(s.locks)
	if err != nil {
		s.t.Fatal(err)
	}
	defer owner.Close()
	alive := s.cfg
	s.cfg.Owner, s.cfg.Journal = owner.Name(), struckDead{s.store, struck}
	s.bench = s.rig.bench()
	e := s.run(inventory.Want{})
	s.cfg = alive
	return e
}
