package sqlite

import (
	"context"

	"keystation/inventory"
)

// Dossier gives all that the status page of a requisition tells, to whoever may read it. For anybody else there is none.
func (s *Store) Dossier(ctx context.Context, by inventory.Actor, number string) (inventory.Dossier, error) {
	d := inventory.Dossier{Promise: s.options.Entitlement, Reserved: map[inventory.LineID]inventory.AssetTag{}}
	var err error
	if d.RequisitionRow, err = s.RequisitionByNumber(ctx, number); err != nil {
		return d, err
	}
	r := d.Requisition
	may, err := mayRead(ctx, s.readers, by, r, inventory.Day(s.options.Now()))
	if err == nil && !may {
		err = inventory.Refuse(inventory.NotFound, "There is no requisition %s: check its number.", number)
	}
	if err != nil {
		return d, err
	}
	d.Mine = by.ID != "" && (by.ID == string(r.Person) || by.ID == string(r.RequestedBy))
	if d.Seats, err = approvals.list(ctx, s.readers, "WHERE requisition = $1 ORDER BY version, position", r.ID); err != nil {
		return d, err
	}
	if d.Comments, err = comments.list(ctx, s.readers, "WHERE requisition = $1 ORDER BY id", r.ID); err != nil {
		return d, err
	}
	if d.Changes, err = changes.list(ctx, s.readers, "WHERE requisition = $1 ORDER BY version", r.ID); err != nil {
		return d, err
	}
	if d.Receipts, err = receipts.list(ctx, s.readers, "WHERE requisition = $1 ORDER BY id", r.ID); err != nil {
		return d, err
	}
	if r.RequestedBy != "" {
		p, err := person(ctx, s.readers, r.RequestedBy)
		if err != nil {
			return d, err
		}
		d.RequestedBy = p.Name
	}
	return d, s.reserved(ctx, &d)
}

// reserved reads which stock keys are kept for the lines.
func (s *Store) reserved(ctx context.Context, d *inventory.Dossier) error {
	type kept struct {
		line inventory.LineID
		tag  inventory.AssetTag
	}
	rows, err := queryRows(ctx, s.readers, func(k *kept) []any { return []any{&k.line, &k.tag} },
		`SELECT r.line, k.asset_tag FROM reservations r JOIN lines l ON l.id = r.line JOIN keys k ON k.id = r.key_id WHERE l.requisition = $1 AND r.until IS NULL`, d.Requisition.ID)
	for _, k := range rows {
		d.Reserved[k.line] = k.tag
	}
	return err
}

// Mine gives what a person asked for, or what was asked for them, the newest first, and the keys that they have.
func (s *Store) Mine(ctx context.Context, of inventory.PersonID) (inventory.Mine, error) {
	var m inventory.Mine
	var err error
	if m.Requisitions, err = s.requisitionRows(ctx, "(q.person IN "+selves+" OR q.requested_by = ?1) ORDER BY q.id DESC LIMIT 50", of); err != nil {
		return m, err
	}
	m.Keys, err = keys.list(ctx, s.readers, `WHERE id IN (SELECT key_id FROM custody WHERE person IN `+selves+` AND person IS NOT NULL AND until IS NULL) ORDER BY id`, of)
	return m, err
}
