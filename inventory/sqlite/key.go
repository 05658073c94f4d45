package sqlite

import (
	"context"

	"keystation/inventory"
)

var keys = define("keys", `id asset_tag model aaguid serial serial_source firmware state state_reason next_action line
	arrival pin_known test verdict reasons created_at changed_at`,
	table[inventory.Key]{
		id:    func(k *inventory.Key) string { return string(k.ID) },
		about: func(k *inventory.Key) []string { return []string{string(k.ID), string(k.Line)} },
		bind: func(k *inventory.Key) []any {
			return []any{k.ID, k.Tag, k.Model, k.AAGUID, k.Serial, k.SerialSource, k.Firmware, k.State, k.StateReason,
				k.NextAction, ref(k.Line), k.Arrival, k.PINKnown, k.Test, k.Verdict, wordsIn(k.Reasons),
				at(k.CreatedAt), at(k.ChangedAt)}
		},
		into: func(k *inventory.Key) []any {
			return []any{&k.ID, &k.Tag, &k.Model, &k.AAGUID, &k.Serial, &k.SerialSource, &k.Firmware, &k.State,
				&k.StateReason, &k.NextAction, intoRef(&k.Line), &k.Arrival, &k.PINKnown, &k.Test, &k.Verdict,
				wordsInto{&k.Reasons}, atInto{&k.CreatedAt}, atInto{&k.ChangedAt}}
		},
	})

func key(ctx context.Context, q querier, id inventory.KeyID) (inventory.Key, error) {
	k, err := keys.one(ctx, q, "WHERE id = $1", id)
	return k, absent(err, "There is no key %s.", id)
}
