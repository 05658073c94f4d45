package sqlite

import (
	"context"

	"keystation/inventory"
)

var requisitions = define("requisitions", `id number reference version person reason tier state address
	approved_by_id approved_by_name approved_by_method approved_at created_at changed_at`,
	table[inventory.Requisition]{
		id:    func(r *inventory.Requisition) string { return string(r.ID) },
		about: func(r *inventory.Requisition) []string { return []string{string(r.ID), string(r.Person)} },
		bind: func(r *inventory.Requisition) []any {
			by := maybeActor(r.ApprovedBy)
			return []any{r.ID, r.Number, r.Reference, r.Version, r.Person, r.Reason, r.Tier, r.State, blob(r.Address),
				by[0], by[1], by[2], maybeAt(r.ApprovedAt), at(r.CreatedAt), at(r.ChangedAt)}
		},
		into: func(r *inventory.Requisition) []any {
			by := intoMaybeActor(&r.ApprovedBy)
			return []any{&r.ID, &r.Number, &r.Reference, &r.Version, &r.Person, &r.Reason, &r.Tier, &r.State, &r.Address,
				by[0], by[1], by[2], maybeAtInto{&r.ApprovedAt}, atInto{&r.CreatedAt}, atInto{&r.ChangedAt}}
		},
	})

var lines = define("lines", "id requisition position purpose connector state run key_id changed_at",
	table[inventory.Line]{
		id:    func(l *inventory.Line) string { return string(l.ID) },
		about: func(l *inventory.Line) []string { return []string{string(l.ID), string(l.Requisition)} },
		bind: func(l *inventory.Line) []any {
			return []any{l.ID, l.Requisition, l.Position, l.Purpose, l.Connector, l.State, ref(l.Run), ref(l.Key), at(l.ChangedAt)}
		},
		into: func(l *inventory.Line) []any {
			return []any{&l.ID, &l.Requisition, &l.Position, &l.Purpose, &l.Connector, &l.State, intoRef(&l.Run),
				intoRef(&l.Key), atInto{&l.ChangedAt}}
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
	return inventory.Order{Line: l, Requisition: r, Person: p, Address: a}, nil
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
