package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// recorded are the tables whose rows the ledger follows, beside the journal. Every table of the schema that is none of
// the ledger's own is among them.
var recorded = []interface {
	hashes(ctx context.Context, q querier, do func(row inventory.RowHash, fault error)) error
	called() string
}{settings, people, requisitions, lines, keys, custody, runs, registrations, seals, parcels, checkpoints, hubs, metadata,
	policies, reviews, judgments, incidents, recalls, recallItems, grants, identities, passkeys, invitations,
	readiness, addresses, merges, routes, absences, approvals, comments, memberships, mailChoices,
	receipts, reservations, changes}

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

// rows compares every row with its last entry, two tables at a time. Rows that are in no entry, and entries whose row is
// gone, are found too.
func (a *audit) rows(ctx context.Context) error {
	tables := make([]tableAudit, len(recorded))
	next := make(chan int, len(recorded))
	for i, t := range recorded {
		tables[i] = tableAudit{name: t.called(), last: a.last[t.called()], after: a.report.Entries + 1}
		next <- i
	}
	close(next)
	var both sync.WaitGroup
	for _, tx := range []*sql.Tx{a.tx, a.ahead} {
		both.Go(func() {
			for i := range next {
				tables[i].run(ctx, tx, recorded[i].hashes)
			}
		})
	}
	both.Wait()
	var findings []inventory.Finding
	for _, t := range tables {
		if t.err != nil {
			return t.err
		}
		a.report.Rows += t.rows
		findings = append(findings, t.findings...)
	}
	slices.SortStableFunc(findings, func(x, y inventory.Finding) int { return cmp.Compare(x.Entry, y.Entry) })
	for _, f := range findings {
		a.found(f.Entry, f.Table, f.ID, "%s", f.Sentence)
	}
	return nil
}

// tableAudit is the comparison of one table. It is used by one goroutine.
type tableAudit struct {
	name     string
	last     map[string]rowState // what the ledger says; what was compared is taken out
	after    int64               // the entry that would follow: a row in no entry comes after all that are in one
	rows     int64
	findings []inventory.Finding
	err      error
}

func (t *tableAudit) found(entry int64, id, format string, args ...any) {
	t.findings = append(t.findings, inventory.Finding{Entry: entry, Table: t.name, ID: id, Sentence: fmt.Sprintf(format, args...)})
}

func (t *tableAudit) run(ctx context.Context, q querier, hashes func(context.Context, querier, func(inventory.RowHash, error)) error) {
	var broken error
	t.err = hashes(ctx, q, func(row inventory.RowHash, fault error) {
		t.rows++
		is, known := t.last[row.ID]
		delete(t.last, row.ID)
		switch {
		case fault != nil && ofEngine(fault):
			broken = fault
		case !known:
			t.found(t.after, row.ID, "Row %s of %s is in no entry of the ledger: somebody added it.", row.ID, t.name)
		case fault != nil || is.sum != row.SHA256:
			t.found(is.seq, row.ID, "Row %s of %s is not as entry %d of the ledger left it: it was changed by hand.", row.ID, t.name, is.seq)
		}
	})
	t.err = errors.Join(t.err, broken)
	for id, is := range t.last {
		t.found(is.seq, id, "Row %s of %s, which entry %d of the ledger wrote, is gone.", id, t.name, is.seq)
	}
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
