package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keystation/inventory"
)

// Key gives a key by its id.
func (s *Store) Key(ctx context.Context, id inventory.KeyID) (inventory.Key, error) {
	return key(ctx, s.readers, id)
}

// KeyBySerial gives the key with this serial number: of the same vendor, or, where a vendor is not known, of the same
// model. Of a number whose end alone is known the model counts too, and the newest of several.
func (s *Store) KeyBySerial(ctx context.Context, n inventory.SerialNumber, aaguid string) (inventory.Key, error) {
	k, err := keys.one(ctx, s.readers, `WHERE serial = $1 AND serial <> '' AND serial_source = $2
		AND (aaguid = $3 AND (vendor = $4 OR vendor = '' OR $4 = '') OR vendor = $4 AND $4 <> '' AND NOT $5)
		ORDER BY vendor DESC, rowid DESC LIMIT 1`, n.Number, n.Source, aaguid, n.Vendor, inventory.IsSuffix(n.Number))
	return k, absent(err, "There is no key with the serial number %s.", n.Number)
}

// KeyLeftAt gives the key in stock that has no serial number and no credential that can still live, and whose last run
// was at this port with this model and firmware: a blank key that a run left there. A credential from before that run
// does not count once the run came to the reset.
func (s *Store) KeyLeftAt(ctx context.Context, port, aaguid, firmware string) (inventory.Key, error) {
	k, err := keys.one(ctx, s.readers, `WHERE id = (
		SELECT k.id FROM (SELECT rowid AS nth, id, key_id FROM runs WHERE port = $1 AND key_id IS NOT NULL ORDER BY rowid DESC LIMIT 200) r
		JOIN keys k ON k.id = r.key_id
		WHERE k.aaguid = $2 AND k.firmware = $3 AND k.serial = '' AND k.state IN ('received', 'ready', 'quarantined', 'returned')
		AND NOT EXISTS (SELECT 1 FROM registrations g WHERE g.key_id = k.id AND g.revoked_at IS NULL
			AND (g.run = r.id OR NOT EXISTS (SELECT 1 FROM entries e WHERE e.run = r.id AND e.step = 'reset')))
		AND NOT EXISTS (SELECT 1 FROM runs later WHERE later.key_id = k.id AND later.rowid > r.nth AND later.port <> $1)
		ORDER BY r.nth DESC LIMIT 1)`, port, aaguid, firmware)
	return k, absent(err, "No blank key is known to have been left at port %s.", port)
}

// tagPlaces are the states of keys in the order in which a key that is plugged in is likely to be one of them: it is being
// made, was set aside, is ready on the bench, is anywhere else.
var tagPlaces = []string{
	"= 'received'", "IN ('quarantined', 'returned')", "= 'ready'", "NOT IN ('received', 'quarantined', 'returned', 'ready')",
}

// LiveTags lists the tag credentials that keys of this model may still hold: first those of keys that may be at the
// bench, then those that are with people, of each the newest first.
func (s *Store) LiveTags(ctx context.Context, aaguid string, limit int) ([]inventory.Registration, error) {
	var places []string
	for i, state := range tagPlaces {
		places = append(places, fmt.Sprintf(`SELECT * FROM (SELECT r.rowid AS tag, %d AS place FROM keys k JOIN registrations r ON r.key_id = k.id
			WHERE k.aaguid = ?1 AND k.state %s AND r.kind = 'tag' AND r.revoked_at IS NULL AND r.credential_id <> x''
			ORDER BY k.rowid DESC LIMIT ?2)`, i, state))
	}
	return registrations.list(ctx, s.readers, "JOIN ("+strings.Join(places, " UNION ALL ")+`) ON tag = registrations.rowid
		ORDER BY place, registrations.rowid DESC LIMIT ?2`, aaguid, limit)
}

// Registrations lists the live credentials that we know on a key, oldest first.
func (s *Store) Registrations(ctx context.Context, of inventory.KeyID) ([]inventory.Registration, error) {
	return registrations.list(ctx, s.readers, "WHERE key_id = $1 AND revoked_at IS NULL ORDER BY rowid", of)
}

// LiveSeal gives the sealed PIN of a key that has not been voided, released or destroyed.
func (s *Store) LiveSeal(ctx context.Context, of inventory.KeyID) (inventory.Seal, error) {
	v, err := seals.one(ctx, s.readers, "WHERE key_id = $1 AND state = 'sealed'", of)
	return v, absent(err, "No PIN is sealed for this key: it has none, or it was released.")
}

