package main

import (
	"bytes"
	"context"
	_ "embed"
	"maps"
	"slices"
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

// seed enters the demo's people, what they may do, who decides, and what they asked for, in that order.
func seed(ctx context.Context, d *desk) error {
	if err := seedFile(ctx, d, seedPeople, importPeople); err != nil {
		return err
	}
	if err := seedRoles(ctx, d); err != nil {
		return err
	}
	return seedFile(ctx, d, seedRequisitions, importRequisitions)
}

func seedFile(ctx context.Context, d *desk, csv []byte, enter importFunc) error {
	results, err := enter(ctx, d, inventory.System("demo"), bytes.NewReader(csv), importHow{})
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Outcome == inventory.RowRefused {
			return inventory.Refuse(inventory.Internal, "The demo's data are refused at line %d: %s", r.Line, r.Sentence)
		}
	}
	return nil
}

// seedRoles gives the demo's people roles, so that each page can be seen by whom it is for, and a routing table.
func seedRoles(ctx context.Context, d *desk) error {
	by := inventory.System("demo")
	roles := map[string]inventory.Role{
		"grace@example.com": inventory.Operator, "soren@example.com": inventory.Approver, "boris@example.com": inventory.Approver,
		"maria@example.com": inventory.HelpDesk, "eleni@example.com": inventory.Auditor, "agnieszka@example.com": inventory.Admin,
	}
	for _, email := range slices.Sorted(maps.Keys(roles)) {
		p, err := d.store.PersonByEmail(ctx, email)
		if err != nil {
			return err
		}
		if err := d.store.GiveRole(ctx, by, p.ID, roles[email]); err != nil {
			return err
		}
		if roles[email] == inventory.Approver || roles[email] == inventory.Admin {
			if err := d.store.JoinGroup(ctx, by, "Security", p.ID); err != nil {
				return err
			}
		}
	}
	return d.store.SetRouting(ctx, by, []inventory.Route{{To: inventory.ToManager}, {To: inventory.ToGroup, Whom: "Security"}, {To: inventory.ToApprovers}})
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
