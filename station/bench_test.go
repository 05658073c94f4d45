package station_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/attest"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
	"keystation/station/usb"
)

// rig is a bench over a real database, real libfido2 and software keys.
type rig struct {
	t     testing.TB
	store *sqlite.Store
	cfg   station.Config
	seals *openSeals
	locks string
}

// openSeals is a sealer that a test can look into: the blob is a number.
type openSeals struct {
	mu   sync.Mutex
	pins []string
}

func (o *openSeals) Seal(run inventory.RunID, key inventory.KeyID, pin inventory.PIN) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pins = append(o.pins, string([]byte(pin)))
	return []byte(strconv.Itoa(len(o.pins) - 1)), nil
}

func (o *openSeals) open(blob []byte) inventory.PIN {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, err := strconv.Atoi(string(blob))
	if err != nil || i >= len(o.pins) {
		return nil
	}
	return inventory.PIN(o.pins[i])
}

// pinOf is the PIN that is sealed for a key.
func (r *rig) pinOf(key inventory.KeyID) inventory.PIN {
	r.t.Helper()
	s, err := r.store.LiveSeal(r.t.Context(), key)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.seals.open(s.Blob)
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return newRigIn(t, t.TempDir())
}

func newRigIn(t testing.TB, dir string) *rig {
	t.Helper()
	o, path := sqlite.Options{Locks: filepath.Join(dir, "locks")}, filepath.Join(dir, "keys.db")
	inventorytest.File(t, path)
	store, err := sqlite.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	owner, err := sqlite.NewOwner(o.Locks)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := owner.Close(); err != nil {
			t.Error(err)
		}
	})
	roots, err := attest.ParseRoots(softkey.RootPEM())
	if err != nil {
		t.Fatal(err)
	}
	policy := station.DefaultPolicy("localhost")
	policy.Roots = roots
	seals := &openSeals{}
	return &rig{t: t, store: store, seals: seals, locks: o.Locks, cfg: station.Config{
		Open: fido2.Open, Bus: usb.Bus{List: func(context.Context) ([]string, error) { return nil, nil }},
		Journal: store, Books: store, Sealer: seals, Policy: policy, Operator: inventory.Claimed("Grace"), Owner: owner.Name(),
		Wait: 10 * time.Second, Ask: yes,
	}}
}

func yes(context.Context, station.Question) (station.Answer, error) {
	return station.Answer{Yes: true, By: inventory.Claimed("Grace"), How: "in a test"}, nil
}

func no(context.Context, station.Question) (station.Answer, error) {
	return station.Answer{By: inventory.Claimed("Grace"), How: "in a test"}, nil
}

func (r *rig) bench() *station.Bench {
	r.t.Helper()
	b, err := station.New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// make takes the key at a path through a run.
func (r *rig) make(path string) station.Report {
	r.t.Helper()
	rep, err := r.bench().Make(r.t.Context(), station.Port{ID: path, Path: path}, inventory.Want{})
	if err != nil {
		r.t.Fatal(err)
	}
	return rep
}

func outcomes(rep station.Report) string {
	s := ""
	for _, st := range rep.Steps {
		s += fmt.Sprintf("%s:%s ", st.Name, st.Outcome)
	}
	return s
}

// endedAt is the step that ended the run: the last one that was not skipped.
func endedAt(rep station.Report) station.StepReport {
	var last station.StepReport
	for _, st := range rep.Steps {
		if st.Outcome != inventory.Skipped {
			last = st
		}
	}
	return last
}

func wantReady(t *testing.T, rep station.Report) {
	t.Helper()
	if rep.State == nil || *rep.State != inventory.Ready || rep.End != inventory.RunReady {
		t.Fatalf("the key is not ready: %s\nreasons: %q", outcomes(rep), rep.Reasons)
	}
	if len(rep.Steps) != len(inventory.Steps) {
		t.Errorf("%d steps are reported, want one for each of %d", len(rep.Steps), len(inventory.Steps))
	}
}

func TestBench_Make(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{})
	rep := r.make(k.Path())
	t.Log(outcomes(rep))
	wantReady(t, rep)
	if rep.Verdict != inventory.Genuine {
		t.Errorf("the verdict is %s, want genuine: %q", rep.Verdict, rep.Reasons)
	}
	if !slices.ContainsFunc(rep.Reasons, func(s string) bool { return s == "Grace allowed it to be wiped in a test (claimed)." }) {
		t.Errorf("the reasons do not say who allowed the key to be wiped: %q", rep.Reasons)
	}
	a := stationtest.Open(t, k.Path(), nil)
	info, err := a.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !info.HasPIN() || !info.ForcePINChange {
		t.Errorf("clientPin %v, forcePINChange %v: want both", info.HasPIN(), info.ForcePINChange)
	}
	// The sealed PIN is the one on the key: it changes the PIN, which clears the flag.
	if err := a.SetPIN(t.Context(), inventory.PIN("83926174"), r.pinOf(*rep.Key)); err != nil {
		t.Errorf("the sealed PIN does not open the key: %v", err)
	}
}

