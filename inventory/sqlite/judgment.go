package sqlite

import "keystation/inventory"

var judgments = define("judgments", "id key_id registration review verdict reasons model maker root metadata policy tier at",
	table[inventory.Judgment]{
		id:    func(j *inventory.Judgment) string { return string(j.ID) },
		about: func(j *inventory.Judgment) []string { return []string{string(j.Key)} },
		bind: func(j *inventory.Judgment) []any {
			return []any{j.ID, j.Key, j.Registration, ref(j.Review), j.Verdict, inList(j.Reasons), j.Model, j.Maker, j.Root,
				j.Metadata, j.Policy, j.Tier, at(j.At)}
		},
		into: func(j *inventory.Judgment) []any {
			return []any{&j.ID, &j.Key, &j.Registration, intoRef(&j.Review), &j.Verdict, intoList(&j.Reasons), &j.Model, &j.Maker,
				&j.Root, &j.Metadata, &j.Policy, &j.Tier, atInto{&j.At}}
		},
	})
