package sqlite

import (
	"context"

	"keystation/inventory"
)

var people = define("people", "id external_id email name department country language state created_at changed_at",
	table[inventory.Person]{
		id:    func(p *inventory.Person) string { return string(p.ID) },
		about: func(p *inventory.Person) []string { return []string{string(p.ID)} },
		bind: func(p *inventory.Person) []any {
			return []any{p.ID, p.ExternalID, p.Email, p.Name, p.Department, p.Country, p.Language, p.State,
				at(p.CreatedAt), at(p.ChangedAt)}
		},
		into: func(p *inventory.Person) []any {
			return []any{&p.ID, &p.ExternalID, &p.Email, &p.Name, &p.Department, &p.Country, &p.Language, &p.State,
				atInto{&p.CreatedAt}, atInto{&p.ChangedAt}}
		},
	})

func person(ctx context.Context, q querier, id inventory.PersonID) (inventory.Person, error) {
	p, err := people.one(ctx, q, "WHERE id = $1", id)
	return p, absent(err, "There is no person %s.", id)
}
