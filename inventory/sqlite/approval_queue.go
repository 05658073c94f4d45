package sqlite

import (
	"context"
	"fmt"
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
	if p.Rows, err = s.caseRows(ctx, shown); err != nil {
		return p, err
	}
	p.Stock, err = s.stock(ctx)
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
	theirs := "a.person IN (SELECT value FROM json_each(?1) w)"
	if len(d.Groups)+len(d.Roles) > 0 { // else they need not look through all that wait
		theirs += ` OR a.whom <> '' AND fold(a.whom) IN (SELECT fold(value) FROM json_each(?2) w) OR a.goes_to = 'approvers' AND 'approver' IN (SELECT value FROM json_each(?3) w)
			OR a.goes_to = 'admins' AND 'admin' IN (SELECT value FROM json_each(?3) w)`
	}
	return queryRows(ctx, s.readers, func(c *openCase) []any {
		r := &c.r
		return append(approvals.into(&c.seat), &c.rank, &r.ID, &r.Number, &r.Version, &r.Person, intoRef(&r.RequestedBy), &r.Tier, &r.State, &r.Held)
	}, "SELECT "+approvals.qualified("a")+`, CASE q.tier WHEN 'critical' THEN 0 WHEN 'elevated' THEN 1 ELSE 2 END AS rank,
			q.id, q.number, q.version, q.person, q.requested_by, q.tier, q.state, q.held
		FROM approvals a JOIN requisitions q ON q.id = a.requisition AND q.version = a.version
		WHERE a.state IN ('waiting', 'asked-back') AND q.state = 'submitted' AND q.held = '' AND (`+theirs+`)
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
	have := map[inventory.RequisitionID]inventory.Holdings{}
	if err := s.readHoldings(ctx, text, have); err != nil {
		return nil, err
	}
	of := map[inventory.RequisitionID]inventory.RequisitionRow{}
	for _, r := range rows {
		of[r.Requisition.ID] = r
	}
	out := make([]inventory.ApprovalRow, len(cases))
	for i, c := range cases {
		out[i] = inventory.ApprovalRow{RequisitionRow: of[c.r.ID], Seat: c.seat, InNameOf: c.inNameOf, Holdings: have[c.r.ID],
			Entitlement: s.options.Entitlement.For(c.r.Tier), Late: c.seat.Late(s.options.Entitlement.DecideWithin, s.options.Now())}
	}
	return out, nil
}

// readHoldings fills in what the people of requisitions, whose ids are given as JSON, have and what they lost.
func (s *Store) readHoldings(ctx context.Context, ids string, into map[inventory.RequisitionID]inventory.Holdings) error {
	type count struct {
		of      inventory.RequisitionID
		keys, n int
	}
	rows, err := queryRows(ctx, s.readers, func(c *count) []any { return []any{&c.of, &c.keys, &c.n} },
		`WITH asked(id, person) AS MATERIALIZED (SELECT q.id, q.person FROM json_each(?1) w CROSS JOIN requisitions q ON q.id = w.value),
		theirs(asked, key_id, making) AS (
			SELECT h.id, l.key_id, 0 FROM asked h CROSS JOIN requisitions q ON q.person = h.person CROSS JOIN lines l ON l.requisition = q.id WHERE l.key_id IS NOT NULL
			UNION ALL SELECT h.id, u.key_id, 1 FROM asked h CROSS JOIN requisitions q ON q.person = h.person CROSS JOIN lines l ON l.requisition = q.id
				CROSS JOIN runs u ON u.id = l.run WHERE l.state = 'making' AND u.key_id IS NOT NULL
			UNION ALL SELECT h.id, c.key_id, 0 FROM asked h CROSS JOIN people p ON p.id = h.person OR p.merged_into = h.person
				CROSS JOIN custody c ON c.person = p.id WHERE c.until IS NULL)
		SELECT h.asked, 1, count(DISTINCT k.id) FROM theirs h CROSS JOIN keys k ON k.id = h.key_id
			WHERE h.making OR k.state IN ('ready', 'packed', 'in-transit', 'delivered', 'active', 'suspended') GROUP BY h.asked
		UNION ALL SELECT h.id, 0, count(*) FROM asked h CROSS JOIN people p ON p.id = h.person OR p.merged_into = h.person
			CROSS JOIN incidents i ON i.person = p.id WHERE i.kind IN ('lost', 'stolen') AND i.opened_at >= ?2 GROUP BY h.id`,
		ids, at(s.options.Now().AddDate(0, -s.options.Entitlement.LossMonths, 0)))
	for _, c := range rows {
		h := into[c.of]
		if c.keys == 1 {
			h.Keys = c.n
		} else {
			h.Lost = c.n
		}
		into[c.of] = h
	}
	return err
}

// stock counts the keys at the desk that nobody was promised.
func (s *Store) stock(ctx context.Context) (n int, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT COALESCE(sum(n), 0) FROM key_counts WHERE state = 'received' AND verdict <> 'refused'").Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count stock: %w", err)
	}
	return n, nil
}
