package station

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// step is one row of the plan: its name, what it does, and what a restarted program does when its outcome is missing.
type step struct {
	name  inventory.Step
	act   func(*run, context.Context) (result, error)
	after recovery
}

// recovery says what is done with a run whose process died in a step.
type recovery string

const (
	restart recovery = "restart" // nothing to save: end the run, a new one starts at identify
	again   recovery = "again"   // do it: no key and no PIN needed
	void    recovery = "void"    // void the seal, revoke what was registered; a new run starts with a reset
	look    recovery = "look"    // the key's getInfo and tag decide between again and void
)

// plan is the run. The order is forced by the standard: the reset comes right after a replug, the tag credential after
// the reset and before the PIN (CTAP 2.1 §6.1.2 demands none while none is set), nothing that needs the PIN after
// forcePINChange (§6.5.5.7.1), and the record last, since until then the key can be made anew.
var plan = []step{
	{inventory.Identify, (*run).identify, restart}, // nothing was changed yet
	{inventory.Reset, (*run).reset, restart},       // the new run repeats it
	{inventory.Tag, (*run).tag, restart},           // no PIN exists yet: a refused key ends blank
	{inventory.SealPIN, (*run).sealPIN, void},
	{inventory.SetPIN, (*run).setPIN, void},
	{inventory.Configure, (*run).configure, void},
	{inventory.Prove, (*run).prove, void},
	{inventory.Register, (*run).register, void},
	{inventory.Force, (*run).forcePIN, look},
	{inventory.Record, (*run).record, again}, // one transaction, unique by run
}

// run is one provisioning attempt at one port. One goroutine owns it.
type run struct {
	b     *Bench
	port  Port
	want  inventory.Want
	fresh bool // just plugged in: first in the queue for hands
	auto  bool // begun by plugging in, and not because somebody asked for it

	site  Policy           // as it was when the run began
	tiers []inventory.Tier // that the key may be made for; nil: not looked at yet

	auth    Authenticator // nil while closed
	info    ctap.Info     // as of the last openKey or refresh
	row     inventory.Run
	key     inventory.Key
	order   *inventory.Order // nil: made without a line
	denied  bool             // it is presumed to be a key whose tag it does not answer to
	erased  bool             // the key said that its reset is done
	guessed bool             // the key is presumed, by port and model only

	answered *inventory.Registration // the tag credential by which it was known again
	claimed  inventory.KeyID         // that no other port may make meanwhile
	resealed bool                    // of a dead run: a second PIN was sealed, and the key may have the first
	presumed *inventory.Key          // what an interrupted run left at this port, when it could not prove what it is

	tagReg  *inventory.Registration
	pin     inventory.PIN
	polling atomic.Bool // a replug is asked for, and the key is asked if it came
	long    atomic.Bool // the key resets only under a long touch
	asks    atomic.Pointer[asking]

	read    SerialReading   // what the key at hand says of its serial number
	readAt  plugged         // in which plugging-in it was asked
	mute    string          // why its maker's command gave nothing, as a sentence; empty: it did, or there is none
	series  bool            // its USB serial is one that other models carry too
	label   string          // the serial number on its label, as somebody read it; empty: nobody did
	labelBy inventory.Actor // who did
	held    atomic.Pointer[held]
	madeBy  atomic.Pointer[string] // who made the key, for goroutines that wait beside the run's own

	began   identity // what it was when the run had identified it
	hidden  bool     // its key is at no port that is known: no tile shows it
	anew    bool     // it may have been plugged in since the handle before this one
	pinned  bool     // it may have a PIN of this run
	swapped bool     // another key was found in its port
	also    string   // what its tile says beside: about the key before it

	stock   bool           // the key is made for stock: without a line and a PIN
	stocked *inventory.Run // that made the key for stock, which is taken up where that run left it; nil: from the reset

	lateTag bool // the tag credential is made after the PIN
	wiped   bool // a reset was asked for or is not needed: what the key held before, if anything, counts no more
	seq     int
	written int // the last seq that reached the journal
	tile    Tile
	steps   []StepReport
	reasons []string
	packet  string
}

// result is what a step came to.
type result struct {
	outcome inventory.Outcome
	note    string
	facts   inventory.Entered
	end     inventory.RunEnd // with an outcome that ends the run
	next    string           // with RunQuarantined: the one next action
	tile    moment           // what the tile shows of it; empty: by the end
	of      *inventory.Key   // with RunQuarantined before the key was booked: which it is; nil: the run's
}

// done is a step that did what it is for.
func done(note string, facts inventory.Entered) (result, error) {
	return result{outcome: inventory.Done, note: note, facts: facts}, nil
}

// skipped is a step that the key or the policy leaves out.
func skipped(why string) (result, error) {
	return result{outcome: inventory.Skipped, note: why}, nil
}

