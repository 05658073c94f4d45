package sqlite

import (
	"context"
	"fmt"
	"slices"

	"keystation/inventory"
)

// PersonDossier gives all that is known about a person, the entries that were merged into theirs included.
func (s *Store) PersonDossier(ctx context.Context, id inventory.PersonID) (inventory.PersonDossier, error) {
	p, err := person(ctx, s.readers, id)
	d := inventory.PersonDossier{Person: p}
	if err != nil {
		return d, err
	}
	for _, read := range []func(context.Context, *inventory.PersonDossier) error{
		s.readKin, s.readMerges, s.readNames, s.readKeysOf, s.readAsked, s.readStanding, s.readCounts,
	} {
		if err := read(ctx, &d); err != nil {
			return d, err
		}
	}
	return d, nil
}

// readKin reads the other entries of the directory that the page names.
func (s *Store) readKin(ctx context.Context, d *inventory.PersonDossier) error {
	kin, err := people.list(ctx, s.readers, "WHERE merged_into = $1 OR id IN ($2, $3) ORDER BY id", d.Person.ID, d.Person.Manager, d.Person.MergedInto)
	for _, p := range kin {
		switch {
		case p.MergedInto == d.Person.ID:
			d.Entries = append(d.Entries, p)
		case p.ID == d.Person.Manager:
			d.Manager = &p
		}
		if p.ID == d.Person.MergedInto {
			d.Into = &p
		}
	}
	return err
}

func (s *Store) readMerges(ctx context.Context, d *inventory.PersonDossier) (err error) {
	d.Merges, err = merges.list(ctx, s.readers, "WHERE (person = $1 OR into_id = $1) AND undone_at IS NULL ORDER BY id DESC", d.Person.ID)
	return err
}

// namesRead is how many entries about a person are searched for names.
const namesRead = 500

// readNames finds what a person was called, as far as it was not erased.
func (s *Store) readNames(ctx context.Context, d *inventory.PersonDossier) error {
	names, err := queryRows(ctx, s.readers, func(n *string) []any { return []any{n} },
		`SELECT COALESCE(json_extract(CAST(p.payload AS TEXT), '$.what.name'), '') FROM (
			SELECT seq FROM ledger_subjects WHERE subject = $1 ORDER BY seq DESC LIMIT $2) r
		CROSS JOIN ledger_leaves l ON l.seq = r.seq CROSS JOIN ledger_payloads p ON p.seq = r.seq
		WHERE json_extract(l.header, '$.action') IN ('person.entered', 'person.revised', 'person.returned') ORDER BY r.seq DESC`, d.Person.ID, namesRead)
	for _, n := range names {
		if n != "" && n != d.Person.Name && !slices.Contains(d.Names, n) {
			d.Names = append(d.Names, n)
		}
	}
	return err
}

func (s *Store) readKeysOf(ctx context.Context, d *inventory.PersonDossier) (err error) {
	d.Keys, err = queryRows(ctx, s.readers, func(k *inventory.KeyOf) []any {
		return append(keys.into(&k.Key), &k.Name, atInto{&k.Since}, maybeAtInto{&k.Until})
	}, "SELECT "+keys.qualified("k")+`, c.holder_name, c.since, c.until FROM custody c CROSS JOIN keys k ON k.id = c.key_id
		WHERE c.person IN `+selves+` AND c.person IS NOT NULL ORDER BY c.until IS NOT NULL, c.rowid DESC LIMIT $2`, d.Person.ID, mostRows)
	return err
}

func (s *Store) readAsked(ctx context.Context, d *inventory.PersonDossier) (err error) {
	d.Requisitions, err = requisitions.list(ctx, s.readers, "WHERE person IN "+selves+" ORDER BY id DESC LIMIT $2", d.Person.ID, mostRows)
	for i := range d.Requisitions {
		d.Requisitions[i].Address = nil
	}
	return err
}

// readStanding reads what a person may do and where they belong.
func (s *Store) readStanding(ctx context.Context, d *inventory.PersonDossier) (err error) {
	if d.Grants, err = grants.list(ctx, s.readers, "WHERE person = $1 ORDER BY until IS NOT NULL, id DESC LIMIT $2", d.Person.ID, mostRows); err != nil {
		return err
	}
	if d.Groups, err = memberships.list(ctx, s.readers, "WHERE person = $1 AND until IS NULL ORDER BY group_name", d.Person.ID); err != nil {
		return err
	}
	if d.Identities, err = identities.list(ctx, s.readers, "WHERE person = $1 AND detached_at IS NULL ORDER BY id", d.Person.ID); err != nil {
		return err
	}
	d.Absences, err = absences.list(ctx, s.readers, "WHERE person = $1 AND ended_at IS NULL AND until_day >= $2 ORDER BY from_day",
		d.Person.ID, inventory.Day(s.options.Now()))
	return err
}

func (s *Store) readCounts(ctx context.Context, d *inventory.PersonDossier) error {
	err := s.readers.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM addresses WHERE person = $1 AND removed_at IS NULL),
		(SELECT count(*) FROM passkeys WHERE person = $1 AND removed_at IS NULL), (SELECT count(*) FROM people WHERE manager = $1 AND state = 'active')`,
		d.Person.ID).Scan(&d.Addresses, &d.Passkeys, &d.Reports)
	if err != nil {
		return fmt.Errorf("count what a person has: %w", err)
	}
	return nil
}
