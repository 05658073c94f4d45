package sqlite

import (
	"context"
	"fmt"
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

// Models lists the models of which there are keys, by name. It walks the keys along an index that holds all it asks for.
func (s *Store) Models(ctx context.Context) ([]inventory.ModelRow, error) {
	found, err := queryRows(ctx, s.readers, func(c *spread) []any { return []any{&c.aaguid, &c.state, &c.verdict, &c.n} },
		"SELECT aaguid, state, verdict, count(*) FROM keys GROUP BY aaguid, state, verdict")
	if err != nil {
		return nil, fmt.Errorf("count models: %w", err)
	}
	var rows []inventory.ModelRow
	for _, c := range found {
		if len(rows) == 0 || rows[len(rows)-1].AAGUID != c.aaguid {
			rows = append(rows, inventory.ModelRow{AAGUID: c.aaguid})
		}
		rows[len(rows)-1].Count(c.state, c.verdict, c.n)
	}
	for i := range rows {
		if rows[i].Name, err = s.modelCalled(ctx, rows[i].AAGUID); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(rows, func(a, b inventory.ModelRow) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return rows, nil
}

// modelCalled is what the newest key of a model is called.
func (s *Store) modelCalled(ctx context.Context, aaguid string) (string, error) {
	names, err := queryRows(ctx, s.readers, func(name *string) []any { return []any{name} },
		"SELECT model FROM keys WHERE aaguid = $1 ORDER BY id DESC LIMIT 1", aaguid)
	if err != nil || len(names) == 0 {
		return "", err
	}
	return names[0], nil
}

// ModelDossier gives what there is of a model; one without keys is a model of which there are none.
func (s *Store) ModelDossier(ctx context.Context, aaguid string) (inventory.ModelDossier, error) {
	d := inventory.ModelDossier{ModelRow: inventory.ModelRow{AAGUID: aaguid}, States: map[inventory.KeyState]int{}}
	found, err := queryRows(ctx, s.readers, func(c *spread) []any { return []any{&c.state, &c.verdict, &c.firmware, &c.n} },
		"SELECT state, verdict, firmware, count(*) FROM keys WHERE aaguid = $1 GROUP BY state, verdict, firmware", aaguid)
	if err != nil {
		return d, fmt.Errorf("count keys of a model: %w", err)
	}
	by := map[string]*inventory.FirmwareSpread{}
	for _, c := range found {
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
	d.Name, err = s.modelCalled(ctx, aaguid)
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
