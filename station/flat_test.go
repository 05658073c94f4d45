package station_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// flatRuns is how many runs the test makes, and how many it makes when it is asked for the long way: make soak.
const (
	flatRuns = 120
	soakRuns = 10_000
)

// footprint is what the process holds.
type footprint struct {
	goroutines, files int
	heap              uint64 // bytes alive after a collection
	held              fido2.Memory
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %d kB heap, %d C keys, %d C objects, %d kB C bytes",
		f.goroutines, f.files, f.heap>>10, f.held.Keys, f.held.Objects, f.held.Bytes>>10)
}

func measure(t *testing.T) footprint {
	t.Helper()
	debug.FreeOSMemory()
	runtime.GC()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("This test counts open files in /proc: %v", err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{runtime.NumGoroutine(), len(files), m.HeapAlloc, fido2.Held()}
}

// TestFlat makes the same keys again and again at three ports: one that is made, one that falls out in the middle of its
// run, one that is somebody's and is left alone. What the process holds must not grow with the number of runs.
func TestFlat(t *testing.T) {
	t.Parallel()
	if !stationtest.Uncached(t) {
		return
	}
	runs, caches := flatRuns, int64(4<<20) // SQLite's caches are still filling up
	if os.Getenv("KEYSTATION_SOAK") != "" {
		runs, caches = soakRuns, 64<<10
	}
	s := newStand(t, softkey.Config{}, func(c *station.Config) { c.Ask = askTwoPorts })
	falls := stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepSetPIN, Kind: softkey.Unplugged}}})
	strange := stationtest.Key(t, softkey.Config{Profile: "fido20"})
	s.bus.put("falls", falls)
	s.bus.put("strange", strange)
	var before footprint
	began := time.Now()
	for i := range runs {
		if i == runs/4 { // by then every cache is as full as it gets
			before = measure(t)
		}
		s.flatRound(t, i, falls)
	}
	after := measure(t)
	t.Logf("%d runs in %v\nbefore: %v\nafter:  %v", runs, time.Since(began).Round(time.Second), before, after)
	if after.goroutines > before.goroutines || after.files > before.files {
		t.Errorf("goroutines or files grew")
	}
	if after.held.Keys > before.held.Keys || after.held.Objects > before.held.Objects || after.held.Bytes > before.held.Bytes+caches {
		t.Errorf("what C holds grew")
	}
	if after.heap > before.heap+before.heap/4+1<<20 {
		t.Errorf("the heap grew")
	}
}

// askTwoPorts lets the keys be made that are made again and again, and says no to the strange one.
func askTwoPorts(_ context.Context, q station.Question) (station.Answer, error) {
	return station.Answer{Yes: q.Port.ID != "strange", By: inventory.Claimed("Grace"), How: "in a test"}, nil
}

// flatRound is one run of each ten kinds: eight good ones, one that falls out, one strange.
func (s *stand) flatRound(t *testing.T, i int, falls *softkey.Key) {
	t.Helper()
	switch i % 10 {
	case 3:
		falls.Unplug()
		if err := falls.Plug(); err != nil {
			t.Fatal(err)
		}
		s.bus.put("falls", falls)
		s.flatRun(t, "falls", inventory.RunFailed)
	case 7:
		s.flatRun(t, "strange", inventory.RunRefused)
	default:
		s.key.PowerCycle()
		s.flatRun(t, standPort, inventory.RunReady)
	}
}

func (s *stand) flatRun(t *testing.T, port string, want inventory.RunEnd) {
	t.Helper()
	p, err := s.bus.At(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := s.bench.Make(t.Context(), p, inventory.Want{})
	if err != nil || rep.End != want {
		t.Fatalf("at %s the run ended %s, %v; want %s: %q", port, rep.End, err, want, rep.Reasons)
	}
}
