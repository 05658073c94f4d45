package sqlite

import (
	"fmt"

	"keystation/inventory"
)

var runs = define("runs", `id port device owner operator_id operator_name operator_method key_id line policy started_at
	ended_at ended reasons`,
	table[inventory.Run]{
		id:    func(r *inventory.Run) string { return string(r.ID) },
		about: func(r *inventory.Run) []string { return []string{string(r.ID), string(r.Key), string(r.Line)} },
		bind: func(r *inventory.Run) []any {
			return []any{r.ID, r.Port, r.Device, r.Owner, r.Operator.ID, r.Operator.Name, r.Operator.Method, ref(r.Key),
				ref(r.Line), r.Policy, at(r.StartedAt), maybeAt(r.EndedAt), r.End, wordsIn(r.Reasons)}
		},
		into: func(r *inventory.Run) []any {
			return []any{&r.ID, &r.Port, &r.Device, &r.Owner, &r.Operator.ID, &r.Operator.Name, &r.Operator.Method,
				intoRef(&r.Key), intoRef(&r.Line), &r.Policy, atInto{&r.StartedAt}, maybeAtInto{&r.EndedAt}, &r.End,
				wordsInto{&r.Reasons}}
		},
	})

var entries = defineLog("entries", "run seq at step phase outcome ms note detail",
	table[inventory.Entry]{
		id:    func(e *inventory.Entry) string { return fmt.Sprintf("%s/%d", e.Run, e.Seq) },
		about: func(e *inventory.Entry) []string { return []string{string(e.Run)} },
		bind: func(e *inventory.Entry) []any {
			return []any{e.Run, e.Seq, at(e.At), e.Step, e.Phase, e.Outcome, e.MS, e.Note, e.Detail}
		},
		into: func(e *inventory.Entry) []any {
			return []any{&e.Run, &e.Seq, atInto{&e.At}, &e.Step, &e.Phase, &e.Outcome, &e.MS, &e.Note, &e.Detail}
		},
	})
