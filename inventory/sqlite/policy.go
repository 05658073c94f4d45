package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"keystation/inventory"
)

var policies = define("policies", "version digest source rules by_id by_name by_method at", table[inventory.Policy]{
	id:    func(p *inventory.Policy) string { return decimal(p.Version) },
	about: func(*inventory.Policy) []string { return []string{"policy"} },
	bind: func(p *inventory.Policy) []any {
		return []any{p.Version, rulesDigest(p.Rules), p.Source, rulesIn(p.Rules), p.By.ID, p.By.Name, p.By.Method, at(p.At)}
	},
	into: func(p *inventory.Policy) []any {
		var digest string // follows from the rules: it is there to be looked for
		return []any{&p.Version, &digest, &p.Source, rulesInto{&p.Rules}, &p.By.ID, &p.By.Name, &p.By.Method, atInto{&p.At}}
	},
})

// ApplyPolicy makes rules the policy, as a version of its own. They must be the answer to the version that whoever applies
// them saw (0: none): somebody else may have changed it meanwhile. name gives what people call a model.
func (s *Store) ApplyPolicy(ctx context.Context, by inventory.Actor, rules inventory.TierRules, seen int64, name func(string) string) (inventory.Policy, error) {
	return s.newPolicy(ctx, by, inventory.Policy{Source: inventory.PolicyApplied, Rules: rules}, func(last inventory.Policy) (bool, error) {
		if last.Version != seen {
			return false, inventory.Refuse(inventory.Conflict, "The policy was changed meanwhile: version %d is in force now. Check yours against it, then apply it.", last.Version)
		}
		return true, nil
	}, name)
}

// NotePolicy writes down the rules that the configuration has, so that every run names a version that can be read. Rules
// that are the newest version already get none; once a policy was applied, the configuration's rules count no more, and
// the applied one is given.
func (s *Store) NotePolicy(ctx context.Context, by inventory.Actor, rules inventory.TierRules) (inventory.Policy, error) {
	now, err := s.Policy(ctx)
	if err != nil || !noted(now, rules) {
		return now, err
	}
	return s.newPolicy(ctx, by, inventory.Policy{Source: inventory.PolicyConfigured, Rules: rules}, func(last inventory.Policy) (bool, error) {
		return noted(last, rules), nil
	}, nil)
}

// noted tells if rules of the configuration are a new version after last.
func noted(last inventory.Policy, rules inventory.TierRules) bool {
	if last.Source == inventory.PolicyApplied {
		return false
	}
	return last.Version == 0 || !last.Says(rules)
}

// newPolicy writes p as the next version, unless fits says that there is nothing to write.
func (s *Store) newPolicy(ctx context.Context, by inventory.Actor, p inventory.Policy, fits func(inventory.Policy) (bool, error), name func(string) string) (inventory.Policy, error) {
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		last, err := newestPolicy(ctx, tx.sql)
		if err != nil {
			return err
		}
		if is, err := fits(last); err != nil || !is {
			p = last
			return err
		}
		var ev inventory.Event
		if p, ev, err = p.Apply(last.Version, name, by, tx.now); err != nil {
			return err
		}
		if err := policies.save(ctx, tx, p); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
	return p, err
}

// Policy gives the policy in force; one of version 0 when none is written down.
func (s *Store) Policy(ctx context.Context) (inventory.Policy, error) {
	return newestPolicy(ctx, s.readers)
}

// PolicyVersion gives one version.
func (s *Store) PolicyVersion(ctx context.Context, version int64) (inventory.Policy, error) {
	p, err := policies.one(ctx, s.readers, "WHERE version = $1", version)
	return p, absent(err, "There is no policy version %d: keystation policy history lists them.", version)
}

// PolicyHistory lists all versions, the newest first.
func (s *Store) PolicyHistory(ctx context.Context) ([]inventory.Policy, error) {
	return policies.list(ctx, s.readers, "ORDER BY version DESC")
}

func newestPolicy(ctx context.Context, q querier) (inventory.Policy, error) {
	p, err := policies.one(ctx, q, "ORDER BY version DESC LIMIT 1")
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Policy{}, nil
	}
	return p, err
}

// Grounds names the newest metadata and policy, in one cheap question: a bench asks it before each run.
func (s *Store) Grounds(ctx context.Context) (metadataNo, policyVersion int64, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT COALESCE((SELECT max(no) FROM metadata), 0), COALESCE((SELECT max(version) FROM policies), 0)").
		Scan(&metadataNo, &policyVersion)
	if err != nil {
		return 0, 0, fmt.Errorf("look for metadata and policy: %w", err)
	}
	return metadataNo, policyVersion, nil
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

type rulesDigest inventory.TierRules

func (c rulesDigest) Value() (driver.Value, error) { return inventory.TierRules(c).Digest() }

type rulesIn inventory.TierRules

func (c rulesIn) Value() (driver.Value, error) {
	b, err := inventory.Canonical(inventory.TierRules(c).Tidy())
	return string(b), err
}

type rulesInto struct{ to *inventory.TierRules }

func (c rulesInto) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("rules column holds %T", v)
	}
	var rules inventory.TierRules
	if err := json.Unmarshal([]byte(text), &rules); err != nil {
		return fmt.Errorf("read rules: %w", err)
	}
	*c.to = rules.Tidy()
	return nil
}
