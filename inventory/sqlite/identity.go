package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"keystation/inventory"
)

var identities = define("identities", "id person issuer subject created_at detached_at",
	table[inventory.Identity]{
		id:    func(i *inventory.Identity) string { return string(i.ID) },
		about: func(i *inventory.Identity) []string { return []string{string(i.Person)} },
		bind: func(i *inventory.Identity) []any {
			return []any{i.ID, i.Person, i.Issuer, i.Subject, at(i.CreatedAt), maybeAt(i.DetachedAt)}
		},
		into: func(i *inventory.Identity) []any {
			return []any{&i.ID, &i.Person, &i.Issuer, &i.Subject, atInto{&i.CreatedAt}, maybeAtInto{&i.DetachedAt}}
		},
	})

// Whoever gives who a session is for: a person and their roles of this moment. One who may not come in is refused.
func (s *Store) Whoever(ctx context.Context, id inventory.PersonID) (inventory.Person, []inventory.Role, error) {
	p, err := person(ctx, s.readers, id)
	if err != nil {
		return p, nil, err
	}
	if err := p.SignIn(); err != nil {
		return p, nil, err
	}
	roles, err := s.RolesOf(ctx, id)
	return p, roles, err
}

// SignInByClaims signs somebody in whom an identity provider vouches for: known by their identity, else found in the
// directory, else entered where the claims say so. Roles by claim follow the claims. All of it is one act.
func (s *Store) SignInByClaims(ctx context.Context, c inventory.Claims) (inventory.Person, error) {
	var p inventory.Person
	err := s.update(ctx, inventory.System("sign-in"), func(ctx context.Context, tx *txn) error {
		var err error
		if p, err = tx.claimed(ctx, c); err != nil {
			return err
		}
		if err := p.SignIn(); err != nil {
			return err
		}
		tx.by = inventory.ActorOf(p, inventory.ByOIDC)
		if err := tx.followClaim(ctx, p, c); err != nil {
			return err
		}
		return tx.log(ctx, inventory.SignedIn(p, inventory.ByOIDC, false))
	})
	return p, err
}

// claimed finds whom the claims are about.
func (tx *txn) claimed(ctx context.Context, c inventory.Claims) (inventory.Person, error) {
	known, err := identities.one(ctx, tx.sql, "WHERE issuer = $1 AND subject = $2", c.Issuer, c.Subject)
	if err == nil && known.DetachedAt == nil {
		return tx.merged(ctx, known.Person)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return inventory.Person{}, err
	}
	found, err := people.one(ctx, tx.sql, `WHERE (external_id = $1 AND external_id <> '') OR (email = $2 AND email <> '')
		ORDER BY external_id = $1 DESC LIMIT 1`, c.ExternalID, c.Email)
	if errors.Is(err, sql.ErrNoRows) {
		if found, err = tx.enterByClaims(ctx, c); err != nil {
			return found, err
		}
	} else if err != nil {
		return found, err
	}
	p, err := tx.merged(ctx, found.ID)
	if err != nil {
		return p, err
	}
	others, err := identities.list(ctx, tx.sql, "WHERE person = $1 AND issuer = $2 AND detached_at IS NULL LIMIT 1", p.ID, c.Issuer)
	if err != nil {
		return p, err
	}
	if err := c.About(found, len(others) > 0); err != nil {
		return p, err
	}
	return p, tx.identify(ctx, known, p, c)
}

// merged gives the person with this id, or the one whose second entry that was.
func (tx *txn) merged(ctx context.Context, id inventory.PersonID) (inventory.Person, error) {
	p, err := person(ctx, tx.sql, id)
	for n := 0; err == nil && p.MergedInto != "" && n < 10; n++ {
		p, err = person(ctx, tx.sql, p.MergedInto)
	}
	return p, err
}

