package sqlite

import (
	"context"
	"fmt"
	"slices"

	"keystation/inventory"
)

var routes = define("routes", "id position tier country department goes_to whom by_id by_name by_method changed_at removed",
	table[keptRoute]{
		id:    func(r *keptRoute) string { return string(r.ID) },
		about: func(r *keptRoute) []string { return []string{string(r.ID)} },
		bind: func(r *keptRoute) []any {
			return []any{r.ID, r.Order, r.Tier, r.Country, r.Department, r.To, r.Whom, r.By.ID, r.By.Name, r.By.Method, at(r.ChangedAt), r.Removed}
		},
		into: func(r *keptRoute) []any {
			return []any{&r.ID, &r.Order, &r.Tier, &r.Country, &r.Department, &r.To, &r.Whom, &r.By.ID, &r.By.Name, &r.By.Method, atInto{&r.ChangedAt}, &r.Removed}
		},
	})

// keptRoute is a row of the routing table, or one that was.
type keptRoute struct {
	inventory.Route
	Removed bool `json:"removed"`
}

// routingTable gives the rows in their order; without any those that hold by default.
func routingTable(ctx context.Context, q querier) ([]inventory.Route, error) {
	kept, err := routes.list(ctx, q, "WHERE removed = 0 ORDER BY position, id")
	if err != nil {
		return nil, err
	}
	if len(kept) == 0 {
		return inventory.DefaultRoutes(), nil
	}
	rows := make([]inventory.Route, len(kept))
	for i, k := range kept {
		rows[i] = k.Route
	}
	return rows, nil
}

// RoutingTable gives the rows with the names of the people in them. Rows without an id hold by default.
func (s *Store) RoutingTable(ctx context.Context) ([]inventory.RouteRow, error) {
	rows, err := routingTable(ctx, s.readers)
	if err != nil {
		return nil, err
	}
	out := make([]inventory.RouteRow, len(rows))
	for i, r := range rows {
		out[i] = inventory.RouteRow{Route: r, Name: r.Whom}
		if r.To == inventory.ToPerson {
			p, err := person(ctx, s.readers, inventory.PersonID(r.Whom))
			if err != nil {
				return nil, err
			}
			out[i].Name = p.Name
		}
	}
	return out, nil
}

// ChangeRouting adds, moves or removes one row of the table. What is on its way stays with whom it is.
func (s *Store) ChangeRouting(ctx context.Context, by inventory.Actor, c inventory.RoutingChange) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		was, err := routingTable(ctx, tx.sql)
		if err != nil {
			return err
		}
		table, err := c.Apply(was)
		if err != nil {
			return err
		}
		return tx.setRouting(ctx, table)
	})
}

// SetRouting writes the whole table in its order, in place of the one before. What is on its way stays with whom it is.
func (s *Store) SetRouting(ctx context.Context, by inventory.Actor, table []inventory.Route) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error { return tx.setRouting(ctx, table) })
}

// setRouting writes a table: rows that are in it already keep their id, so that whoever looks at one still means that one.
func (tx *txn) setRouting(ctx context.Context, table []inventory.Route) error {
	gone := map[inventory.RouteID]keptRoute{}
	was, err := routes.list(ctx, tx.sql, "WHERE removed = 0 ORDER BY position, id")
	if err != nil {
		return err
	}
	for _, r := range was {
		gone[r.ID] = r
	}
	for i, r := range table {
		kept, there := gone[r.ID]
		if !there {
			if err := tx.addRoute(ctx, i+1, r); err != nil {
				return err
			}
			continue
		}
		delete(gone, r.ID)
		kept.Order = i + 1
		if err := routes.save(ctx, tx, kept); err != nil {
			return err
		}
	}
	for _, r := range was {
		if _, is := gone[r.ID]; !is {
			continue
		}
		r.Removed = true
		if err := routes.save(ctx, tx, r); err != nil {
			return err
		}
	}
	return tx.log(ctx, inventory.Event{Action: "routing.changed", Payload: table})
}

