package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"keystation/inventory"
)

// directoryLabel is what the address of a file of people is called in the address book.
const directoryLabel = "Directory"

// ImportPeople is [Store.ImportStaff] for those who choose nothing.
func (s *Store) ImportPeople(ctx context.Context, by inventory.Actor, rows []inventory.ImportedPerson, dryRun bool) ([]inventory.RowResult, error) {
	r, err := s.ImportStaff(ctx, by, rows, inventory.ImportChoices{DryRun: dryRun})
	return r.Rows, err
}

// ImportStaff writes a directory, in one transaction with a result for each row: whoever is known is revised, another one
// entered. A refused row leaves nothing of itself. A dry run gives the same report and writes nothing; a report beside an
// error says what stood against it.
func (s *Store) ImportStaff(ctx context.Context, by inventory.Actor, rows []inventory.ImportedPerson, how inventory.ImportChoices) (inventory.ImportReport, error) {
	var r inventory.ImportReport
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		var err error
		if r, err = s.importStaff(ctx, tx, rows, how); err != nil {
			return err
		}
		if err := r.Allow(how); err != nil {
			return err
		}
		if how.DryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return r, err
}

func (s *Store) importStaff(ctx context.Context, tx *txn, rows []inventory.ImportedPerson, how inventory.ImportChoices) (inventory.ImportReport, error) {
	var r inventory.ImportReport
	all, err := people.list(ctx, tx.sql, "ORDER BY id")
	if err != nil {
		return r, err
	}
	staff := inventory.NewStaff(all)
	staff.Whole = how.Leavers
	plans, err := staff.Plan(rows, inventory.NewID[inventory.PersonID])
	if err != nil {
		return r, err
	}
	if err := s.enterAll(ctx, tx, plans); err != nil {
		return r, err
	}
	r.Rows = make([]inventory.RowResult, len(plans))
	for i, p := range plans {
		r.Rows[i] = p.Result
	}
	r.Limit = inventory.LeaversAtOnce(len(all))
	if how.Leavers {
		if r.Missing, err = tx.leave(ctx, staff.Missing(plans)); err != nil {
			return r, err
		}
	}
	r.Digest, err = reportDigest(r)
	return r, err
}

// enterAll writes the plans, managers before those whom they manage: a person names somebody who is there.
func (s *Store) enterAll(ctx context.Context, tx *txn, plans []inventory.PlannedPerson) error {
	of := map[inventory.PersonID]*inventory.PlannedPerson{}
	for i := range plans {
		if p := &plans[i]; p.Err == nil && !p.Settled {
			of[p.Now.ID] = p
		}
	}
	done := map[inventory.PersonID]bool{}
	var enter func(p *inventory.PlannedPerson) error
	enter = func(p *inventory.PlannedPerson) error {
		if p == nil || p.Err != nil || p.Settled || done[p.Now.ID] {
			return nil
		}
		done[p.Now.ID] = true // no circle is left in plans
		if err := enter(of[p.Now.Manager]); err != nil {
			return err
		}
		return s.enterOne(ctx, tx, p, of[p.Now.Manager])
	}
	for i := range plans {
		if err := enter(&plans[i]); err != nil {
			return fmt.Errorf("import row at line %d: %w", plans[i].Result.Line, err)
		}
	}
	return nil
}

// enterOne writes one plan. What is refused at the last moment becomes its result.
func (s *Store) enterOne(ctx context.Context, tx *txn, p, manager *inventory.PlannedPerson) error {
	if manager != nil && manager.Err != nil && manager.Was.ID == "" {
		p.Now.Manager = p.Was.Manager
	}
	err := tx.nested(ctx, func() error { return s.savePlan(ctx, tx, p) })
	if kind := inventory.KindOf(err); err != nil && kind != inventory.Internal && kind != inventory.Unavailable {
		p.Err = err
		p.Result.Outcome, p.Result.Sentence, p.Result.Changes = inventory.RowRefused, inventory.Sentence(err), nil
		return nil
	}
	return err
}

func (s *Store) savePlan(ctx context.Context, tx *txn, p *inventory.PlannedPerson) error {
	now, ev, err := p.Apply(tx.now)
	if err != nil {
		return err
	}
	if ev.Action != "" {
		if err := people.save(ctx, tx, now); err != nil {
			return err
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
	}
	if p.Address.IsZero() {
		return nil
	}
	if p.Was.ID == "" { // nobody took anything from somebody who was not there
		ev, err := s.writeAddress(ctx, tx, now, directoryLabel, p.Address, 0)
		if err != nil {
			return err
		}
		return tx.log(ctx, ev)
	}
	events, err := s.addAddress(ctx, tx, now, directoryLabel, p.Address)
	if err != nil || len(events) == 0 {
		return err
	}
	p.Readdressed()
	return tx.logAll(ctx, events)
}

// leave notes that these people have left. Admins stay: a file that lost them must not lock everybody out.
func (tx *txn) leave(ctx context.Context, missing []inventory.Person) ([]inventory.Person, error) {
	rulers, err := queryRows(ctx, tx.sql, func(id *inventory.PersonID) []any { return []any{id} },
		"SELECT person FROM grants WHERE role = 'admin' AND until IS NULL")
	if err != nil {
		return nil, err
	}
	missing = slices.DeleteFunc(missing, func(p inventory.Person) bool { return slices.Contains(rulers, p.ID) })
	for _, p := range missing {
		p, ev, err := p.Leave(tx.now)
		if err != nil {
			return nil, err
		}
		if err := people.save(ctx, tx, p); err != nil {
			return nil, err
		}
		if err := tx.log(ctx, ev); err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// reportDigest names what a file comes to. The ids that new people would get are no part of it.
func reportDigest(r inventory.ImportReport) (string, error) {
	left := make([]inventory.PersonID, len(r.Missing))
	for i, p := range r.Missing {
		left[i] = p.ID
	}
	text, err := inventory.Canonical(struct {
		Rows []inventory.RowResult
		Left []inventory.PersonID
	}{r.Rows, left})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
