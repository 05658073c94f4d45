package sqlite

import "keystation/inventory"

var incidents = define("incidents", "id number key_id person kind reason recall opened_at closed_at outcome",
	table[inventory.Incident]{
		id:    func(i *inventory.Incident) string { return string(i.ID) },
		about: func(i *inventory.Incident) []string { return []string{string(i.ID), string(i.Key)} },
		bind: func(i *inventory.Incident) []any {
			return []any{i.ID, i.Number, i.Key, ref(i.Person), i.Kind, i.Reason, ref(i.Recall), at(i.OpenedAt), maybeAt(i.ClosedAt), i.Outcome}
		},
		into: func(i *inventory.Incident) []any {
			return []any{&i.ID, &i.Number, &i.Key, intoRef(&i.Person), &i.Kind, &i.Reason, intoRef(&i.Recall), atInto{&i.OpenedAt},
				maybeAtInto{&i.ClosedAt}, &i.Outcome}
		},
	})
