package sqlite

import (
	"context"
	"fmt"
	"slices"

	"keystation/inventory"
)

// RunStepped is the payload of a run.<step> entry: the journal lines that were written with it, in words.
type RunStepped struct {
	Run   inventory.RunID `json:"run"`
	Lines []string        `json:"lines"` // "reset: done", "tag: intent"
}

// Begin writes a new run and its first intent.
func (s *Store) Begin(ctx context.Context, run inventory.Run, first inventory.Entry) error {
	if run.Owner == "" {
		return inventory.Refuse(inventory.Invalid, "A run needs an owner, or nobody could tell when its process is gone.")
	}
	return s.update(ctx, run.Operator, func(ctx context.Context, tx *txn) error {
		if err := runs.save(ctx, tx, run); err != nil {
			return err
		}
		if err := entries.save(ctx, tx, first); err != nil {
			return err
		}
		return tx.log(ctx, inventory.Event{
			Action: "run.begun", Payload: stepped(run.ID, inventory.Entered{Entry: first}),
		})
	})
}

// Append writes entries of one run in order, each with its facts, all or none. The ledger gets one entry run.<step>,
// named after the first of them, and one for each event.
func (s *Store) Append(ctx context.Context, by inventory.Actor, es ...inventory.Entered) error {
	if len(es) == 0 {
		return nil
	}
	run := es[0].Entry.Run
	if slices.ContainsFunc(es, func(e inventory.Entered) bool { return e.Entry.Run != run }) {
		return fmt.Errorf("append to run %s: entries of several runs", run)
	}
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		var events []inventory.Event
		for _, e := range es {
			more, err := tx.enter(ctx, e)
			if err != nil {
				return err
			}
			events = append(append(events, more...), e.Events...)
		}
		ev := inventory.Event{Action: "run." + string(es[0].Entry.Step), Payload: stepped(run, es...)}
		return tx.logAll(ctx, append([]inventory.Event{ev}, events...))
	})
}

