package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
)

var passkeys = define("passkeys", "id person name credential_id credential created_at removed_at",
	table[inventory.Passkey]{
		id:    func(k *inventory.Passkey) string { return string(k.ID) },
		about: func(k *inventory.Passkey) []string { return []string{string(k.Person)} },
		bind: func(k *inventory.Passkey) []any {
			return []any{k.ID, k.Person, k.Name, blob(k.CredentialID), k.Credential, at(k.CreatedAt), maybeAt(k.RemovedAt)}
		},
		into: func(k *inventory.Passkey) []any {
			return []any{&k.ID, &k.Person, &k.Name, &k.CredentialID, &k.Credential, atInto{&k.CreatedAt}, maybeAtInto{&k.RemovedAt}}
		},
	})

// Passkeys lists those of a person that were not removed, the oldest first.
func (s *Store) Passkeys(ctx context.Context, of inventory.PersonID) ([]inventory.Passkey, error) {
	return passkeys.list(ctx, s.readers, "WHERE person = $1 AND removed_at IS NULL ORDER BY id", of)
}

// PasskeyByCredential gives the passkey with a credential id; NotFound when there is none that was not removed.
func (s *Store) PasskeyByCredential(ctx context.Context, id []byte) (inventory.Passkey, error) {
	k, err := passkeys.one(ctx, s.readers, "WHERE credential_id = $1 AND removed_at IS NULL", id)
	return k, absent(err, "No passkey of ours has this credential.")
}

// AddPasskey adds a passkey of a person who is signed in.
func (s *Store) AddPasskey(ctx context.Context, by inventory.Actor, k inventory.Passkey) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error { return tx.addPasskey(ctx, k) })
}

// addPasskey adds a passkey, and tells its person at both addresses.
func (tx *txn) addPasskey(ctx context.Context, k inventory.Passkey) error {
	p, err := person(ctx, tx.sql, k.Person)
	if err != nil {
		return err
	}
	if k.ID, err = inventory.NewID[inventory.PasskeyID](); err != nil {
		return err
	}
	k, ev, err := k.Add(tx.now)
	if err != nil {
		return err
	}
	if err := passkeys.save(ctx, tx, k); err != nil {
		return err
	}
	if err := tx.log(ctx, ev); err != nil {
		return err
	}
	return tx.alert(ctx, p, inventory.LetterPasskey, inventory.LetterFacts{})
}

// SignInByPasskey writes that a passkey was used, with what its credential became by that, such as its counter. Where
// breakGlass is true it raises the alarm: every admin gets a letter.
func (s *Store) SignInByPasskey(ctx context.Context, id inventory.PasskeyID, credential string, breakGlass bool) (inventory.Person, error) {
	var p inventory.Person
	err := s.update(ctx, inventory.System("sign-in"), func(ctx context.Context, tx *txn) error {
		k, err := passkeys.one(ctx, tx.sql, "WHERE id = $1 AND removed_at IS NULL", id)
		if err != nil {
			return absent(err, "This passkey was removed: use another.")
		}
		if p, err = person(ctx, tx.sql, k.Person); err != nil {
			return err
		}
		if err := p.SignIn(); err != nil {
			return err
		}
		tx.by = inventory.ActorOf(p, inventory.ByPasskey)
		k.Credential = credential
		if err := passkeys.save(ctx, tx, k); err != nil {
			return err
		}
		if breakGlass {
			if err := tx.postAll(ctx, inventory.Admin, inventory.LetterBrokeGlass, inventory.LetterFacts{By: p.Name}); err != nil {
				return err
			}
		}
		return tx.log(ctx, inventory.SignedIn(p, inventory.ByPasskey, breakGlass))
	})
	return p, err
}

// RenamePasskey calls a passkey of by's something else.
func (s *Store) RenamePasskey(ctx context.Context, by inventory.Actor, id inventory.PasskeyID, name string) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		k, err := tx.ownPasskey(ctx, id)
		if err != nil {
			return err
		}
		if k, err = k.Rename(name); err != nil {
			return err
		}
		if err := passkeys.save(ctx, tx, k); err != nil {
			return err
		}
		return tx.log(ctx, k.Event("passkey.renamed"))
	})
}

