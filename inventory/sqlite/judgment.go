package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"keystation/inventory"
)

var judgments = define("judgments", "id key_id registration review verdict reasons model maker root metadata policy tier at",
	table[inventory.Judgment]{
		id:    func(j *inventory.Judgment) string { return string(j.ID) },
		about: func(j *inventory.Judgment) []string { return []string{string(j.Key)} },
		bind: func(j *inventory.Judgment) []any {
			return []any{j.ID, j.Key, j.Registration, ref(j.Review), j.Verdict, reasonsIn(j.Reasons), j.Model, j.Maker, j.Root,
				j.Metadata, j.Policy, j.Tier, at(j.At)}
		},
		into: func(j *inventory.Judgment) []any {
			return []any{&j.ID, &j.Key, &j.Registration, intoRef(&j.Review), &j.Verdict, reasonsInto{&j.Reasons}, &j.Model, &j.Maker,
				&j.Root, &j.Metadata, &j.Policy, &j.Tier, atInto{&j.At}}
		},
	})

// reasonsIn writes reasons as a JSON array.
type reasonsIn []inventory.Reason

func (c reasonsIn) Value() (driver.Value, error) {
	b, err := inventory.Canonical(append([]inventory.Reason{}, c...))
	return string(b), err
}

type reasonsInto struct{ to *[]inventory.Reason }

func (c reasonsInto) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("reasons column holds %T", v)
	}
	list := []inventory.Reason{}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return fmt.Errorf("read reasons: %w", err)
	}
	*c.to = list
	return nil
}
