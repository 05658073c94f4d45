package sqlite

import (
	"context"

	"keystation/inventory"
)

var absences = define("absences", "id person stand_in from_day until_day by_id by_name by_method set_at ended_at",
	table[inventory.Absence]{
		id:    func(a *inventory.Absence) string { return string(a.ID) },
		about: func(a *inventory.Absence) []string { return []string{string(a.Person)} },
		bind: func(a *inventory.Absence) []any {
			return []any{a.ID, a.Person, ref(a.StandIn), a.From, a.Until, a.By.ID, a.By.Name, a.By.Method, at(a.SetAt), maybeAt(a.EndedAt)}
		},
		into: func(a *inventory.Absence) []any {
			return []any{&a.ID, &a.Person, intoRef(&a.StandIn), &a.From, &a.Until, &a.By.ID, &a.By.Name, &a.By.Method, atInto{&a.SetAt}, maybeAtInto{&a.EndedAt}}
		},
	})

// SetAbsence notes that somebody is away. They say so themselves, or an admin does. What waits for them stays where it is
// when somebody stands in; else it goes to the next in the row.
func (s *Store) SetAbsence(ctx context.Context, by inventory.Actor, a inventory.Absence) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		if err := tx.selfOrAdmin(ctx, a.Person); err != nil {
			return err
		}
		if a.StandIn != "" {
			p, err := person(ctx, tx.sql, a.StandIn)
			if err != nil {
				return err
			}
			if err := p.SignIn(); err != nil {
				return inventory.Refuse(inventory.Conflict, "%s cannot stand in: they have left or are on hold.", p.Name)
			}
		}
		var err error
		if a.ID, err = inventory.NewID[inventory.AbsenceID](); err != nil {
			return err
		}
		a, ev, err := a.Set(tx.by, tx.now)
		if err != nil {
			return err
		}
		if err := absences.save(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
		return tx.passOn(ctx, a)
	})
}

// EndAbsence takes an absence back.
func (s *Store) EndAbsence(ctx context.Context, by inventory.Actor, id inventory.AbsenceID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		a, err := absences.one(ctx, tx.sql, "WHERE id = $1", id)
		if err != nil {
			return absent(err, "There is no such absence: reload the page.")
		}
		if err := tx.selfOrAdmin(ctx, a.Person); err != nil {
			return err
		}
		a, ev, err := a.End(tx.now)
		if err != nil {
			return err
		}
		if err := absences.save(ctx, tx, a); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// selfOrAdmin refuses whoever speaks for somebody else without being an admin.
func (tx *txn) selfOrAdmin(ctx context.Context, of inventory.PersonID) error {
	if tx.by.ID == string(of) {
		return nil
	}
	if _, err := grants.one(ctx, tx.sql, "WHERE person = $1 AND role = 'admin' AND until IS NULL LIMIT 1", tx.by.ID); err == nil || !tx.by.Known() && tx.by.Method == inventory.ByOSUser {
		return nil
	}
	return inventory.Refuse(inventory.NotFound, "There is no such absence: reload the page.")
}

// Absences lists those of a person that are not over, and those of others for whom they stand in.
func (s *Store) Absences(ctx context.Context, of inventory.PersonID) ([]inventory.AbsenceRow, error) {
	return queryRows(ctx, s.readers, func(r *inventory.AbsenceRow) []any {
		return append(absences.into(&r.Absence), &r.Person, intoRef(&r.StandIn))
	}, "SELECT "+absences.qualified("a")+`, p.name, d.name FROM absences a JOIN people p ON p.id = a.person LEFT JOIN people d ON d.id = a.stand_in
		WHERE (a.person = $1 OR a.stand_in = $1) AND a.ended_at IS NULL AND a.until_day >= $2 ORDER BY a.from_day, a.id`, of, inventory.Day(s.options.Now()))
}
