package station_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBench_Watch_moved asks for a replug at one port and gets it at another: the run at the first stops, and the key is
// made at the second with a sealed PIN that stays.
func TestBench_Watch_moved(t *testing.T) {
	var late atomic.Int64
	k := stationtest.Key(t, softkey.Config{Now: func() time.Time { return time.Now().Add(time.Duration(late.Load())) }})
	w := watch(t, nil)
	replug := func(port string) {
		t.Helper()
		if err := k.Plug(); err != nil {
			t.Fatal(err)
		}
		w.bus.put(port, k)
	}
	w.bus.put("1-1", k)
	w.until("1-1", "READY")
	w.bus.pull("1-1")
	w.until("1-1", "EMPTY")
	if err := k.Plug(); err != nil {
		t.Fatal(err)
	}
	late.Store(int64(time.Minute)) // the reset window passes
	w.bus.put("1-1", k)
	w.until("1-1", "READY")
	w.retry("1-1") // make it anew
	w.until("1-1", "REPLUG")
	w.bus.pull("1-1")
	replug("1-2")
	w.until("1-2", "PLUG IN AGAIN")
	w.until("1-1", "EMPTY")
	w.bus.pull("1-2")
	w.until("1-2", "EMPTY")
	replug("1-2")
	tile := w.until("1-2", "READY")
	w.pinOf(inventory.KeyID(tile.Key))
}

// busy is a key that answers every silent question with CHANNEL_BUSY.
type busy struct{ station.Authenticator }

func (busy) Assert(context.Context, station.RequestOptions, inventory.PIN) (station.Assertion, error) {
	return station.Assertion{}, ctap.ErrChannelBusy
}

// TestBench_Make_faultAfterRestart lets a key fail while it is asked about a dead run: that is its own port's affair.
func TestBench_Make_faultAfterRestart(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{})
	port := station.Port{ID: k.Path(), Path: k.Path()}
	r.diesIn(port, inventory.Force)
	k.PowerCycle()
	open := r.cfg.Open
	r.cfg.Open = func(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
		a, err := open(ctx, path, heard)
		if err != nil {
			return nil, err
		}
		return busy{a}, nil
	}
	b := r.bench()
	if err := b.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	rep, err := b.Make(t.Context(), port, inventory.Want{})
	if err != nil || rep.End == inventory.RunReady {
		t.Errorf("the run ended %s, %v: want a result that is not ready, and no error", rep.End, err)
	}
}

// diesIn runs the key at a port in a process that dies when it would write the outcome of a step.
func (r *rig) diesIn(port station.Port, step inventory.Step) {
	r.t.Helper()
	owner, err := sqlite.NewOwner(r.locks)
	if err != nil {
		r.t.Fatal(err)
	}
	cfg := r.cfg
	cfg.Owner, cfg.Journal = owner.Name(), dyingIn{r.store, step}
	b, err := station.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = b.Make(r.t.Context(), port, inventory.Want{})
	if closed := owner.Close(); closed != nil || !errors.Is(err, errDied) {
		r.t.Fatalf("the run did not die in %s: %v, %v", step, err, closed)
	}
}

// dyingIn is a journal whose process dies before the outcome of one step.
type dyingIn struct {
	station.Journal
	step inventory.Step
}

func (d dyingIn) Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error {
	if es[0].Entry.Step == d.step && es[0].Entry.Phase == inventory.Ended {
		return errDied
	}
	return d.Journal.Append(ctx, by, es...)
}

// TestBench_Recover_lineGone takes the line away from a run whose process died before the record: the run ends refused,
// and the next start finds nothing left.
func TestBench_Recover_lineGone(t *testing.T) {
	books := inventorytest.Open(t)
	r := newRig(t)
	r.store, r.cfg.Journal, r.cfg.Books, r.cfg.Owner = books.Store, books.Store, books.Store, books.Owner.Name()
	k := stationtest.Key(t, softkey.Config{})
	r.diesIn(station.Port{ID: k.Path(), Path: k.Path()}, inventory.Record)
	runs, err := r.store.RunList(t.Context(), inventory.RunQuery{})
	if err != nil || len(runs.Rows) == 0 || runs.Rows[0].Run.Line == "" {
		t.Fatalf("no run with a line died: %v", err)
	}
	if err := r.store.ReleaseLine(t.Context(), inventory.System("test"), runs.Rows[0].Run.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.bench().Recover(t.Context()); err != nil {
			t.Errorf("the bench cannot start: %v", err)
		}
	}
	after, err := r.store.RunDossier(t.Context(), runs.Rows[0].Run.ID)
	if err != nil || after.Run.End != inventory.RunRefused {
		t.Errorf("the run ended %q, %v; want refused", after.Run.End, err)
	}
}

// TestBench_Retry_atEmptyPort is forgotten: the next key there is asked about once.
func TestBench_Retry_atEmptyPort(t *testing.T) {
	var n atomic.Int32
	w := watch(t, func(c *station.Config) {
		c.Ask = func(ctx context.Context, q station.Question) (station.Answer, error) {
			n.Add(1)
			return no(ctx, q)
		}
	})
	if err := w.bench.Retry("1-1"); err != nil {
		t.Fatal(err)
	}
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	w.until("1-1", "LEFT ALONE")
	w.bus.put("1-2", stationtest.Key(t, softkey.Config{}))
	w.until("1-2", "LEFT ALONE") // and the bus was looked at once more
	if got := n.Load(); got != 2 {
		t.Errorf("%d questions about two keys", got)
	}
}
