package sqlite

import (
	"context"

	"keystation/inventory"
)

var people = define("people", `id external_id email name department country language state created_at changed_at
	tier manager time_zone second_email systems merged_into held`,
	table[inventory.Person]{
		id:    func(p *inventory.Person) string { return string(p.ID) },
		about: func(p *inventory.Person) []string { return []string{string(p.ID)} },
		bind: func(p *inventory.Person) []any {
			return []any{p.ID, p.ExternalID, p.Email, p.Name, p.Department, p.Country, p.Language, p.State,
				at(p.CreatedAt), at(p.ChangedAt), p.Tier, ref(p.Manager), p.TimeZone, p.SecondEmail, p.Systems, ref(p.MergedInto), p.Held}
		},
		into: func(p *inventory.Person) []any {
			return []any{&p.ID, &p.ExternalID, &p.Email, &p.Name, &p.Department, &p.Country, &p.Language, &p.State,
				atInto{&p.CreatedAt}, atInto{&p.ChangedAt}, &p.Tier, intoRef(&p.Manager), &p.TimeZone, &p.SecondEmail, &p.Systems,
				intoRef(&p.MergedInto), &p.Held}
		},
	})

func person(ctx context.Context, q querier, id inventory.PersonID) (inventory.Person, error) {
	p, err := people.one(ctx, q, "WHERE id = $1", id)
	return p, absent(err, "There is no person %s.", id)
}

// PersonList gives a page of people, by name.
func (s *Store) PersonList(ctx context.Context, q inventory.PersonQuery) (inventory.PersonPage, error) {
	limit := rowsWanted(q.Limit)
	from, err := parseCursor(q.After, cursor{})
	if err != nil {
		return inventory.PersonPage{}, err
	}
	rows, err := queryRows(ctx, s.readers, func(r *inventory.PersonRow) []any {
		return append(people.into(&r.Person), &r.Holds, &r.Made, &r.Wants, &r.Refused)
	}, `SELECT `+people.qualified("p")+`,
			(SELECT count(*) FROM custody c WHERE c.person = p.id AND c.person IS NOT NULL AND c.until IS NULL),
			(SELECT count(*) FROM requisitions q JOIN lines l ON l.requisition = q.id WHERE q.person = p.id
				AND q.state IN ('approved', 'fulfilling', 'sent') AND l.state IN ('made', 'sent')),
			(SELECT count(*) FROM requisitions q JOIN lines l ON l.requisition = q.id WHERE q.person = p.id
				AND q.state IN ('submitted', 'approved', 'fulfilling') AND l.state IN ('open', 'making')),
			(SELECT count(*) FROM custody c CROSS JOIN keys k ON k.id = c.key_id WHERE c.person = p.id AND c.person IS NOT NULL AND c.until IS NULL
				AND k.verdict = 'refused')
		FROM people p WHERE (p.name, p.id) > ($1, $2) AND ($3 = '' OR instr(fold(p.name), $4) OR instr(fold(p.email), $4) OR instr(fold(p.department), $4))
		AND ($5 = '' OR p.tier = $5 OR $5 = 'standard' AND p.tier = '') AND ($6 = '' OR p.department = $6)
		AND CASE $7 WHEN 'left' THEN p.state = 'left' AND p.merged_into IS NULL WHEN 'held' THEN p.held <> ''
			WHEN 'unmanaged' THEN p.manager IS NULL AND p.state = 'active' ELSE 1 END
		ORDER BY p.name, p.id LIMIT $8`, from.by, from.id, q.Text, fold(q.Text), q.Tier, q.Department, q.Only, limit+1)
	if err != nil {
		return inventory.PersonPage{}, err
	}
	var p inventory.PersonPage
	p.Rows, p.Next = cut(rows, limit, func(r inventory.PersonRow) cursor { return cursor{r.Person.Name, string(r.Person.ID)} })
	return p, nil
}
