package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// recorded are the tables whose rows the ledger follows, beside the journal. Every table of the schema that is none of
// the ledger's own is among them.
var recorded = []interface {
	hashes(ctx context.Context, q querier, do func(row inventory.RowHash, fault error)) error
	called() string
}{settings, people, requisitions, lines, keys, custody, runs, registrations, seals, parcels, checkpoints}

func (t *table[T]) called() string { return t.name }

// hashes gives the hash of every row as it is now. A row that cannot be read has a fault, and its id where that much
// can be read.
func (t *table[T]) hashes(ctx context.Context, q querier, do func(row inventory.RowHash, fault error)) error {
	rows, err := q.QueryContext(ctx, t.selects)
	if err != nil {
		return fmt.Errorf("list %s: %w", t.name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		fault := rows.Scan(t.into(&v)...)
		row := inventory.RowHash{Table: t.name, ID: t.id(&v)}
		if fault == nil {
			if row, err = t.digest(&v); err != nil {
				return err
			}
		}
		do(row, fault)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list %s: %w", t.name, err)
	}
	return nil
}

// rows compares every row with its last entry. Rows that are in no entry, and entries whose row is gone, are found too.
func (a *audit) rows(ctx context.Context) error {
	var all []inventory.Finding
	for _, t := range recorded {
		found, err := a.table(ctx, t.called(), t.hashes)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(x, y inventory.Finding) int { return cmp.Compare(x.Entry, y.Entry) })
	for _, f := range all {
		a.found(f.Entry, f.Table, f.ID, "%s", f.Sentence)
	}
	return nil
}

func (a *audit) table(ctx context.Context, name string, hashes func(context.Context, querier, func(inventory.RowHash, error)) error) ([]inventory.Finding, error) {
	var all []inventory.Finding
	found := func(entry int64, id, format string, args ...any) {
		all = append(all, inventory.Finding{Entry: entry, Table: name, ID: id, Sentence: fmt.Sprintf(format, args...)})
	}
	last := a.last[name]
	err := hashes(ctx, a.tx, func(row inventory.RowHash, fault error) {
		a.report.Rows++
		is, known := last[row.ID]
		delete(last, row.ID)
		switch {
		case a.unreadable(fault) && a.fault != nil:
		case !known:
			found(a.report.Entries+1, row.ID, "Row %s of %s is in no entry of the ledger: somebody added it.", row.ID, name)
		case fault != nil || is.sum != row.SHA256:
			found(is.seq, row.ID, "Row %s of %s is not as entry %d of the ledger left it: it was changed by hand.", row.ID, name, is.seq)
		}
	})
	for id, is := range last {
		found(is.seq, id, "Row %s of %s, which entry %d of the ledger wrote, is gone.", id, name, is.seq)
	}
	return all, err
}

// prepareOutside opens the checkpoints that were kept elsewhere. Whoever rewrote the ledger may have given the database
// a key of their own, so a signature by an unknown key is a finding.
func (a *audit) prepareOutside() error {
	for _, note := range a.options.Checkpoints {
		c, err := ledger.OpenCheckpoint(note, append([]string{a.settings.Verifier}, a.options.Verifiers...)...)
		switch {
		case errors.Is(err, ledger.ErrNotCheckpoint):
			return inventory.Refuse(inventory.Invalid, "The checkpoint that was given is none: name a file that keystation wrote, unchanged.")
		case errors.Is(err, ledger.ErrUnknownKey):
			a.found(0, "", "", "The checkpoint that was given is signed by a key that this database does not name: it is of another ledger, or this one was made anew.")
			continue
		case errors.Is(err, ledger.ErrSignature):
			return inventory.Refuse(inventory.Invalid, "The signature of the checkpoint that was given is wrong: it was changed after it was signed.")
		case err != nil:
			return fmt.Errorf("open checkpoint: %w", err)
		}
		if c.Origin != a.settings.Origin {
			a.found(0, "", "", "The checkpoint that was given is of the ledger %s, this one is %s.", c.Origin, a.settings.Origin)
			continue
		}
		a.outside = append(a.outside, c)
		a.roots[c.Size] = ledger.Hash{}
	}
	slices.SortFunc(a.outside, func(x, y ledger.Checkpoint) int { return cmp.Compare(x.Size, y.Size) })
	return nil
}

// checkpoints compares the tree with what was signed, the earliest first.
func (a *audit) checkpoints(context.Context) error {
	for _, kept := range a.stored {
		c, err := ledger.OpenCheckpoint([]byte(kept.Note), a.settings.Verifier)
		if err != nil || c.Size != kept.Size || c.Root != a.roots[c.Size] {
			a.found(kept.Size, checkpoints.name, fmt.Sprint(kept.Size), "The checkpoint over %d entries that the database keeps does not fit them.", kept.Size)
			continue
		}
		a.report.Signed++
	}
	fits := int64(0)
	for _, c := range a.outside {
		at := c.Time.Format("2 January 2006 15:04 UTC")
		switch {
		case c.Size > a.report.Entries:
			a.found(a.report.Entries+1, "", "", "The checkpoint of %s covers %d entries, the ledger has %d: its end was cut off.", at, c.Size, a.report.Entries)
		case c.Root != a.roots[c.Size]:
			a.found(fits+1, "", "", "The checkpoint of %s over %d entries does not match: something from entry %d on was rewritten.", at, c.Size, fits+1)
		default:
			a.report.Outside, a.report.OutsideSize, fits = a.report.Outside+1, c.Size, c.Size
		}
	}
	return nil
}