func (tx *txn) enterByClaims(ctx context.Context, c inventory.Claims) (inventory.Person, error) {
	if !c.Enter {
		return inventory.Person{}, inventory.Refuse(inventory.NotFound, "You are signed in with your company, but the directory here does not know you yet: ask the help desk to add you.")
	}
	p := inventory.Person{Name: c.Name, Email: c.Email, ExternalID: c.ExternalID, Language: c.Language}
	if p.Email == "" && p.ExternalID == "" {
		p.ExternalID = c.Issuer + "#" + c.Subject
	}
	var err error
	if p.ID, err = inventory.NewID[inventory.PersonID](); err != nil {
		return p, err
	}
	p, ev, err := p.Enter(tx.now)
	if err != nil {
		return p, err
	}
	if err := people.save(ctx, tx, p); err != nil {
		return p, err
	}
	return p, tx.log(ctx, ev)
}

// identify says that the account of the claims is p's. i is its row from before, if it was somebody's already.
func (tx *txn) identify(ctx context.Context, i inventory.Identity, p inventory.Person, c inventory.Claims) error {
	var err error
	if i.ID == "" {
		if i.ID, err = inventory.NewID[inventory.IdentityID](); err != nil {
			return err
		}
	}
	i, ev := i.Attach(p, c, tx.now)
	if err := identities.save(ctx, tx, i); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}

// DetachIdentity says, in the name of an admin, that an account at the identity provider is a person's no more. Their sessions
// end. The next account that comes with their external id or address is theirs.
func (s *Store) DetachIdentity(ctx context.Context, by inventory.Actor, of inventory.PersonID, id inventory.IdentityID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		i, err := identities.one(ctx, tx.sql, "WHERE id = $1 AND person = $2", id, of)
		if err != nil {
			return absent(err, "They have no such account: reload the page.")
		}
		i, ev, err := i.Detach(tx.now)
		if err != nil {
			return err
		}
		if err := identities.save(ctx, tx, i); err != nil {
			return err
		}
		if err := endSessions(ctx, tx.sql, of); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// followClaim lets the roles by claim be those of the claims.
func (tx *txn) followClaim(ctx context.Context, p inventory.Person, c inventory.Claims) error {
	if !c.RolesKnown {
		return nil
	}
	now, err := grants.list(ctx, tx.sql, "WHERE person = $1 AND until IS NULL", p.ID)
	if err != nil {
		return err
	}
	begin, end := inventory.FollowClaim(now, c.Roles)
	for _, g := range end {
		if err := tx.withdrawRole(ctx, p, g); err != nil {
			return err
		}
	}
	for _, r := range begin {
		if err := tx.giveRole(ctx, p, inventory.Grant{Person: p.ID, Role: r, Source: inventory.GrantedByClaim}); err != nil {
			return err
		}
	}
	return nil
}

// NoteSignIn writes that somebody signed in in a way that writes nothing else.
func (s *Store) NoteSignIn(ctx context.Context, p inventory.Person, m inventory.Method) error {
	return s.Note(ctx, inventory.ActorOf(p, m), inventory.SignedIn(p, m, false))
}

// HasAdmin tells if anybody is an admin and can come in: one who never did, by a passkey or the identity provider, may have
// been entered under a wrong address.
func (s *Store) HasAdmin(ctx context.Context) (bool, error) { return hasAdmin(ctx, s.readers) }

func hasAdmin(ctx context.Context, q querier) (has bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM grants g JOIN people p ON p.id = g.person
		WHERE g.role = 'admin' AND g.until IS NULL AND p.state = 'active' AND (
			EXISTS (SELECT 1 FROM passkeys k WHERE k.person = p.id AND k.removed_at IS NULL) OR
			EXISTS (SELECT 1 FROM identities i WHERE i.person = p.id AND i.detached_at IS NULL)))`).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for an admin: %w", err)
	}
	return has, nil
}

// PeopleWithRoles lists those who have roles, by name.
func (s *Store) PeopleWithRoles(ctx context.Context) ([]inventory.RoleRow, error) {
	return queryRows(ctx, s.readers, func(r *inventory.RoleRow) []any {
		return append(people.into(&r.Person), grants.into(&r.Grant)...)
	}, "SELECT "+people.qualified("p")+", "+grants.qualified("g")+` FROM grants g CROSS JOIN people p ON p.id = g.person
		WHERE g.until IS NULL ORDER BY p.name, p.id, g.role, g.source`)
}
