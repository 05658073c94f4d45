package sqlite

import (
	"database/sql/driver"
	"encoding/json"
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
