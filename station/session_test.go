package station_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

var grace = inventory.Claimed("Grace")

func hubOf(ports ...string) inventory.Hub {
	h := inventory.Hub{Host: "bench"}
	for _, id := range ports {
		h.Ports = append(h.Ports, inventory.HubPort{ID: id})
	}
	return h
}

// refusedWith wants a refusal that a person can act on.
func refusedWith(t *testing.T, err error, kind inventory.Kind, says string) {
	t.Helper()
	if inventory.KindOf(err) != kind || !strings.Contains(inventory.Sentence(err), says) {
		t.Errorf("got %v, want a refusal (%s) that says %q", err, kind, says)
	}
}

// told lists the ledger's entries of these actions with who acted, the oldest first.
func (r *rig) told(actions ...string) []string {
	r.t.Helper()
	rows, err := r.store.LedgerList(r.t.Context(), 0, 500)
	if err != nil {
		r.t.Fatal(err)
	}
	var told []string
	for _, row := range slices.Backward(rows) {
		if slices.Contains(actions, row.Header.Action) {
			told = append(told, row.Header.Action+" by "+row.Actor)
		}
	}
	return told
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestBench_OpenSession(t *testing.T) {
	r := newRig(t)
	r.cfg.Note = r.store.Note
	refusedWith(t, r.bench().OpenSession(t.Context(), grace, false), inventory.Conflict, "press Learn my hub")
	r.cfg.Hub = hubOf("1-2", "1-1")
	b := r.bench()
	if s := b.Session(); s.Making || !slices.Equal(s.Hub, []string{"1-2", "1-1"}) {
		t.Errorf("at start %+v, want no session and the hub as it stands", s)
	}
	r.must(b.OpenSession(t.Context(), grace, true))
	if s := b.Session(); !s.Making || !s.Stock || s.By != grace || s.Since.IsZero() {
		t.Errorf("open is %+v", s)
	}
	refusedWith(t, b.OpenSession(t.Context(), grace, false), inventory.Conflict, "open already, by Grace")
	r.must(b.EndSession(t.Context(), inventory.Claimed("Ada")))
	if s := b.Session(); s.Making || s.Stock {
		t.Errorf("ended is %+v", s)
	}
	refusedWith(t, b.EndSession(t.Context(), grace), inventory.Conflict, "ended already")
	want := []string{"session.opened by Grace", "session.ended by Ada"}
	if got := r.told("session.opened", "session.ended"); !slices.Equal(got, want) {
		t.Errorf("the ledger says %q, want %q", got, want)
	}
}

// A session that is over by itself has its entry before the next one.
func TestBench_OpenSession_afterIdle(t *testing.T) {
	var late atomic.Int64
	r := newRig(t)
	r.cfg.Note, r.cfg.Hub = r.store.Note, hubOf("1-1")
	r.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	b := r.bench()
	for range 2 {
		r.must(b.OpenSession(t.Context(), grace, false))
		late.Add(int64(30 * time.Minute))
	}
	want := []string{"session.opened by Grace", "session.ended by bench", "session.opened by Grace"}
	if got := r.told("session.opened", "session.ended"); !slices.Equal(got, want) {
		t.Errorf("the ledger says %q, want %q", got, want)
	}
}

// A session that cannot be written down is not opened; one that cannot be written down as ended is over all the same.
func TestBench_OpenSession_unwritten(t *testing.T) {
	r := newRig(t)
	full := errors.New("the disk is full")
	var broken atomic.Bool
	r.cfg.Hub = hubOf("1-1")
	r.cfg.Note = func(context.Context, inventory.Actor, ...inventory.Event) error {
		if broken.Load() {
			return full
		}
		return nil
	}
	b := r.bench()
	broken.Store(true)
	if err := b.OpenSession(t.Context(), grace, false); !errors.Is(err, full) || b.Session().Making {
		t.Errorf("opened with %v: %+v", err, b.Session())
	}
	broken.Store(false)
	r.must(b.OpenSession(t.Context(), grace, false))
	broken.Store(true)
	if err := b.EndSession(t.Context(), grace); !errors.Is(err, full) || b.Session().Making {
		t.Errorf("ended with %v: %+v", err, b.Session())
	}
}

// A session in which nothing is plugged in for half an hour is over, however long it was used before.
func TestBench_Watch_sessionIdle(t *testing.T) {
	var late atomic.Int64
	stock := []string{stationtest.Key(t, softkey.Config{}).AAGUID().String()}
	w := watch(t, func(c *station.Config) {
		c.Ask, c.Policy.Stock, c.Hub = nil, stock, hubOf("1-1")
		c.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	})
	w.must(w.bench.OpenSession(t.Context(), grace, false))
	for range 3 {
		late.Add(int64(29 * time.Minute))
		w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
		w.until("1-1", "READY")
		w.bus.pull("1-1")
		w.until("1-1", "EMPTY")
	}
	late.Add(int64(31 * time.Minute))
	if w.bench.Session().Making {
		t.Error("the session is open although nobody used it for half an hour")
	}
	w.bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	w.until("1-1", "YOUR ANSWER?")
	if got := w.told("session.ended"); !slices.Equal(got, []string{"session.ended by bench"}) {
		t.Errorf("the ledger says %q", got)
	}
}

// The end of the program ends the session.
func TestBench_Watch_endsSession(t *testing.T) {
	r := newRig(t)
	r.cfg.Bus, r.cfg.Note, r.cfg.Hub = newTray(), r.store.Note, hubOf("1-1")
	b := r.bench()
	r.must(b.OpenSession(t.Context(), grace, false))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r.must(b.Watch(ctx, nil))
	want := []string{"session.opened by Grace", "session.ended by bench"}
	if got := r.told("session.opened", "session.ended"); !slices.Equal(got, want) || b.Session().Making {
		t.Errorf("the ledger says %q, want %q; open: %v", got, want, b.Session().Making)
	}
}

// Only ports of the hub are making ports, and only stock models without a PIN are made there without asking.
func TestBench_Watch_makesWithoutAsking(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	w := watch(t, func(c *station.Config) {
		c.Ask, c.Policy.Stock, c.Hub = nil, []string{k.AAGUID().String()}, hubOf("1-1", "1-3")
	})
	w.must(w.bench.OpenSession(t.Context(), grace, false))
	w.bus.put("1-1", k)
	if tile := w.until("1-1", "READY"); tile.Place != 1 || tile.Label != "Port 1" {
		t.Errorf("the tile stands at place %d as %q", tile.Place, tile.Label)
	}
	w.bus.put("1-2", stationtest.Key(t, softkey.Config{}))
	w.until("1-2", "YOUR ANSWER?") // not on the hub
	w.bus.put("1-3", stationtest.Key(t, softkey.Config{Profile: "fido20"}))
	w.until("1-3", "YOUR ANSWER?") // not a model that we buy
}

// A key that was in before the session was opened asks as before, however its run comes to begin; plugged in again, it
// does not.
func TestBench_Watch_inBeforeSession(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(*watched, *softkey.Key) // the session is opened
		after  func(*watched)
	}{
		{"answered no and retried", func(w *watched, k *softkey.Key) {
			w.bus.put("1-1", k)
			w.answers("1-1", false)
			w.until("1-1", "LEFT ALONE")
		}, func(w *watched) { w.retry("1-1") }},
		{"held", func(w *watched, k *softkey.Key) {
			w.must(w.bench.Hold("", true))
			w.bus.put("1-1", k)
			w.until("1-1", "HOLD")
		}, func(w *watched) { w.must(w.bench.Hold("", false)) }},
		{"lost for a moment", func(w *watched, k *softkey.Key) {
			w.bus.put("1-1", k)
			w.answers("1-1", false)
			w.until("1-1", "LEFT ALONE")
		}, func(w *watched) { w.bus.again("1-1") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var late atomic.Int64
			k := stationtest.Key(t, softkey.Config{})
			w := watch(t, func(c *station.Config) {
				c.Ask, c.Policy.Stock, c.Hub = nil, []string{k.AAGUID().String()}, hubOf("1-1")
				c.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
			})
			tt.before(w, k)
			late.Add(int64(time.Minute))
			w.must(w.bench.OpenSession(t.Context(), grace, false))
			tt.after(w)
			for e := range w.events {
				if e.Tile.Word == "READY" {
					t.Fatal("it was wiped without asking")
				}
				if e.Tile.Word == "YOUR ANSWER?" {
					break
				}
			}
			w.bus.pull("1-1")
			w.until("1-1", "EMPTY")
			late.Add(int64(time.Minute))
			w.must(k.Plug())
			w.bus.put("1-1", k)
			w.until("1-1", "READY")
		})
	}
}

// A key that makes bad contact at a port of the hub, or that is plugged in beside it, is nobody at work: the session ends.
func TestBench_Watch_nobodyAtWork(t *testing.T) {
	for _, port := range []string{"1-1", "9-9"} {
		t.Run(port, func(t *testing.T) {
			var late atomic.Int64
			k := stationtest.Key(t, softkey.Config{Profile: "no-pin"})
			w := watch(t, func(c *station.Config) {
				c.Ask, c.Hub = nil, hubOf("1-1")
				c.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
			})
			w.bus.put(port, k)
			w.until(port, "LEFT ALONE")
			w.must(w.bench.OpenSession(t.Context(), grace, false))
			for range 2 {
				late.Add(int64(16 * time.Minute))
				w.bus.again(port)
				w.until(port, "LEFT ALONE")
			}
			if w.bench.Session().Making {
				t.Error("half an hour after the last key was plugged in the making session is open")
			}
		})
	}
}
