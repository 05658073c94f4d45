package station

import (
	"context"
	"fmt"
	"slices"
	"time"

	"keystation/inventory"
)

// Recover ends the runs whose process died, as the plan says. A run that had only its record to write is recorded, and
// its report waits for [Bench.Make] at its key's port or for [Bench.Recovered]; one that died while the PIN change was
// forced waits for its key, which Make asks when it is plugged in; every other one is closed as interrupted and its
// sealed PIN is void, since the key is made anew from a reset.
func (b *Bench) Recover(ctx context.Context) error {
	if _, err := b.adopt(ctx); err != nil {
		return err
	}
	return b.printLate(ctx)
}

// printLate prints the packets of keys whose process died after the record and before the packet: they are ready, and
// nothing else would ever print them. One that cannot be printed is printed from its key's page, or at the next start.
func (b *Bench) printLate(ctx context.Context) error {
	if b.cfg.Printer == nil {
		return nil
	}
	left, err := b.cfg.Journal.Unprinted(ctx, b.cfg.Owner)
	if err != nil {
		return fmt.Errorf("list unprinted packets: %w", err)
	}
	for _, m := range left {
		if _, err := b.cfg.Printer.Print(ctx, m.Order, m.Key, m.Run); err != nil {
			b.cfg.Log.Warn("print the packet of a key that was made before a restart", "key", m.Key.ID, "err", err)
		}
	}
	return nil
}

// late is a run that was recorded after a restart.
type late struct {
	run    *run
	report Report
}

// Recovered gives the reports of runs that [Bench.Recover] recorded and whose key no port has shown since.
func (b *Bench) Recovered() []Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	var reports []Report
	for _, l := range b.late {
		reports = append(reports, l.report)
	}
	b.late = nil
	return reports
}

// recoveryOf finds the plan's row for a dead run: its last entry is the intent of the step it died in.
func (b *Bench) recoveryOf(u inventory.Unfinished) recovery {
	if u.Later {
		return restart // what the dead run left of the key is gone
	}
	last := u.Last()
	if last.Phase == inventory.Intent && modeOf(last) == modeStock && (laterForStock(last.Step) || last.Step == inventory.Record) {
		return again // nothing is left to be done on the key
	}
	for _, s := range plan {
		if s.name == last.Step && last.Phase == inventory.Intent {
			return s.after
		}
	}
	return restart
}

// revive makes a run out of what the journal holds of it.
func (b *Bench) revive(u inventory.Unfinished, port Port) *run {
	r := b.newRun(port, inventory.Want{})
	r.row, r.seq, r.written, r.wiped = u.Run, u.Last().Seq, u.Last().Seq, u.Did(inventory.Identify)
	if u.Key != nil {
		r.key = *u.Key
		r.reasons = slices.Clone(u.Key.Reasons) // who allowed it, among them
	}
	forced := 0
	for _, e := range u.Entries {
		if e.Phase == inventory.Ended {
			r.steps = append(r.steps, StepReport{e.Step, e.MS, e.Outcome})
		} else if e.Step == inventory.Force {
			forced++
		}
	}
	r.stock = modeOf(u.Last()) == modeStock
	r.resealed = forced > 1 // another PIN was sealed than the one that the key may still have
	for i, reg := range u.Registrations {
		if reg.Kind == inventory.TagCredential && (reg.Run == u.Run.ID || modeOf(u.Last()) != "" && r.tagReg == nil) {
			r.tagReg = &u.Registrations[i]
		}
	}
	r.tile.Run, r.tile.Key, r.tile.Tag = string(r.row.ID), string(r.key.ID), string(r.key.Tag)
	r.tile.Model, r.tile.Verdict = r.key.Model, string(r.key.Verdict)
	return r
}

