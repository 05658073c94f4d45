package station

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"keystation/inventory"
)

// Tone is how a tile looks. Color never stands alone: the word says the same.
type Tone string

// The tones of a tile.
const (
	Quiet Tone = "quiet" // nothing to do: empty, waiting
	Busy  Tone = "busy"  // the station works; do not pull
	Hands Tone = "hands" // a person is needed: touch, replug, answer
	Good  Tone = "good"  // ready
	Bad   Tone = "bad"   // refused, quarantined, broken
)

// Tile is what one port shows. It is a value: a copy may be kept.
type Tile struct {
	Port     string    `json:"port"`
	Label    string    `json:"label"`
	Place    int       `json:"place"` // where it stands on the learned hub, from 1; 0: not on it
	Plugged  bool      `json:"plugged"`
	Running  bool      `json:"running"` // a run goes on: it can be stopped; without one it can be tried again
	Tone     Tone      `json:"tone"`
	Word     string    `json:"word"`     // at most four words, to be read from two meters
	Sentence string    `json:"sentence"` // what is going on or what to do
	Step     string    `json:"step"`     // the step it is at; empty without a run
	StepsIn  int       `json:"steps_in"` // how many of ten are behind it
	Run      string    `json:"run"`
	Key      string    `json:"key"` // key id once known, for a link
	Tag      string    `json:"tag"` // asset tag once known
	Model    string    `json:"model"`
	For      string    `json:"for"` // who and what the key is made for, "Ada Lovelace · R-1003 spare"
	Verdict  string    `json:"verdict"`
	Test     bool      `json:"test"`
	Ask      string    `json:"ask"`     // a question that waits for a person's answer; empty: none
	AskNo    int       `json:"ask_no"`  // its number: an answer names it
	Held     bool      `json:"held"`    // an operator holds the port: nothing begins there, and what goes on waits
	Pinned   string    `json:"pinned"`  // the line that the next key here is for, "R-1003 spare"; empty: the next approved
	Stock    bool      `json:"stock"`   // its key is made for stock
	Prints   string    `json:"prints"`  // the asset tag whose label can be printed here; empty: none
	Labeled  string    `json:"labeled"` // the serial number that somebody read on its key's label; empty: nobody did
	Since    time.Time `json:"since"`
}

// Event is one change of one tile. Seq rises by one with each; what it tells is in the journal already.
type Event struct {
	Seq  int64 `json:"seq"`
	Tile Tile  `json:"tile"`
}

// Snapshot is all tiles as of an event number, in the order in which the ports stand.
type Snapshot struct {
	Seq   int64  `json:"seq"`
	Tiles []Tile `json:"tiles"`
}

// Feed tells watchers what the ports show. It is safe for concurrent use. A watcher that does not keep up is dropped:
// its channel is closed and it must subscribe anew; it can never hold up a key.
type Feed struct {
	mu       sync.Mutex
	seq      int64
	tiles    map[string]Tile
	logs     map[string][]Line // by port, the oldest first
	recent   []Event           // the last ones in order, for watchers that come back
	watchers map[chan Event]struct{}
}

// watcherBacklog is how many events a watcher may be behind: some 60 keys' worth of steps.
const watcherBacklog = 1024

// NewFeed makes an empty feed.
func NewFeed() *Feed {
	return &Feed{tiles: map[string]Tile{}, logs: map[string][]Line{}, watchers: map[chan Event]struct{}{}}
}

// Publish shows t at its port. It never blocks.
func (f *Feed) Publish(t Tile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.publish(t)
}

func (f *Feed) publish(t Tile) {
	f.seq++
	f.tiles[t.Port] = t
	f.note(t)
	if len(f.recent) == watcherBacklog {
		f.recent = slices.Delete(f.recent, 0, watcherBacklog/4) // seldom, so that most publishing moves nothing
	}
	f.recent = append(f.recent, Event{f.seq, t})
	for w := range f.watchers {
		select {
		case w <- Event{f.seq, t}:
		default:
			delete(f.watchers, w)
			close(w)
		}
	}
}

