package station

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// Config is what a bench is made of. Open, Bus, Journal, Books, Sealer, Operator and Owner are needed; every other
// field says what its zero value means.
type Config struct {
	Open     Opener
	Bus      Bus
	Journal  Journal
	Books    Books
	Sealer   Sealer
	Printer  Printer // nil: no packets
	Power    Power   // nil: a replug is always a person's
	Policy   Policy
	Operator inventory.Actor // who stands at the bench
	Owner    string          // names the lock file that this process holds

	// Current gives the policy as it is now: each run follows the one that it began with. nil: Policy, for ever.
	Current func() Policy

	TouchSlots int                                                              // how many ports may ask for hands at once; 0: 2
	Wait       time.Duration                                                    // how long a replug or touch is awaited; 0: 60 s
	Adopt      time.Duration                                                    // how often an idle bench looks for runs whose process died; 0: 30 s
	Hub        inventory.Hub                                                    // how the ports stand; zero: not learned yet
	SaveHub    func(context.Context, inventory.Actor, inventory.Hub) error      // keeps a learned hub; nil: this process only
	Note       func(context.Context, inventory.Actor, ...inventory.Event) error // writes ledger entries; nil: none about sessions

	Serial SerialReader                                    // reads serial numbers before a key is opened; nil: as USB has them
	Wink   func(ctx context.Context, path string) error    // lets a key blink; a Conflict is one that cannot; nil: none blinks
	Ask    func(context.Context, Question) (Answer, error) // nil: on the tile, answered by [Bench.Answer]
	Models func(aaguid string) string                      // names a model; nil or empty: the USB product string
	Feed   *Feed                                           // nil: nobody watches
	Now    func() time.Time                                // nil: the clock
	Rand   io.Reader                                       // nil: the system's randomness
	Log    *slog.Logger                                    // nil: silence
}

// Bench makes keys at many ports at once. Its methods are safe for concurrent use; one goroutine works at a port at a
// time, and all that it starts end before [Bench.Watch] returns.
type Bench struct {
	cfg   Config
	hands *hands

	modes sync.Mutex // one change of session or hub at a time, with its ledger entry

	adopting sync.Mutex // one taking over of dead runs at a time
	adopted  time.Time  // when that was; guarded by adopting

	mu       sync.Mutex
	pending  []inventory.Unfinished        // dead runs that wait for their key
	late     []late                        // runs recorded after a restart, until their key is seen
	asked    map[string]question           // by port
	askedNo  int                           // counts questions
	asking   chan struct{}                 // has room for one: a question that is asked elsewhere than on its tile
	cancels  map[string]context.CancelFunc // of the runs that go on, by port
	session  Session
	plugged  time.Time                  // when a making port was used last while the session is open
	hub      inventory.Hub              // as learned
	learning []string                   // the ports learned so far, in their order
	held     map[string]bool            // by port
	letGo    chan struct{}              // closed when a hold ends
	pins     map[string]pin             // by port
	labels   map[string]claim           // by port: what somebody read on the label of its key
	retries  map[string]bool            // ports to take up again without a replug
	queued   map[string]bool            // ports that wait for their turn with the hands
	claimed  map[inventory.KeyID]string // keys that are being made, and where
	nodes    map[string]*sync.Mutex     // by path, see node
	pulled   map[string]pulled          // by port: the ready key that was pulled there last; none while a key is in
	seats    map[string]seat            // by port: the key that is plugged in there
	left     map[string]inventory.Key   // by port: what an interrupted run had there, until its next run
	halted   string                     // why the journal could not be written; empty: it can
	told     map[string]string          // by port: what its next key shall say about the one before
}

