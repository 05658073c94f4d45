package station_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// restarting is the bus of a key that leaves it after a reset, for so many looks.
type restarting struct {
	station.Bus
	away *atomic.Int32
}

func (b restarting) At(ctx context.Context, id string) (station.Port, error) {
	if b.away.Add(-1) >= 0 {
		return station.Port{}, station.NothingAt(id)
	}
	return b.Bus.At(ctx, id)
}

type resetting struct {
	station.Authenticator
	away *atomic.Int32
}

func (k resetting) Reset(ctx context.Context) error {
	err := k.Authenticator.Reset(ctx)
	k.away.Store(2)
	return err
}

// TestBench_Make_startsAnew makes a key that is gone for a moment after its reset, as if somebody had replugged it.
func TestBench_Make_startsAnew(t *testing.T) {
	r := newRig(t)
	var away atomic.Int32
	r.cfg.Bus = restarting{r.cfg.Bus, &away}
	open := r.cfg.Open
	r.cfg.Open = func(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
		a, err := open(ctx, path, heard)
		if err != nil {
			return nil, err
		}
		return resetting{a, &away}, nil
	}
	rep := r.make(stationtest.Key(t, softkey.Config{}).Path())
	wantReady(t, rep)
	if rep.Steps[1].Name != inventory.Reset || away.Load() >= 0 {
		t.Errorf("the key was not looked for again: %s", outcomes(rep))
	}
}

// TestBench_Make_touchAfterReplug power-cycles a key behind a pseudo-terminal, where nobody but the key can tell: the
// tile goes from REPLUG to TOUCH, since now it is the finger that is missing.
func TestBench_Make_touchAfterReplug(t *testing.T) {
	r := newRig(t)
	r.cfg.Feed = station.NewFeed()
	_, events := r.cfg.Feed.Subscribe(t.Context())
	var late atomic.Int64
	k := stationtest.Key(t, softkey.Config{
		Touch: softkey.TouchManual, Now: func() time.Time { return time.Now().Add(time.Duration(late.Load())) },
	})
	late.Store(int64(time.Minute))
	ended := make(chan station.Report, 1)
	go func() { ended <- r.make(k.Path()) }()
	said := map[string]bool{}
	for e := range events {
		switch word := e.Tile.Word; {
		case word == "REPLUG" && !said[word]:
			said[word] = true
			k.PowerCycle()
		case word == "TOUCH":
			k.Touch()
		case word == "READY":
			wantReady(t, <-ended)
			return
		case e.Tile.Tone == station.Bad || word == "PLUG IN AGAIN":
			t.Fatalf("the tile says %s: %s", word, e.Tile.Sentence)
		}
	}
}

// falling is a key that loses its power when it is asked who it is after a replug was asked for, once.
type falling struct {
	station.Authenticator
	fall func() bool
}

func (k falling) Assert(ctx context.Context, o station.RequestOptions, pin inventory.PIN) (station.Assertion, error) {
	if k.fall() {
		return station.Assertion{}, errors.New("the line went dead")
	}
	return k.Authenticator.Assert(ctx, o, pin)
}

// TestBench_Make_replugWhileAsked plugs a known key in again just while the bench asks whether it is the same.
func TestBench_Make_replugWhileAsked(t *testing.T) {
	r := newRig(t)
	r.cfg.Feed = station.NewFeed()
	var late atomic.Int64
	k := stationtest.Key(t, softkey.Config{Now: func() time.Time { return time.Now().Add(time.Duration(late.Load())) }})
	wantReady(t, r.make(k.Path()))
	late.Store(int64(time.Minute))
	var fell atomic.Bool
	open := r.cfg.Open
	r.cfg.Open = func(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
		a, err := open(ctx, path, heard)
		if err != nil {
			return nil, err
		}
		return falling{a, func() bool {
			tile, _ := r.cfg.Feed.Tile(k.Path())
			if tile.Word != "REPLUG" || fell.Swap(true) {
				return false
			}
			k.PowerCycle()
			return true
		}}, nil
	}
	wantReady(t, r.make(k.Path()))
	if !fell.Load() {
		t.Error("the key was reset without being asked if it is the same")
	}
}

// TestBench_Make_neverReset makes a key that calls every reset late. Where a replug can be seen it is refused when it has
// had two, and nobody is told that there was none.
func TestBench_Make_neverReset(t *testing.T) {
	for _, status := range []ctap.Status{ctap.ErrNotAllowed, ctap.ErrPINAuthBlocked} {
		s := newStand(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepReset, Status: status}}}, func(c *station.Config) {
			c.Wait = time.Minute
		})
		e := s.run(inventory.Want{})
		s.wantTold(e)
		if e.End != inventory.RunRefused || !strings.HasPrefix(e.said(), "The key allows no reset") || s.replugs != 2 {
			t.Errorf("%s: the run ended %s after %d replugs: %s", status.Name(), e.End, s.replugs, e.said())
		}
	}
}
