package sqlite

import (
	"context"
	"fmt"
	"time"

	"keystation/inventory"
)

var runs = define("runs", `id port device owner operator_id operator_name operator_method key_id line policy started_at
	ended_at ended reasons`,
	table[inventory.Run]{
		id:    func(r *inventory.Run) string { return string(r.ID) },
		about: func(r *inventory.Run) []string { return []string{string(r.ID), string(r.Key), string(r.Line)} },
		bind: func(r *inventory.Run) []any {
			return []any{r.ID, r.Port, r.Device, r.Owner, r.Operator.ID, r.Operator.Name, r.Operator.Method, ref(r.Key),
				ref(r.Line), r.Policy, at(r.StartedAt), maybeAt(r.EndedAt), r.End, inList(r.Reasons)}
		},
		into: func(r *inventory.Run) []any {
			return []any{&r.ID, &r.Port, &r.Device, &r.Owner, &r.Operator.ID, &r.Operator.Name, &r.Operator.Method,
				intoRef(&r.Key), intoRef(&r.Line), &r.Policy, atInto{&r.StartedAt}, maybeAtInto{&r.EndedAt}, &r.End,
				intoList(&r.Reasons)}
		},
	})

var entries = defineLog("entries", "run seq at step phase outcome ms note detail",
	table[inventory.Entry]{
		id:    func(e *inventory.Entry) string { return fmt.Sprintf("%s/%d", e.Run, e.Seq) },
		about: func(e *inventory.Entry) []string { return []string{string(e.Run)} },
		bind: func(e *inventory.Entry) []any {
			return []any{e.Run, e.Seq, at(e.At), e.Step, e.Phase, e.Outcome, e.MS, e.Note, e.Detail}
		},
		into: func(e *inventory.Entry) []any {
			return []any{&e.Run, &e.Seq, atInto{&e.At}, &e.Step, &e.Phase, &e.Outcome, &e.MS, &e.Note, &e.Detail}
		},
	})

// RunList gives a page of runs, the newest first.
func (s *Store) RunList(ctx context.Context, q inventory.RunQuery) (inventory.RunPage, error) {
	limit := rowsWanted(q.Limit)
	from, err := parseCursor(q.After, cursor{id: past})
	if err != nil {
		return inventory.RunPage{}, err
	}
	where, args := "WHERE r.id < ?1 ORDER BY r.id DESC LIMIT ?2", []any{from.id, limit + 1}
	if q.End != "" {
		where, args = "WHERE r.id < ?1 AND r.ended = ?3 ORDER BY r.id DESC LIMIT ?2", append(args, q.End)
	}
	rows, err := s.runRows(ctx, where, args...)
	if err != nil {
		return inventory.RunPage{}, err
	}
	var p inventory.RunPage
	p.Rows, p.Next = cut(rows, limit, func(r inventory.RunRow) cursor { return cursor{id: string(r.Run.ID)} })
	return p, nil
}

func (s *Store) runRows(ctx context.Context, where string, args ...any) ([]inventory.RunRow, error) {
	return queryRows(ctx, s.readers, func(r *inventory.RunRow) []any {
		return append(append(runs.into(&r.Run), intoRef(&r.Tag), intoRef(&r.Model)), intoOrderRef(&r.For)...)
	}, "SELECT "+runs.qualified("r")+", k.asset_tag, k.model, "+refColumns+
		" FROM runs r LEFT JOIN keys k ON k.id = r.key_id LEFT JOIN lines l ON l.id = r.line "+refJoins+where, args...)
}

// Run gives a run by its id.
func (s *Store) Run(ctx context.Context, id inventory.RunID) (inventory.Run, error) {
	r, err := runs.one(ctx, s.readers, "WHERE id = $1", id)
	return r, absent(err, "There is no run %s.", id)
}

// RunDossier gives a run with its journal.
func (s *Store) RunDossier(ctx context.Context, id inventory.RunID) (inventory.RunDossier, error) {
	rows, err := s.runRows(ctx, "WHERE r.id = $1", id)
	if err != nil {
		return inventory.RunDossier{}, err
	}
	if len(rows) == 0 {
		return inventory.RunDossier{}, inventory.Refuse(inventory.NotFound, "There is no run %s.", id)
	}
	d := inventory.RunDossier{RunRow: rows[0]}
	d.Entries, err = entries.list(ctx, s.readers, "WHERE run = $1 ORDER BY seq", id)
	return d, err
}

// MadeSince counts the runs that ended ready at since or later.
func (s *Store) MadeSince(ctx context.Context, since time.Time) (int, error) {
	var n int
	err := s.readers.QueryRowContext(ctx, "SELECT count(*) FROM runs INDEXED BY runs_ready WHERE ended = 'ready' AND ended_at >= $1", at(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count runs: %w", err)
	}
	return n, nil
}
