package sqlite

import (
	"context"
	"reflect"

	"keystation/inventory"
)

var addresses = define("addresses", "id person label sealed saved_at removed_at", table[inventory.SavedAddress]{
	id:    func(a *inventory.SavedAddress) string { return string(a.ID) },
	about: func(a *inventory.SavedAddress) []string { return []string{string(a.Person)} },
	bind: func(a *inventory.SavedAddress) []any {
		return []any{a.ID, a.Person, a.Label, blob(a.Sealed), at(a.SavedAt), maybeAt(a.RemovedAt)}
	},
	into: func(a *inventory.SavedAddress) []any {
		return []any{&a.ID, &a.Person, &a.Label, &a.Sealed, atInto{&a.SavedAt}, maybeAtInto{&a.RemovedAt}}
	},
})

// AddressBook lists the addresses that a person keeps, by what they call them. Where they are is opened for the person
// alone.
func (s *Store) AddressBook(ctx context.Context, by inventory.Actor, of inventory.PersonID) ([]inventory.SavedAddress, error) {
	book, err := kept(ctx, s.readers, of)
	if err != nil {
		return nil, err
	}
	for i := range book {
		if a := &book[i]; by.ID == string(of) && s.options.OpenAddress != nil {
			if a.Open, err = s.openSaved(*a); err != nil {
				return nil, err
			}
		}
		book[i].Sealed = nil
	}
	return book, nil
}

func kept(ctx context.Context, q querier, of inventory.PersonID) ([]inventory.SavedAddress, error) {
	return addresses.list(ctx, q, "WHERE person = $1 AND removed_at IS NULL ORDER BY id", of)
}

// SaveAddress keeps an address of a person, who is told so at both of their e-mail addresses.
func (s *Store) SaveAddress(ctx context.Context, by inventory.Actor, of inventory.PersonID, label string, a inventory.Address) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, of)
		if err != nil {
			return err
		}
		if err := p.KeepsAddresses(by); err != nil {
			return err
		}
		ev, err := s.keepAddress(ctx, tx, p, label, a)
		if err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// keepAddress writes an address into the book of p and gives the event.
func (s *Store) keepAddress(ctx context.Context, tx *txn, p inventory.Person, label string, to inventory.Address) (inventory.Event, error) {
	book, err := kept(ctx, tx.sql, p.ID)
	if err != nil {
		return inventory.Event{}, err
	}
	ev, err := s.writeAddress(ctx, tx, p, label, to, len(book))
	if err != nil {
		return ev, err
	}
	return ev, tx.alert(ctx, p, inventory.LetterAddress, inventory.LetterFacts{By: tx.by.Name, Path: "/account/addresses"})
}

// writeAddress is keepAddress without a word to p, beside known other addresses.
func (s *Store) writeAddress(ctx context.Context, tx *txn, p inventory.Person, label string, to inventory.Address, known int) (inventory.Event, error) {
	a := inventory.SavedAddress{Label: label, Open: to}
	var err error
	if a.ID, err = inventory.NewID[inventory.AddressID](); err != nil {
		return inventory.Event{}, err
	}
	a, ev, err := a.Save(p, known, tx.now)
	if err != nil {
		return ev, err
	}
	if a.Sealed, err = s.sealAddress(inventory.RequisitionID(a.ID), to); err != nil {
		return ev, err
	}
	return ev, addresses.save(ctx, tx, a)
}

// addAddress puts the address that a directory has under a label into the book of p, in place of the one that it had there,
// and gives what there is to log. One that is kept already, under whatever label, is left alone; so is the label where this
// program cannot read what is kept under it.
func (s *Store) addAddress(ctx context.Context, tx *txn, p inventory.Person, label string, to inventory.Address) ([]inventory.Event, error) {
	book, err := kept(ctx, tx.sql, p.ID)
	if err != nil {
		return nil, err
	}
	var events []inventory.Event
	for _, a := range book {
		was, err := s.openSaved(a)
		unread := inventory.KindOf(err) == inventory.Unavailable
		if err != nil && !unread {
			return nil, err
		}
		if unread && a.Label == label || !unread && reflect.DeepEqual(was, to) {
			return nil, nil
		}
		if a.Label != label {
			continue
		}
		gone, ev := a.Remove(tx.now)
		if err := addresses.save(ctx, tx, gone); err != nil {
			return nil, err
		}
		events = append(events, ev)
	}
	ev, err := s.keepAddress(ctx, tx, p, label, to)
	return append(events, ev), err
}

// RemoveAddress takes an address out of the book of a person.
func (s *Store) RemoveAddress(ctx context.Context, by inventory.Actor, of inventory.PersonID, id inventory.AddressID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, of)
		if err != nil {
			return err
		}
		if err := p.KeepsAddresses(by); err != nil {
			return err
		}
		a, err := savedAddress(ctx, tx.sql, of, id)
		if err != nil {
			return err
		}
		a, ev := a.Remove(tx.now)
		if err := addresses.save(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
		return tx.alert(ctx, p, inventory.LetterAddress, inventory.LetterFacts{By: by.Name, Path: "/account/addresses"})
	})
}

func savedAddress(ctx context.Context, q querier, of inventory.PersonID, id inventory.AddressID) (inventory.SavedAddress, error) {
	a, err := addresses.one(ctx, q, "WHERE person = $1 AND id = $2 AND removed_at IS NULL", of, id)
	return a, absent(err, "There is no saved address %s: choose another, or give the address itself.", id)
}

// savedAddress opens an address of somebody's address book.
func (s *Store) savedAddress(ctx context.Context, q querier, of inventory.PersonID, id inventory.AddressID) (inventory.Address, error) {
	a, err := savedAddress(ctx, q, of, id)
	if err != nil {
		return inventory.Address{}, err
	}
	return s.openSaved(a)
}

func (s *Store) openSaved(a inventory.SavedAddress) (inventory.Address, error) {
	if s.options.OpenAddress == nil {
		return inventory.Address{}, inventory.Refuse(inventory.Unavailable,
			"Saved addresses are sealed and this program was given no identity to open them: name the address identity in the configuration.")
	}
	to, err := s.options.OpenAddress(string(a.ID), a.Sealed)
	if err != nil {
		return to, &inventory.Error{Kind: inventory.Internal,
			Msg: "A saved address could not be opened: it was sealed for another database or was tampered with.", Err: err}
	}
	return to, nil
}
