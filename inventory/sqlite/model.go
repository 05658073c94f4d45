package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"keystation/inventory"
)

// spread is how many keys of a model are in a state, with a verdict and a firmware.
type spread struct {
	aaguid, firmware string
	state            inventory.KeyState
	verdict          inventory.Verdict
	n                int
}

// spreads reads how many keys there are, as it is kept beside them: no key is read.
func (s *Store) spreads(ctx context.Context, where string, args ...any) ([]spread, error) {
	all, err := queryRows(ctx, s.readers, func(c *spread) []any {
		return []any{&c.aaguid, &c.state, &c.verdict, &c.firmware, &c.n}
	}, "SELECT aaguid, state, verdict, firmware, n FROM key_counts WHERE n > 0 "+where+" ORDER BY aaguid, state, verdict, firmware", args...)
	if err != nil {
		return nil, fmt.Errorf("count keys by model: %w", err)
	}
	return all, nil
}

// modelNames tells what the newest key of each model is called.
func (s *Store) modelNames(ctx context.Context, all []spread) (map[string]string, error) {
	names := map[string]string{}
	for _, c := range all {
		names[c.aaguid] = ""
	}
	aaguids, err := list(slices.Collect(maps.Keys(names)))
	if err != nil {
		return nil, err
	}
	type called struct{ aaguid, name string }
	found, err := queryRows(ctx, s.readers, func(c *called) []any { return []any{&c.aaguid, &c.name} },
		"SELECT w.value, (SELECT k.model FROM keys k WHERE k.aaguid = w.value ORDER BY k.id DESC LIMIT 1) FROM json_each($1) w", aaguids)
	if err != nil {
		return nil, fmt.Errorf("name models: %w", err)
	}
	for _, c := range found {
		names[c.aaguid] = c.name
	}
	return names, nil
}

// Models lists the models of which there are keys, by name.
func (s *Store) Models(ctx context.Context) ([]inventory.ModelRow, error) {
	all, err := s.spreads(ctx, "")
	if err != nil {
		return nil, err
	}
	names, err := s.modelNames(ctx, all)
	if err != nil {
		return nil, err
	}
	var rows []inventory.ModelRow
	for _, c := range all {
		if len(rows) == 0 || rows[len(rows)-1].AAGUID != c.aaguid {
			rows = append(rows, inventory.ModelRow{AAGUID: c.aaguid, Name: names[c.aaguid]})
		}
		rows[len(rows)-1].Count(c.state, c.verdict, c.n)
	}
	slices.SortStableFunc(rows, func(a, b inventory.ModelRow) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return rows, nil
}

// ModelDossier gives what there is of a model; one without keys is a model of which there are none.
func (s *Store) ModelDossier(ctx context.Context, aaguid string) (inventory.ModelDossier, error) {
	d := inventory.ModelDossier{ModelRow: inventory.ModelRow{AAGUID: aaguid}, States: map[inventory.KeyState]int{}}
	all, err := s.spreads(ctx, "AND aaguid = $1", aaguid)
	if err != nil {
		return d, err
	}
	by := map[string]*inventory.FirmwareSpread{}
	for _, c := range all {
		d.Count(c.state, c.verdict, c.n)
		d.States[c.state] += c.n
		if by[c.firmware] == nil {
			by[c.firmware] = &inventory.FirmwareSpread{Version: c.firmware}
		}
		var one inventory.ModelRow
		one.Count(c.state, c.verdict, c.n)
		by[c.firmware].Keys += c.n
		by[c.firmware].InHands += one.InHands
	}
	for _, f := range by {
		d.Firmware = append(d.Firmware, *f)
	}
	slices.SortFunc(d.Firmware, func(a, b inventory.FirmwareSpread) int { return compareVersions(a.Version, b.Version) })
	names, err := s.modelNames(ctx, all)
	d.Name = names[aaguid]
	return d, err
}

// compareVersions puts versions in order, number by number.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, errM := strconv.Atoi(x[i])
		n, errN := strconv.Atoi(y[i])
		if errM != nil || errN != nil {
			return strings.Compare(a, b)
		}
		if m != n {
			return m - n
		}
	}
	return len(x) - len(y)
}
