package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"

	"keystation/inventory"
)

var invitations = define("invitations", "id person hash by_id by_name by_method created_at expires_at used_at",
	table[inventory.Invitation]{
		id:    func(i *inventory.Invitation) string { return string(i.ID) },
		about: func(i *inventory.Invitation) []string { return []string{string(i.Person)} },
		bind: func(i *inventory.Invitation) []any {
			return []any{i.ID, i.Person, i.Hash, i.By.ID, i.By.Name, i.By.Method, at(i.CreatedAt), at(i.ExpiresAt), maybeAt(i.UsedAt)}
		},
		into: func(i *inventory.Invitation) []any {
			return []any{&i.ID, &i.Person, &i.Hash, &i.By.ID, &i.By.Name, &i.By.Method, atInto{&i.CreatedAt}, atInto{&i.ExpiresAt}, maybeAtInto{&i.UsedAt}}
		},
	})

// Invite makes the token of a link by which a person makes their first passkey. It is told once and kept as a hash.
func (s *Store) Invite(ctx context.Context, by inventory.Actor, id inventory.PersonID) (token string, err error) {
	token = rand.Text() // 128 bits at least
	err = s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, id)
		if err != nil {
			return err
		}
		if err := p.SignIn(); err != nil {
			return err
		}
		i := inventory.Invitation{Person: id, Hash: inventory.HashToken(token)}
		if i.ID, err = inventory.NewID[inventory.InvitationID](); err != nil {
			return err
		}
		i, ev := i.Issue(tx.by, tx.now)
		if err := invitations.save(ctx, tx, i); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
	return token, err
}

// Invited gives whom a token invites, as long as it can be used.
func (s *Store) Invited(ctx context.Context, token string) (inventory.Person, error) {
	i, err := invitation(ctx, s.readers, token)
	if err != nil {
		return inventory.Person{}, err
	}
	if _, _, err := i.Use(s.options.Now()); err != nil {
		return inventory.Person{}, err
	}
	p, err := person(ctx, s.readers, i.Person)
	if err != nil {
		return p, err
	}
	return p, p.SignIn()
}

func invitation(ctx context.Context, q querier, token string) (inventory.Invitation, error) {
	i, err := invitations.one(ctx, q, "WHERE hash = $1", inventory.HashToken(token))
	if errors.Is(err, sql.ErrNoRows) {
		return i, inventory.ErrNoInvitation()
	}
	return i, err
}

// UseInvitation adds the passkey that somebody made by an invitation, which is used up by that.
func (s *Store) UseInvitation(ctx context.Context, token string, k inventory.Passkey) (inventory.Person, error) {
	var p inventory.Person
	err := s.update(ctx, inventory.System("invitation"), func(ctx context.Context, tx *txn) error {
		i, err := invitation(ctx, tx.sql, token)
		if err != nil {
			return err
		}
		if p, err = person(ctx, tx.sql, i.Person); err != nil {
			return err
		}
		if err := p.SignIn(); err != nil {
			return err
		}
		tx.by = inventory.ActorOf(p, inventory.ByPasskey)
		i, ev, err := i.Use(tx.now)
		if err != nil {
			return err
		}
		if err := invitations.save(ctx, tx, i); err != nil {
			return err
		}
		if err := tx.log(ctx, ev); err != nil {
			return err
		}
		k.Person = p.ID
		return tx.addPasskey(ctx, k)
	})
	return p, err
}
