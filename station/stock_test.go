package station_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// stockBench is a bench with a making session for stock at the ports.
func (r *rig) stockBench(ports ...string) *station.Bench {
	r.t.Helper()
	r.cfg.Hub = hubOf(ports...)
	b := r.bench()
	r.must(b.OpenSession(r.t.Context(), grace, true))
	return b
}

func portOf(k *softkey.Key) station.Port { return station.Port{ID: k.Path(), Path: k.Path()} }

// makeAt takes the key through a run of this bench.
func (r *rig) makeAt(b *station.Bench, k *softkey.Key) station.Report {
	r.t.Helper()
	rep, err := b.Make(r.t.Context(), portOf(k), inventory.Want{})
	r.must(err)
	return rep
}

// inStock makes the key for stock.
func (r *rig) inStock(k *softkey.Key) station.Report {
	r.t.Helper()
	rep := r.makeAt(r.stockBench(k.Path()), k)
	wantStocked(r.t, rep)
	return rep
}

func wantStocked(t testing.TB, rep station.Report) {
	t.Helper()
	if rep.End != inventory.RunStocked || rep.State == nil || *rep.State != inventory.Received {
		t.Fatalf("the key is not in stock: %s %s %q", rep.End, outcomes(rep), rep.Reasons)
	}
}

func hasPIN(t testing.TB, k *softkey.Key) bool {
	t.Helper()
	a := stationtest.Open(t, k.Path(), nil)
	defer a.Close()
	info, err := a.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.HasPIN()
}

// A key that is made for stock is judged and tagged, has no PIN, and takes no line.
func TestBench_Make_stock(t *testing.T) {
	books := inventorytest.Open(t)
	r := newRig(t)
	r.over(books)
	before, err := r.store.OpenLines(t.Context(), 0)
	r.must(err)
	k := stationtest.Key(t, softkey.Config{})
	rep := r.inStock(k)
	want := "identify:done reset:unproven tag:done seal:skipped set-pin:skipped configure:skipped prove:skipped register:skipped force:skipped record:done "
	if got := outcomes(rep); got != want {
		t.Errorf("the steps are\n%s, want\n%s", got, want)
	}
	if rep.Verdict != inventory.Genuine || rep.Packet != nil {
		t.Errorf("verdict %s, packet %v", rep.Verdict, rep.Packet)
	}
	if hasPIN(t, k) {
		t.Error("a key in stock has a PIN")
	}
	if _, err := r.store.LiveSeal(t.Context(), *rep.Key); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("a PIN is sealed for it: %v", err)
	}
	after, err := r.store.OpenLines(t.Context(), 0)
	if err != nil || len(after) != len(before) {
		t.Errorf("%d lines were open and %d are, %v", len(before), len(after), err)
	}
	d, err := r.store.RunDossier(t.Context(), rep.Run)
	r.must(err)
	for _, e := range d.Entries {
		if e.Step == inventory.SetPIN && e.Outcome == inventory.Skipped && e.Note == "made for stock: done when a line takes the key" {
			return
		}
	}
	t.Errorf("the journal does not say why no PIN was set: %+v", d.Entries)
}

// A key from stock is finished without a reset, a replug or a touch, long after its reset window passed.
func TestBench_Make_finish(t *testing.T) {
	books := inventorytest.Open(t)
	r := newRig(t)
	r.over(books)
	k := stationtest.Key(t, softkey.Config{})
	first := r.inStock(k)
	k.PowerCycle()
	r.cfg.Feed = station.NewFeed()
	_, events := r.cfg.Feed.Subscribe(t.Context())
	second := r.make(k.Path())
	wantReady(t, second)
	if *second.Key != *first.Key || second.Run == first.Run || second.Verdict != inventory.Genuine {
		t.Errorf("another key, or the same run: %+v", second)
	}
	if got := outcomes(second); !strings.HasPrefix(got, "identify:done reset:skipped tag:skipped seal:done set-pin:done ") {
		t.Errorf("the steps are %s", got)
	}
	for len(events) > 0 {
		if e := <-events; e.Tile.Tone == station.Hands {
			t.Errorf("hands were asked for: %s", e.Tile.Word)
		}
	}
	wantWhole(t, r, k.Path(), k.AAGUID().String())
	live, err := r.store.Registrations(t.Context(), *second.Key)
	if err != nil || live[0].Run != first.Run {
		t.Errorf("its tag is of run %s, %v; want the one that was made for stock", live[0].Run, err)
	}
	d, err := r.store.RunDossier(t.Context(), second.Run)
	r.must(err)
	if !slices.ContainsFunc(d.Entries, func(e inventory.Entry) bool {
		return e.Step == inventory.Reset && strings.HasPrefix(e.Note, "made for stock on ") && strings.HasSuffix(e.Note, ": its tag answers")
	}) {
		t.Errorf("the journal does not say why the key was not reset: %+v", d.Entries)
	}
	if d.For == nil || d.For.Number != "R-1001" {
		t.Errorf("it was made for %+v", d.For)
	}
}