// stop is a step's end that also ends the run, as an error so that it can come from any depth of the step.
type stop struct{ result }

func (s *stop) Error() string { return s.note }

// refuse ends the run: a rule, the key or a person said no.
func refuse(format string, args ...any) error {
	return &stop{result: result{outcome: inventory.StepRefused, end: inventory.RunRefused, note: fmt.Sprintf(format, args...)}}
}

// waited ends the run: a person did not come.
func waited(format string, args ...any) *stop {
	return &stop{result: result{outcome: inventory.Waiting, end: inventory.RunWaiting, note: fmt.Sprintf(format, args...)}}
}

// aside ends the run: the key goes into quarantine with a reason and one next action.
func aside(reason, next string) error {
	return &stop{result: result{outcome: inventory.StepRefused, end: inventory.RunQuarantined, note: reason, next: next}}
}

// walk takes the steps of the plan from number first on. An error means that the journal could not be written: the run
// stays unfinished and is recovered later.
func (r *run) walk(ctx context.Context, first int) error {
	for i := first; i < len(plan); i++ {
		r.tile.Step, r.tile.StepsIn = string(plan[i].name), i
		began := time.Now()
		res, err := r.take(ctx, plan[i])
		if err != nil {
			res = r.ended(plan[i].name, err)
		}
		if err := r.write(ctx, i, res, time.Since(began)); err != nil {
			return err
		}
		if r.row.End != "" {
			return nil
		}
	}
	return nil
}

// take takes one step, unless the line is not wanted any more: between two steps is where a key can be stopped.
func (r *run) take(ctx context.Context, s step) (result, error) {
	if s.name != inventory.Record { // it needs neither key nor hands
		if err := r.awaitLetGo(ctx); err != nil {
			return result{}, err
		}
	}
	if err := r.heedLabel(); err != nil {
		return result{}, err
	}
	if err := r.stillWanted(ctx, s.name); err != nil {
		return result{}, err
	}
	if why := r.leftOut(s.name); why != "" {
		return skipped(why)
	}
	res, err := s.act(r, ctx)
	return r.stockable(s.name, res, err)
}

// ended turns what stopped a step into its result.
func (r *run) ended(name inventory.Step, err error) result {
	r.log("step ended", err)
	if s, ok := errors.AsType[*stop](err); ok {
		return s.result
	}
	say := Advise(name, err)
	switch kind := inventory.KindOf(err); {
	case errors.Is(err, context.Canceled):
		return result{outcome: inventory.Waiting, end: inventory.RunWaiting, note: say, tile: momentStopped}
	case refusedByKey(err), kind == inventory.Invalid, kind == inventory.Conflict, kind == inventory.Forbidden:
		return result{outcome: inventory.StepRefused, end: inventory.RunRefused, note: say, tile: shownFor(name, err)}
	}
	return result{outcome: inventory.Failed, end: inventory.RunFailed, note: say, tile: shownFor(name, err)}
}

// write journals the outcome of step i together with the intent of the next, or with the run's end, in one commit.
// It is not cancelled with ctx: between an act and its outcome nothing is.
func (r *run) write(ctx context.Context, i int, res result, took time.Duration) error {
	at := r.b.now()
	facts := res.facts
	facts.Entry = r.entry(plan[i].name, inventory.Ended, at)
	facts.Entry.Outcome, facts.Entry.Note, facts.Entry.MS = res.outcome, res.note, took.Milliseconds()
	r.steps = append(r.steps, StepReport{plan[i].name, facts.Entry.MS, res.outcome})
	if res.note != "" && res.outcome != inventory.Done && res.outcome != inventory.Skipped {
		r.reasons = append(r.reasons, res.note)
	}
	es := []inventory.Entered{facts}
	switch {
	case !res.outcome.Went():
		r.isOf(res.of)
		if err := r.closing(&es[0], res, at); err != nil {
			return err
		}
	case i+1 < len(plan):
		es = append(es, inventory.Entered{Entry: r.entry(plan[i+1].name, inventory.Intent, at)})
	}
	wrote := time.Now()
	err := r.b.cfg.Journal.Append(context.WithoutCancel(ctx), r.row.Operator, es...)
	if kind := inventory.KindOf(err); kind == inventory.Conflict || kind == inventory.Invalid || kind == inventory.Forbidden {
		return r.unwritten(ctx, i, err)
	}
	if err != nil {
		return fmt.Errorf("journal %s: %w", plan[i].name, err)
	}
	r.written = r.seq
	if !res.outcome.Went() {
		r.forget()
		r.showEnd(res)
	}
	if plan[i].name == inventory.Record {
		r.steps[len(r.steps)-1].MS = (took + time.Since(wrote)).Milliseconds() // recording is this commit
	}
	return nil
}

