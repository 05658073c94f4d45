package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"keystation/inventory"
	"keystation/inventory/ledger"
)

// walker reads the leaves and, beside them, all that must agree with them, each in the order in which it was written,
// so that nothing but the last state of each row is kept in memory.
type walker struct {
	*audit
	tree     ledger.Rebuilder
	total    int64
	subject  map[string]int64 // the last entry that named it
	leaves   *sql.Rows
	nodes    *lane[node]
	heads    *lane[headRow]
	subjects *lane[subjectRow]
	journal  *lane[inventory.RowHash]
}

type node struct {
	index int64
	hash  []byte
}

type headRow struct {
	size int64
	root []byte
}

type subjectRow struct {
	seq int64
	id  string
}

// lane is a cursor that shows the next row until it is taken.
type lane[T any] struct {
	rows *sql.Rows
	scan func(*T) []any
	of   *audit
	next T
	more bool
	bad  bool // the row that ends it cannot be read
}

func openLane[T any](ctx context.Context, a *audit, scan func(*T) []any, query string) (*lane[T], error) {
	rows, err := a.tx.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	l := &lane[T]{rows: rows, scan: scan, of: a}
	l.advance()
	return l, nil
}

// advance goes to the next row. A row that cannot be read ends the lane.
func (l *lane[T]) advance() {
	var next T
	if l.more = l.rows.Next(); !l.more {
		l.of.unreadable(l.rows.Err())
		return
	}
	l.bad = l.of.unreadable(l.rows.Scan(l.scan(&next)...))
	l.next, l.more = next, !l.bad
}

func (l *lane[T]) close() {
	if l != nil {
		_ = l.rows.Close()
	}
}

func (w *walker) open(ctx context.Context) error {
	if err := w.tx.QueryRowContext(ctx, "SELECT count(*) FROM ledger_leaves").Scan(&w.total); err != nil {
		return fmt.Errorf("count entries: %w", err)
	}
	w.subject = map[string]int64{}
	var err error
	w.nodes, err = openLane(ctx, w.audit, func(n *node) []any { return []any{&n.index, &n.hash} },
		"SELECT idx, hash FROM ledger_nodes ORDER BY idx")
	if err != nil {
		return err
	}
	w.heads, err = openLane(ctx, w.audit, func(h *headRow) []any { return []any{&h.size, &h.root} },
		"SELECT size, root FROM ledger_heads ORDER BY size")
	if err != nil {
		return err
	}
	w.subjects, err = openLane(ctx, w.audit, func(s *subjectRow) []any { return []any{&s.seq, &s.id} },
		"SELECT seq, subject FROM ledger_subjects ORDER BY seq, subject")
	if err != nil {
		return err
	}
	w.journal, err = openLane(ctx, w.audit, intoJournal, entries.selects+"ORDER BY ordinal")
	if err != nil {
		return err
	}
	w.leaves, err = w.ahead.QueryContext(ctx, `SELECT l.seq, l.header, l.commitment, p.salt, p.payload
		FROM ledger_leaves l LEFT JOIN ledger_payloads p ON p.seq = l.seq ORDER BY l.seq`)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	return nil
}

func (w *walker) close() {
	w.nodes.close()
	w.heads.close()
	w.subjects.close()
	w.journal.close()
	if w.leaves != nil {
		_ = w.leaves.Close()
	}
}

// leaf verifies the next entry. The tree comes first: a header that was changed is not even looked at.
func (w *walker) leaf(l *leaf) error {
	n := w.tree.Size() + 1
	if l.seq != n {
		return w.stop(n, "Entry %d is missing: the ledger goes on with entry %d.", n, l.seq)
	}
	if err := w.grow(n, l.text, l.commitment); err != nil {
		return err
	}
	w.report.Entries = n
	if l.odd || l.header.Seq != n {
		return w.stop(n, "Entry %d does not say that it is entry %d: it was moved or made by another program.", n, n)
	}
	if n == 1 && l.header.Action != "settings.made" {
		return w.stop(n, "Entry 1 is %s, not the settings with which every ledger begins.", l.header.Action)
	}
	if err := w.told(l); err != nil {
		return err
	}
	if err := w.chain(l.header); err != nil {
		return err
	}
	if w.options.Progress != nil && (n%10_000 == 0 || n == w.total) {
		w.options.Progress(n, w.total)
	}
	return w.states(l.header)
}

// grow adds the entry to the tree and compares what that adds with the stored tree, and the root with a head.
func (w *walker) grow(n int64, header []byte, commitment string) error {
	index := ledger.StoredIndex(n - 1)
	for level, h := range w.tree.Add(leafBytes(header, commitment)) {
		have := w.nodes.next
		switch {
		case !w.nodes.more || have.index != index+int64(level):
			return w.stop(n, "The tree has no hash number %d, which belongs to entry %d: somebody took it away.", index+int64(level), n)
		case bytes.Equal(have.hash, h[:]):
		case level == 0:
			return w.stop(n, "Entry %d is not what the tree was built over: it was changed after it was written.", n)
		default:
			return w.stop(n, "The tree above entry %d does not follow from the entries below it: hash number %d was changed.", n, have.index)
		}
		w.nodes.advance()
	}
	if _, asked := w.roots[n]; asked {
		w.roots[n] = w.tree.Root()
	}
	if !w.heads.more || w.heads.next.size > n {
		return nil
	}
	if root := w.tree.Root(); w.heads.next.size != n || !bytes.Equal(w.heads.next.root, root[:]) {
		return w.stop(n, "The root that was written after entry %d is not the root of the entries up to it: entries or root were changed.", n)
	}
	w.heads.advance()
	return nil
}

