package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// VerifyOptions say against what a ledger is verified. Its zero value verifies it against itself.
type VerifyOptions struct {
	Checkpoints [][]byte // signed notes that were kept elsewhere
	Verifiers   []string // public keys that may have signed them, beside the one the database names
	Progress    func(done, total int64)
}

// mostFindings are told; the rest is counted. Whoever has read twenty knows.
const mostFindings = 20

// errFound stops a walk whose rest would only repeat what was found.
var errFound = errors.New("something does not fit")

// audit is one verification on its way.
type audit struct {
	tx       *sql.Tx // one moment of the database
	ahead    *sql.Tx // the same moment on another connection, to read with two hands
	options  VerifyOptions
	report   inventory.Audit
	last     map[string]map[string]rowState // by table and id: what the ledger says of each row
	erased   map[int64]int64                // sequence of a payload: entry that erased it
	gone     []goneLeaf                     // entries without a payload
	settings inventory.Settings
	stored   []inventory.Checkpoint
	outside  []ledger.Checkpoint
	roots    map[int64]ledger.Hash // at the sizes that checkpoints name
	fault    error                 // of the database itself
}

// rowState is the hash of a row as its last entry has it.
type rowState struct {
	sum string
	seq int64
}

// Verify recomputes the ledger from its first entry: sequence, tree, heads, the chain of each subject, payloads
// against their commitments; then compares every row with its last entry, the schema with what it should be, and the
// tree with signed checkpoints. What does not fit is a finding in the report; an error means that it could not be
// looked at. A ledger that was rewritten from end to end is found out by an outside checkpoint only.
func (s *Store) Verify(ctx context.Context, o VerifyOptions) (inventory.Audit, error) {
	tx, ahead, err := s.moment(ctx)
	if err != nil {
		return inventory.Audit{}, fmt.Errorf("verify: %w", refusal(err))
	}
	defer func() { _, _ = tx.Rollback(), ahead.Rollback() }()
	a := &audit{
		tx: tx, ahead: ahead, options: o, report: inventory.Audit{Findings: []inventory.Finding{}},
		last: map[string]map[string]rowState{}, erased: map[int64]int64{}, roots: map[int64]ledger.Hash{},
	}
	for _, part := range []func(context.Context) error{a.schema, a.prepare, a.walk, a.payloads, a.rows, a.checkpoints} {
		err := part(ctx)
		if a.fault != nil { // what looked gone could not be read
			err = a.fault
		}
		switch {
		case errors.Is(err, errFound):
			return a.report, nil
		case err != nil:
			return a.report, fmt.Errorf("verify: %w", refusal(err))
		}
	}
	return a.report, nil
}

// moment opens two readers of one and the same state. Every commit makes the ledger longer, so two that see the same
// length see the same database; a writer in between makes it try again.
func (s *Store) moment(ctx context.Context) (tx, ahead *sql.Tx, err error) {
	for {
		if tx, err = s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
			return nil, nil, err
		}
		if ahead, err = s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
			return nil, nil, errors.Join(err, tx.Rollback())
		}
		one, _, err := head(ctx, tx)
		two, _, errTwo := head(ctx, ahead)
		if err = errors.Join(err, errTwo); err == nil && one == two {
			return tx, ahead, nil
		}
		if err = errors.Join(err, tx.Rollback(), ahead.Rollback()); err != nil {
			return nil, nil, err
		}
	}
}

// found notes what does not fit.
func (a *audit) found(entry int64, table, id, format string, args ...any) {
	if len(a.report.Findings) == mostFindings {
		a.report.More++
		return
	}
	a.report.Findings = append(a.report.Findings, inventory.Finding{Entry: entry, Table: table, ID: id, Sentence: fmt.Sprintf(format, args...)})
}

// stop notes what does not fit and ends the verification: what follows rests on it.
func (a *audit) stop(entry int64, format string, args ...any) error {
	a.found(entry, "", "", format, args...)
	return errFound
}

// unreadable tells if err is of a row that somebody changed so that it cannot be read; an error of the database itself,
// or the end of the context, is kept as the fault that ends the verification.
func (a *audit) unreadable(err error) bool {
	if err == nil {
		return false
	}
	if ofEngine(err) {
		a.fault = errors.Join(a.fault, err)
	}
	return true
}

