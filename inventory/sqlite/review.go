package sqlite

import "keystation/inventory"

var reviews = define("reviews", "id cause metadata policy keys changed refused by_id by_name by_method started_at ended_at",
	table[inventory.Review]{
		id:    func(r *inventory.Review) string { return string(r.ID) },
		about: func(r *inventory.Review) []string { return []string{string(r.ID)} },
		bind: func(r *inventory.Review) []any {
			return []any{r.ID, r.Cause, r.Metadata, r.Policy, r.Keys, r.Changed, r.Refused, r.By.ID, r.By.Name, r.By.Method,
				at(r.StartedAt), maybeAt(r.EndedAt)}
		},
		into: func(r *inventory.Review) []any {
			return []any{&r.ID, &r.Cause, &r.Metadata, &r.Policy, &r.Keys, &r.Changed, &r.Refused, &r.By.ID, &r.By.Name,
				&r.By.Method, atInto{&r.StartedAt}, maybeAtInto{&r.EndedAt}}
		},
	})