func TestBench_Make_profiles(t *testing.T) {
	for _, tc := range []struct {
		profile string
		end     inventory.RunEnd
		step    inventory.Step // that ended it; empty: ready
		known   bool
	}{
		{"modern", inventory.RunReady, "", false},
		{"fido20", inventory.RunReady, "", true},
		{"mute-when-forced", inventory.RunReady, "", true},
		{"always-uv", inventory.RunReady, "", false},
		{"no-pin", inventory.RunRefused, inventory.Identify, false},
		{"u2f-only", inventory.RunRefused, inventory.Identify, false},
	} {
		t.Run(tc.profile, func(t *testing.T) {
			r := newRig(t)
			rep := r.make(stationtest.Key(t, softkey.Config{Profile: tc.profile}).Path())
			t.Logf("%s\n%q", outcomes(rep), rep.Reasons)
			if rep.End != tc.end {
				t.Fatalf("the run ended %s, want %s: %q", rep.End, tc.end, rep.Reasons)
			}
			if tc.end != inventory.RunReady {
				if rep.Verdict != inventory.Unknown {
					t.Errorf("the verdict on a key that was never asked to prove itself is %q, want unknown", rep.Verdict)
				}
				if last := endedAt(rep); last.Name != tc.step || rep.Key != nil && tc.step == inventory.Identify {
					t.Errorf("the run ended at %s with key %v, want at %s", last.Name, rep.Key, tc.step)
				}
				return
			}
			key, err := r.store.Key(t.Context(), *rep.Key)
			if err != nil {
				t.Fatal(err)
			}
			if key.PINKnown != tc.known {
				t.Errorf("PIN known to the station is %v, want %v", key.PINKnown, tc.known)
			}
		})
	}
}

func TestBench_Make_stranger(t *testing.T) {
	r := newRig(t)
	r.cfg.Ask = no
	k := stationtest.Key(t, softkey.Config{})
	rep := r.make(k.Path())
	if rep.End != inventory.RunRefused || rep.Key != nil {
		t.Fatalf("a key that nobody knows was not left alone: %s", outcomes(rep))
	}
	a := stationtest.Open(t, k.Path(), nil)
	if info, err := a.Info(t.Context()); err != nil || info.HasPIN() {
		t.Errorf("the key was touched: PIN %v, %v", info.HasPIN(), err)
	}
}

