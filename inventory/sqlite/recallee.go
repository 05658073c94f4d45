package sqlite

import (
	"context"

	"keystation/inventory"
)

// recallee is a key that may be recalled, with what decides about it.
type recallee struct {
	key       inventory.Key
	making    bool
	person    inventory.PersonID // who has it, or whom it was made for
	left      bool               // that person has left
	parcel    string             // number of its newest parcel
	tier      inventory.Tier
	purpose   inventory.Purpose
	connector string
	due       string // number of the recall that it is due in already
}

// recallees reads the keys that are called back. Retired keys of a model are not asked for: nobody would miss them.
func (tx *txn) recallees(ctx context.Context, which inventory.RecallOf) ([]recallee, error) {
	from, arg := "FROM keys k WHERE k.aaguid = $1 AND k.state <> 'retired'", which.Model()
	switch {
	case which.Untrusted:
		from, arg = "FROM incidents i CROSS JOIN keys k ON k.id = i.key_id WHERE i.closed_at IS NULL AND i.kind = 'untrusted' AND $1 = ''", ""
	case len(which.Tags) > 0:
		var err error
		if arg, err = list(which.Tags); err != nil {
			return nil, err
		}
		from = "FROM json_each($1) w CROSS JOIN keys k ON k.asset_tag = w.value WHERE TRUE"
	}
	return queryRows(ctx, tx.sql, func(r *recallee) []any {
		return append(keys.into(&r.key), &r.making, intoRef(&r.person), &r.left, intoRef(&r.parcel), &r.tier, &r.purpose, &r.connector, intoRef(&r.due))
	}, "SELECT "+keys.qualified("e")+`, EXISTS (SELECT 1 FROM runs u WHERE u.key_id = e.id AND u.ended_at IS NULL), p.id, COALESCE(p.state = 'left', 0),
			(SELECT x.number FROM parcels x WHERE x.key_id = e.id ORDER BY x.rowid DESC LIMIT 1),
			COALESCE(q.tier, 'standard'), COALESCE(l.purpose, 'primary'), COALESCE(l.connector, ''),
			(SELECT r.number FROM recall_items t JOIN recalls r ON r.id = t.recall WHERE t.key_id = e.id AND t.state = 'due')
		FROM (SELECT DISTINCT k.id AS key_id `+from+`) f CROSS JOIN keys e ON e.id = f.key_id
		LEFT JOIN custody c ON c.key_id = e.id AND c.until IS NULL
		LEFT JOIN lines l ON l.id = e.line LEFT JOIN requisitions q ON q.id = l.requisition
		LEFT JOIN people p ON p.id = COALESCE(c.person, q.person)
		ORDER BY e.id`, arg)
}
