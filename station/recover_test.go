package station_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"keystation/inventory"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// errDied stands for the end of the process.
var errDied = errors.New("the process died")

// dying is a journal whose process dies at the n-th write: before it reaches the disk, or right after.
type dying struct {
	station.Journal
	at    int64
	after bool
	n     atomic.Int64
	last  atomic.Pointer[inventory.Entry]
}

// step is the one of the last entry that reached the journal, or would have.
func (d *dying) step() inventory.Step { return d.last.Load().Step }

func (d *dying) write(do func() error) error {
	n := d.n.Add(1)
	if n > d.at || n == d.at && !d.after {
		return errDied
	}
	if err := do(); err != nil {
		return err
	}
	if n == d.at {
		return errDied
	}
	return nil
}

func (d *dying) Begin(ctx context.Context, run inventory.Run, first inventory.Entry) error {
	d.last.Store(&first)
	return d.write(func() error { return d.Journal.Begin(ctx, run, first) })
}

func (d *dying) Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error {
	d.last.Store(&es[0].Entry)
	return d.write(func() error { return d.Journal.Append(ctx, by, es...) })
}

// TestBench_Recover_remade lets the process die at every write of a second run of the same key: it stays one key.
func TestBench_Recover_remade(t *testing.T) {
	for at := int64(1); ; at++ {
		r := newRig(t)
		k := stationtest.Key(t, softkey.Config{})
		port := station.Port{ID: k.Path(), Path: k.Path()}
		first := r.make(k.Path())
		wantReady(t, first)
		k.PowerCycle()
		owner, err := sqlite.NewOwner(r.locks)
		if err != nil {
			t.Fatal(err)
		}
		cfg := r.cfg
		cfg.Owner, cfg.Journal = owner.Name(), &dying{Journal: r.store, at: at}
		b, err := station.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Make(t.Context(), port, inventory.Want{})
		if err := owner.Close(); err != nil {
			t.Fatal(err)
		}
		if err == nil {
			t.Logf("died before each of %d writes", at-1)
			return
		}
		k.PowerCycle()
		startAgain(t, r, port)
		wantWhole(t, r, k.Path(), k.AAGUID().String())
		rows, err := r.store.KeyList(t.Context(), inventory.KeyQuery{})
		if err != nil || len(rows.Rows) != 1 || rows.Rows[0].Key.ID != *first.Key {
			t.Errorf("died before write %d: %d keys, %v; want the one from before", at, len(rows.Rows), err)
		}
	}
}

// startAgain is the next start of the program, with the same key at the same port.
func startAgain(t *testing.T, r *rig, port station.Port) {
	t.Helper()
	b := r.bench()
	if err := b.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	rep, err := b.Make(t.Context(), port, inventory.Want{})
	if err != nil {
		t.Fatal(err)
	}
	wantReady(t, rep)
	if late := b.Recovered(); len(late) != 0 {
		t.Errorf("%d reports are left although the key was at its port", len(late))
	}
}

// wantWhole holds the inventory against the key after a recovery.
func wantWhole(t *testing.T, r *rig, path, aaguid string) {
	t.Helper()
	ctx := t.Context()
	left, err := r.store.Unfinished(ctx, "nobody")
	if err != nil || len(left) != 0 {
		t.Errorf("%d runs have no end, %v", len(left), err)
	}
	tags, err := r.store.LiveTags(ctx, aaguid, 10)
	if err != nil || len(tags) != 1 {
		t.Fatalf("%d tag credentials are live, %v; want one", len(tags), err)
	}
	key, err := r.store.Key(ctx, tags[0].Key)
	if err != nil || key.State != inventory.Ready {
		t.Fatalf("the key is %s, %v; want ready", key.State, err)
	}
	live, err := r.store.Registrations(ctx, key.ID)
	if err != nil || len(live) != 1 {
		t.Fatalf("%d credentials are live, %v; want the tag", len(live), err)
	}
	seal, err := r.store.LiveSeal(ctx, key.ID)
	if err != nil {
		t.Fatalf("no sealed PIN is left for a ready key: %v", err)
	}
	pin := r.seals.open(seal.Blob)
	a := stationtest.Open(t, path, nil)
	if err := a.SetPIN(ctx, inventory.PIN("83926174"), pin); err != nil {
		t.Errorf("the sealed PIN is not the one on the key: %v", err)
	}
}
