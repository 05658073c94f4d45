package sqlite

import (
	"context"
	"fmt"

	"keystation/inventory"
)

const recallCounts = `(SELECT count(*) FROM recall_items i WHERE i.recall = r.id AND i.state = 'due'),
	(SELECT count(*) FROM recall_items i WHERE i.recall = r.id AND i.state = 'returned'),
	(SELECT count(*) FROM recall_items i WHERE i.recall = r.id AND i.state = 'written-off')`

func intoRecallRow(r *inventory.RecallRow) []any {
	return append(recalls.into(&r.Recall), &r.Due, &r.Returned, &r.WrittenOff)
}

// Recalls lists the recalls, the newest first.
func (s *Store) Recalls(ctx context.Context) ([]inventory.RecallRow, error) {
	return queryRows(ctx, s.readers, intoRecallRow, "SELECT "+recalls.qualified("r")+", "+recallCounts+
		" FROM recalls r ORDER BY r.id DESC LIMIT $1", mostRows)
}

// Recall gives the recall that people call number, with a page of its keys.
func (s *Store) Recall(ctx context.Context, number string, q inventory.RecallQuery) (inventory.RecallDossier, error) {
	found, err := queryRows(ctx, s.readers, intoRecallRow, "SELECT "+recalls.qualified("r")+", "+recallCounts+
		" FROM recalls r WHERE r.number = $1", inventory.RecallNumber(number))
	if err != nil {
		return inventory.RecallDossier{}, err
	}
	if len(found) == 0 {
		return inventory.RecallDossier{}, inventory.Refuse(inventory.NotFound, "There is no recall %s: check its number.", number)
	}
	d := inventory.RecallDossier{RecallRow: found[0]}
	limit := rowsWanted(q.Limit)
	from, err := parseCursor(q.After, cursor{})
	if err != nil {
		return d, err
	}
	where := "i.recall = ?1 AND (COALESCE(i.person, ''), i.key_id) > (?2, ?3)"
	if q.State != "" {
		where += " AND i.state = ?5"
	}
	rows, err := queryRows(ctx, s.readers, func(r *inventory.RecallItemRow) []any {
		return append(recallItems.into(&r.Item), &r.Tag, &r.Model, &r.KeyState, intoRef(&r.Name), intoRef(&r.Requisition),
			intoRef(&r.RequisitionState), intoRef(&r.LineState))
	}, "SELECT "+recallItems.qualified("i")+`, k.asset_tag, k.model, k.state, p.name, q.number, q.state, l.state
		FROM recall_items i CROSS JOIN keys k ON k.id = i.key_id LEFT JOIN people p ON p.id = i.person
		LEFT JOIN lines l ON l.id = i.line LEFT JOIN requisitions q ON q.id = l.requisition
		WHERE `+where+` ORDER BY COALESCE(i.person, ''), i.key_id LIMIT ?4`,
		d.Recall.ID, from.by, from.id, limit+1, q.State)
	if err != nil {
		return d, err
	}
	d.Items, d.Next = cut(rows, limit, func(r inventory.RecallItemRow) cursor { return cursor{string(r.Item.Person), string(r.Item.Key)} })
	return d, nil
}

// page is [cut] for a list that one id puts in order.
func page[T any](rows []T, limit int, id func(T) string) ([]T, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], id(rows[limit-1])
}

// Incidents gives a page of incidents, the newest first.
func (s *Store) Incidents(ctx context.Context, q inventory.IncidentQuery) (inventory.IncidentPage, error) {
	limit, after := rowsWanted(q.Limit), q.After
	if after == "" {
		after = past
	}
	where := "i.closed_at IS NULL AND i.id < $1"
	if q.Closed {
		where = "i.id < $1"
	}
	rows, err := queryRows(ctx, s.readers, func(r *inventory.IncidentRow) []any {
		return append(incidents.into(&r.Incident), &r.Tag, &r.Model, &r.KeyState, intoRef(&r.Name), intoRef(&r.Recall))
	}, "SELECT "+incidents.qualified("i")+`, k.asset_tag, k.model, k.state, p.name, r.number
		FROM incidents i CROSS JOIN keys k ON k.id = i.key_id LEFT JOIN people p ON p.id = i.person LEFT JOIN recalls r ON r.id = i.recall
		WHERE `+where+" ORDER BY i.id DESC LIMIT $2", after, limit+1)
	if err != nil {
		return inventory.IncidentPage{}, err
	}
	var p inventory.IncidentPage
	p.Rows, p.Next = page(rows, limit, func(r inventory.IncidentRow) string { return string(r.Incident.ID) })
	return p, nil
}

// affected finds the refused keys that somebody has, in the words of their index, which SQLite takes only when it is told to.
const affected = "k.verdict = 'refused' AND k.state IN ('in-transit', 'delivered', 'active', 'suspended', 'return-due')"

// Affected gives a page of refused keys that people have or are about to get.
func (s *Store) Affected(ctx context.Context, q inventory.AffectedQuery) (inventory.AffectedPage, error) {
	var p inventory.AffectedPage
	limit := rowsWanted(q.Limit)
	if err := s.readers.QueryRowContext(ctx, "SELECT count(*) FROM keys k INDEXED BY keys_affected WHERE "+affected).Scan(&p.Keys); err != nil {
		return p, fmt.Errorf("count affected keys: %w", err)
	}
	type found struct {
		inventory.AffectedRow
		reasons []inventory.Reason
	}
	rows, err := queryRows(ctx, s.readers, func(f *found) []any {
		return append(keys.into(&f.Key), intoRef(&f.Person), intoRef(&f.Name), maybeReasons{&f.reasons}, intoRef(&f.Incident), intoRef(&f.Recall))
	}, "SELECT "+keys.qualified("k")+`, p.id, p.name,
			(SELECT j.reasons FROM judgments j WHERE j.rowid = (SELECT max(w.rowid) FROM judgments w WHERE w.key_id = k.id)),
			(SELECT i.number FROM incidents i WHERE i.key_id = k.id AND i.kind = 'untrusted' AND i.closed_at IS NULL),
			(SELECT r.number FROM recall_items t CROSS JOIN recalls r ON r.id = t.recall WHERE t.key_id = k.id AND t.state = 'due')
		FROM keys k INDEXED BY keys_affected LEFT JOIN custody c ON c.key_id = k.id AND c.until IS NULL
		LEFT JOIN lines l ON l.id = k.line LEFT JOIN requisitions q ON q.id = l.requisition
		LEFT JOIN people p ON p.id = COALESCE(c.person, q.person)
		WHERE `+affected+" AND k.id > $1 ORDER BY k.id LIMIT $2", q.After, limit+1)
	if err != nil {
		return p, err
	}
	rows, p.Next = page(rows, limit, func(f found) string { return string(f.Key.ID) })
	for _, f := range rows {
		if len(f.reasons) > 0 {
			f.Reason = f.reasons[0]
		}
		p.Rows = append(p.Rows, f.AffectedRow)
	}
	return p, nil
}

// maybeReasons reads the reasons of a judgment that may not be there.
type maybeReasons struct{ to *[]inventory.Reason }

func (c maybeReasons) Scan(v any) error {
	if v == nil {
		*c.to = nil
		return nil
	}
	return listInto[inventory.Reason](c).Scan(v)
}
