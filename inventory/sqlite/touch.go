package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

// touchIn writes what a key signed as JSON; nothing where it signed nothing.
type touchIn struct{ of *inventory.Touch }

// Value gives the text.
func (c touchIn) Value() (driver.Value, error) {
	if c.of == nil {
		return "", nil
	}
	b, err := inventory.Canonical(c.of)
	return string(b), err
}

// touchInto reads what touchIn wrote.
type touchInto struct{ to **inventory.Touch }

// Scan reads the text.
func (c touchInto) Scan(v any) error {
	*c.to = nil
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("touch column holds %T", v)
	}
	if text == "" {
		return nil
	}
	*c.to = &inventory.Touch{}
	if err := json.Unmarshal([]byte(text), *c.to); err != nil {
		return fmt.Errorf("read touch: %w", err)
	}
	return nil
}

// Touchable gives the keys of a requisition that by can take at a desk by touching them: ready, made for by, and tagged for
// the relying party rpID. Without any the answer is empty; for anybody else than its person too.
func (s *Store) Touchable(ctx context.Context, by inventory.Actor, number, rpID string) (inventory.Touchable, error) {
	t := inventory.Touchable{Number: number, Person: inventory.PersonID(by.ID)}
	var err error
	t.Keys, err = queryRows(ctx, s.readers, func(k *inventory.TouchableKey) []any {
		return append([]any{&k.Tag}, registrations.into(&k.Registration)...)
	}, "SELECT k.asset_tag, "+registrations.qualified("g")+` FROM requisitions q JOIN lines l ON l.requisition = q.id JOIN keys k ON k.id = l.key_id
		JOIN registrations g ON g.key_id = k.id AND g.kind = 'tag' AND g.revoked_at IS NULL
		WHERE q.number = $1 AND q.person = $2 AND q.state IN ('approved', 'fulfilling') AND q.held = '' AND length(q.address) = 0
		AND l.state = 'made' AND k.state = 'ready' AND g.rp_id = $3 ORDER BY l.position`, number, t.Person, rpID)
	return t, err
}

// TakeByTouch gives a key to by, for whom it was made and who touched it. That touch holds was verified before.
func (s *Store) TakeByTouch(ctx context.Context, by inventory.Actor, tag inventory.AssetTag, touch inventory.Touch) (inventory.Receipt, error) {
	return s.handOver(ctx, by, tag, func(tx *txn, o inventory.Order, k inventory.Key, rec inventory.Receipt) (inventory.Handing, error) {
		if _, err := registrations.one(ctx, tx.sql, "WHERE id = $1 AND key_id = $2 AND revoked_at IS NULL", touch.Registration, k.ID); err != nil {
			return inventory.Handing{}, absent(err, "Key %s was reset meanwhile: take it back to the desk.", tag)
		}
		made, err := runs.one(ctx, tx.sql, "WHERE id = $1", o.Line.Run)
		if err != nil {
			return inventory.Handing{}, err
		}
		return o.TakeByTouch(k, rec, touch, made.Operator, tx.by, tx.now)
	})
}