// RemovePasskey removes a passkey of by's. otherWay tells if they can sign in without one.
func (s *Store) RemovePasskey(ctx context.Context, by inventory.Actor, id inventory.PasskeyID, otherWay bool) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		k, err := tx.ownPasskey(ctx, id)
		if err != nil {
			return err
		}
		others, err := passkeys.list(ctx, tx.sql, "WHERE person = $1 AND id <> $2 AND removed_at IS NULL", k.Person, id)
		if err != nil {
			return err
		}
		k, ev, err := k.Remove(len(others), otherWay, tx.now)
		if err != nil {
			return err
		}
		if err := passkeys.save(ctx, tx, k); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// ownPasskey gives a passkey of whoever acts. Somebody else's is as good as none.
func (tx *txn) ownPasskey(ctx context.Context, id inventory.PasskeyID) (inventory.Passkey, error) {
	k, err := passkeys.one(ctx, tx.sql, "WHERE id = $1 AND person = $2 AND removed_at IS NULL", id, tx.by.ID)
	return k, absent(err, "You have no such passkey: reload the page.")
}

// Setup gives whom the first admin will be: the person with this e-mail address, or a new one who is not entered yet. The id
// is the handle that their passkey keeps (WebAuthn Level 3 §5.4.3). It is refused once there is an admin.
func (s *Store) Setup(ctx context.Context, name, email string) (inventory.Person, error) {
	if err := noAdminYet(ctx, s.readers); err != nil {
		return inventory.Person{}, err
	}
	p, err := people.one(ctx, s.readers, "WHERE email = $1 AND email <> ''", email)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	p = inventory.Person{Name: name, Email: email}
	if err := p.Check(); err != nil {
		return p, err
	}
	p.ID, err = inventory.NewID[inventory.PersonID]()
	return p, err
}

func noAdminYet(ctx context.Context, q querier) error {
	has, err := hasAdmin(ctx, q)
	if err == nil && has {
		err = inventory.Refuse(inventory.Conflict, "There is an admin already: sign in, or ask them for an invitation.")
	}
	return err
}

// FirstAdmin makes the person that Setup gave the first admin, with a passkey to sign in; nil: they come in another way. Who
// was to be it before, and never came in, is it no more.
func (s *Store) FirstAdmin(ctx context.Context, p inventory.Person, k *inventory.Passkey) error {
	return s.update(ctx, inventory.System("setup"), func(ctx context.Context, tx *txn) error {
		if err := noAdminYet(ctx, tx.sql); err != nil {
			return err
		}
		if err := tx.enterFirst(ctx, p); err != nil {
			return err
		}
		before, err := grants.list(ctx, tx.sql, "WHERE role = 'admin' AND source = 'setup' AND until IS NULL")
		if err != nil {
			return err
		}
		for _, g := range before {
			of, err := person(ctx, tx.sql, g.Person)
			if err != nil {
				return err
			}
			if err := tx.withdrawRole(ctx, of, g); err != nil {
				return err
			}
		}
		if k != nil {
			k.Person = p.ID
			if err := tx.addPasskey(ctx, *k); err != nil {
				return err
			}
		}
		return tx.giveRole(ctx, p, inventory.Grant{Person: p.ID, Role: inventory.Admin, Source: inventory.GrantedBySetup})
	})
}

// enterFirst enters p unless the directory has them.
func (tx *txn) enterFirst(ctx context.Context, p inventory.Person) error {
	if _, err := people.one(ctx, tx.sql, "WHERE id = $1", p.ID); !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	entered, ev, err := p.Enter(tx.now)
	if err != nil {
		return err
	}
	if err := people.save(ctx, tx, entered); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}

// BrokeGlass gives who signed in beside the identity provider last, and when; the zero time: nobody did.
func (s *Store) BrokeGlass(ctx context.Context) (name string, when time.Time, err error) {
	var header string
	var payload []byte
	err = s.readers.QueryRowContext(ctx, `SELECT l.header, t.payload FROM ledger_subjects b JOIN ledger_leaves l ON l.seq = b.seq
		LEFT JOIN ledger_payloads t ON t.seq = b.seq WHERE b.subject = $1 ORDER BY b.seq DESC LIMIT 1`, inventory.BreakGlassSubject).Scan(&header, &payload)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read last break-glass sign-in: %w", err)
	}
	var h struct {
		At string `json:"at"`
	}
	var told struct {
		Actor string `json:"actor"`
	}
	if err := errors.Join(json.Unmarshal([]byte(header), &h), unmarshalIf(payload, &told)); err != nil {
		return "", time.Time{}, fmt.Errorf("read ledger entry: %w", err)
	}
	when, err = inventory.ParseTime(h.At)
	return told.Actor, when, err
}

// unmarshalIf reads a payload that may have been erased.
func unmarshalIf(payload []byte, into any) error {
	if payload == nil {
		return nil
	}
	return json.Unmarshal(payload, into)
}
