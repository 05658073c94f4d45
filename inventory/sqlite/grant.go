package sqlite

import (
	"context"

	"keystation/inventory"
)

var grants = define("grants", "id person role source by_id by_name by_method since until",
	table[inventory.Grant]{
		id:    func(g *inventory.Grant) string { return string(g.ID) },
		about: func(g *inventory.Grant) []string { return []string{string(g.Person)} },
		bind: func(g *inventory.Grant) []any {
			return []any{g.ID, g.Person, g.Role, g.Source, g.By.ID, g.By.Name, g.By.Method, at(g.Since), maybeAt(g.Until)}
		},
		into: func(g *inventory.Grant) []any {
			return []any{&g.ID, &g.Person, &g.Role, &g.Source, &g.By.ID, &g.By.Name, &g.By.Method, atInto{&g.Since}, maybeAtInto{&g.Until}}
		},
	})

// RolesOf gives the roles that a person has now.
func (s *Store) RolesOf(ctx context.Context, id inventory.PersonID) ([]inventory.Role, error) {
	return rolesOf(ctx, s.readers, id)
}

func rolesOf(ctx context.Context, q querier, id inventory.PersonID) ([]inventory.Role, error) {
	return queryRows(ctx, q, func(r *inventory.Role) []any { return []any{r} },
		"SELECT DISTINCT role FROM grants WHERE person = $1 AND until IS NULL ORDER BY role", id)
}

// giveRole begins a grant, and tells its person at both addresses.
func (tx *txn) giveRole(ctx context.Context, p inventory.Person, g inventory.Grant) error {
	var err error
	if g.ID, err = inventory.NewID[inventory.GrantID](); err != nil {
		return err
	}
	g, ev, err := g.Give(tx.by, tx.now)
	if err != nil {
		return err
	}
	if err := grants.save(ctx, tx, g); err != nil {
		return err
	}
	if err := tx.log(ctx, ev); err != nil {
		return err
	}
	return tx.alert(ctx, p, inventory.LetterRoleGranted, inventory.LetterFacts{Role: g.Role, By: tx.by.Name})
}

// withdrawRole ends a grant.
func (tx *txn) withdrawRole(ctx context.Context, p inventory.Person, g inventory.Grant) error {
	g, ev, err := g.Withdraw(tx.now)
	if err != nil {
		return err
	}
	if err := grants.save(ctx, tx, g); err != nil {
		return err
	}
	if err := tx.log(ctx, ev); err != nil {
		return err
	}
	return tx.post(ctx, p, inventory.LetterRoleWithdrawn, inventory.LetterFacts{Role: g.Role, By: tx.by.Name}, false)
}

// GiveRole gives a person a role in the name of an admin.
func (s *Store) GiveRole(ctx context.Context, by inventory.Actor, to inventory.PersonID, role inventory.Role) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, to)
		if err != nil {
			return err
		}
		if err := p.SignIn(); err != nil {
			return err
		}
		if _, err := grants.one(ctx, tx.sql, "WHERE person = $1 AND role = $2 AND source <> 'claim' AND until IS NULL", to, role); err == nil {
			return inventory.Refuse(inventory.Conflict, "%s has that role already.", p.Name)
		}
		return tx.giveRole(ctx, p, inventory.Grant{Person: to, Role: role, Source: inventory.GrantedByAdmin})
	})
}

// WithdrawRole takes a role from a person. The last admin keeps theirs: nobody could give it back.
func (s *Store) WithdrawRole(ctx context.Context, by inventory.Actor, from inventory.PersonID, role inventory.Role) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, from)
		if err != nil {
			return err
		}
		has, err := grants.list(ctx, tx.sql, "WHERE person = $1 AND role = $2 AND source <> 'claim' AND until IS NULL", from, role)
		if err != nil {
			return err
		}
		if len(has) == 0 {
			return inventory.Refuse(inventory.Conflict, "%s does not have that role from an admin: what the identity provider says is changed there.", p.Name)
		}
		if err := tx.anotherAdmin(ctx, p, role); err != nil {
			return err
		}
		for _, g := range has {
			if err := tx.withdrawRole(ctx, p, g); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *txn) anotherAdmin(ctx context.Context, p inventory.Person, role inventory.Role) error {
	if role != inventory.Admin {
		return nil
	}
	others, err := grants.list(ctx, tx.sql, "WHERE role = 'admin' AND person <> $1 AND until IS NULL AND person IN (SELECT id FROM people WHERE state = 'active')", p.ID)
	if err != nil {
		return err
	}
	if len(others) == 0 {
		return inventory.Refuse(inventory.Conflict, "%s is the last admin, and nobody could make another: give the role to somebody else first.", p.Name)
	}
	return nil
}

// RolesEnded lists roles that people had, the last that ended first.
func (s *Store) RolesEnded(ctx context.Context, limit int) ([]inventory.RoleRow, error) {
	return queryRows(ctx, s.readers, func(r *inventory.RoleRow) []any {
		return append(people.into(&r.Person), grants.into(&r.Grant)...)
	}, "SELECT "+people.qualified("p")+", "+grants.qualified("g")+` FROM grants g CROSS JOIN people p ON p.id = g.person
		WHERE g.until IS NOT NULL ORDER BY g.until DESC, g.id DESC LIMIT $1`, rowsWanted(limit))
}
