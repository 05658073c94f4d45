package station_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// What a run came to is told in tables that a person can read: go test -v -run Table ./station.

// printout collects rows from parallel tests and logs them in order when they have all ended.
type printout struct {
	mu   sync.Mutex
	head []string
	rows map[string][]string
}

func newPrintout(t *testing.T, head ...string) *printout {
	tb := &printout{head: head, rows: map[string][]string{}}
	t.Cleanup(func() { t.Log("\n" + tb.String()) })
	return tb
}

// add keeps a row. The rows are sorted by their first cells.
func (tb *printout) add(cells ...string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.rows[cells[0]] = cells
}

func (tb *printout) String() string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	var names []string
	for name := range tb.rows {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(tb.head, "\t"))
	for _, name := range names {
		fmt.Fprintln(w, strings.Join(tb.rows[name], "\t"))
	}
	_ = w.Flush() // into memory
	return b.String()
}

// stand is a bench at one port with one software key in it, and an operator who replugs when the tile says so.
type stand struct {
	*rig
	bus     *tray
	key     *softkey.Key
	bench   *station.Bench
	replugs int
}

// standPort is the port of a stand.
const standPort = "1-1"

func newStand(t *testing.T, cfg softkey.Config, change func(*station.Config)) *stand {
	t.Helper()
	s := &stand{rig: newRig(t), bus: newTray()}
	s.key = stationtest.Key(t, cfg)
	s.bus.put(standPort, s.key)
	s.cfg.Bus, s.cfg.Feed, s.cfg.Wait = s.bus, station.NewFeed(), 2*time.Second
	if change != nil {
		change(&s.cfg)
	}
	s.bench = s.rig.bench()
	return s
}

// withLines gives the stand an inventory in which keys are asked for.
func (s *stand) withLines() {
	s.t.Helper()
	books := inventorytest.Open(s.t)
	s.store, s.cfg.Journal, s.cfg.Books, s.cfg.Owner = books.Store, books.Store, books.Store, books.Owner.Name()
	s.bench = s.rig.bench()
}

// ending is what the operator saw at the end of a run.
type ending struct {
	station.Report
	tile station.Tile
	err  error // the inventory could not be written
}

// run makes the key at the port. Whenever the tile asks for a replug it gets one.
func (s *stand) run(want inventory.Want) ending {
	s.t.Helper()
	snap, events := s.cfg.Feed.Subscribe(s.t.Context())
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		asked := false
		for {
			select {
			case e, ok := <-events:
				if !ok {
					return
				}
				if e.Tile.Word == "REPLUG" && !asked {
					s.replug()
				}
				asked = e.Tile.Word == "REPLUG"
			case <-over:
				return
			}
		}
	}()
	_ = snap
	port, err := s.bus.At(s.t.Context(), standPort)
	if err != nil {
		port = station.Port{ID: standPort}
	}
	rep, err := s.bench.Make(s.t.Context(), port, want)
	close(over)
	<-done
	tile, _ := s.cfg.Feed.Tile(standPort)
	return ending{rep, tile, err}
}

// replug takes the key out and puts it in again.
func (s *stand) replug() {
	s.t.Helper()
	s.replugs++
	s.key.Unplug()
	if err := s.key.Plug(); err != nil {
		s.t.Errorf("plug in again: %v", err)
	}
	s.bus.put(standPort, s.key)
}

// said is what the operator reads last.
func (e ending) said() string { return e.tile.Sentence }

// wantTold holds an ending against what every run promises: it ends in a ready key, or in words that say what happened
// and what to do; and nothing is left behind that looks better than it is.
func (s *stand) wantTold(e ending) {
	s.t.Helper()
	ctx := s.t.Context()
	if e.err != nil {
		s.t.Fatalf("the bench stopped: %v", e.err)
	}
	if e.End == "" || e.tile.Word == "" || e.tile.Sentence == "" || e.tile.Running {
		s.t.Errorf("the run ended %q; its tile says %q, %q, and running %v", e.End, e.tile.Word, e.tile.Sentence, e.tile.Running)
	}
	if len(strings.Fields(e.tile.Word)) > 4 {
		s.t.Errorf("%q is more than four words", e.tile.Word)
	}
	left, err := s.store.Unfinished(ctx, s.cfg.Owner+"-other")
	if err != nil || len(left) != 0 {
		s.t.Errorf("%d runs have no end, %v", len(left), err)
	}
	if e.End == inventory.RunReady {
		s.wantGood(e)
		return
	}
	if e.End != inventory.RunStocked && e.tile.Tone == station.Good || e.tile.Tone == station.Busy {
		s.t.Errorf("the run ended %s and its tile looks %s", e.End, e.tile.Tone)
	}
	if !strings.HasSuffix(e.said(), ".") || !strings.Contains(e.said(), " ") {
		s.t.Errorf("the run ended %s with %q, which is no sentence", e.End, e.said())
	}
	if e.End == inventory.RunFailed && !strings.Contains(strings.ToLower(e.said()), "plug") {
		s.t.Errorf("the key failed, and %q does not say to plug it in again", e.said())
	}
	if e.Key == nil {
		return
	}
	k, err := s.store.Key(ctx, *e.Key)
	if err != nil {
		s.t.Fatal(err)
	}
	if k.State == inventory.Ready {
		s.t.Errorf("the run ended %s and its key is ready", e.End)
	}
	if k.State == inventory.Quarantined && (k.StateReason == "" || k.NextAction == "") {
		s.t.Errorf("the key is in quarantine for %q, to do: %q", k.StateReason, k.NextAction)
	}
	if _, err := s.store.LiveSeal(ctx, k.ID); err == nil {
		s.t.Errorf("the key is %s and a PIN is sealed for it", k.State)
	}
}

// wantGood wants of a ready key: one live credential, which it answers to, and the sealed PIN on it.
func (s *stand) wantGood(e ending) {
	s.t.Helper()
	if e.State == nil || *e.State != inventory.Ready || e.tile.Tone != station.Good {
		s.t.Errorf("the run ended ready with the key %v and the tile %s", e.State, e.tile.Word)
	}
	live, err := s.store.Registrations(s.t.Context(), *e.Key)
	if err != nil || len(live) != 1 {
		s.t.Errorf("%d credentials are live, %v; want the tag", len(live), err)
	}
	port, err := s.bus.At(s.t.Context(), standPort)
	if err != nil {
		s.t.Fatal(err)
	}
	a := stationtest.Open(s.t, port.Path, nil)
	defer a.Close()
	if err := a.SetPIN(s.t.Context(), inventory.PIN("83926174"), s.pinOf(*e.Key)); err != nil {
		s.t.Errorf("the sealed PIN does not open the key: %v", err)
	}
}