// addRoute writes a new row. Whom it names must be there: a group that nobody is in decides nothing.
func (tx *txn) addRoute(ctx context.Context, order int, r inventory.Route) error {
	err := r.Check()
	if err != nil {
		return err
	}
	switch r.To {
	case inventory.ToPerson:
		_, err = person(ctx, tx.sql, inventory.PersonID(r.Whom))
	case inventory.ToGroup:
		r.Whom, err = groupNamed(ctx, tx.sql, r.Whom)
	}
	if err != nil {
		return err
	}
	if r.ID, err = inventory.NewID[inventory.RouteID](); err != nil {
		return err
	}
	r.Order, r.By, r.ChangedAt = order, tx.by, tx.now
	return routes.save(ctx, tx, keptRoute{Route: r})
}

// routing gathers what deciding who decides about r needs.
func (tx *txn) routing(ctx context.Context, r inventory.Requisition) (inventory.Routing, error) {
	out := inventory.Routing{Requisition: r, Said: map[inventory.PersonID]bool{}}
	seats, err := seatsOf(ctx, tx.sql, r)
	if err != nil {
		return out, err
	}
	if out.Person, err = person(ctx, tx.sql, r.Person); err != nil {
		return out, err
	}
	if out.Table, err = routingTable(ctx, tx.sql); err != nil {
		return out, err
	}
	named := slices.Clone(out.Table) // and whoever sits, though the table may be another by now
	for _, a := range seats {
		named = append(named, inventory.Route{To: inventory.ToPerson, Whom: string(a.Person)}, inventory.Route{To: a.To, Whom: a.Whom})
		if a.State == inventory.ApprovalApproved && a.By != nil {
			out.Said[inventory.PersonID(a.By.ID)] = true
		}
	}
	if out.Directory, err = directory(ctx, tx.sql, out.Person, named, inventory.Day(tx.now)); err != nil {
		return out, err
	}
	asked, err := tx.asked(ctx, r, out.Person)
	if err != nil {
		return out, err
	}
	h, err := holdings(ctx, tx.sql, r.Person, r.ID, tx.rules.LossMonths, tx.now)
	if err != nil {
		return out, err
	}
	out.Seats, out.Automatic = tx.rules.Seats(asked, h), tx.rules.Automatic(asked, h)
	return out, nil
}

// asked is what has to be weighed about r.
func (tx *txn) asked(ctx context.Context, r inventory.Requisition, p inventory.Person) (inventory.Asked, error) {
	a := inventory.Asked{Tier: r.Tier, Kind: r.Kind, Held: p.Held != ""}
	err := tx.sql.QueryRowContext(ctx, "SELECT count(*) FROM lines WHERE requisition = $1 AND state NOT IN ('cancelled', 'sent', 'delivered')", r.ID).Scan(&a.Wanted)
	if err != nil {
		return a, fmt.Errorf("count lines: %w", err)
	}
	return a, nil
}

// directory reads the people whom a routing table may name for a person.
func directory(ctx context.Context, q querier, of inventory.Person, table []inventory.Route, day string) (inventory.Directory, error) {
	d := inventory.Directory{People: map[inventory.PersonID]inventory.Person{}, Absences: map[inventory.PersonID]inventory.Absence{}, Groups: map[string][]inventory.PersonID{}}
	ids := []inventory.PersonID{of.Manager}
	var err error
	for _, r := range table {
		switch r.To {
		case inventory.ToPerson:
			ids = append(ids, inventory.PersonID(r.Whom))
		case inventory.ToGroup:
			if d.Groups[r.Whom], err = personIDs(ctx, q, "SELECT person FROM memberships WHERE fold(group_name) = fold($1) AND until IS NULL ORDER BY id", r.Whom); err != nil {
				return d, err
			}
			ids = append(ids, d.Groups[r.Whom]...)
		}
	}
	const having = "SELECT DISTINCT person FROM grants WHERE role = $1 AND until IS NULL"
	if d.Approvers, err = personIDs(ctx, q, having, inventory.Approver); err != nil {
		return d, err
	}
	if d.Admins, err = personIDs(ctx, q, having, inventory.Admin); err != nil {
		return d, err
	}
	ids = append(append(ids, d.Approvers...), d.Admins...)
	return d, readDirectory(ctx, q, &d, ids, day)
}

func personIDs(ctx context.Context, q querier, query string, args ...any) ([]inventory.PersonID, error) {
	return queryRows(ctx, q, func(id *inventory.PersonID) []any { return []any{id} }, query, args...)
}