// told notes what became of the payload.
func (w *walker) told(l *leaf) error {
	if l.header.Action == "ledger.erased" {
		for _, s := range l.header.Subjects {
			if seq, err := strconv.ParseInt(strings.TrimPrefix(s.ID, payloadSubject), 10, 64); err == nil {
				w.erased[seq] = l.seq
			}
		}
	}
	switch l.payload {
	case payloadGone:
		w.gone = append(w.gone, goneLeaf{l.seq, l.header.Action})
	case payloadChanged:
		return w.stop(l.seq, "The payload of entry %d (%s) is not what the entry commits to: it was changed after it was written.", l.seq, l.header.Action)
	}
	return nil
}

// chain follows each subject from entry to entry, and compares the index by which it is looked up.
func (w *walker) chain(h inventory.Header) error {
	ids := make([]string, 0, len(h.Subjects))
	for _, s := range h.Subjects {
		if s.Prev != w.subject[s.ID] {
			return w.stop(h.Seq, "Entry %d says that entry %d was the one before about %s, but it is entry %d.", h.Seq, s.Prev, s.ID, w.subject[s.ID])
		}
		w.subject[s.ID] = h.Seq
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if !w.subjects.more || w.subjects.next != (subjectRow{h.Seq, id}) {
			return w.stop(h.Seq, "Entry %d (%s) is not found under %s any more: the index of subjects was changed.", h.Seq, h.Action, id)
		}
		w.subjects.advance()
	}
	if w.subjects.more && w.subjects.next.seq <= h.Seq {
		return w.stop(h.Seq, "Entry %d (%s) is found under %s, which it does not name: the index of subjects was changed.", h.Seq, h.Action, w.subjects.next.id)
	}
	return nil
}

// states notes what the entry says of each row. The journal is compared at once: it stands in the same order.
func (w *walker) states(h inventory.Header) error {
	for _, row := range h.Rows {
		if row.Table != entries.name {
			if w.last[row.Table] == nil {
				w.last[row.Table] = map[string]rowState{}
			}
			w.last[row.Table][row.ID] = rowState{row.SHA256, h.Seq}
			continue
		}
		w.report.Rows++
		have := w.journal.next
		switch {
		case w.journal.more && have == row:
		case w.journal.more && have.ID == row.ID, w.journal.bad:
			w.found(h.Seq, row.Table, row.ID, "Journal entry %s is not as entry %d of the ledger (%s) has it: it was changed.", row.ID, h.Seq, h.Action)
			return errFound
		default:
			w.found(h.Seq, row.Table, row.ID, "Journal entry %s, which entry %d of the ledger (%s) wrote, is gone or not in its place.", row.ID, h.Seq, h.Action)
			return errFound
		}
		w.journal.advance()
	}
	return nil
}

// intoJournal reads a row of the journal as its hash.
func intoJournal(to *inventory.RowHash) []any {
	var e inventory.Entry
	into := entries.into(&e)
	into[len(into)-1] = afterScan{into[len(into)-1], func() error {
		hash, err := entries.digest(&e)
		*to = hash
		return err
	}}
	return into
}

// afterScan scans the last column of a row and then does something with all of it.
type afterScan struct {
	to   any
	then func() error
}

func (c afterScan) Scan(v any) error {
	text, ok := v.(string)
	to, textual := c.to.(*string)
	if !ok || !textual {
		return fmt.Errorf("text column holds %T", v)
	}
	*to = text
	return c.then()
}

// end looks for what goes on where the entries end: the sign of a ledger that was cut off.
func (w *walker) end(ctx context.Context) error {
	n := w.report.Entries
	switch {
	case n == 0:
		return w.stop(1, "The ledger is empty: even the entry about the settings is gone.")
	case w.heads.more:
		return w.stop(n+1, "The ledger ends with entry %d, but it had %d entries: its end was cut off.", n, w.heads.next.size)
	case w.nodes.more:
		return w.stop(n+1, "The ledger ends with entry %d, but its tree goes on: its end was cut off.", n)
	case w.subjects.more:
		return w.stop(n+1, "The ledger ends with entry %d, but the index of subjects names entry %d: its end was cut off.", n, w.subjects.next.seq)
	case w.journal.more || w.journal.bad:
		w.found(0, entries.name, w.journal.next.ID, "Journal entry %s is in no entry of the ledger: somebody added it.", w.journal.next.ID)
	}
	size, _, err := head(ctx, w.tx)
	if err != nil {
		return err
	}
	if size != n {
		return w.stop(n, "The last root was written after entry %d, but the ledger has %d entries: a root is gone.", size, n)
	}
	return nil
}
