package main

import (
	"bytes"
	"context"
	_ "embed"
	"time"

	"keystation/inventory"
	"keystation/station/softkey"
)

// The demo's people and what they asked for. All names are invented or long dead, all addresses public buildings.
var (
	//go:embed seed/people.csv
	seedPeople []byte
	//go:embed seed/requisitions.csv
	seedRequisitions []byte
)

// seed enters the demo's people and requisitions, the way an import does.
func seed(ctx context.Context, d *desk) error {
	by := inventory.System("demo")
	for _, file := range []struct {
		csv   []byte
		enter importFunc
	}{{seedPeople, importPeople}, {seedRequisitions, importRequisitions}} {
		results, err := file.enter(ctx, d, by, bytes.NewReader(file.csv), importHow{})
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Outcome == inventory.RowRefused {
				return inventory.Refuse(inventory.Internal, "The demo's data are refused at line %d: %s", r.Line, r.Sentence)
			}
		}
	}
	return seedRoles(ctx, d)
}

// seedRoles gives the demo's people roles, so that each page can be seen by whom it is for.
func seedRoles(ctx context.Context, d *desk) error {
	page, err := d.store.PersonList(ctx, inventory.PersonQuery{Limit: 50})
	if err != nil {
		return err
	}
	roles := map[string][]inventory.Role{
		"grace@example.com": {inventory.Operator}, "soren@example.com": {inventory.Approver}, "boris@example.com": {inventory.Approver},
		"maria@example.com": {inventory.HelpDesk}, "eleni@example.com": {inventory.Auditor}, "agnieszka@example.com": {inventory.Admin},
	}
	for _, row := range page.Rows {
		for _, r := range roles[row.Person.Email] {
			if err := d.store.GiveRole(ctx, inventory.System("demo"), row.Person.ID, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// seedMetadata imports metadata of the software keys, which prove them in a demo.
func (d *desk) seedMetadata(ctx context.Context) error {
	blob, err := softkey.Metadata(1, time.Now().AddDate(0, 1, 0), nil)
	if err != nil {
		return err
	}
	catalog, err := d.openBLOB(blob, time.Time{})
	if err != nil {
		return err
	}
	_, _, err = d.store.ImportMetadata(ctx, inventory.System("demo"), metadataOf(catalog, blob))
	return err
}