// Order gives a line with its requisition, its person and the opened address.
func (s *Store) Order(ctx context.Context, id inventory.LineID) (inventory.Order, error) {
	return s.order(ctx, s.readers, id)
}

// TakeLine gives the run the next open line that is wanted: oldest approval first, within a requisition the primary key
// before the spare. For a requisition or line that was named the refusal says what is the matter with it.
func (s *Store) TakeLine(ctx context.Context, by inventory.Actor, run inventory.RunID, want inventory.Want) (inventory.Order, error) {
	var o inventory.Order
	want.Requisition = inventory.RequisitionNumber(want.Requisition)
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		var err error
		if o, err = s.nextOrder(ctx, tx, want); err != nil {
			return err
		}
		return tx.take(ctx, run, &o)
	})
	if err != nil {
		return inventory.Order{}, err
	}
	return o, nil
}

// nextOrder finds the next line that is wanted, whose person may get this key, and whose key the operator may make.
func (s *Store) nextOrder(ctx context.Context, tx *txn, want inventory.Want) (inventory.Order, error) {
	var unfit error
	for {
		id, err := tx.findLine(ctx, want)
		if errors.Is(err, sql.ErrNoRows) {
			return inventory.Order{}, tx.whyNone(ctx, want, unfit)
		}
		if err != nil {
			return inventory.Order{}, err
		}
		o, err := s.order(ctx, tx.sql, id)
		if err != nil {
			return o, err
		}
		fault := o.Person.MayTake()
		if fault == nil && o.Requisition.Tier == inventory.Critical {
			seats, err := seatsOf(ctx, tx.sql, o.Requisition)
			if err != nil {
				return o, err
			}
			fault = o.Requisition.Apart(tx.by, seats)
		}
		if fault == nil && slices.Contains(want.TwoMakers, o.Requisition.Tier) {
			fault = o.TwoMakers(want.Maker)
		}
		if fault == nil {
			return o, nil
		}
		unfit = cmp.Or(unfit, fault)
		want.Skip = append(slices.Clip(want.Skip), id)
	}
}

// Makeable refuses with what is the matter with a requisition that is named at the bench, before any key is touched.
func (s *Store) Makeable(ctx context.Context, number string) error {
	r, err := requisitions.one(ctx, s.readers, "WHERE number = $1", inventory.RequisitionNumber(number))
	if err != nil {
		return absent(err, "There is no requisition %s: look up its number with keystation export.", number)
	}
	return r.Makeable()
}

func (tx *txn) findLine(ctx context.Context, want inventory.Want) (inventory.LineID, error) {
	skip, err := json.Marshal(append([]inventory.LineID{}, want.Skip...))
	if err != nil {
		return "", fmt.Errorf("list lines to skip: %w", err)
	}
	tiers, err := json.Marshal(want.Tiers) // null: any
	if err != nil {
		return "", fmt.Errorf("list tiers: %w", err)
	}
	var id inventory.LineID
	err = tx.sql.QueryRowContext(ctx, `SELECT l.id FROM requisitions r JOIN lines l ON l.requisition = r.id
		LEFT JOIN reservations v ON v.line = l.id AND v.until IS NULL
		WHERE r.state IN ('approved', 'fulfilling') AND r.held = '' AND l.state = 'open'
		AND ($1 = '' OR r.number = $1) AND ($2 = '' OR l.id = $2) AND l.id NOT IN (SELECT value FROM json_each($3))
		AND ($4 = 'null' OR r.tier IN (SELECT value FROM json_each($4)))
		AND (v.key_id IS NULL OR v.key_id = $5 OR $2 <> '')
		AND NOT EXISTS (SELECT 1 FROM reservations k WHERE k.key_id = $5 AND k.until IS NULL AND k.line <> l.id)
		ORDER BY v.key_id IS NULL, r.approved_at, r.id, l.purpose = 'spare', l.position LIMIT 1`,
		want.Requisition, want.Line, string(skip), string(tiers), want.Key).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("find line: %w", err)
	}
	return id, nil
}