// New makes a bench. It refuses a policy that contradicts itself.
func New(cfg Config) (*Bench, error) {
	if err := cfg.Policy.Check(); err != nil {
		return nil, err
	}
	if cfg.TouchSlots == 0 {
		cfg.TouchSlots = 2
	}
	if cfg.Wait == 0 {
		cfg.Wait = time.Minute
	}
	if cfg.Adopt == 0 {
		cfg.Adopt = 30 * time.Second
	}
	if cfg.Feed == nil {
		cfg.Feed = NewFeed()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bench{
		cfg: cfg, asked: map[string]question{}, asking: make(chan struct{}, 1), told: map[string]string{}, left: map[string]inventory.Key{},
		nodes: map[string]*sync.Mutex{}, pulled: map[string]pulled{}, seats: map[string]seat{},
		cancels: map[string]context.CancelFunc{}, retries: map[string]bool{}, queued: map[string]bool{}, claimed: map[inventory.KeyID]string{},
		held: map[string]bool{}, letGo: make(chan struct{}), pins: map[string]pin{}, labels: map[string]claim{},
	}
	b.hands = newHands(cfg.TouchSlots, b.placeOf)
	b.lay(cfg.Hub)
	return b, nil
}

// current is the policy that a run follows which begins now.
func (b *Bench) current() Policy {
	if b.cfg.Current == nil {
		return b.cfg.Policy
	}
	return b.cfg.Current()
}

// placeOf tells where a port stands on the learned hub, from 1; 0: not on it.
func (b *Bench) placeOf(port string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.place(port)
}

// Make takes the key at a port through the whole run and says what came of it. A refusal, a fault of the key and a
// person who did not come are in the report; an error means that the inventory could not be written.
func (b *Bench) Make(ctx context.Context, port Port, want inventory.Want) (Report, error) {
	return b.begun(ctx, port, want, false)
}

// begun is [Bench.Make], or with auto a run that began since its key was plugged in and not because somebody asked for it.
func (b *Bench) begun(ctx context.Context, port Port, want inventory.Want, auto bool) (Report, error) {
	rep, err := b.make(ctx, port, want, auto)
	if err != nil {
		b.halt(port, err)
	}
	return rep, err
}

func (b *Bench) make(ctx context.Context, port Port, want inventory.Want, auto bool) (Report, error) {
	b.adoptFor(ctx, port)
	rep, presumed, err := b.resume(ctx, port)
	if err != nil {
		return Report{}, err
	}
	if rep != nil {
		return *rep, nil
	}
	r := b.newRun(port, b.wanted(port.ID, want))
	r.auto = auto
	if left := b.takeLeft(port.ID); presumed == nil {
		presumed = left
	}
	r.presumed, r.stock, r.also = presumed, b.stocking(r.want), b.takeTold(port.ID)
	r.tile.Stock = r.stock
	defer func() {
		r.end()
		b.pinOver(port.ID, r.row.ID, r.row.End == inventory.RunReady)
	}()
	if err := r.begin(ctx); err != nil {
		return Report{}, err
	}
	if err := r.walk(ctx, 0); err != nil {
		return Report{}, err
	}
	r.finish(ctx)
	return r.report(), nil
}

// newRun makes a run that is in no journal yet.
func (b *Bench) newRun(port Port, want inventory.Want) *run {
	r := &run{b: b, port: port, want: want, fresh: true, anew: true, site: b.current()}
	r.tile = Tile{Port: port.ID, Label: port.Title(), Plugged: true, Running: true, Test: b.cfg.Policy.test()}
	return r
}

// begin writes the run and its first intent, before the key is opened.
func (r *run) begin(ctx context.Context) error {
	id, err := inventory.NewID[inventory.RunID]()
	if err != nil {
		return err
	}
	version, err := r.site.Version()
	if err != nil {
		return fmt.Errorf("name policy: %w", err)
	}
	if r.site.Number > 0 {
		version = fmt.Sprintf("%d (%s)", r.site.Number, version)
	}
	at := r.b.now()
	r.row = inventory.Run{
		ID: id, Port: r.port.ID, Device: r.port.Path, Owner: r.b.cfg.Owner, Operator: r.b.cfg.Operator,
		Policy: version, StartedAt: at,
	}
	r.tile.Run = string(id)
	if err := r.b.cfg.Journal.Begin(context.WithoutCancel(ctx), r.row, r.entry(plan[0].name, inventory.Intent, at)); err != nil {
		return fmt.Errorf("begin run: %w", err)
	}
	r.written = r.seq
	return nil
}

// end leaves nothing of the run behind: no handle, no PIN.
func (r *run) end() {
	r.forget()
	if r.claimed != "" {
		r.b.release(r.claimed, r.port.ID)
	}
}

// claim notes that the key is being made at a port. It gives the other port where it is being made already, if any: a
// key can be in one place only, so it was moved, and the run there is stopped.
func (b *Bench) claim(key inventory.KeyID, port string) (elsewhere string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at, held := b.claimed[key]; held && at != port {
		if cancel, ok := b.cancels[at]; ok {
			cancel()
		}
		return at
	}
	b.claimed[key] = port
	return ""
}

// claimedAt gives the port at which the key is being made; empty: nowhere.
func (b *Bench) claimedAt(key inventory.KeyID) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.claimed[key]
}

func (b *Bench) release(key inventory.KeyID, port string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.claimed[key] == port {
		delete(b.claimed, key)
	}
}

// forget closes the key and wipes the PIN: nothing that is still to do needs them.
func (r *run) forget() {
	r.closeKey()
	r.pin.Wipe()
	r.pin = nil
}

func (b *Bench) waitingRuns() []inventory.Unfinished {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.pending)
}

// nothingLeft tells if no dead process left anything that a key at a port could belong to.
func (b *Bench) nothingLeft() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pending) == 0 && len(b.late) == 0
}

// now reads the clock as the inventory keeps times.
func (b *Bench) now() time.Time { return inventory.Instant(b.cfg.Now()) }

// nonce draws 32 bytes that no key has signed before.
func (b *Bench) nonce() ([]byte, error) {
	n := make([]byte, 32)
	if _, err := io.ReadFull(b.cfg.Rand, n); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return n, nil
}

// model names the model of a key for people.
func (b *Bench) model(p Port, info ctap.Info) string {
	if b.cfg.Models != nil {
		if name := b.cfg.Models(info.AAGUID.String()); name != "" {
			return name
		}
	}
	if name := strings.TrimSpace(p.Maker + " " + p.Name); name != "" {
		return name
	}
	if info.AAGUID.IsZero() {
		return ""
	}
	return "Model " + info.AAGUID.String()[:8]
}

func (p Policy) test() bool { return p.RPID == inventory.LocalRPID }