// Without a line a key from stock stays there, whoever asks, and gets no second row.
func TestBench_Make_staysInStock(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{})
	first := r.inStock(k)
	for name, rep := range map[string]station.Report{"no line waits": r.make(k.Path()), "made for stock again": r.makeAt(r.stockBench(k.Path()), k)} {
		wantStocked(t, rep)
		if *rep.Key != *first.Key || !strings.HasPrefix(outcomes(rep), "identify:done reset:skipped tag:skipped seal:skipped") {
			t.Errorf("%s: %s", name, outcomes(rep))
		}
	}
	if hasPIN(t, k) {
		t.Error("it has a PIN now")
	}
}

// What is no more as the bench left it is made like any other key.
func TestBench_Make_finish_ordinary(t *testing.T) {
	tests := []struct {
		name   string
		change func(*testing.T, *rig, *softkey.Key)
		asks   bool
	}{
		{"it has a PIN by now", func(t *testing.T, _ *rig, k *softkey.Key) {
			a := stationtest.Open(t, k.Path(), nil)
			defer a.Close()
			if err := a.SetPIN(t.Context(), inventory.PIN("24681357"), nil); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"it was reset since", func(t *testing.T, _ *rig, k *softkey.Key) {
			a := stationtest.Open(t, k.Path(), nil)
			defer a.Close()
			if err := a.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.over(inventorytest.Open(t))
			k := stationtest.Key(t, softkey.Config{})
			r.inStock(k)
			tt.change(t, r, k)
			k.PowerCycle()
			rep := r.make(k.Path())
			wantReady(t, rep)
			if rep.Steps[1].Outcome == inventory.Skipped || rep.Steps[2].Outcome != inventory.Done {
				t.Errorf("the steps are %s, want a reset and a tag", outcomes(rep))
			}
			if tt.asks != slices.ContainsFunc(rep.Reasons, func(s string) bool { return strings.Contains(s, "allowed it to be wiped") }) {
				t.Errorf("the reasons are %q; asked should be %v", rep.Reasons, tt.asks)
			}
		})
	}
}

// What a person accepted then holds; a policy that refuses unproven models now does not let such a key pass.
func TestBench_Make_finish_unproven(t *testing.T) {
	for _, tt := range []struct {
		policy inventory.Choice
		end    inventory.RunEnd
	}{{inventory.AskUnknown, inventory.RunReady}, {inventory.RefuseUnknown, inventory.RunRefused}} {
		t.Run(string(tt.policy), func(t *testing.T) {
			r := newRig(t)
			r.over(inventorytest.Open(t))
			r.cfg.Policy.Roots = station.DefaultPolicy("localhost").Roots // nothing proves what it is
			k := stationtest.Key(t, softkey.Config{})
			if first := r.inStock(k); first.Verdict != inventory.Unknown {
				t.Fatalf("the verdict is %s", first.Verdict)
			}
			k.PowerCycle()
			r.cfg.Ask, r.cfg.Policy.Unknown = no, tt.policy
			rep := r.make(k.Path())
			if rep.End != tt.end || rep.Verdict != inventory.Unknown {
				t.Errorf("it ended %s with %s: %s %q", rep.End, rep.Verdict, outcomes(rep), rep.Reasons)
			}
			if !slices.ContainsFunc(rep.Reasons, func(s string) bool { return strings.Contains(s, "accepted its unproven model") }) && tt.end == inventory.RunReady {
				t.Errorf("the reasons do not say who accepted it: %q", rep.Reasons)
			}
		})
	}
}

// A model that gives no tag before it has a PIN cannot wait in stock: nothing would prove later that it is this key.
func TestBench_Make_stock_lateTag(t *testing.T) {
	r := newRig(t)
	k := stationtest.Key(t, softkey.Config{Profile: "always-uv"})
	rep := r.makeAt(r.stockBench(k.Path()), k)
	if rep.End != inventory.RunRefused || !strings.Contains(rep.Reasons[len(rep.Reasons)-1], "not made for stock") {
		t.Errorf("it ended %s: %s %q", rep.End, outcomes(rep), rep.Reasons)
	}
	if hasPIN(t, k) {
		t.Error("it has a PIN")
	}
}

// A pinned line comes before the stock.
func TestBench_Watch_stock(t *testing.T) {
	w, _ := watchLines(t, nil)
	w.must(w.bench.OpenSession(t.Context(), grace, true))
	w.must(w.bench.Pin(t.Context(), "1-2", w.line("R-1002", inventory.Primary)))
	tile := w.plugIn("1-1", stationtest.Key(t, softkey.Config{}), "STOCKED")
	if !tile.Stock || tile.Running || tile.For != "" || !strings.HasPrefix(tile.Sentence, tile.Tag+" is in stock") {
		t.Errorf("the tile of a key for stock: %+v", tile)
	}
	if tile := w.plugIn("1-2", stationtest.Key(t, softkey.Config{}), "READY"); tile.Stock || !strings.Contains(tile.For, "R-1002") {
		t.Errorf("the tile of a pinned line: %+v", tile)
	}
}

// run dies at its n-th write; over tells that it had fewer.
func (r *rig) diesAtWrite(at int64, after bool, run func(*station.Bench) error) (over bool) {
	r.t.Helper()
	owner, err := sqlite.NewOwner(r.locks)
	r.must(err)
	cfg := r.cfg
	cfg.Owner, cfg.Journal = owner.Name(), &dying{Journal: r.store, at: at, after: after}
	b, err := station.New(cfg)
	r.must(err)
	err = run(b)
	r.must(owner.Close())
	if err != nil && !errors.Is(err, errDied) {
		r.t.Fatalf("the run ended with another error: %v", err)
	}
	return err == nil
}

// TestBench_Recover_stock lets the process die at every write of a run for stock, before and after it. The next start
// finds nothing half made, and the key comes into stock, as one key with one live tag and without a PIN.
func TestBench_Recover_stock(t *testing.T) {
	over := false
	for at := int64(1); !over; at++ {
		for _, after := range []bool{false, true} {
			r := newRig(t)
			k := stationtest.Key(t, softkey.Config{})
			r.cfg.Hub = hubOf(k.Path())
			over = r.diesAtWrite(at, after, func(b *station.Bench) error {
				r.must(b.OpenSession(t.Context(), grace, true))
				_, err := b.Make(t.Context(), portOf(k), inventory.Want{})
				return err
			})
			k.PowerCycle()
			b := r.stockBench(k.Path())
			r.must(b.Recover(t.Context()))
			wantStocked(t, r.makeAt(b, k))
			wantInStock(t, r, k)
		}
		t.Logf("died at write %d: %v", at, !over)
	}
}

func wantInStock(t *testing.T, r *rig, k *softkey.Key) {
	t.Helper()
	left, err := r.store.Unfinished(t.Context(), "nobody")
	if err != nil || len(left) != 0 {
		t.Errorf("%d runs have no end, %v", len(left), err)
	}
	tags, err := r.store.LiveTags(t.Context(), k.AAGUID().String(), 10)
	if err != nil || len(tags) != 1 {
		t.Fatalf("%d tags are live, %v", len(tags), err)
	}
	key, err := r.store.Key(t.Context(), tags[0].Key)
	if err != nil || key.State != inventory.Received || !key.Verdict.Allows(true) {
		t.Errorf("the key is %s (%s), %v", key.State, key.Verdict, err)
	}
	if hasPIN(t, k) {
		t.Error("the key has a PIN")
	}
}

// TestBench_Recover_finish lets the process die at every write of a run that finishes a key from stock. In the end
// there is one ready key, still with the tag from then unless it had to be reset, and its line is made by it.
func TestBench_Recover_finish(t *testing.T) {
	over := false
	for at := int64(1); !over; at++ {
		for _, after := range []bool{false, true} {
			r := newRig(t)
			r.over(inventorytest.Open(t))
			k := stationtest.Key(t, softkey.Config{})
			first := r.inStock(k)
			k.PowerCycle()
			over = r.diesAtWrite(at, after, func(b *station.Bench) error {
				_, err := b.Make(t.Context(), portOf(k), inventory.Want{})
				return err
			})
			if over {
				break
			}
			had := hasPIN(t, k)
			k.PowerCycle()
			startAgain(t, r, portOf(k))
			wantWhole(t, r, k.Path(), k.AAGUID().String())
			rows, err := r.store.KeyList(t.Context(), inventory.KeyQuery{})
			if err != nil || len(rows.Rows) != 1 || rows.Rows[0].Key.ID != *first.Key || rows.Rows[0].For == nil {
				t.Errorf("died at write %d: %d keys, %v; want the one from stock with a line", at, len(rows.Rows), err)
			}
			tags, err := r.store.LiveTags(t.Context(), k.AAGUID().String(), 2)
			r.must(err)
			if !had && tags[0].Run != first.Run {
				t.Errorf("died at write %d: the key had no PIN and was reset all the same", at)
			}
			if lines, err := r.store.OpenLines(t.Context(), 0); err != nil || len(lines) != 4 {
				t.Errorf("died at write %d: %d of five lines are open, %v; want all but one", at, len(lines), err)
			}
		}
	}
}

// losingLine takes the line away from a run as soon as its PIN is set.
type losingLine struct {
	station.Journal
	store *sqlite.Store
}

func (j losingLine) Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error {
	err := j.Journal.Append(ctx, by, es...)
	if err == nil && es[0].Entry.Step == inventory.SetPIN {
		return j.store.ReleaseLine(ctx, by, es[0].Entry.Run)
	}
	return err
}

// A run that loses its line after the PIN was set leaves no PIN that counts either.
func TestBench_Make_finish_lineGone(t *testing.T) {
	r := newRig(t)
	r.over(inventorytest.Open(t))
	k := stationtest.Key(t, softkey.Config{})
	first := r.inStock(k)
	whole := r.cfg.Journal
	r.cfg.Journal = losingLine{whole, r.store}
	if rep := r.make(k.Path()); rep.End != inventory.RunRefused || *rep.State != inventory.Received {
		t.Fatalf("it ended %s: %s %q", rep.End, outcomes(rep), rep.Reasons)
	}
	if _, err := r.store.LiveSeal(t.Context(), *first.Key); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("the PIN of a run that lost its line still counts: %v", err)
	}
	r.cfg.Journal = whole
	k.PowerCycle()
	rep := r.make(k.Path())
	wantReady(t, rep)
	if rep.Steps[1].Outcome != inventory.Done {
		t.Errorf("the steps are %s, want a reset", outcomes(rep))
	}
	wantWhole(t, r, k.Path(), k.AAGUID().String())
}

// A run that is stopped after the PIN was set leaves no PIN that counts: the next one begins with a reset.
func TestBench_Make_finish_stoppedAfterPIN(t *testing.T) {
	r := newRig(t)
	r.over(inventorytest.Open(t))
	k := stationtest.Key(t, softkey.Config{})
	first := r.inStock(k)
	r.diesIn(portOf(k), inventory.Prove)
	r.must(r.bench().Recover(t.Context()))
	if _, err := r.store.LiveSeal(t.Context(), *first.Key); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("the PIN of a run that died still counts: %v", err)
	}
	if !hasPIN(t, k) {
		t.Fatal("the key has no PIN: the test tests nothing")
	}
	k.PowerCycle()
	rep := r.make(k.Path())
	wantReady(t, rep)
	if rep.Steps[1].Outcome != inventory.Done || *rep.Key != *first.Key {
		t.Errorf("the steps are %s", outcomes(rep))
	}
	wantWhole(t, r, k.Path(), k.AAGUID().String())
}
