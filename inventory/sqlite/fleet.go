package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

// judgeable are the keys that are judged again: those with a tag credential that may still be used, the newest of each.
const judgeable = ` FROM keys k CROSS JOIN registrations g ON g.rowid = (
		SELECT max(w.rowid) FROM registrations w WHERE w.kind = 'tag' AND w.key_id = k.id)
	WHERE k.state <> 'retired'`

// FleetSize counts the keys that are judged again.
func (s *Store) FleetSize(ctx context.Context) (int, error) {
	var n int
	err := s.readers.QueryRowContext(ctx, `SELECT count(*) FROM keys k WHERE k.state <> 'retired' AND EXISTS (
		SELECT 1 FROM registrations g WHERE g.kind = 'tag' AND g.key_id = k.id)`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count keys: %w", err)
	}
	return n, nil
}

// Evidence gives what was kept of keys, in the order of their ids: of those after a key (empty: from the first), at most
// limit. Keys that were never tagged, and retired ones, are not among them.
func (s *Store) Evidence(ctx context.Context, after inventory.KeyID, limit int) ([]inventory.Evidence, error) {
	all, err := queryRows(ctx, s.readers, func(e *inventory.Evidence) []any {
		into := append(keys.into(&e.Key), registrations.into(&e.Registration)...)
		return append(into, &e.Tier, intoRef(&e.Holder.Kind), intoRef(&e.Holder.ID), intoRef(&e.Holder.Name),
			intoRef(&e.Person), intoRef(&e.Name), &e.Making)
	}, "SELECT "+keys.qualified("e")+", "+registrations.qualified("g")+`, COALESCE(q.tier, 'standard'), c.holder_kind, c.holder_id, c.holder_name,
			p.id, p.name, EXISTS (SELECT 1 FROM runs u WHERE u.key_id = e.id AND u.ended_at IS NULL)
		FROM (SELECT k.id AS key_id, g.rowid AS tag`+judgeable+` AND k.id > ?1 ORDER BY k.id LIMIT ?2) f
		CROSS JOIN keys e ON e.id = f.key_id CROSS JOIN registrations g ON g.rowid = f.tag
		LEFT JOIN custody c ON c.key_id = e.id AND c.until IS NULL
		LEFT JOIN lines l ON l.id = e.line LEFT JOIN requisitions q ON q.id = l.requisition
		LEFT JOIN people p ON p.id = COALESCE(c.person, q.person)
		ORDER BY f.key_id`, after, limit)
	if err != nil {
		return nil, err
	}
	of := make(map[inventory.KeyID]*inventory.Evidence, len(all))
	ids := make([]inventory.KeyID, len(all))
	for i := range all {
		ids[i] = all[i].Key.ID
		of[ids[i]] = &all[i]
	}
	last, err := lastJudgments(ctx, s.readers, ids)
	if err != nil {
		return nil, err
	}
	for _, j := range last {
		of[j.Key].Judged = j
	}
	return all, nil
}

// lastJudgments gives the newest judgment of each of the keys that has one.
func lastJudgments(ctx context.Context, q querier, of []inventory.KeyID) ([]inventory.Judgment, error) {
	ids, err := list(of)
	if err != nil {
		return nil, err
	}
	return judgments.list(ctx, q, `WHERE rowid IN (SELECT (SELECT max(j.rowid) FROM judgments j WHERE j.key_id = w.value) FROM json_each($1) w)`, ids)
}

// list makes JSON of ids, so that one statement takes any number of them.
func list[ID ~string](ids []ID) (string, error) {
	b, err := json.Marshal(append([]ID{}, ids...))
	if err != nil {
		return "", fmt.Errorf("list ids: %w", err)
	}
	return string(b), nil
}
