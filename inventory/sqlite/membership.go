package sqlite

import (
	"context"
	"strings"

	"keystation/inventory"
)

var memberships = define("memberships", "id group_name person by_id by_name by_method since until",
	table[inventory.Membership]{
		id:    func(m *inventory.Membership) string { return string(m.ID) },
		about: func(m *inventory.Membership) []string { return []string{string(m.Person)} },
		bind: func(m *inventory.Membership) []any {
			return []any{m.ID, m.Group, m.Person, m.By.ID, m.By.Name, m.By.Method, at(m.Since), maybeAt(m.Until)}
		},
		into: func(m *inventory.Membership) []any {
			return []any{&m.ID, &m.Group, &m.Person, &m.By.ID, &m.By.Name, &m.By.Method, atInto{&m.Since}, maybeAtInto{&m.Until}}
		},
	})

// JoinGroup puts a person into a group, which begins with its first member.
func (s *Store) JoinGroup(ctx context.Context, by inventory.Actor, group string, id inventory.PersonID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, id)
		if err != nil {
			return err
		}
		if err := p.SignIn(); err != nil {
			return err
		}
		m := inventory.Membership{Group: group, Person: id}
		if m.ID, err = inventory.NewID[inventory.MembershipID](); err != nil {
			return err
		}
		m, ev, err := m.Join(tx.by, tx.now)
		if err != nil {
			return err
		}
		if known, err := groupNamed(ctx, tx.sql, m.Group); err == nil {
			m.Group = known
		} else if inventory.KindOf(err) != inventory.NotFound {
			return err
		}
		if _, err := memberships.one(ctx, tx.sql, "WHERE group_name = $1 AND person = $2 AND until IS NULL", m.Group, id); err == nil {
			return inventory.Refuse(inventory.Conflict, "%s is in %s already.", p.Name, m.Group)
		}
		if err := memberships.save(ctx, tx, m); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// groupNamed gives the spelling of a group that somebody is in, however name is written.
func groupNamed(ctx context.Context, q querier, name string) (string, error) {
	m, err := memberships.one(ctx, q, "WHERE fold(group_name) = fold($1) AND until IS NULL ORDER BY id LIMIT 1", strings.TrimSpace(name))
	return m.Group, absent(err, "There is no group %s: put somebody into it first.", name)
}

// LeaveGroup takes a person out of a group.
func (s *Store) LeaveGroup(ctx context.Context, by inventory.Actor, group string, id inventory.PersonID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		m, err := memberships.one(ctx, tx.sql, "WHERE fold(group_name) = fold($1) AND person = $2 AND until IS NULL", group, id)
		if err != nil {
			return absent(err, "That person is not in %s.", group)
		}
		m, ev, err := m.Leave(tx.now)
		if err != nil {
			return err
		}
		if err := memberships.save(ctx, tx, m); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// Groups lists who is in which group, by group and name.
func (s *Store) Groups(ctx context.Context) ([]inventory.MemberRow, error) {
	return queryRows(ctx, s.readers, func(r *inventory.MemberRow) []any {
		return append(people.into(&r.Person), memberships.into(&r.Membership)...)
	}, "SELECT "+people.qualified("p")+", "+memberships.qualified("m")+` FROM memberships m CROSS JOIN people p ON p.id = m.person
		WHERE m.until IS NULL ORDER BY m.group_name, p.name, p.id`)
}
