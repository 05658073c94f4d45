package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"keystation/inventory"
)

var merges = define("merges", "id person into_id moved by_id by_name by_method at undone_at",
	table[inventory.Merge]{
		id:    func(m *inventory.Merge) string { return string(m.ID) },
		about: func(m *inventory.Merge) []string { return []string{string(m.Second), string(m.Into)} },
		bind: func(m *inventory.Merge) []any {
			return []any{m.ID, m.Second, m.Into, m.Moved, m.By.ID, m.By.Name, m.By.Method, at(m.At), maybeAt(m.UndoneAt)}
		},
		into: func(m *inventory.Merge) []any {
			return []any{&m.ID, &m.Second, &m.Into, &m.Moved, &m.By.ID, &m.By.Name, &m.By.Method, atInto{&m.At}, maybeAtInto{&m.UndoneAt}}
		},
	})

// selves are a person ($1) and the entries that were merged into theirs.
const selves = "(SELECT id FROM people WHERE id = $1 OR merged_into = $1)"

// MergePeople makes one person of two: second was another entry of into. Ways to sign in go over, and whoever named the
// second entry as manager names the first. Custody, requisitions and the ledger keep naming the second.
func (s *Store) MergePeople(ctx context.Context, by inventory.Actor, second, into inventory.PersonID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, second)
		if err != nil {
			return err
		}
		keep, err := person(ctx, tx.sql, into)
		if err != nil {
			return err
		}
		open, err := tx.stillHas(ctx, p)
		if err != nil {
			return err
		}
		m, gone, ev, err := inventory.Merge{}.Begin(p, keep, open, by, tx.now)
		if err != nil {
			return err
		}
		if m.ID, err = inventory.NewID[inventory.MergeID](); err != nil {
			return err
		}
		ev.Subjects[0] = string(m.ID)
		if err := tx.endClaims(ctx, p); err != nil {
			return err
		}
		return tx.merge(ctx, m, p, gone, keep, ev)
	})
}

// merge writes a merge and moves what goes over with it.
func (tx *txn) merge(ctx context.Context, m inventory.Merge, was, gone, keep inventory.Person, ev inventory.Event) error {
	moved := inventory.MergeMoved{State: was.State, Manager: keep.Manager == was.ID}
	if moved.Manager {
		keep.Manager = ""
		if was.Manager != keep.ID {
			keep.Manager = was.Manager
		}
		if err := people.save(ctx, tx, keep); err != nil {
			return err
		}
	}
	var err error
	if moved.Identities, err = tx.moveIdentities(ctx, was.ID, keep.ID, nil); err != nil {
		return err
	}
	if moved.Passkeys, err = tx.movePasskeys(ctx, was.ID, keep.ID, nil); err != nil {
		return err
	}
	if moved.Reports, err = tx.moveReports(ctx, was.ID, keep.ID, nil); err != nil {
		return err
	}
	if moved.Entries, err = tx.moveEntries(ctx, was.ID, keep.ID, nil); err != nil {
		return err
	}
	text, err := json.Marshal(moved)
	if err != nil {
		return fmt.Errorf("note what went over: %w", err)
	}
	m.Moved = string(text)
	if err := merges.save(ctx, tx, m); err != nil {
		return err
	}
	if err := people.save(ctx, tx, gone); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}

// UndoMerge makes two people of one again, as long as nothing but signing in happened to them since. Roles by claim come
// back with the next sign-in.
func (s *Store) UndoMerge(ctx context.Context, by inventory.Actor, id inventory.MergeID) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		m, err := merges.one(ctx, tx.sql, "WHERE id = $1", id)
		if err != nil {
			return absent(err, "There is no such merge: look at the person's page.")
		}
		second, err := person(ctx, tx.sql, m.Second)
		if err != nil {
			return err
		}
		keep, err := person(ctx, tx.sql, m.Into)
		if err != nil {
			return err
		}
		var moved inventory.MergeMoved
		if err := json.Unmarshal([]byte(m.Moved), &moved); err != nil {
			return fmt.Errorf("read what went over: %w", err)
		}
		since, err := happenedSince(ctx, tx.sql, m)
		if err != nil {
			return err
		}
		m, second, ev, err := m.Undo(second, keep, moved, since, tx.now)
		if err != nil {
			return err
		}
		return tx.unmerge(ctx, m, second, keep, moved, ev)
	})
}

