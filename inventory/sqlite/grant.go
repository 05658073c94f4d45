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