func TestBench_Make_sixteenAtOnce(t *testing.T) {
	r := newRig(t)
	r.cfg.TouchSlots = 16
	b := r.bench()
	var wg sync.WaitGroup
	tags := make(chan inventory.AssetTag, 16)
	for range 16 {
		k := stationtest.Key(t, softkey.Config{})
		wg.Go(func() {
			rep, err := b.Make(t.Context(), station.Port{ID: k.Path(), Path: k.Path()}, inventory.Want{})
			if err != nil {
				t.Error(err)
				return
			}
			if rep.End != inventory.RunReady {
				t.Errorf("a key is not ready: %s %q", outcomes(rep), rep.Reasons)
			}
			tags <- rep.AssetTag
		})
	}
	wg.Wait()
	close(tags)
	seen := map[inventory.AssetTag]bool{}
	for tag := range tags {
		if seen[tag] {
			t.Errorf("two keys have the tag %s", tag)
		}
		seen[tag] = true
	}
	if len(seen) != 16 {
		t.Errorf("%d keys were made, want 16", len(seen))
	}
}

func TestBench_Make_again(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{})
	first := r.make(k.Path())
	wantReady(t, first)
	k.PowerCycle()
	second := r.make(k.Path())
	wantReady(t, second)
	if *first.Key != *second.Key {
		t.Error("the key was not known again by its tag credential")
	}
	if second.Steps[1].Outcome != inventory.Done {
		t.Errorf("the reset is %s, want done: a credential was known and is gone", second.Steps[1].Outcome)
	}
	live, err := r.store.Registrations(t.Context(), *second.Key)
	if err != nil || len(live) != 1 || live[0].Run != second.Run {
		t.Errorf("live registrations after a second run: %d, %v; want the new one only", len(live), err)
	}
}

// TestBench_Make_againForItsLine makes a ready key anew: it is still for the person it was made for, and the line of
// somebody else stays open.
func TestBench_Make_againForItsLine(t *testing.T) {
	books := inventorytest.Open(t)
	r := newRig(t)
	r.store, r.cfg.Journal, r.cfg.Books, r.cfg.Owner = books.Store, books.Store, books.Store, books.Owner.Name()
	k := stationtest.Key(t, softkey.Config{})
	first := r.make(k.Path())
	wantReady(t, first)
	before, err := r.store.Key(t.Context(), *first.Key)
	if err != nil || before.Line == "" {
		t.Fatalf("the first run took line %q, %v", before.Line, err)
	}
	k.PowerCycle()
	wantReady(t, r.make(k.Path()))
	after, err := r.store.Key(t.Context(), *first.Key)
	if err != nil || after.Line != before.Line {
		t.Errorf("the key is for line %s now, %v; want its own, %s", after.Line, err, before.Line)
	}
	o, err := r.store.Order(t.Context(), before.Line)
	if err != nil || o.Line.State != inventory.LineMade || o.Line.Key != *first.Key {
		t.Errorf("its line is %s with key %s, %v", o.Line.State, o.Line.Key, err)
	}
}

// TestBench_Make_noReplug waits for a replug that never comes: the reason is that, and not a touch.
func TestBench_Make_noReplug(t *testing.T) {
	r := newRig(t)
	r.cfg.Wait = 300 * time.Millisecond
	k := stationtest.Key(t, softkey.Config{ResetWindow: time.Nanosecond})
	rep := r.make(k.Path())
	if rep.End != inventory.RunWaiting || len(rep.Reasons) == 0 || !strings.Contains(rep.Reasons[len(rep.Reasons)-1], "unplugged and plugged in again before it can be reset") {
		t.Errorf("the run ended %s with %q, want waiting for a replug", rep.End, rep.Reasons)
	}
}

func TestBench_Make_replug(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{ResetWindow: time.Nanosecond})
	feed := station.NewFeed()
	r.cfg.Feed = feed
	_, events := feed.Subscribe(t.Context())
	go func() {
		for e := range events {
			if e.Tile.Word == "REPLUG" {
				return
			}
		}
	}()
	r.cfg.Wait = time.Second
	rep := r.make(k.Path())
	if rep.End != inventory.RunWaiting || endedAt(rep).Outcome != inventory.Waiting {
		t.Fatalf("a key whose window has passed and that nobody replugs: %s %q", outcomes(rep), rep.Reasons)
	}
}