func (tx *txn) unmerge(ctx context.Context, m inventory.Merge, second, keep inventory.Person, moved inventory.MergeMoved, ev inventory.Event) error {
	if _, err := tx.moveIdentities(ctx, keep.ID, second.ID, moved.Identities); err != nil {
		return err
	}
	if _, err := tx.movePasskeys(ctx, keep.ID, second.ID, moved.Passkeys); err != nil {
		return err
	}
	if _, err := tx.moveReports(ctx, keep.ID, second.ID, moved.Reports); err != nil {
		return err
	}
	if err := people.save(ctx, tx, second); err != nil { // an entry is merged into one that stands
		return err
	}
	if _, err := tx.moveEntries(ctx, keep.ID, second.ID, moved.Entries); err != nil {
		return err
	}
	if moved.Manager {
		keep.Manager = second.ID
		if err := people.save(ctx, tx, keep); err != nil {
			return err
		}
	}
	if err := merges.save(ctx, tx, m); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}

// happenedSince counts what happened to either of the two after a merge. Signing in makes nobody another.
func happenedSince(ctx context.Context, q querier, m inventory.Merge) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM ledger_subjects s CROSS JOIN ledger_leaves l ON l.seq = s.seq
		WHERE s.subject IN ($1, $2) AND s.seq > (SELECT max(seq) FROM ledger_subjects WHERE subject = $3)
		AND json_extract(l.header, '$.action') <> 'person.signed-in'`, m.Second, m.Into, m.ID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what happened since: %w", err)
	}
	return n, nil
}

// stillHas says what a person has that no merge may give away or lose: roles from an admin, groups, what they asked for.
func (tx *txn) stillHas(ctx context.Context, p inventory.Person) ([]string, error) {
	return queryRows(ctx, tx.sql, func(word *string) []any { return []any{word} },
		`SELECT 'the role ' || role FROM grants WHERE person = $1 AND until IS NULL AND source <> 'claim'
		UNION ALL SELECT 'a place in the group ' || group_name FROM memberships WHERE person = $1 AND until IS NULL
		UNION ALL SELECT 'the open requisition ' || number FROM requisitions WHERE person = $1 AND state IN ('submitted', 'approved', 'fulfilling', 'sent')`, p.ID)
}

// endClaims ends the roles by claim of a second entry: the first gets them with the next sign-in.
func (tx *txn) endClaims(ctx context.Context, p inventory.Person) error {
	open, err := grants.list(ctx, tx.sql, "WHERE person = $1 AND until IS NULL", p.ID)
	if err != nil {
		return err
	}
	for _, g := range open {
		if err := tx.withdrawRole(ctx, p, g); err != nil {
			return err
		}
	}
	return nil
}

// moved gives rows of one person to another: those listed, or all that tail finds. set says whose one is.
func moved[T any, ID ~string](ctx context.Context, tx *txn, t *table[T], only []ID, set func(*T) bool, tail string, from inventory.PersonID) ([]ID, error) {
	all, err := t.list(ctx, tx.sql, tail, from)
	if err != nil {
		return nil, err
	}
	ids := []ID{}
	for _, v := range all {
		id := ID(t.id(&v))
		if only != nil && !slices.Contains(only, id) || !set(&v) {
			continue
		}
		if err := t.save(ctx, tx, v); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (tx *txn) moveIdentities(ctx context.Context, from, to inventory.PersonID, only []inventory.IdentityID) ([]inventory.IdentityID, error) {
	return moved(ctx, tx, identities, only, func(i *inventory.Identity) bool { i.Person = to; return true }, "WHERE person = $1 ORDER BY id", from)
}

func (tx *txn) movePasskeys(ctx context.Context, from, to inventory.PersonID, only []inventory.PasskeyID) ([]inventory.PasskeyID, error) {
	return moved(ctx, tx, passkeys, only, func(k *inventory.Passkey) bool { k.Person = to; return true }, "WHERE person = $1 AND removed_at IS NULL ORDER BY id", from)
}

// moveReports leaves out the one whom they would name: nobody is their own manager.
func (tx *txn) moveReports(ctx context.Context, from, to inventory.PersonID, only []inventory.PersonID) ([]inventory.PersonID, error) {
	return moved(ctx, tx, people, only, func(p *inventory.Person) bool { p.Manager = to; return p.ID != to }, "WHERE manager = $1 ORDER BY id", from)
}

func (tx *txn) moveEntries(ctx context.Context, from, to inventory.PersonID, only []inventory.PersonID) ([]inventory.PersonID, error) {
	return moved(ctx, tx, people, only, func(p *inventory.Person) bool { p.MergedInto = to; return p.ID != to }, "WHERE merged_into = $1 ORDER BY id", from)
}

// wasSecond tells if r was asked for, or by, a second entry of the actor.
func wasSecond(ctx context.Context, q querier, by inventory.Actor, r inventory.Requisition) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM people WHERE id IN ($1, $2) AND merged_into = $3", r.Person, r.RequestedBy, by.ID).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for second entries: %w", err)
	}
	return n > 0, nil
}