// recordLate writes the record that a dead process left to be written. Where its key is now nobody knows: no tile shows
// it before [Bench.recordedFor] has found it.
func (b *Bench) recordLate(ctx context.Context, u inventory.Unfinished) error {
	r := b.revive(u, Port{ID: u.Run.Port, Path: u.Run.Device})
	r.hidden = true
	r.reload(ctx)
	r.reasons = append(r.reasons, "The run was finished after a restart.")
	at := slices.IndexFunc(plan, func(s step) bool { return s.name == u.Last().Step })
	if err := r.walk(ctx, at); err != nil {
		return err
	}
	r.finish(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.late = append(b.late, late{r, r.report()})
	return nil
}

// reload reads the run's line again. One that cannot be read, by a user who may not open addresses for instance, keeps
// nothing from being recorded: only the packet is left to be printed.
func (r *run) reload(ctx context.Context) {
	if r.row.Line == "" {
		return
	}
	o, err := r.b.cfg.Books.Order(ctx, r.row.Line)
	if err != nil {
		r.log("read line", err)
		r.reasons = append(r.reasons, "The packet was not printed: "+inventory.Sentence(err))
		return
	}
	r.takes(o)
}

// interrupt closes a dead run that left nothing to keep.
func (b *Bench) interrupt(ctx context.Context, u inventory.Unfinished) error {
	last, next := u.Last(), "the key is made anew from a reset."
	if modeOf(last) == modeFinish && slices.Contains(beforePIN, last.Step) {
		next = "the key is in stock as before."
	}
	if u.Key != nil && !u.Later {
		b.leave(u.Run.Port, *u.Key)
	}
	return b.close(ctx, u, inventory.System("recovery"), "The program ended during "+string(last.Step)+"; "+next)
}

// leave notes which key an interrupted run had at a port. One that has a PIN by now, and no tag yet or one that is mute,
// cannot say that it is that key.
func (b *Bench) leave(port string, k inventory.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left[port] = k
}

// takeLeft gives it, once.
func (b *Bench) takeLeft(port string) *inventory.Key {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, ok := b.left[port]
	delete(b.left, port)
	if !ok {
		return nil
	}
	return &k
}

// close ends a dead run without a key, with the reason.
func (b *Bench) close(ctx context.Context, u inventory.Unfinished, by inventory.Actor, why string) error {
	r := b.revive(u, Port{ID: u.Run.Port, Path: u.Run.Device})
	last := u.Last()
	e := inventory.Entered{Entry: r.entry(last.Step, inventory.Ended, b.now())}
	e.Entry.Outcome, e.Entry.Note = inventory.Failed, why
	res := result{end: inventory.RunInterrupted, note: why}
	if err := r.closing(&e, res, e.Entry.At); err != nil {
		return err
	}
	if err := b.cfg.Journal.Append(context.WithoutCancel(ctx), by, e); err != nil {
		return fmt.Errorf("close interrupted run: %w", err)
	}
	return nil
}

// await notes a dead run that only its key can end.
func (b *Bench) await(u inventory.Unfinished) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending = append(b.pending, u)
}

// settle takes a dead run from those that wait for their key, for whoever ends it. False means that somebody was
// faster.
func (b *Bench) settle(u inventory.Unfinished) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.pending)
	b.pending = slices.DeleteFunc(b.pending, func(p inventory.Unfinished) bool { return p.Run.ID == u.Run.ID })
	return len(b.pending) < n
}

// resume looks for a dead run among those that wait for their key. With its PIN change forced and its tag answering,
// the key needs only its record, and the report is given; else the run is closed and the key is made anew by another.
// The key that the closed run had is given then: what is at the port may be it.
func (b *Bench) resume(ctx context.Context, port Port) (*Report, *inventory.Key, error) {
	if b.nothingLeft() || b.cfg.Policy.never(port) {
		return nil, nil, nil
	}
	probe := b.newRun(port, inventory.Want{})
	defer probe.closeKey()
	if err := probe.openKey(ctx); err != nil {
		return nil, nil, nil // identify says what is wrong
	}
	rep, err := b.recordedFor(ctx, probe)
	if rep != nil || err != nil {
		return rep, nil, probe.fault(err)
	}
	for _, u := range b.waitingRuns() {
		r := b.revive(u, port)
		r.auth, r.info, r.port = probe.auth, probe.info, probe.port
		mine, whole, err := r.forcedBefore(ctx)
		probe.auth, probe.info = r.auth, r.info
		if err != nil {
			return nil, nil, r.fault(err)
		}
		if !mine || !b.settle(u) {
			continue
		}
		if !whole {
			return nil, u.Key, b.interrupt(ctx, u)
		}
		rep, err := r.finishForced(ctx)
		probe.auth = r.auth
		return rep, nil, err
	}
	return nil, nil, nil
}

