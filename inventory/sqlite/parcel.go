package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"keystation/inventory"
)

var parcels = define("parcels", "id number requisition line key_id printed_lines packet_sha256 printed_at",
	table[inventory.Parcel]{
		id:    func(p *inventory.Parcel) string { return string(p.ID) },
		about: func(p *inventory.Parcel) []string { return []string{string(p.Key), string(p.Line)} },
		bind: func(p *inventory.Parcel) []any {
			return []any{p.ID, p.Number, p.Requisition, ref(p.Line), p.Key, blob(p.PrintedLines), p.PacketSHA256, zeroAt(p.PrintedAt)}
		},
		into: func(p *inventory.Parcel) []any {
			return []any{&p.ID, &p.Number, &p.Requisition, intoRef(&p.Line), &p.Key, &p.PrintedLines, &p.PacketSHA256,
				zeroAtInto{&p.PrintedAt}}
		},
	})

// BeginParcel gives the parcel of a key that was made for an order: the one it has, or a new one with the next number.
// The number is on the paper, so it is written down before anything is printed. A key whose line was cancelled since it
// was made has none.
func (s *Store) BeginParcel(ctx context.Context, by inventory.Actor, o inventory.Order, k inventory.Key) (inventory.Parcel, error) {
	var p inventory.Parcel
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		now, err := key(ctx, tx.sql, k.ID)
		if err != nil {
			return err
		}
		if now.Line != o.Line.ID {
			return inventory.Refuse(inventory.Conflict, "Key %s is not for %s any more: no packet is printed.", k.Tag, o.Requisition.Number)
		}
		r, err := requisition(ctx, tx.sql, o.Requisition.ID)
		if err != nil {
			return err
		}
		if r.Version != o.Requisition.Version { // the address may be another
			return inventory.Refuse(inventory.Conflict, "%s was changed since its key was made: print the packet from the page of key %s.", r.Number, k.Tag)
		}
		p, err = parcels.one(ctx, tx.sql, "WHERE key_id = $1 AND line = $2 ORDER BY rowid DESC LIMIT 1", k.ID, o.Line.ID)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return tx.newParcel(ctx, &p, o, k)
	})
	return p, err
}

func (tx *txn) newParcel(ctx context.Context, p *inventory.Parcel, o inventory.Order, k inventory.Key) error {
	id, err := inventory.NewID[inventory.ParcelID]()
	if err != nil {
		return err
	}
	number, err := nextNumber(ctx, tx.sql, "parcels", "P-")
	if err != nil {
		return err
	}
	*p = inventory.Parcel{ID: id, Number: number, Requisition: o.Requisition.Number, Line: o.Line.ID, Key: k.ID}
	if err := parcels.save(ctx, tx, *p); err != nil {
		return err
	}
	return tx.log(ctx, p.Event("parcel.begun", k.Tag))
}

// SaveParcel writes what was printed for a parcel: its sealed lines and the digest of its packet.
func (s *Store) SaveParcel(ctx context.Context, by inventory.Actor, p inventory.Parcel) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		k, err := key(ctx, tx.sql, p.Key)
		if err != nil {
			return err
		}
		p.PrintedAt = tx.now
		if err := parcels.save(ctx, tx, p); err != nil {
			return err
		}
		return tx.log(ctx, p.Event("parcel.printed", k.Tag))
	})
}

// Made gives what the packet of a ready key is made of. The parcel is zero when nothing was printed yet.
func (s *Store) Made(ctx context.Context, id inventory.KeyID) (inventory.Made, error) {
	k, err := s.Key(ctx, id)
	if err != nil {
		return inventory.Made{}, err
	}
	if k.Line == "" {
		return inventory.Made{}, inventory.Refuse(inventory.NotFound, "Key %s was made for nobody yet, so it has no packet.", k.Tag)
	}
	m := inventory.Made{Key: k}
	if m.Order, err = s.Order(ctx, k.Line); err != nil {
		return m, err
	}
	m.Run, err = runs.one(ctx, s.readers, "WHERE key_id = $1 AND ended = 'ready' ORDER BY rowid DESC LIMIT 1", id)
	if err != nil {
		return m, absent(err, "No run made key %s ready: make it anew.", k.Tag)
	}
	m.Parcel, err = parcels.one(ctx, s.readers, "WHERE key_id = $1 AND line = $2 ORDER BY rowid DESC LIMIT 1", id, k.Line)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return m, err
	}
	return m, nil
}

// Unprinted lists what the packets are made of that were never printed: of ready keys with a line whose process is gone, or
// is owner. One whose address this user cannot open is left out.
func (s *Store) Unprinted(ctx context.Context, owner string) ([]inventory.Made, error) {
	ready, err := keys.list(ctx, s.readers, `WHERE state = 'ready' AND line IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM parcels p WHERE p.key_id = keys.id AND p.line = keys.line AND p.packet_sha256 <> '') ORDER BY id`)
	if err != nil {
		return nil, err
	}
	var left []inventory.Made
	for _, k := range ready {
		m, err := s.Made(ctx, k.ID)
		if err != nil {
			continue // whoever may open it prints it
		}
		if m.Run.Owner != owner {
			living, err := ownerLives(s.options.Locks, m.Run.Owner)
			if err != nil {
				return nil, err
			}
			if living {
				continue // it prints at this moment
			}
		}
		left = append(left, m)
	}
	return left, nil
}
