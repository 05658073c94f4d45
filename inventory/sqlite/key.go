package sqlite

import (
	"context"
	"strings"

	"keystation/inventory"
)

var keys = define("keys", `id asset_tag model aaguid serial serial_source firmware state state_reason next_action line
	arrival pin_known test verdict reasons created_at changed_at vendor maker`,
	table[inventory.Key]{
		id:    func(k *inventory.Key) string { return string(k.ID) },
		about: func(k *inventory.Key) []string { return []string{string(k.ID), string(k.Line)} },
		bind: func(k *inventory.Key) []any {
			return []any{k.ID, k.Tag, k.Model, k.AAGUID, k.Serial, k.SerialSource, k.Firmware, k.State, k.StateReason,
				k.NextAction, ref(k.Line), k.Arrival, k.PINKnown, k.Test, k.Verdict, inList(k.Reasons),
				at(k.CreatedAt), at(k.ChangedAt), k.Vendor, k.Maker}
		},
		into: func(k *inventory.Key) []any {
			return []any{&k.ID, &k.Tag, &k.Model, &k.AAGUID, &k.Serial, &k.SerialSource, &k.Firmware, &k.State,
				&k.StateReason, &k.NextAction, intoRef(&k.Line), &k.Arrival, &k.PINKnown, &k.Test, &k.Verdict,
				intoList(&k.Reasons), atInto{&k.CreatedAt}, atInto{&k.ChangedAt}, &k.Vendor, &k.Maker}
		},
	})

func key(ctx context.Context, q querier, id inventory.KeyID) (inventory.Key, error) {
	k, err := keys.one(ctx, q, "WHERE id = $1", id)
	return k, absent(err, "There is no key %s.", id)
}

// KeyList gives a page of keys, the last changed first.
func (s *Store) KeyList(ctx context.Context, q inventory.KeyQuery) (inventory.KeyPage, error) {
	limit := rowsWanted(q.Limit)
	from, err := parseCursor(q.After, cursor{past, past})
	if err != nil {
		return inventory.KeyPage{}, err
	}
	hits, args := keyHits(q, from, limit+1)
	rows, err := queryRows(ctx, s.readers, intoKeyRow, hits+` SELECT `+keys.qualified("k")+`, c.holder_kind, c.holder_id, c.holder_name, u.id IS NOT NULL, `+refColumns+`
		FROM (SELECT DISTINCT id FROM hits) h JOIN keys k ON k.id = h.id
		LEFT JOIN custody c ON c.key_id = k.id AND c.until IS NULL 
		LEFT JOIN runs u ON u.rowid = (SELECT max(r.rowid) FROM runs r WHERE r.key_id = k.id AND r.ended_at IS NULL)
		LEFT JOIN lines l ON l.id = COALESCE(k.line, u.line) `+refJoins+`
		ORDER BY k.changed_at DESC, k.id DESC LIMIT ?5`, args...)
	if err != nil {
		return inventory.KeyPage{}, err
	}
	var p inventory.KeyPage
	p.Rows, p.Next = cut(rows, limit, func(r inventory.KeyRow) cursor { return cursor{at(r.Key.ChangedAt), string(r.Key.ID)} })
	return p, nil
}

func intoKeyRow(r *inventory.KeyRow) []any {
	into := append(keys.into(&r.Key), intoRef(&r.Holder.Kind), intoRef(&r.Holder.ID), intoRef(&r.Holder.Name), &r.Making)
	return append(into, intoOrderRef(&r.For)...)
}

