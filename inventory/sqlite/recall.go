package sqlite

import "keystation/inventory"

var recalls = define("recalls", "id number reason deadline state by_id by_name by_method opened_at closed_at",
	table[inventory.Recall]{
		id:    func(r *inventory.Recall) string { return string(r.ID) },
		about: func(r *inventory.Recall) []string { return []string{string(r.ID)} },
		bind: func(r *inventory.Recall) []any {
			return []any{r.ID, r.Number, r.Reason, at(r.Deadline), r.State, r.By.ID, r.By.Name, r.By.Method, at(r.OpenedAt), maybeAt(r.ClosedAt)}
		},
		into: func(r *inventory.Recall) []any {
			return []any{&r.ID, &r.Number, &r.Reason, atInto{&r.Deadline}, &r.State, &r.By.ID, &r.By.Name, &r.By.Method,
				atInto{&r.OpenedAt}, maybeAtInto{&r.ClosedAt}}
		},
	})

var recallItems = define("recall_items", "id recall key_id person line state note changed_at", table[inventory.RecallItem]{
	id:    func(i *inventory.RecallItem) string { return string(i.ID) },
	about: func(i *inventory.RecallItem) []string { return []string{string(i.Recall), string(i.Key)} },
	bind: func(i *inventory.RecallItem) []any {
		return []any{i.ID, i.Recall, i.Key, ref(i.Person), ref(i.Line), i.State, i.Note, at(i.ChangedAt)}
	},
	into: func(i *inventory.RecallItem) []any {
		return []any{&i.ID, &i.Recall, &i.Key, intoRef(&i.Person), intoRef(&i.Line), &i.State, &i.Note, atInto{&i.ChangedAt}}
	},
})
