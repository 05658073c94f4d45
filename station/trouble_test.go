package station_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// counting is a journal that calls a function after each write.
type counting struct {
	station.Journal
	n     atomic.Int64
	wrote func(int64)
}

func (j *counting) Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error {
	err := j.Journal.Append(ctx, by, es...)
	j.wrote(j.n.Add(1))
	return err
}

// TestBench_Make_clockBack sets the clock back by a day after each write of a run in turn: the key is made all the same,
// the ledger holds, and a second run after that knows the key again.
func TestBench_Make_clockBack(t *testing.T) {
	t.Parallel()
	for at := int64(1); at <= writesOf(t, "modern")-1; at++ {
		t.Run(fmt.Sprint("after write ", at), func(t *testing.T) {
			t.Parallel()
			var back atomic.Int64
			now := func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
			s := newStand(t, softkey.Config{}, nil)
			path := filepath.Join(t.TempDir(), "keys.db")
			inventorytest.File(t, path)
			store, err := sqlite.Open(t.Context(), path, sqlite.Options{Locks: s.locks, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			s.store, s.cfg.Books, s.cfg.Now = store, store, now
			s.cfg.Journal = &counting{Journal: store, wrote: func(n int64) {
				if n == at {
					back.Store(int64(24 * time.Hour))
				}
			}}
			s.bench = s.rig.bench()
			first := s.run(inventory.Want{})
			s.wantTold(first)
			s.replug()
			second := s.run(inventory.Want{})
			s.wantTold(second)
			if first.End != inventory.RunReady || second.End != inventory.RunReady || *first.Key != *second.Key {
				t.Errorf("the runs ended %s and %s, %q", first.End, second.End, second.said())
			}
			audit, err := store.Verify(t.Context(), sqlite.VerifyOptions{})
			if err != nil || !audit.Holds() {
				t.Errorf("the ledger: %v, %v", audit.Findings, err)
			}
		})
	}
}

// TestBench_Watch_hubPulled pulls a hub with eight keys at work, at different steps, and plugs it in again: every port
// says that its key is away, nothing is left half made, and every key is made in the end.
func TestBench_Watch_hubPulled(t *testing.T) {
	t.Parallel()
	const ports = 8
	for _, when := range []inventory.Step{inventory.Reset, inventory.Tag, inventory.SetPIN, inventory.Prove, inventory.Record} {
		t.Run(string(when), func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(c *station.Config) { c.TouchSlots = ports })
			keys := map[string]*softkey.Key{}
			for i := range ports {
				id := fmt.Sprintf("1-1.%d", i+1)
				keys[id] = stationtest.Key(t, softkey.Config{Latency: softkey.Real, Touch: softkey.TouchAuto(time.Duration(i) * 40 * time.Millisecond)})
				w.bus.put(id, keys[id])
			}
			for e := range w.events {
				if e.Tile.Step == string(when) {
					break
				}
			}
			for id := range keys {
				w.bus.pull(id)
			}
			w.eachSays(keys, "EMPTY")
			for id, k := range keys {
				if err := k.Plug(); err != nil {
					t.Fatal(err)
				}
				w.bus.put(id, k)
			}
			w.eachSays(keys, "READY")
			w.wantEachWhole(keys)
		})
	}
}

// eachSays waits until the tile of every port has said word.
func (w *watched) eachSays(ports map[string]*softkey.Key, word string) {
	w.t.Helper()
	left := map[string]bool{}
	for id := range ports {
		tile, seen := w.cfg.Feed.Tile(id)
		if tile.Word != word && (seen || word != "EMPTY") { // one that was pulled before anybody looked has no tile
			left[id] = true
		}
	}
	late := time.After(time.Minute)
	for len(left) > 0 {
		select {
		case e, ok := <-w.events:
			if ok && e.Tile.Word == word {
				delete(left, e.Tile.Port)
			}
		case <-late:
			for id := range left {
				for _, line := range w.cfg.Feed.Log(id) {
					w.t.Logf("%s: %+v", id, line)
				}
			}
			w.t.Fatalf("%v never said %s", left, word)
		}
	}
}

// wantEachWhole wants of every key: ready, in the books once, with one live credential and one sealed PIN, which is the
// one on it.
func (w *watched) wantEachWhole(keys map[string]*softkey.Key) {
	w.t.Helper()
	ctx := w.t.Context()
	list, err := w.store.KeyList(ctx, inventory.KeyQuery{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	ready := 0
	for _, row := range list.Rows {
		if row.Key.State == inventory.Ready {
			ready++
		}
		if _, err := w.store.LiveSeal(ctx, row.Key.ID); (err == nil) != (row.Key.State == inventory.Ready) {
			w.t.Errorf("key %s is %s; its sealed PIN: %v", row.Key.Tag, row.Key.State, err)
		}
	}
	if ready != len(keys) {
		w.t.Errorf("%d keys are ready, want %d", ready, len(keys))
	}
	for id, k := range keys {
		tile, _ := w.cfg.Feed.Tile(id)
		a := stationtest.Open(w.t, k.Path(), nil)
		if err := a.SetPIN(ctx, inventory.PIN("83926174"), w.pinOf(inventory.KeyID(tile.Key))); err != nil {
			w.t.Errorf("%s: the sealed PIN does not open the key: %v", id, err)
		}
		_ = a.Close()
	}
	left, err := w.store.Unfinished(ctx, w.cfg.Owner+"-other")
	if err != nil || len(left) != 0 {
		w.t.Errorf("%d runs have no end, %v", len(left), err)
	}
}