// keyHits gives the statement's beginning that finds the ids of one page. Each way in which a text can mean a key is a
// search of its own along an index and gives a page at most, however many keys match.
func keyHits(q inventory.KeyQuery, from cursor, limit int) (string, []any) {
	args := []any{q.State, q.State == "", from.by, from.id, limit}
	const onPage = ` (?2 OR k.state = ?1) AND (k.changed_at, k.id) < (?3, ?4) ORDER BY k.changed_at DESC, k.id DESC LIMIT ?5)`
	if q.Text == "" && q.State != "" { // a plain equality, so that the index of states is walked
		return `WITH hits AS (SELECT * FROM (SELECT k.id FROM keys k WHERE k.state = ?1 AND NOT ?2 AND (k.changed_at, k.id) < (?3, ?4)
			ORDER BY k.changed_at DESC, k.id DESC LIMIT ?5))`, args
	}
	if q.Text == "" {
		return `WITH hits AS (SELECT * FROM (SELECT k.id FROM keys k WHERE` + onPage + `)`, args
	}
	q.Text = inventory.ScannedTag(q.Text)
	tag := tagPrefix(q.Text)
	parcel, _ := inventory.ParcelNumber(q.Text)
	args = append(args, tag, tag+past, q.Text, q.Text+past, fold(q.Text), parcel)
	return `WITH RECURSIVE models(model) AS (
			SELECT min(model) FROM keys UNION ALL
			SELECT (SELECT min(model) FROM keys WHERE model > models.model) FROM models WHERE models.model IS NOT NULL),
		named(id) AS (SELECT id FROM people WHERE instr(fold(name), ?10)),
		hits AS (
			SELECT * FROM (SELECT k.id FROM keys k WHERE k.asset_tag >= ?6 AND k.asset_tag < ?7 AND` + onPage + `
			UNION ALL SELECT * FROM (SELECT k.id FROM keys k WHERE k.serial <> '' AND k.serial >= ?8 AND k.serial < ?9 AND` + onPage + `
			UNION ALL SELECT * FROM (SELECT k.id FROM parcels x CROSS JOIN keys k ON k.id = x.key_id WHERE x.number = ?11 AND` + onPage + `
			UNION ALL SELECT * FROM (SELECT k.id FROM models CROSS JOIN keys k ON k.model = models.model WHERE models.model IS NOT NULL AND instr(fold(models.model), ?10) AND` + onPage + `
			UNION ALL SELECT * FROM (SELECT k.id FROM named CROSS JOIN custody c ON c.person = named.id AND c.until IS NULL
				CROSS JOIN keys k ON k.id = c.key_id WHERE c.person IS NOT NULL AND` + onPage + `
			UNION ALL SELECT * FROM (SELECT k.id FROM named CROSS JOIN requisitions q ON q.person = named.id CROSS JOIN lines l ON l.requisition = q.id
				CROSS JOIN keys k ON k.line = l.id WHERE k.line IS NOT NULL AND` + onPage + `)`, args
}

// tagPrefix makes of text as typed what an asset tag that begins so begins with.
func tagPrefix(text string) string {
	bare := strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(text))
	if len(bare) > 4 {
		bare = bare[:4] + "-" + bare[4:]
	}
	return bare
}

// KeyDossier gives all that is known about the key with this tag.
func (s *Store) KeyDossier(ctx context.Context, tag inventory.AssetTag) (inventory.KeyDossier, error) {
	k, err := keys.one(ctx, s.readers, "WHERE asset_tag = $1", tag)
	if err != nil {
		return inventory.KeyDossier{}, absent(err, "There is no key with the asset tag %s: scan or type it again.", tag)
	}
	d := inventory.KeyDossier{Key: k}
	if d.For, err = s.orderRef(ctx, k.Line); err != nil {
		return d, err
	}
	if d.Custody, err = custody.list(ctx, s.readers, "WHERE key_id = $1 ORDER BY rowid DESC", k.ID); err != nil {
		return d, err
	}
	if d.Runs, err = s.runRows(ctx, "WHERE r.key_id = $1 ORDER BY r.rowid DESC LIMIT $2", k.ID, mostRows); err != nil {
		return d, err
	}
	if len(d.Runs) > 0 {
		if d.Entries, err = entries.list(ctx, s.readers, "WHERE run = $1 ORDER BY seq", d.Runs[0].Run.ID); err != nil {
			return d, err
		}
	}
	if d.Registrations, err = registrations.list(ctx, s.readers, "WHERE key_id = $1 ORDER BY rowid DESC", k.ID); err != nil {
		return d, err
	}
	if d.Judgments, err = judgments.list(ctx, s.readers, "WHERE key_id = $1 ORDER BY rowid DESC LIMIT $2", k.ID, mostRows); err != nil {
		return d, err
	}
	if d.Seal, err = s.lastSeal(ctx, k.ID); err != nil {
		return d, err
	}
	d.Ledger, err = s.ledgerAbout(ctx, string(k.ID))
	return d, err
}

func (s *Store) orderRef(ctx context.Context, id inventory.LineID) (*inventory.OrderRef, error) {
	refs, err := queryRows(ctx, s.readers, func(r **inventory.OrderRef) []any { return intoOrderRef(r) },
		"SELECT "+refColumns+" FROM lines l "+refJoins+" WHERE l.id = $1", id)
	if err != nil || len(refs) == 0 {
		return nil, err
	}
	return refs[0], nil
}
