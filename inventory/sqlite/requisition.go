package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

var requisitions = define("requisitions", `id number reference version person reason tier state address
	approved_by_id approved_by_name approved_by_method approved_at created_at changed_at
	kind requested_by needed_by place advice held`,
	table[inventory.Requisition]{
		id:    func(r *inventory.Requisition) string { return string(r.ID) },
		about: func(r *inventory.Requisition) []string { return []string{string(r.ID), string(r.Person)} },
		bind: func(r *inventory.Requisition) []any {
			by := maybeActor(r.ApprovedBy)
			return []any{r.ID, r.Number, r.Reference, r.Version, r.Person, r.Reason, r.Tier, r.State, blob(r.Address),
				by[0], by[1], by[2], maybeAt(r.ApprovedAt), at(r.CreatedAt), at(r.ChangedAt),
				r.Kind, ref(r.RequestedBy), r.NeededBy, r.Place, r.Advice, r.Held}
		},
		into: func(r *inventory.Requisition) []any {
			by := intoMaybeActor(&r.ApprovedBy)
			return []any{&r.ID, &r.Number, &r.Reference, &r.Version, &r.Person, &r.Reason, &r.Tier, &r.State, &r.Address,
				by[0], by[1], by[2], maybeAtInto{&r.ApprovedAt}, atInto{&r.CreatedAt}, atInto{&r.ChangedAt},
				&r.Kind, intoRef(&r.RequestedBy), &r.NeededBy, &r.Place, &r.Advice, &r.Held}
		},
	})

var lines = define("lines", "id requisition position purpose connector state run key_id changed_at form",
	table[inventory.Line]{
		id:    func(l *inventory.Line) string { return string(l.ID) },
		about: func(l *inventory.Line) []string { return []string{string(l.ID), string(l.Requisition)} },
		bind: func(l *inventory.Line) []any {
			return []any{l.ID, l.Requisition, l.Position, l.Purpose, l.Connector, l.State, ref(l.Run), ref(l.Key), at(l.ChangedAt), l.Form}
		},
		into: func(l *inventory.Line) []any {
			return []any{&l.ID, &l.Requisition, &l.Position, &l.Purpose, &l.Connector, &l.State, intoRef(&l.Run),
				intoRef(&l.Key), atInto{&l.ChangedAt}, &l.Form}
		},
	})

func requisition(ctx context.Context, q querier, id inventory.RequisitionID) (inventory.Requisition, error) {
	r, err := requisitions.one(ctx, q, "WHERE id = $1", id)
	return r, absent(err, "There is no requisition %s.", id)
}

func line(ctx context.Context, q querier, id inventory.LineID) (inventory.Line, error) {
	l, err := lines.one(ctx, q, "WHERE id = $1", id)
	return l, absent(err, "There is no line %s.", id)
}

// order gives a line with all that the bench and the packet need. The address is opened here, last of all, so that
// nothing is opened for a line that turns out not to exist.
func (s *Store) order(ctx context.Context, q querier, id inventory.LineID) (inventory.Order, error) {
	l, err := line(ctx, q, id)
	if err != nil {
		return inventory.Order{}, err
	}
	r, err := requisition(ctx, q, l.Requisition)
	if err != nil {
		return inventory.Order{}, err
	}
	p, err := person(ctx, q, r.Person)
	if err != nil {
		return inventory.Order{}, err
	}
	a, err := s.openAddress(r)
	if err != nil {
		return inventory.Order{}, err
	}
	o := inventory.Order{Line: l, Requisition: r, Person: p, Address: a}
	o.Others, err = others(ctx, q, l.ID, p.ID)
	return o, err
}

// others lists the keys of a person beside the one for a line: those in their hands, those made for them and those that a
// run has in hand for them. What is lost, broken or on its way back is no key of theirs any more.
func others(ctx context.Context, q querier, line inventory.LineID, of inventory.PersonID) ([]inventory.Held, error) {
	return queryRows(ctx, q, func(h *inventory.Held) []any {
		return append(keys.into(&h.Key), intoRef(&h.Line), &h.Making)
	}, `WITH theirs(id, line, making) AS (
			SELECT l.key_id, l.id, 0 FROM requisitions q JOIN lines l ON l.requisition = q.id WHERE q.person = $1 AND l.id <> $2 AND l.key_id IS NOT NULL
			UNION ALL SELECT u.key_id, l.id, 1 FROM requisitions q JOIN lines l ON l.requisition = q.id JOIN runs u ON u.id = l.run
				WHERE q.person = $1 AND l.id <> $2 AND l.state = 'making' AND u.key_id IS NOT NULL
			UNION ALL SELECT c.key_id, NULL, 0 FROM custody c WHERE c.person IN `+selves+` AND c.until IS NULL)
		SELECT `+keys.qualified("k")+`, max(h.line), max(h.making) FROM theirs h JOIN keys k ON k.id = h.id
		WHERE (k.line IS NULL OR k.line <> $2) AND (h.making OR k.state IN ('ready', 'packed', 'in-transit', 'delivered', 'active', 'suspended'))
		GROUP BY k.id ORDER BY k.id`, of, line)
}

func (s *Store) openAddress(r inventory.Requisition) (inventory.Address, error) {
	if len(r.Address) == 0 {
		return inventory.Address{}, nil
	}
	if s.options.OpenAddress == nil {
		return inventory.Address{}, inventory.Refuse(inventory.Unavailable,
			"The address of %s is sealed and this program was given no identity to open it: name the address identity in the configuration.", r.Number)
	}
	a, err := s.options.OpenAddress(string(r.ID), r.Address)
	if err != nil {
		return inventory.Address{}, &inventory.Error{Kind: inventory.Internal,
			Msg: "The address of " + r.Number + " could not be opened: it was sealed for another database or was tampered with.", Err: err}
	}
	return a, nil
}