// isOf takes the row of a key that goes into quarantine before the run booked it.
func (r *run) isOf(k *inventory.Key) {
	if k == nil || r.key.ID != "" {
		return
	}
	r.key, r.row.Key = *k, k.ID
	r.tile.Key, r.tile.Tag = string(k.ID), string(k.Tag)
}

// unwritten ends a run whose step i the books refused, since something in the inventory had changed meanwhile: the line
// was taken away, another key has this serial. Nothing of the step was written; a key that was made goes back to stock
// and its sealed PIN is void. Other ports are not concerned.
func (r *run) unwritten(ctx context.Context, i int, why error) error {
	at := r.b.now()
	res := result{outcome: inventory.StepRefused, end: inventory.RunRefused, note: inventory.Sentence(why)}
	if s := r.unwanted(context.WithoutCancel(ctx)); s != nil && plan[i].name != inventory.Identify {
		res = s.result
	}
	if plan[i].name == inventory.Identify {
		r.key, r.row.Key = inventory.Key{}, ""
	} else if r.key.State == inventory.Ready {
		r.key.State, r.key.Line = inventory.Received, ""
	}
	r.row.End, r.row.EndedAt = "", nil
	r.steps[len(r.steps)-1].Outcome = inventory.StepRefused
	r.seq = r.written
	e := inventory.Entered{Entry: r.entry(plan[i].name, inventory.Ended, at)}
	e.Entry.Outcome, e.Entry.Note = res.outcome, res.note
	r.reasons = append(r.reasons, res.note)
	if err := r.closing(&e, res, at); err != nil {
		return err
	}
	if err := r.b.cfg.Journal.Append(context.WithoutCancel(ctx), r.row.Operator, e); err != nil {
		return fmt.Errorf("journal refused %s: %w", plan[i].name, err)
	}
	r.forget()
	r.showEnd(res)
	return nil
}

// entry makes the next journal entry of the run.
func (r *run) entry(name inventory.Step, p inventory.Phase, at time.Time) inventory.Entry {
	r.seq++
	e := inventory.Entry{Run: r.row.ID, Seq: r.seq, At: at, Step: name, Phase: p}
	if p == inventory.Intent {
		e.Detail = r.detail()
	}
	return e
}

// closing adds to the last entry what a run leaves behind that made no ready key: its line is free, no sealed PIN of
// the key counts any more once a reset was asked for, sign-in credentials are revoked. The tag credential stays: it is
// how the key is known again.
func (r *run) closing(e *inventory.Entered, res result, at time.Time) error {
	r.row.End, r.row.EndedAt = res.end, &at
	r.row.Reasons = slices.Clone(r.reasons)
	row := r.row
	e.Run, e.Release = &row, true
	if r.key.ID == "" {
		return nil
	}
	if r.wiped {
		e.VoidSeals = r.key.ID
		e.Revoke = &inventory.Revocation{Key: r.key.ID, Kind: inventory.SignInCredential, Why: "the run ended without a key"}
	}
	if res.end != inventory.RunQuarantined || r.key.State == inventory.Quarantined {
		return nil
	}
	k, ev, err := r.key.Quarantine(res.note, res.next, at)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	r.key = k
	e.Key, e.Events = &k, append(e.Events, ev)
	return nil
}

// report is what the run came to.
func (r *run) report() Report {
	rep := Report{
		Run: r.row.ID, Device: r.port.Path, AAGUID: r.info.AAGUID.String(), SerialSource: inventory.SerialNone,
		Verdict: inventory.Unknown, Reasons: append([]string{}, r.reasons...), Steps: r.allSteps(), End: r.row.End, Test: r.b.cfg.Policy.test(),
	}
	if r.packet != "" {
		rep.Packet = &r.packet
	}
	if !r.swapped {
		rep.left = plugged{r.port.Path, r.port.Plug}
	}
	if r.key.ID == "" {
		rep.Model = r.b.model(r.port, r.info)
		rep.Firmware = r.info.Firmware()
		rep.Serial, rep.SerialSource = r.serial()
		return rep
	}
	k := r.key
	rep.Key, rep.AssetTag, rep.AAGUID, rep.Model = &k.ID, k.Tag, k.AAGUID, k.Model
	rep.Serial, rep.SerialSource, rep.Firmware = k.Serial, k.SerialSource, k.Firmware
	rep.Verdict, rep.State = cmp.Or(k.Verdict, rep.Verdict), &k.State
	return rep
}

// allSteps has a row for every step of the plan: those that the run did not come to are skipped.
func (r *run) allSteps() []StepReport {
	all := slices.Clone(r.steps)
	for _, name := range inventory.Steps[min(len(all), len(inventory.Steps)):] {
		all = append(all, StepReport{Name: name, Outcome: inventory.Skipped})
	}
	return all
}

func (r *run) log(msg string, err error) {
	r.b.cfg.Log.Debug(msg, "run", r.row.ID, "port", r.port.ID, "step", r.tile.Step, "err", err)
}
