package station_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// What follows are keys that look like one of ours and are not. A whole series may carry one USB serial.

// sameSerial is a tray on which every key says that it has the same serial.
type sameSerial struct {
	*tray
	serial string
}

func (b sameSerial) At(ctx context.Context, id string) (station.Port, error) {
	p, err := b.tray.At(ctx, id)
	p.Serial = b.serial
	return p, err
}

// lookalikes is a bench on which two ports have keys with one serial, and what it asked.
type lookalikes struct {
	*rig
	bus   sameSerial
	mu    sync.Mutex
	asked []string
}

func newLookalikes(t *testing.T, answer bool) *lookalikes {
	l := &lookalikes{rig: newRig(t), bus: sameSerial{newTray(), "SERIES-7"}}
	l.cfg.Bus, l.cfg.Wait = l.bus, 500*time.Millisecond
	l.cfg.Ask = func(_ context.Context, q station.Question) (station.Answer, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.asked = append(l.asked, q.Text)
		return station.Answer{Yes: answer, By: l.cfg.Operator, How: "in a test"}, nil
	}
	return l
}

func (l *lookalikes) put(port string, cfg softkey.Config) *softkey.Key {
	l.t.Helper()
	k := stationtest.Key(l.t, cfg)
	l.bus.put(port, k)
	return k
}

func (l *lookalikes) makeAt(b *station.Bench, port string) station.Report {
	l.t.Helper()
	p, err := l.bus.At(l.t.Context(), port)
	l.must(err)
	rep, err := b.Make(l.t.Context(), p, inventory.Want{})
	l.must(err)
	return rep
}

// session opens a making session for the model at both ports.
func (l *lookalikes) session(k *softkey.Key) *station.Bench {
	l.t.Helper()
	l.cfg.Policy.Stock, l.cfg.Hub = []string{k.AAGUID().String()}, hubOf("1-1", "1-2")
	b := l.bench()
	l.must(b.OpenSession(l.t.Context(), l.cfg.Operator, false))
	return b
}

// owned sets a PIN on a key as its owner would.
func owned(t *testing.T, k *softkey.Key) {
	t.Helper()
	a := stationtest.Open(t, k.Path(), nil)
	defer a.Close()
	if err := a.SetPIN(t.Context(), inventory.PIN("71717171"), nil); err != nil {
		t.Fatal(err)
	}
}

// TestBench_Make_serialOfAnother: a run ends before its key has a tag. Somebody's key with the same serial comes, and has
// its owner's PIN: it is asked about.
func TestBench_Make_serialOfAnother(t *testing.T) {
	l := newLookalikes(t, true)
	l.put("1-1", softkey.Config{Touch: softkey.TouchNever})
	b := l.bench()
	if rep := l.makeAt(b, "1-1"); rep.End != inventory.RunWaiting {
		t.Fatalf("the first run ended %s", rep.End)
	}
	owned(t, l.put("1-2", softkey.Config{}))
	before := len(l.asked)
	rep := l.makeAt(b, "1-2")
	if len(l.asked) == before {
		t.Errorf("nobody was asked about a key with a PIN: %s", outcomes(rep))
	}
}

// TestBench_Make_serialOfReady: in a making session a second key with the serial of a ready one is asked about, and the
// ready one keeps its row and its PIN.
func TestBench_Make_serialOfReady(t *testing.T) {
	l := newLookalikes(t, false)
	b := l.session(l.put("1-1", softkey.Config{}))
	first := l.makeAt(b, "1-1")
	wantReady(t, first)
	l.put("1-2", softkey.Config{})
	second := l.makeAt(b, "1-2")
	if len(l.asked) != 1 || !strings.Contains(l.asked[0], string(first.AssetTag)) || second.End != inventory.RunRefused {
		t.Errorf("the second run ended %s; asked: %q", second.End, l.asked)
	}
	if len(l.pinOf(*first.Key)) == 0 {
		t.Error("the first key's PIN is gone")
	}
}