// logAll writes events in order. One without an action is of a rule that had nothing to do.
func (tx *txn) logAll(ctx context.Context, events []inventory.Event) error {
	for _, ev := range events {
		if ev.Action == "" {
			continue
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
	}
	return nil
}

func stepped(run inventory.RunID, es ...inventory.Entered) RunStepped {
	p := RunStepped{Run: run}
	for _, e := range es {
		word := string(e.Entry.Outcome)
		if e.Entry.Phase == inventory.Intent {
			word = string(inventory.Intent)
		}
		p.Lines = append(p.Lines, string(e.Entry.Step)+": "+word)
	}
	return p
}

// enter writes one entry and its facts, and gives the events of the rules that were asked.
func (tx *txn) enter(ctx context.Context, e inventory.Entered) ([]inventory.Event, error) {
	if err := entries.save(ctx, tx, e.Entry); err != nil {
		return nil, err
	}
	if err := tx.enterKey(ctx, e); err != nil {
		return nil, err
	}
	if err := tx.enterSecrets(ctx, e); err != nil {
		return nil, err
	}
	events, err := tx.enterLines(ctx, e)
	if err != nil || e.Run == nil {
		return events, err
	}
	return events, runs.save(ctx, tx, *e.Run)
}

// enterLines asks the rules of lines and requisitions on the rows as they are now: pages change them too.
func (tx *txn) enterLines(ctx context.Context, e inventory.Entered) ([]inventory.Event, error) {
	if e.Reopen != "" {
		if err := tx.reopen(ctx, e); err != nil {
			return nil, err
		}
	}
	if e.Release {
		if _, err := tx.release(ctx, e.Entry.Run); err != nil {
			return nil, err
		}
	}
	if e.Made == "" {
		return nil, nil
	}
	if e.Key == nil {
		return nil, fmt.Errorf("line %s is made without a key", e.Made)
	}
	return tx.made(ctx, e.Made, e.Entry.Run, e.Key.ID)
}

// reopen takes a line from its key, which is made again: by a run that keeps the line, or for whoever comes.
func (tx *txn) reopen(ctx context.Context, e inventory.Entered) error {
	l, err := line(ctx, tx.sql, e.Reopen)
	if err != nil {
		return err
	}
	l = l.Reopen(tx.now)
	if e.Run != nil && e.Run.Line == l.ID {
		if l, err = l.Take(e.Run.ID, tx.now); err != nil {
			return err
		}
	}
	return lines.save(ctx, tx, l)
}

// made notes that run made key for the line, and that its requisition is being fulfilled.
func (tx *txn) made(ctx context.Context, id inventory.LineID, run inventory.RunID, key inventory.KeyID) ([]inventory.Event, error) {
	l, err := line(ctx, tx.sql, id)
	if err != nil {
		return nil, err
	}
	if l, err = l.Made(run, key, tx.now); err != nil {
		return nil, err
	}
	if err := lines.save(ctx, tx, l); err != nil {
		return nil, err
	}
	if err := tx.tellPickUp(ctx, l.Requisition); err != nil {
		return nil, err
	}
	return tx.fulfil(ctx, l.Requisition)
}

// tellPickUp tells a person whose keys are not sent that one waits at the desk.
func (tx *txn) tellPickUp(ctx context.Context, id inventory.RequisitionID) error {
	r, err := requisition(ctx, tx.sql, id)
	if err != nil || len(r.Address) > 0 {
		return err
	}
	p, err := person(ctx, tx.sql, r.Person)
	if err != nil {
		return err
	}
	return tx.post(ctx, p, inventory.LetterPickUp, inventory.LetterFacts{Number: r.Number, Name: r.Place, Path: "/requisitions/" + r.Number}, false)
}

// fulfil notes that the bench works on a requisition; one that it must not work on any more is refused.
func (tx *txn) fulfil(ctx context.Context, id inventory.RequisitionID) ([]inventory.Event, error) {
	r, err := requisition(ctx, tx.sql, id)
	if err != nil {
		return nil, err
	}
	if r.State == inventory.Fulfilling {
		return nil, nil
	}
	r, ev, err := r.Fulfill(tx.now)
	if err != nil {
		return nil, err
	}
	return []inventory.Event{ev}, requisitions.save(ctx, tx, r)
}

// enterKey writes the key and who holds it.
func (tx *txn) enterKey(ctx context.Context, e inventory.Entered) error {
	if e.Key != nil {
		if err := keys.save(ctx, tx, *e.Key); err != nil {
			return err
		}
	}
	if e.Custody != nil {
		return tx.handOver(ctx, *e.Custody)
	}
	return nil
}

// enterSecrets writes credentials and the sealed PIN, and ends those that are void.
func (tx *txn) enterSecrets(ctx context.Context, e inventory.Entered) error {
	if e.Registration != nil {
		if err := registrations.save(ctx, tx, *e.Registration); err != nil {
			return err
		}
	}
	if e.Judgment != nil {
		if err := judgments.save(ctx, tx, *e.Judgment); err != nil {
			return err
		}
	}
	if e.Revoke != nil {
		if err := tx.revoke(ctx, *e.Revoke, e.Entry.Run); err != nil {
			return err
		}
	}
	var keep inventory.SealID
	if e.Seal != nil {
		keep = e.Seal.ID
		if err := seals.save(ctx, tx, *e.Seal); err != nil {
			return err
		}
	}
	if e.VoidSeals != "" {
		return tx.voidSeals(ctx, e.VoidSeals, keep, e.Entry.Run)
	}
	return nil
}

// Unfinished lists the runs without an end that no living process owns, oldest first, and makes owner their owner.
// Two processes that ask at the same time never get the same run: the second finds it owned by the first.
func (s *Store) Unfinished(ctx context.Context, owner string) ([]inventory.Unfinished, error) {
	var found []inventory.Unfinished
	err := s.update(ctx, inventory.System("recovery"), func(ctx context.Context, tx *txn) error {
		found = nil
		orphans, err := s.orphans(ctx, tx, owner)
		if err != nil {
			return err
		}
		for _, r := range orphans {
			u, err := tx.adopt(ctx, r, owner)
			if err != nil {
				return err
			}
			found = append(found, u)
		}
		return nil
	})
	return found, err
}

// orphans lists the runs whose owners are gone.
func (s *Store) orphans(ctx context.Context, tx *txn, owner string) ([]inventory.Run, error) {
	open, err := runs.list(ctx, tx.sql, "WHERE ended_at IS NULL AND owner <> $1 ORDER BY rowid", owner)
	if err != nil {
		return nil, err
	}
	living := map[string]bool{}
	for _, r := range open {
		if _, asked := living[r.Owner]; asked {
			continue
		}
		if living[r.Owner], err = ownerLives(s.options.Locks, r.Owner); err != nil {
			return nil, err
		}
	}
	open = slices.DeleteFunc(open, func(r inventory.Run) bool { return living[r.Owner] })
	if len(open) == 0 {
		return nil, nil
	}
	// In a folder that is not the one where locks are held, everybody would look dead.
	if held, err := ownerLives(s.options.Locks, owner); err != nil || !held {
		return nil, &inventory.Error{Kind: inventory.Unavailable, Err: err,
			Msg: "Runs that were interrupted cannot be taken over: this process holds no lock in " + s.options.Locks + ", so it cannot tell who lives."}
	}
	return open, nil
}

// adopt gives r to owner and reads what its recovery needs.
func (tx *txn) adopt(ctx context.Context, r inventory.Run, owner string) (inventory.Unfinished, error) {
	r.Owner = owner
	u := inventory.Unfinished{Run: r}
	if err := runs.save(ctx, tx, r); err != nil {
		return u, err
	}
	err := tx.log(ctx, inventory.Event{Action: "run.adopted", Payload: r.Owner})
	if err != nil {
		return u, err
	}
	if u.Entries, err = entries.list(ctx, tx.sql, "WHERE run = $1 ORDER BY seq", r.ID); err != nil {
		return u, err
	}
	u.Registrations, err = registrations.list(ctx, tx.sql,
		"WHERE revoked_at IS NULL AND id IN (SELECT id FROM registrations WHERE key_id = $1 UNION SELECT id FROM registrations WHERE run = $2) ORDER BY rowid",
		r.Key, r.ID)
	if err != nil || r.Key == "" {
		return u, err
	}
	k, err := key(ctx, tx.sql, r.Key)
	if err != nil {
		return u, err
	}
	u.Key = &k
	err = tx.sql.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM runs later WHERE later.key_id = $1
		AND later.rowid > (SELECT r.rowid FROM runs r WHERE r.id = $2))`, r.Key, r.ID).Scan(&u.Later)
	if err != nil {
		return u, fmt.Errorf("look for later runs: %w", err)
	}
	return u, nil
}