// schema compares tables, indexes and triggers with those that a new database gets.
func (a *audit) schema(ctx context.Context) error {
	fresh, err := sql.Open("sqlite3", "file::memory:?mode=memory")
	if err != nil {
		return fmt.Errorf("make a database to compare with: %w", err)
	}
	defer fresh.Close()
	fresh.SetMaxOpenConns(1)
	if err := migrate(ctx, fresh); err != nil {
		return err
	}
	want, err := schemaOf(ctx, fresh)
	if err != nil {
		return err
	}
	have, err := schemaOf(ctx, a.tx)
	if err != nil {
		return err
	}
	is := map[string]string{}
	for _, o := range have {
		is[o.kind+" "+o.name] = o.text
	}
	for _, o := range want {
		name := o.kind + " " + o.name
		text, there := is[name]
		delete(is, name)
		switch {
		case !there:
			a.found(0, "", "", "The %s is missing from the database: what it guarded may have been changed.", name)
		case text != o.text:
			a.found(0, "", "", "The %s is not as keystation made it: what it guarded may have been changed.", name)
		}
	}
	for name := range is {
		if !strings.HasPrefix(name, "index ") { // somebody may have wanted a faster search
			a.found(0, "", "", "The %s is none of keystation: somebody added it.", name)
		}
	}
	return nil
}

type schemaObject struct{ kind, name, text string }

func schemaOf(ctx context.Context, q querier) ([]schemaObject, error) {
	return queryRows(ctx, q, func(o *schemaObject) []any { return []any{&o.kind, &o.name, &o.text} },
		`SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid`)
}

// prepare reads settings and checkpoints, so that the walk can note the roots that are asked for later.
func (a *audit) prepare(ctx context.Context) error {
	var err error
	a.settings, err = settings.one(ctx, a.tx, "WHERE id = 1")
	if errors.Is(err, sql.ErrNoRows) {
		return a.stop(1, "The settings are gone, which entry 1 of the ledger says were made.")
	}
	if a.unreadable(err) {
		return a.stop(1, "The settings cannot be read, so they are not as entry 1 of the ledger has them.")
	}
	if a.stored, err = checkpoints.list(ctx, a.tx, "ORDER BY size"); a.unreadable(err) {
		return a.stop(0, "The checkpoints that the database keeps cannot be read: somebody changed them.")
	}
	for _, c := range a.stored {
		a.roots[c.Size] = ledger.Hash{}
	}
	return a.prepareOutside()
}

// walk reads all entries in order and holds each against everything that was stored with it. One goroutine reads and
// parses ahead while this one verifies.
func (a *audit) walk(ctx context.Context) error {
	w := &walker{audit: a}
	defer w.close()
	if err := w.open(ctx); err != nil {
		return err
	}
	var readError error
	batches, enough := make(chan []leaf, 4), make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(batches)
		readError = readLeaves(w.leaves, batches, enough)
	})
	defer reader.Wait()
	defer close(enough)
	for batch := range batches {
		for i := range batch {
			if err := w.leaf(&batch[i]); err != nil {
				return err
			}
		}
	}
	if readError != nil {
		return fmt.Errorf("read ledger: %w", readError)
	}
	root := w.tree.Root()
	a.report.Root = fmt.Sprintf("%x", root[:])
	return w.end(ctx)
}

// goneLeaf is an entry whose payload is not there.
type goneLeaf struct {
	seq    int64
	action string
}

// payloads holds those that are not there against the entries that say so.
func (a *audit) payloads(ctx context.Context) error {
	for _, g := range a.gone {
		if a.erased[g.seq] <= g.seq {
			a.found(g.seq, "", "", "The payload of entry %d (%s) is gone, and no entry says that it was erased.", g.seq, g.action)
			continue
		}
		a.report.Erased++
	}
	strays, err := queryRows(ctx, a.tx, func(seq *int64) []any { return []any{seq} },
		"SELECT seq FROM ledger_payloads WHERE seq < 1 OR seq > $1 ORDER BY seq LIMIT 1", a.report.Entries)
	if err != nil {
		return err
	}
	for _, seq := range strays {
		a.found(seq, "", "", "There is a payload of entry %d, which does not exist.", seq)
	}
	return nil
}
