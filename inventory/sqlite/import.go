package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"keystation/inventory"
)

// errDryRun undoes an import that was only to be tried.
var errDryRun = errors.New("dry run")

// ImportRequisitions writes requisitions with their lines, in one transaction with a result for each row. A row that
// was imported before changes nothing: it is known again by its reference or, without one, by person and reason as
// long as that requisition is not finished. Once more with a name in approved_by it approves what is still submitted.
// A new row is refused too when one of checks refuses its order, such as for a name that no packet can show. Checks may
// take their time: they are asked before the transaction begins, so that a bench that writes does not wait for them.
func (s *Store) ImportRequisitions(ctx context.Context, by inventory.Actor, rows []inventory.ImportedRequisition, dryRun bool, checks ...func(inventory.Order) error) ([]inventory.RowResult, error) {
	refused := make([]error, len(rows))
	for i := range rows {
		refused[i] = s.orderable(ctx, rows[i], checks)
	}
	return importRows(ctx, s, by, dryRun, len(rows), func(ctx context.Context, tx *txn, i int) (inventory.RowResult, error) {
		r := inventory.RowResult{Line: rows[i].Line}
		if rows[i].Err != nil {
			return r, rows[i].Err
		}
		return s.importRequisition(ctx, tx, rows[i], refused[i])
	})
}

type importRow func(ctx context.Context, tx *txn, i int) (inventory.RowResult, error)

func importRows(ctx context.Context, s *Store, by inventory.Actor, dryRun bool, n int, row importRow) ([]inventory.RowResult, error) {
	var results []inventory.RowResult
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		results = make([]inventory.RowResult, 0, n)
		for i := range n {
			r, err := tx.importOne(ctx, row, i)
			if err != nil {
				return fmt.Errorf("import row at line %d: %w", r.Line, err)
			}
			results = append(results, r)
		}
		if dryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, err
	}
	return results, nil
}

// importOne does one row; what a rule refuses becomes its result, any other error ends the import.
func (tx *txn) importOne(ctx context.Context, row importRow, i int) (inventory.RowResult, error) {
	var r inventory.RowResult
	err := tx.nested(ctx, func() error {
		var err error
		r, err = row(ctx, tx, i)
		return err
	})
	if kind := inventory.KindOf(err); err != nil && kind != inventory.Internal && kind != inventory.Unavailable {
		r.Outcome, r.Sentence = inventory.RowRefused, inventory.Sentence(err)
		return r, nil
	}
	return r, err
}

func (s *Store) importRequisition(ctx context.Context, tx *txn, row inventory.ImportedRequisition, refused error) (inventory.RowResult, error) {
	r := inventory.RowResult{Line: row.Line}
	p, err := named(ctx, tx.sql, row.Person)
	if err != nil {
		return r, absent(err, "Nobody in the directory has the e-mail address or external id %q: import people first.", row.Person)
	}
	if p.State == inventory.PersonLeft {
		return r, inventory.Refuse(inventory.Conflict, "%s has left: no keys are made for them.", p.Name)
	}
	was, err := findRequisition(ctx, tx.sql, p, row)
	approves := row.ApprovedBy != "" && (err != nil || was.State == inventory.Submitted)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return r, err
	case approves && p.Is(row.ApprovedBy):
		return r, inventory.Refuse(inventory.Forbidden, "Nobody approves their own: the keys are for %s, so somebody else must approve them.", p.Name)
	case err != nil:
		if refused != nil {
			return r, refused
		}
		return s.createRequisition(ctx, tx, p, row)
	case approves:
		return s.approveRow(ctx, tx, was, row)
	}
	r.Outcome, r.What = inventory.RowUnchanged, was.Number
	r.Sentence = fmt.Sprintf("This is requisition %s, which is %s.", was.Number, was.State)
	if was.State == inventory.Submitted {
		r.Sentence += " To approve it, import the row again with a name in approved_by."
	}
	return r, nil
}

// named finds a person by external id, else by e-mail.
func named(ctx context.Context, q querier, text string) (inventory.Person, error) {
	return people.one(ctx, q, "WHERE (external_id = $1 AND external_id <> '') OR (email = $1 AND email <> '') ORDER BY external_id = $1 DESC LIMIT 1", text)
}

// orderable refuses a new row when a check refuses the order that the bench would get of it. What cannot be looked up,
// and what is there already, passes: the import says what is the matter with it.
func (s *Store) orderable(ctx context.Context, row inventory.ImportedRequisition, checks []func(inventory.Order) error) error {
	if len(checks) == 0 || row.Err != nil {
		return nil
	}
	p, err := named(ctx, s.readers, row.Person)
	if err != nil {
		return nil
	}
	if _, err := findRequisition(ctx, s.readers, p, row); !errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	o := inventory.Order{Person: p, Address: row.Address,
		Line:        inventory.Line{Position: 1, Purpose: inventory.Primary, Connector: row.Connector},
		Requisition: inventory.Requisition{Number: "R-00000000", Person: p.ID, Reason: row.Reason, Tier: row.Tier}}
	for _, check := range checks {
		if err := check(o); err != nil {
			return err
		}
	}
	return nil
}

