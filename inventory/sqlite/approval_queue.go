package sqlite

import (
	"context"
	"strconv"

	"keystation/inventory"
)

// queueRows is how many rows a page of a queue has: what somebody could work off in a day.
const queueRows = 200

// ApprovalQueue gives a page of what waits for whoever asks, critical first, then by age.
func (s *Store) ApprovalQueue(ctx context.Context, by inventory.Actor, after string) (inventory.ApprovalPage, error) {
	var p inventory.ApprovalPage
	from, err := parseCursor(after, cursor{by: "-1", id: "-"})
	if err != nil {
		return p, err
	}
	cases, err := s.openCases(ctx, by)
	if err != nil {
		return p, err
	}
	p.Count = len(cases)
	var shown []openCase
	for _, c := range cases {
		if at := c.cursor(); at.by > from.by || at.by == from.by && at.id > from.id {
			shown = append(shown, c)
		}
	}
	shown, p.Next = cut(shown, queueRows, openCase.cursor)
	p.Rows, err = s.caseRows(ctx, shown)
	return p, err
}

// ApprovalsWaiting counts what waits for whoever asks.
func (s *Store) ApprovalsWaiting(ctx context.Context, by inventory.Actor) (int, error) {
	cases, err := s.openCases(ctx, by)
	return len(cases), err
}

// openCase is a requisition that waits for somebody, as far as it takes to know that it does.
type openCase struct {
	r        inventory.Requisition // without much of it
	rank     int                   // of its tier: critical is 0
	seat     inventory.Approval
	inNameOf string
}

func (c openCase) cursor() cursor { return cursor{by: strconv.Itoa(c.rank), id: string(c.r.ID)} }

// openCases are those that by may decide now, in the order of the queue.
func (s *Store) openCases(ctx context.Context, by inventory.Actor) ([]openCase, error) {
	roles, err := rolesOf(ctx, s.readers, inventory.PersonID(by.ID))
	if err != nil {
		return nil, err
	}
	d, err := decider(ctx, s.readers, by, roles)
	if err != nil {
		return nil, err
	}
	if err := standsFor(ctx, s.readers, &d, inventory.Day(s.options.Now())); err != nil {
		return nil, err
	}
	open, err := s.openSeats(ctx, d)
	if err != nil {
		return nil, err
	}
	cases := []openCase{}
	for len(open) > 0 {
		c, seats := open[0], []inventory.Approval{}
		for len(open) > 0 && open[0].r.ID == c.r.ID {
			seats, open = append(seats, open[0].seat), open[1:]
		}
		if c.r.MayDecide(d, nil) != nil {
			continue
		}
		if c.seat, c.inNameOf, err = inventory.SeatFor(d, seats); err == nil {
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// openSeats are the open seats that could be d's of what d did not approve already, those of one requisition together.
func (s *Store) openSeats(ctx context.Context, d inventory.Decider) ([]openCase, error) {
	groups, err := list(d.Groups)
	if err != nil {
		return nil, err
	}
	persons, err := list(append([]inventory.PersonID{inventory.PersonID(d.Actor.ID)}, d.StandsFor...))
	if err != nil {
		return nil, err
	}
	roles, err := list(d.Roles)
	if err != nil {
		return nil, err
	}
	return queryRows(ctx, s.readers, func(c *openCase) []any {
		r := &c.r
		return append(approvals.into(&c.seat), &c.rank, &r.ID, &r.Number, &r.Version, &r.Person, intoRef(&r.RequestedBy), &r.Tier, &r.State, &r.Held)
	}, "SELECT "+approvals.qualified("a")+`, CASE q.tier WHEN 'critical' THEN 0 WHEN 'elevated' THEN 1 ELSE 2 END AS rank,
			q.id, q.number, q.version, q.person, q.requested_by, q.tier, q.state, q.held
		FROM approvals a JOIN requisitions q ON q.id = a.requisition AND q.version = a.version
		WHERE a.state IN ('waiting', 'asked-back') AND q.state = 'submitted' AND q.held = '' AND (a.person IN (SELECT value FROM json_each(?1) w)
			OR a.whom <> '' AND fold(a.whom) IN (SELECT fold(value) FROM json_each(?2) w) OR a.goes_to = 'approvers' AND 'approver' IN (SELECT value FROM json_each(?3) w)
			OR a.goes_to = 'admins' AND 'admin' IN (SELECT value FROM json_each(?3) w))
		AND NOT EXISTS (SELECT 1 FROM approvals y WHERE y.requisition = q.id AND y.version = q.version AND y.state = 'approved' AND y.by_id = ?4)
		ORDER BY rank, q.id, a.position`, persons, groups, roles, d.Actor.ID)
}

// caseRows reads what a page shows of cases.
func (s *Store) caseRows(ctx context.Context, cases []openCase) ([]inventory.ApprovalRow, error) {
	ids := make([]inventory.RequisitionID, len(cases))
	for i, c := range cases {
		ids[i] = c.r.ID
	}
	text, err := list(ids)
	if err != nil {
		return nil, err
	}
	rows, err := s.requisitionRows(ctx, "q.id IN (SELECT value FROM json_each(?1) w)", text)
	if err != nil {
		return nil, err
	}
	lost, err := s.lostBy(ctx, text)
	if err != nil {
		return nil, err
	}
	of := map[inventory.RequisitionID]inventory.RequisitionRow{}
	for _, r := range rows {
		of[r.Requisition.ID] = r
	}
	out := make([]inventory.ApprovalRow, len(cases))
	for i, c := range cases {
		out[i] = inventory.ApprovalRow{RequisitionRow: of[c.r.ID], Seat: c.seat, InNameOf: c.inNameOf, Holdings: inventory.Holdings{Lost: lost[c.r.ID]},
			Late: c.seat.Late(s.options.Entitlement.DecideWithin, s.options.Now())}
	}
	return out, nil
}

// lostBy counts the keys that the people of requisitions lost, or that were stolen from them, within the months that count.
func (s *Store) lostBy(ctx context.Context, ids string) (map[inventory.RequisitionID]int, error) {
	type loss struct {
		of inventory.RequisitionID
		n  int
	}
	rows, err := queryRows(ctx, s.readers, func(l *loss) []any { return []any{&l.of, &l.n} },
		`SELECT q.id, count(*) FROM json_each(?1) w CROSS JOIN requisitions q ON q.id = w.value CROSS JOIN people p ON p.id = q.person OR p.merged_into = q.person
		CROSS JOIN incidents i ON i.person = p.id WHERE i.kind IN ('lost', 'stolen') AND i.opened_at >= ?2 GROUP BY q.id`, ids, at(s.options.Now().AddDate(0, -s.options.Entitlement.LossMonths, 0)))
	lost := map[inventory.RequisitionID]int{}
	for _, l := range rows {
		lost[l.of] = l.n
	}
	return lost, err
}
