package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

// reworkDue finds keys that a bench must look at again: in quarantine; in stock with a last run that ended without a
// ready key; in a run whose process is gone and which only its key can end: one that was taken over and has
// no end yet, since all others of those are closed at once, or one of the dead owners ?2 that nobody took over yet. INDEXED BY,
// CROSS JOIN and + keep SQLite from walking all keys in stock, or all runs.
const reworkDue = `WITH due AS (
	SELECT * FROM (SELECT k.id AS key_id, (SELECT r.id FROM runs r WHERE r.key_id = k.id ORDER BY r.rowid DESC LIMIT 1) AS run, k.changed_at AS since, 0 AS waits
		FROM keys k WHERE k.state = 'quarantined' ORDER BY k.changed_at DESC LIMIT ?1)
	UNION ALL
	SELECT * FROM (SELECT r.key_id, r.id, r.ended_at, 0 FROM runs r INDEXED BY runs_stuck CROSS JOIN keys k ON k.id = r.key_id
		WHERE r.ended IN ('refused', 'waiting', 'failed', 'interrupted') AND r.key_id IS NOT NULL AND k.state = 'received'
		AND NOT EXISTS (SELECT 1 FROM runs later WHERE later.key_id = r.key_id AND later.rowid > r.rowid)
		ORDER BY r.id DESC LIMIT ?1)
	UNION ALL
	SELECT r.key_id, r.id, r.started_at, 1 FROM runs r WHERE r.ended_at IS NULL AND +r.key_id IS NOT NULL AND (EXISTS (
			SELECT 1 FROM ledger_subjects b JOIN ledger_leaves f ON f.seq = b.seq
			WHERE b.subject = r.id AND json_extract(f.header, '$.action') = 'run.adopted')
		OR r.owner IN (SELECT w.value FROM json_each(?2) w) AND 'force' = (
			SELECT e.step FROM entries e WHERE e.run = r.id ORDER BY e.seq DESC LIMIT 1)))
`

// Rework lists the keys that a bench must look at again, the last first, at most limit.
func (s *Store) Rework(ctx context.Context, limit int) ([]inventory.ReworkRow, error) {
	type found struct {
		inventory.ReworkRow
		end                inventory.RunEnd
		reason, next, note string
	}
	dead, err := s.deadOwners(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := queryRows(ctx, s.readers, func(f *found) []any {
		return append([]any{
			&f.Key, &f.Tag, &f.Model, &f.State, &f.reason, &f.next, intoRef(&f.Run), intoRef(&f.Port), intoRef(&f.end), intoRef(&f.note),
			atInto{&f.At}, &f.Waits,
		}, intoOrderRef(&f.For)...)
	}, reworkDue+`SELECT k.id, k.asset_tag, k.model, k.state, k.state_reason, k.next_action, r.id, r.port, r.ended,
			(SELECT e.note FROM entries e WHERE e.run = r.id ORDER BY e.seq DESC LIMIT 1), due.since, due.waits, `+refColumns+`
		FROM due JOIN keys k ON k.id = due.key_id LEFT JOIN runs r ON r.id = due.run LEFT JOIN lines l ON l.id = r.line `+refJoins+`
		ORDER BY due.since DESC, k.id DESC LIMIT ?1`, rowsWanted(limit), dead)
	if err != nil {
		return nil, err
	}
	list := make([]inventory.ReworkRow, len(rows))
	for i, f := range rows {
		list[i] = f.ReworkRow
		list[i].Why, list[i].Next = f.note, f.end.NextAction()
		if f.Waits {
			list[i].Why = inventory.WaitsForKey
		}
		if f.State == inventory.Quarantined && !f.Waits {
			list[i].Why, list[i].Next = f.reason, f.next
		}
	}
	return list, nil
}

// deadOwners lists the owners of unfinished runs whose processes are gone, as JSON.
func (s *Store) deadOwners(ctx context.Context) (string, error) {
	owners, err := queryRows(ctx, s.readers, func(o *string) []any { return []any{o} },
		"SELECT DISTINCT r.owner FROM runs r WHERE r.ended_at IS NULL")
	if err != nil {
		return "", err
	}
	dead := []string{}
	for _, o := range owners {
		living, err := ownerLives(s.options.Locks, o)
		if err != nil {
			return "", err
		}
		if !living {
			dead = append(dead, o)
		}
	}
	list, err := json.Marshal(dead)
	if err != nil {
		return "", fmt.Errorf("list dead owners: %w", err)
	}
	return string(list), nil
}