// TestBench_Make_serialAtOnce: two keys with one serial at two ports at the same time are two keys.
func TestBench_Make_serialAtOnce(t *testing.T) {
	l := newLookalikes(t, true)
	slow := l.put("1-1", softkey.Config{Touch: softkey.TouchManual})
	l.put("1-2", softkey.Config{})
	l.cfg.Wait, l.cfg.Feed = 10*time.Second, station.NewFeed()
	b := l.bench()
	_, events := l.cfg.Feed.Subscribe(t.Context())
	first := make(chan station.Report, 1)
	go func() { first <- l.makeAt(b, "1-1") }()
	for e := range events {
		if e.Tile.Word == "TOUCH" {
			break
		}
	}
	if second := l.makeAt(b, "1-2"); second.End != inventory.RunRefused || !strings.Contains(second.Reasons[0], "two keys") {
		t.Errorf("the second run ended %s: %q", second.End, second.Reasons)
	}
	go func() {
		for e := range events {
			if e.Tile.Word == "TOUCH" {
				slow.Touch()
			}
		}
	}()
	slow.Touch()
	wantReady(t, <-first)
}

// TestBench_Make_neverAtOpening: what counts for the never-list is the key that is opened, not the one that was seen.
func TestBench_Make_neverAtOpening(t *testing.T) {
	l := newLookalikes(t, true)
	l.cfg.Policy.NeverSerials = []string{"SERIES-7"}
	l.put("1-1", softkey.Config{})
	rep, err := l.bench().Make(t.Context(), station.Port{ID: "1-1"}, inventory.Want{}) // seen without its serial
	if err != nil || rep.End != inventory.RunRefused || endedAt(rep).Name != inventory.Identify || len(l.asked) != 0 {
		t.Errorf("the run ended %s at %s, %v; asked: %q", rep.End, endedAt(rep).Name, err, l.asked)
	}
}

// absent is a tray whose key is away after its reset for so many looks, and comes back as another plugging-in.
type absent struct {
	*tray
	looks atomic.Int32
}

func (b *absent) At(ctx context.Context, id string) (station.Port, error) {
	if n := b.looks.Add(-1); n >= 0 {
		if n == 0 {
			b.mu.Lock()
			b.plug[id]++
			b.mu.Unlock()
		}
		return station.Port{}, station.NothingAt(id)
	}
	return b.tray.At(ctx, id)
}

// TestBench_Make_awayAfterReset: a key that restarts after its reset is gone for a moment. One that is away for as long as
// hands need may be another key that was never reset, and is not made in the first one's place.
func TestBench_Make_awayAfterReset(t *testing.T) {
	for _, tt := range []struct {
		name  string
		looks int32 // five a second
		end   inventory.RunEnd
	}{
		{"restarts", 2, inventory.RunReady},
		{"is exchanged", 13, inventory.RunWaiting},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, bus := newRig(t), &absent{tray: newTray()}
			bus.put("1-1", stationtest.Key(t, softkey.Config{}))
			r.cfg.Bus = bus
			open := r.cfg.Open
			r.cfg.Open = func(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
				a, err := open(ctx, path, heard)
				return leaving{a, func() { bus.looks.Store(tt.looks) }}, err
			}
			port, err := bus.tray.At(t.Context(), "1-1")
			if err != nil {
				t.Fatal(err)
			}
			rep, err := r.bench().Make(t.Context(), port, inventory.Want{})
			if err != nil || rep.End != tt.end {
				t.Errorf("the run ended %s, %v; want %s: %q", rep.End, err, tt.end, rep.Reasons)
			}
		})
	}
}

// leaving is a key that leaves the bus when it was reset.
type leaving struct {
	station.Authenticator
	left func()
}

func (k leaving) Reset(ctx context.Context) error {
	err := k.Authenticator.Reset(ctx)
	k.left()
	return err
}