// RequisitionList gives a page of requisitions, the newest first, each with its lines.
func (s *Store) RequisitionList(ctx context.Context, q inventory.RequisitionQuery) (inventory.RequisitionPage, error) {
	limit := rowsWanted(q.Limit)
	from, err := parseCursor(q.After, cursor{id: past})
	if err != nil {
		return inventory.RequisitionPage{}, err
	}
	where, args := "q.id < ?1", []any{from.id, limit + 1}
	if q.State != "" {
		args = append(args, q.State)
		where += fmt.Sprintf(" AND q.state = ?%d", len(args))
	}
	if q.Text != "" {
		args = append(args, fold(q.Text), inventory.RequisitionNumber(q.Text))
		n := len(args)
		where += fmt.Sprintf(` AND (q.number = ?%d OR instr(fold(q.number), ?%d) OR instr(fold(q.reason), ?%d) OR instr(fold(p.name), ?%d))`, n, n-1, n-1, n-1)
	}
	rows, err := s.requisitionRows(ctx, where+" ORDER BY q.id DESC LIMIT ?2", args...)
	if err != nil {
		return inventory.RequisitionPage{}, err
	}
	var p inventory.RequisitionPage
	p.Rows, p.Next = cut(rows, limit, func(r inventory.RequisitionRow) cursor { return cursor{id: string(r.Requisition.ID)} })
	return p, nil
}

// RequisitionByNumber gives the requisition that people call number.
func (s *Store) RequisitionByNumber(ctx context.Context, number string) (inventory.RequisitionRow, error) {
	rows, err := s.requisitionRows(ctx, "q.number = $1", inventory.RequisitionNumber(number))
	if err != nil {
		return inventory.RequisitionRow{}, err
	}
	if len(rows) == 0 {
		return inventory.RequisitionRow{}, inventory.Refuse(inventory.NotFound, "There is no requisition %s: check its number.", number)
	}
	return rows[0], s.readCountry(ctx, &rows[0])
}

// readCountry opens an address for its country, which says where a parcel goes but not where somebody lives. Where
// addresses cannot be opened it leaves the country out.
func (s *Store) readCountry(ctx context.Context, r *inventory.RequisitionRow) error {
	if !r.Posted || s.options.OpenAddress == nil {
		return nil
	}
	sealed, err := requisition(ctx, s.readers, r.Requisition.ID)
	if err != nil {
		return err
	}
	if a, err := s.openAddress(sealed); err == nil {
		r.Country = a.Country
	}
	return nil
}

// requisitionRows reads requisitions with their people, then the lines of all of them.
func (s *Store) requisitionRows(ctx context.Context, where string, args ...any) ([]inventory.RequisitionRow, error) {
	rows, err := queryRows(ctx, s.readers, func(r *inventory.RequisitionRow) []any {
		return append(append(requisitions.into(&r.Requisition), people.into(&r.Person)...), toldInto{&r.CancelledBy, &r.CancelledFor})
	}, "SELECT "+requisitions.qualified("q")+", "+people.qualified("p")+", "+cancelledTold+
		" FROM requisitions q CROSS JOIN people p ON p.id = q.person WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	of := map[inventory.RequisitionID]*inventory.RequisitionRow{}
	var ids []inventory.RequisitionID
	for i := range rows {
		r := &rows[i]
		r.Posted = len(r.Requisition.Address) > 0
		r.Requisition.Address, r.Lines = nil, []inventory.LineRow{}
		of[r.Requisition.ID] = r
		ids = append(ids, r.Requisition.ID)
	}
	all, err := s.lineRows(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		r := of[l.Line.Requisition]
		r.Lines = append(r.Lines, l)
	}
	return rows, nil
}

// lineRows reads the lines of the requisitions, in their order within each.
func (s *Store) lineRows(ctx context.Context, of []inventory.RequisitionID) ([]inventory.LineRow, error) {
	ids, err := json.Marshal(of)
	if err != nil {
		return nil, fmt.Errorf("list requisitions: %w", err)
	}
	return queryRows(ctx, s.readers, func(r *inventory.LineRow) []any {
		return append(lines.into(&r.Line), intoRef(&r.Tag), intoRef(&r.Model), intoRef(&r.KeyState))
	}, "SELECT "+lines.qualified("l")+`, k.asset_tag, k.model, k.state FROM json_each($1) w JOIN lines l ON l.requisition = w.value
		LEFT JOIN keys k ON k.id = l.key_id ORDER BY l.requisition, l.position`, string(ids))
}

// OpenLines lists what keys can be made for now, in the order in which the bench takes lines, at most limit.
func (s *Store) OpenLines(ctx context.Context, limit int) ([]inventory.OpenLine, error) {
	return queryRows(ctx, s.readers, func(l *inventory.OpenLine) []any {
		f := &l.For
		return []any{&f.Requisition, &f.Number, &f.Person, &f.Name, &f.Line, &f.Position, &f.Purpose, &l.Connector, &l.Form, &l.Tier}
	}, "SELECT "+refColumns+`, l.connector, l.form, q.tier FROM requisitions q JOIN lines l ON l.requisition = q.id JOIN people p ON p.id = q.person
		WHERE q.state IN ('approved', 'fulfilling') AND q.held = '' AND l.state = 'open'
		ORDER BY q.approved_at, q.id, l.purpose = 'spare', l.position LIMIT $1`, rowsWanted(limit))
}