// Revise changes what a port shows, if it shows anything: nobody publishes there between reading and writing.
func (f *Feed) Revise(port string, change func(*Tile)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.tiles[port]
	if !ok {
		return
	}
	was := t
	if change(&t); t != was {
		f.publish(t)
	}
}

// Tile gives what a port shows now.
func (f *Feed) Tile(port string) (Tile, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.tiles[port]
	return t, ok
}

// Subscribe gives all tiles and then every later event in order. The channel is closed when ctx ends or when the
// watcher fell too far behind.
func (f *Feed) Subscribe(ctx context.Context) (Snapshot, <-chan Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snapshot(), f.watch(ctx)
}

// Resume is Subscribe for a watcher that saw all events up to after: it gets those it missed and no snapshot. When
// they are not kept any more, or when there never was such an event, the snapshot is given instead.
func (f *Feed) Resume(ctx context.Context, after int64) (missed []Event, snap *Snapshot, events <-chan Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	events = f.watch(ctx)
	gap := f.seq - after
	if after < 0 || gap < 0 || gap > int64(len(f.recent)) {
		all := f.snapshot()
		return nil, &all, events
	}
	return slices.Clone(f.recent[int64(len(f.recent))-gap:]), nil, events
}

func (f *Feed) watch(ctx context.Context) chan Event {
	w := make(chan Event, watcherBacklog)
	f.watchers[w] = struct{}{}
	context.AfterFunc(ctx, func() { f.drop(w) })
	return w
}

// Snapshot gives all tiles as they are.
func (f *Feed) Snapshot() Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snapshot()
}

func (f *Feed) snapshot() Snapshot {
	tiles := slices.AppendSeq(make([]Tile, 0, len(f.tiles)), maps.Values(f.tiles)) // never nil: pages count on a list
	slices.SortFunc(tiles, compareTiles)
	return Snapshot{Seq: f.seq, Tiles: tiles}
}

func (f *Feed) drop(w chan Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.watchers[w]; ok {
		delete(f.watchers, w)
		close(w)
	}
}

// compareTiles orders tiles as the learned hub stands; ports that are not on it come last.
func compareTiles(a, b Tile) int {
	if (a.Place == 0) != (b.Place == 0) {
		return b.Place - a.Place
	}
	return cmp.Or(cmp.Compare(a.Place, b.Place), comparePorts(a.Port, b.Port))
}

// comparePorts orders ports as people count them: "1-2" before "1-10". Only equal ports compare equal.
func comparePorts(a, b string) int {
	return cmp.Or(compareCounted(a, b), strings.Compare(a, b))
}

func compareCounted(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

// Report is what a run ended in, one object of `keystation provision --json`.
type Report struct {
	Run          inventory.RunID        `json:"run"`
	Key          *inventory.KeyID       `json:"key"` // null when identify did not end done
	AssetTag     inventory.AssetTag     `json:"asset_tag"`
	Device       string                 `json:"device"`
	AAGUID       string                 `json:"aaguid"`
	Model        string                 `json:"model"`
	Serial       string                 `json:"serial"`
	SerialSource inventory.SerialSource `json:"serial_source"`
	Firmware     string                 `json:"firmware"`
	Verdict      inventory.Verdict      `json:"verdict"`
	Reasons      []string               `json:"reasons"`
	Steps        []StepReport           `json:"steps"`
	Packet       *string                `json:"packet"`
	State        *inventory.KeyState    `json:"state"`
	Test         bool                   `json:"test"` // made for localhost: a TEST KEY

	End inventory.RunEnd `json:"-"`

	left plugged // what the run had in its port last; zero: another key is there
}

// StepReport is one step of a [Report].
type StepReport struct {
	Name    inventory.Step    `json:"name"`
	MS      int64             `json:"ms"`
	Outcome inventory.Outcome `json:"outcome"`
}
