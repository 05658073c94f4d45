package sqlite

import (
	"context"

	"keystation/inventory"
)

// What the queue holds, and in which order: by tier, by the day it is needed, by age.
const (
	queueFrom  = " FROM requisitions q JOIN lines l ON l.requisition = q.id JOIN people p ON p.id = q.person "
	queueWhere = "q.state IN ('approved', 'fulfilling') AND l.state IN ('open', 'making', 'made')"
	queueOrder = "CASE q.tier WHEN 'critical' THEN 0 WHEN 'elevated' THEN 1 ELSE 2 END, q.needed_by = '', q.needed_by, COALESCE(q.approved_at, ''), q.id, l.position"
)

// Queue gives a page of the lines that the desk has something to do for: to make, to pack or to hand over, the most urgent
// first. It goes on after the line that a page ended with.
func (s *Store) Queue(ctx context.Context, after string) (inventory.QueuePage, error) {
	var p inventory.QueuePage
	rows, err := queryRows(ctx, s.readers, func(q *inventory.QueueRow) []any {
		row := append(lines.into(&q.Line), requisitions.into(&q.Requisition)...)
		return append(append(row, people.into(&q.Person)...), intoRef(&q.Tag), intoRef(&q.KeyState), &q.Posted, intoRef(&q.Reserved), &q.Printed)
	}, "SELECT "+lines.qualified("l")+", "+requisitions.qualified("q")+", "+people.qualified("p")+`, k.asset_tag, k.state, length(q.address) > 0, w.asset_tag,
			EXISTS (SELECT 1 FROM parcels x WHERE x.line = l.id AND x.packet_sha256 <> '')`+queueFrom+`
		LEFT JOIN keys k ON k.id = l.key_id LEFT JOIN reservations v ON v.line = l.id AND v.until IS NULL LEFT JOIN keys w ON w.id = v.key_id
		WHERE `+queueWhere+" AND (?1 = '' OR ("+queueOrder+") > (SELECT "+queueOrder+queueFrom+"WHERE l.id = ?1)) ORDER BY "+queueOrder+" LIMIT ?2", after, queueRows+1)
	if err != nil {
		return p, err
	}
	if len(rows) > queueRows {
		rows = rows[:queueRows]
		p.Next = string(rows[queueRows-1].Line.ID)
	}
	p.Rows = rows
	p.Counts, err = s.queueCounts(ctx)
	return p, err
}

// queueCounts counts the lines of all pages by what the desk does next for them.
func (s *Store) queueCounts(ctx context.Context) (map[inventory.QueueAct]int, error) {
	type count struct {
		row inventory.QueueRow
		n   int
	}
	rows, err := queryRows(ctx, s.readers, func(c *count) []any {
		return []any{&c.row.Requisition.Held, &c.row.Person.State, &c.row.Person.Held, &c.row.Line.State, &c.row.Posted, &c.n}
	}, "SELECT max(q.held), p.state, max(p.held), l.state, length(q.address) > 0, count(*)"+queueFrom+"WHERE "+queueWhere+" GROUP BY q.held <> '', p.state, p.held <> '', l.state, 5")
	counts := map[inventory.QueueAct]int{}
	for _, c := range rows {
		counts[c.row.Act()] += c.n
	}
	return counts, err
}
