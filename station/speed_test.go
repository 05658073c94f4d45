package station_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBare_sameCommands holds the bare program to what the station does: the same messages in the same order, so that
// a benchmark which puts their times side by side compares like with like.
func TestBare_sameCommands(t *testing.T) {
	bare := stationtest.BuildBare(t)
	_, theirs := bareRun(t, bare, softkey.Instant)
	ours := stationRun(t, t.TempDir(), softkey.Instant).traffic
	if slices.Equal(ours.Asked, theirs.Asked) {
		return
	}
	t.Errorf("testdata/bare/bare.c does not do what the station does.\nstation:\n  %s\nbare:\n  %s",
		strings.Join(ours.Asked, "\n  "), strings.Join(theirs.Asked, "\n  "))
}

// bareRun makes a fresh key with the bare program.
func bareRun(t testing.TB, bare stationtest.Bare, latency softkey.Latency) ([]stationtest.Lap, stationtest.Traffic) {
	t.Helper()
	k, wire := stationtest.Wired(t, softkey.Config{Latency: latency})
	laps := bare.Run(t, k.Path(), minPIN)
	return laps, wire.Traffic()
}

// timed is one run of the station.
type timed struct {
	total, books time.Duration
	laps         []lap
	commits      int
	bytes        uint64 // allocated, by the station and the software key
	allocations  uint64
	traffic      stationtest.Traffic
}

// stationRun makes a fresh key over a fresh inventory below dir, so that it is the first of its model.
func stationRun(t testing.TB, dir string, latency softkey.Latency) timed {
	t.Helper()
	dir, err := os.MkdirTemp(dir, "keystation-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // after what the rig cleans up
	r, books := newClockedRig(t, dir, 1)
	k, wire := stationtest.Wired(t, softkey.Config{Latency: latency})
	bench := r.bench()
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	began := time.Now()
	rep, err := bench.Make(t.Context(), station.Port{ID: k.Path(), Path: k.Path()}, inventory.Want{})
	took := time.Since(began)
	runtime.ReadMemStats(&m1)
	if err := errors.Join(err, r.store.Close()); err != nil {
		t.Fatal(err)
	}
	mustBeReady(t, rep)
	run := timed{
		total: took, laps: books.laps, commits: books.commits, traffic: wire.Traffic(),
		bytes: m1.TotalAlloc - m0.TotalAlloc, allocations: m1.Mallocs - m0.Mallocs,
	}
	for _, l := range run.laps {
		run.books += l.books
	}
	return run
}

func mustBeReady(t testing.TB, rep station.Report) {
	t.Helper()
	if rep.End != inventory.RunReady {
		t.Fatalf("a key is not ready: %s %q", outcomes(rep), rep.Reasons)
	}
}

// BenchmarkRun makes keys with the station and with the bare C program in turn, and says where the time goes. It
// prints its tables itself, between the lines of the benchmarks, which would cut them short.
func BenchmarkRun(b *testing.B) {
	bare := stationtest.BuildBare(b)
	for _, tc := range []struct {
		name, key, aim string
		latency        softkey.Latency
		pairs          int // at least
		met            func([]pair) string
	}{
		{"instant", "one key that answers at once", "Aim: at most 40 ms of the station's own.", softkey.Instant, 15, func(all []pair) string { return atMost(ms(middle(all, pair.own)), 40) }},
		{"real", "one key as slow as a real one", "Aim: at most 5 % over bare.", softkey.Real, 5, func(all []pair) string { return atMost(middle(all, pair.overPercent), 5) }},
	} {
		var pairs []pair
		b.Run(tc.name, func(b *testing.B) {
			for b.Loop() {
				pairs = append(pairs, makePair(b, bare, tc.latency))
			}
			for len(pairs) < tc.pairs {
				pairs = append(pairs, makePair(b, bare, tc.latency))
			}
			reportPairs(b, pairs)
			if last := pairs[len(pairs)-1]; !slices.Equal(last.ours.traffic.Asked, last.theirs.Asked) {
				b.Error("the station and bare ask the key for different things: their times do not compare")
			}
		})
		if len(pairs) >= tc.pairs { // else it was not chosen, or it failed
			fmt.Println(tellPairs(tc.key, tc.aim+" "+tc.met(pairs), pairs))
		}
	}
}

func makePair(b *testing.B, bare stationtest.Bare, latency softkey.Latency) pair {
	b.Helper()
	p := pair{ours: stationRun(b, b.TempDir(), latency)}
	p.laps, p.theirs = bareRun(b, bare, latency)
	if hasMemory() {
		p.inMemory = stationRun(b, inMemory, latency)
	}
	return p
}

// BenchmarkSixteen makes one key as slow as a real one, then sixteen of them at once.
func BenchmarkSixteen(b *testing.B) {
	var rounds []sixteen
	var inTurn time.Duration
	b.Run("real", func(b *testing.B) {
		for b.Loop() {
			rounds = append(rounds, makeSixteen(b))
		}
		for len(rounds) < 3 {
			rounds = append(rounds, makeSixteen(b))
		}
		inTurn, _ = keysAtOnce(b, 16, 1)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(middle(rounds, sixteen.ratio), "sixteen/one")
	})
	if inTurn > 0 {
		fmt.Println(tellSixteen(rounds, inTurn))
	}
}

func makeSixteen(b *testing.B) (s sixteen) {
	b.Helper()
	s.one, _ = keysAtOnce(b, 1, 16)
	s.all, s.each = keysAtOnce(b, 16, 16)
	return s
}

// keysAtOnce makes n keys at n ports and gives how long the whole took, and how long each.
func keysAtOnce(b *testing.B, n, slots int) (time.Duration, []time.Duration) {
	b.Helper()
	r, _ := newClockedRig(b, b.TempDir(), n)
	r.cfg.TouchSlots, r.cfg.Wait = slots, time.Minute
	// With few slots a key waits for its turn longer than the ten seconds in which it takes a reset.
	cfg := softkey.Config{Latency: softkey.Real, ResetWindow: time.Minute}
	var keys []*softkey.Key
	for range n {
		keys = append(keys, stationtest.Key(b, cfg))
	}
	bench, each := r.bench(), make([]time.Duration, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i, k := range keys {
		wg.Go(func() {
			rep, err := bench.Make(b.Context(), station.Port{ID: k.Path(), Path: k.Path()}, inventory.Want{})
			each[i] = time.Since(began)
			if err != nil || rep.End != inventory.RunReady {
				b.Errorf("a key is not ready: %s %q %v", outcomes(rep), rep.Reasons, err)
			}
		})
	}
	wg.Wait()
	return time.Since(began), each
}