// fault is what a key's fault while it is asked about a dead run comes to: nothing. The new run at its port meets the
// same key and says what is wrong.
func (r *run) fault(err error) error {
	if err != nil {
		r.log("ask about a dead run", err)
	}
	return nil
}

// supersede closes a dead run that waits for this key: the key was known by other means and is made anew.
func (b *Bench) supersede(ctx context.Context, key inventory.KeyID) error {
	for _, u := range b.waitingRuns() {
		if u.Key == nil || u.Key.ID != key || !b.settle(u) {
			continue
		}
		if err := b.interrupt(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// recordedFor gives the report of the run that was recorded after the restart, if the key at the probe's port is its
// key: it is ready, and is not made again.
func (b *Bench) recordedFor(ctx context.Context, probe *run) (*Report, error) {
	b.mu.Lock()
	all := slices.Clone(b.late)
	b.mu.Unlock()
	for _, l := range all {
		if l.report.End != inventory.RunReady && l.report.End != inventory.RunStocked || l.run.tagReg == nil || l.run.key.AAGUID != probe.info.AAGUID.String() {
			continue
		}
		answer, err := probe.answersTag(ctx, *l.run.tagReg, nil)
		if err != nil {
			return nil, err
		}
		if answer == tagHeld {
			b.mu.Lock()
			b.late = slices.DeleteFunc(b.late, func(o late) bool { return o.run == l.run })
			b.mu.Unlock()
			b.publish(l.run.tileAt(probe.port, b.now()))
			l.report.Device, l.report.left = probe.port.Path, plugged{probe.port.Path, probe.port.Plug}
			return &l.report, nil
		}
	}
	return nil, nil
}

// tileAt is the tile of a run that was finished before its key was found at a port.
func (r *run) tileAt(p Port, at time.Time) Tile {
	t := r.tile
	t.Port, t.Label, t.Plugged, t.Since = p.ID, p.Title(), true, at
	return t
}

// forcedBefore tells if the key at the port is the one that the dead run r made, and if nothing but the record is
// missing. A key that is mute cannot prove that it is: port, model and firmware have to do, and it is made anew.
func (r *run) forcedBefore(ctx context.Context) (mine, whole bool, err error) {
	if r.tagReg == nil || r.key.AAGUID != r.info.AAGUID.String() {
		return false, false, nil
	}
	answer, err := r.answersTag(ctx, *r.tagReg, nil)
	if err != nil {
		return false, false, err
	}
	if answer == tagHeld {
		return true, r.info.ForcePINChange && !r.resealed, nil
	}
	likely := r.row.Port == r.port.ID && r.key.Firmware == r.info.Firmware() && r.info.HasPIN() && r.info.ForcePINChange
	return likely && answer == tagMute, false, nil
}

// finishForced writes the outcome that the dead run could not, and its record.
func (r *run) finishForced(ctx context.Context) (*Report, error) {
	r.reload(ctx)
	at := len(plan) - 2
	res := result{outcome: inventory.Done, note: "found done after a restart; the tag answers"}
	r.reasons = append(r.reasons, "The run was finished after a restart.")
	if err := r.write(ctx, at, res, 0); err != nil {
		return nil, err
	}
	if r.row.End == "" {
		if err := r.walk(ctx, at+1); err != nil {
			return nil, err
		}
	}
	r.finish(ctx)
	rep := r.report()
	return &rep, nil
}
