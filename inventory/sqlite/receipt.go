package sqlite

import (
	"context"

	"keystation/inventory"
)

var receipts = define("receipts", "id key_id line requisition person how signed terms checked touch by_id by_name by_method at",
	table[inventory.Receipt]{
		id:    func(r *inventory.Receipt) string { return string(r.ID) },
		about: func(r *inventory.Receipt) []string { return []string{string(r.Key), string(r.Person)} },
		bind: func(r *inventory.Receipt) []any {
			return []any{r.ID, r.Key, r.Line, r.Requisition, r.Person, r.How, r.Signed, r.Terms, r.Checked, touchIn{r.Touch}, r.By.ID, r.By.Name, r.By.Method, at(r.At)}
		},
		into: func(r *inventory.Receipt) []any {
			return []any{&r.ID, &r.Key, &r.Line, &r.Requisition, &r.Person, &r.How, &r.Signed, &r.Terms, &r.Checked, touchInto{&r.Touch}, &r.By.ID, &r.By.Name, &r.By.Method, atInto{&r.At}}
		},
	})

// HandOver gives a key that is ready to its person at the desk: the key is delivered, the person holds it, and the requisition
// closes when nothing of it is missing any more.
func (s *Store) HandOver(ctx context.Context, by inventory.Actor, tag inventory.AssetTag, signed, checked string) (inventory.Receipt, error) {
	return s.handOver(ctx, by, tag, func(tx *txn, o inventory.Order, k inventory.Key, rec inventory.Receipt) (inventory.Handing, error) {
		seats, err := seatsOf(ctx, tx.sql, o.Requisition)
		if err != nil {
			return inventory.Handing{}, err
		}
		rec.Signed, rec.Checked = signed, checked
		return o.HandOver(k, rec, seats, tx.by, tx.now)
	})
}

// handOver hands over a key that was made for somebody, as rule says.
func (s *Store) handOver(ctx context.Context, by inventory.Actor, tag inventory.AssetTag,
	rule func(*txn, inventory.Order, inventory.Key, inventory.Receipt) (inventory.Handing, error)) (inventory.Receipt, error) {
	var h inventory.Handing
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		k, err := keys.one(ctx, tx.sql, "WHERE asset_tag = $1", tag)
		if err != nil {
			return absent(err, "There is no key %s: check its tag.", tag)
		}
		if k.Line == "" {
			return inventory.Refuse(inventory.Conflict, "Key %s was made for nobody yet: reserve it for a line, and make it.", tag)
		}
		o, err := tx.bareOrder(ctx, k.Line)
		if err != nil {
			return err
		}
		var rec inventory.Receipt
		if rec.ID, err = inventory.NewID[inventory.ReceiptID](); err != nil {
			return err
		}
		if h, err = rule(tx, o, k, rec); err != nil {
			return err
		}
		return tx.handedOver(ctx, o, h)
	})
	return h.Receipt, err
}

// bareOrder is a line with its requisition and person; the address stays closed, since whoever hands over needs none.
func (tx *txn) bareOrder(ctx context.Context, id inventory.LineID) (inventory.Order, error) {
	var o inventory.Order
	var err error
	if o.Line, err = line(ctx, tx.sql, id); err != nil {
		return o, err
	}
	if o.Requisition, err = requisition(ctx, tx.sql, o.Line.Requisition); err != nil {
		return o, err
	}
	o.Person, err = person(ctx, tx.sql, o.Requisition.Person)
	return o, err
}

// custodyNotes say how somebody came to hold a key.
var custodyNotes = map[string]string{inventory.Signed: "Signed for at the desk.", inventory.Touched: "Taken at the desk, by touching it."}

// handedOver writes a hand-over: key, line, receipt, custody, and the requisition where that ends it.
func (tx *txn) handedOver(ctx context.Context, o inventory.Order, h inventory.Handing) error {
	if err := keys.save(ctx, tx, h.Key); err != nil {
		return err
	}
	if err := lines.save(ctx, tx, h.Line); err != nil {
		return err
	}
	if err := receipts.save(ctx, tx, h.Receipt); err != nil {
		return err
	}
	id, err := inventory.NewID[inventory.CustodyID]()
	if err != nil {
		return err
	}
	to := inventory.Custody{ID: id, Key: h.Key.ID, Holder: inventory.Holder{Kind: inventory.HeldByPerson, ID: string(o.Person.ID), Name: o.Person.Name}, From: tx.now, By: tx.by, Note: custodyNotes[h.Receipt.How]}
	if err := tx.handOver(ctx, to); err != nil {
		return err
	}
	if err := tx.logAll(ctx, h.Events); err != nil {
		return err
	}
	all, err := lines.list(ctx, tx.sql, "WHERE requisition = $1 ORDER BY position", o.Requisition.ID)
	if err != nil {
		return err
	}
	if r, ev := o.Requisition.Deliver(all, tx.now); ev.Action != "" {
		if err := requisitions.save(ctx, tx, r); err != nil {
			return err
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
	}
	return tx.tellAsker(ctx, o.Requisition, inventory.LetterHandedOver, inventory.LetterFacts{Number: o.Requisition.Number, By: tx.by.Name, Path: "/requisitions/" + o.Requisition.Number})
}

// MayPack refuses whoever must not pack keys for a requisition.
func (s *Store) MayPack(ctx context.Context, by inventory.Actor, number string) error {
	r, err := requisitions.one(ctx, s.readers, "WHERE number = $1", number)
	if err != nil {
		return absent(err, "There is no requisition %s: check its number.", number)
	}
	seats, err := seatsOf(ctx, s.readers, r)
	if err != nil {
		return err
	}
	return r.Apart(by, seats)
}