// whyNone refuses with what is the matter with the requisition or line that was named, or with the key: unfit says why a
// line that waits is not for it.
func (tx *txn) whyNone(ctx context.Context, want inventory.Want, unfit error) error {
	if err := tx.keptElsewhere(ctx, want); err != nil {
		return err
	}
	tail, arg := "WHERE number = $1", want.Requisition
	if want.Line != "" {
		tail, arg = "WHERE id = (SELECT requisition FROM lines WHERE id = $1)", string(want.Line)
	}
	if unfit == nil && len(want.Tiers) > 0 {
		open := want
		open.Tiers = nil
		if _, err := tx.findLine(ctx, open); err == nil {
			unfit = inventory.Refuse(inventory.NotFound, "Lines wait, but policy leaves this key out of their tiers: take a key of another model.")
		}
	}
	if unfit != nil {
		return inventory.Refuse(inventory.NotFound, "%s", inventory.Sentence(unfit))
	}
	if arg == "" {
		return inventory.Refuse(inventory.NotFound, "No approved requisition has an open line for this key: approve one, or make keys for stock.")
	}
	r, err := requisitions.one(ctx, tx.sql, tail, arg)
	if err != nil {
		return absent(err, "There is no requisition %s: look up its number with keystation export.", arg)
	}
	if want.Requisition != "" && r.Number != want.Requisition {
		return inventory.Refuse(inventory.Invalid, "The line that was asked for is one of %s, not of %s.", r.Number, want.Requisition)
	}
	if err := r.Makeable(); err != nil {
		return err
	}
	return inventory.Refuse(inventory.NotFound, "Requisition %s has no open line for this key: all its keys are made, or being made.", r.Number)
}

// keptElsewhere refuses a key that is kept for a line: it goes there, or whoever keeps it lets it go first.
func (tx *txn) keptElsewhere(ctx context.Context, want inventory.Want) error {
	res, err := reservations.one(ctx, tx.sql, "WHERE key_id = $1 AND until IS NULL", want.Key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	o, err := tx.bareOrder(ctx, res.Line)
	if err != nil {
		return err
	}
	if o.Requisition.Number == want.Requisition || o.Line.ID == want.Line { // something else is the matter
		return nil
	}
	return inventory.Refuse(inventory.NotFound, "This key is kept for %s: let it go in the queue first, or take another one.", o.Requisition.Number)
}

// take gives the order's line to the run and notes that its requisition is being worked on.
func (tx *txn) take(ctx context.Context, run inventory.RunID, o *inventory.Order) error {
	var err error
	if o.Line, err = o.Line.Take(run, tx.now); err != nil {
		return err
	}
	if err := lines.save(ctx, tx, o.Line); err != nil {
		return err
	}
	if err := tx.unreserve(ctx, "line", string(o.Line.ID), "it is being made"); err != nil {
		return err
	}
	taken := inventory.Event{
		Action: "line.taken", Subjects: []string{string(run)},
		Payload: LineMoved{o.Requisition.Number, o.Line.Position, o.Line.State},
	}
	if err := tx.log(ctx, taken); err != nil {
		return err
	}
	events, err := tx.fulfil(ctx, o.Requisition.ID)
	if err != nil {
		return err
	}
	if err := tx.logAll(ctx, events); err != nil {
		return err
	}
	o.Requisition, err = requisition(ctx, tx.sql, o.Requisition.ID)
	return err
}

// LineMoved is the payload of line.taken and line.released.
type LineMoved struct {
	Requisition string              `json:"requisition"`
	Position    int                 `json:"position"`
	State       inventory.LineState `json:"state"`
}

// ReleaseLine gives back the line that the run holds. Without one, or with one whose key is made, it does nothing.
func (s *Store) ReleaseLine(ctx context.Context, by inventory.Actor, run inventory.RunID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		l, err := tx.release(ctx, run)
		if err != nil || l == nil {
			return err
		}
		r, err := requisition(ctx, tx.sql, l.Requisition)
		if err != nil {
			return err
		}
		return tx.log(ctx, inventory.Event{
			Action: "line.released", Subjects: []string{string(run)}, Payload: LineMoved{r.Number, l.Position, l.State},
		})
	})
}

// release opens the line that the run holds. It gives nil when there is none.
func (tx *txn) release(ctx context.Context, run inventory.RunID) (*inventory.Line, error) {
	l, err := lines.one(ctx, tx.sql, "WHERE run = $1 AND state = 'making'", run)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l = l.Release(run, tx.now)
	return &l, lines.save(ctx, tx, l)
}