// createRequisition enters what the row asks for.
func (s *Store) createRequisition(ctx context.Context, tx *txn, p inventory.Person, row inventory.ImportedRequisition) (inventory.RowResult, error) {
	r := inventory.RowResult{Line: row.Line, Outcome: inventory.RowCreated}
	var err error
	if r.What, err = s.addRequisition(ctx, tx, p, row); err != nil {
		return r, err
	}
	keys := map[int]string{1: "One key", 2: "Two keys"}[row.Keys]
	r.Sentence = keys + " for " + p.Name + ", still to be approved."
	if row.ApprovedBy != "" {
		r.Sentence = keys + " for " + p.Name + ", approved by " + row.ApprovedBy + "."
	}
	return r, nil
}

// approveRow approves what an earlier import of the row submitted, unless the row asks for something else by now.
func (s *Store) approveRow(ctx context.Context, tx *txn, was inventory.Requisition, row inventory.ImportedRequisition) (inventory.RowResult, error) {
	r := inventory.RowResult{Line: row.Line, Outcome: inventory.RowUpdated, What: was.Number}
	asked, err := lines.list(ctx, tx.sql, "WHERE requisition = $1 ORDER BY position", was.ID)
	if err != nil {
		return r, err
	}
	to := row.Address
	if s.options.OpenAddress != nil {
		if to, err = s.openAddress(was); err != nil {
			return r, err
		}
	}
	if err := row.Approves(was, asked, to); err != nil {
		return r, err
	}
	r.Sentence = fmt.Sprintf("Requisition %s is approved now, by %s.", was.Number, row.ApprovedBy)
	return r, tx.approveAs(ctx, was, row.ApprovedBy)
}

// findRequisition looks for what an earlier import made of the same row.
func findRequisition(ctx context.Context, q querier, p inventory.Person, row inventory.ImportedRequisition) (inventory.Requisition, error) {
	if row.Reference == "" {
		return requisitions.one(ctx, q,
			"WHERE person = $1 AND reason = $2 AND state IN ('submitted', 'approved', 'fulfilling', 'sent') ORDER BY id DESC LIMIT 1", p.ID, row.Reason)
	}
	r, err := requisitions.one(ctx, q, "WHERE reference = $1", row.Reference)
	if err == nil && (r.Person != p.ID || r.Reason != row.Reason) {
		return r, inventory.Refuse(inventory.Conflict, "The reference %s is that of %s, for another person or reason: give this row a reference of its own.", row.Reference, r.Number)
	}
	return r, err
}

// addRequisition submits what the row asks for, and approves it when the row says who did.
func (s *Store) addRequisition(ctx context.Context, tx *txn, p inventory.Person, row inventory.ImportedRequisition) (string, error) {
	r := inventory.Requisition{Reference: row.Reference, Person: p.ID, Reason: row.Reason, Tier: row.Tier}
	var err error
	if r.ID, err = inventory.NewID[inventory.RequisitionID](); err != nil {
		return "", err
	}
	if r.Number, err = nextNumber(ctx, tx.sql, "requisitions", "R-"); err != nil {
		return "", err
	}
	if r.Address, err = s.sealAddress(r.ID, row.Address); err != nil {
		return "", err
	}
	r, ev, err := r.Submit(tx.now)
	if err != nil {
		return "", err
	}
	if err := requisitions.save(ctx, tx, r); err != nil {
		return "", err
	}
	if err := tx.addLines(ctx, r, row); err != nil {
		return "", err
	}
	if err := tx.log(ctx, ev); err != nil {
		return r.Number, err
	}
	if row.ApprovedBy == "" {
		events, err := tx.submitted(ctx, r)
		if err != nil {
			return r.Number, err
		}
		return r.Number, tx.logAll(ctx, events)
	}
	return r.Number, tx.approveAs(ctx, r, row.ApprovedBy)
}

func (tx *txn) addLines(ctx context.Context, r inventory.Requisition, row inventory.ImportedRequisition) error {
	for i := range row.Keys {
		id, err := inventory.NewID[inventory.LineID]()
		if err != nil {
			return err
		}
		l := inventory.Line{
			ID: id, Requisition: r.ID, Position: i + 1, Purpose: inventory.Primary, Connector: row.Connector,
			State: inventory.LineOpen, ChangedAt: tx.now,
		}
		if i > 0 {
			l.Purpose = inventory.Spare
		}
		if err := lines.save(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}

// approveAs approves in a name that the file claims.
func (tx *txn) approveAs(ctx context.Context, r inventory.Requisition, name string) error {
	r, ev, err := r.Approve(inventory.Claimed(name), tx.now)
	if err != nil {
		return err
	}
	if err := requisitions.save(ctx, tx, r); err != nil {
		return err
	}
	seats, err := seatsOf(ctx, tx.sql, r)
	if err != nil {
		return err
	}
	if err := tx.voidSeats(ctx, seats, "", "It was approved by "+name+", as a file says."); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}

func (s *Store) sealAddress(id inventory.RequisitionID, a inventory.Address) ([]byte, error) {
	if a.IsZero() {
		return nil, nil
	}
	if s.options.SealAddress == nil {
		return nil, inventory.Refuse(inventory.Unavailable, "Addresses cannot be imported without the recipient they are sealed for: name the address recipient in the configuration.")
	}
	blob, err := s.options.SealAddress(string(id), a)
	if err != nil {
		return nil, fmt.Errorf("seal address: %w", err)
	}
	return blob, nil
}
