package main

import (
	"bytes"
	"context"
	_ "embed"

	"keystation/inventory"
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
		results, err := file.enter(ctx, d, by, bytes.NewReader(file.csv), false)
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Outcome == inventory.RowRefused {
				return inventory.Refuse(inventory.Internal, "The demo's data are refused at line %d: %s", r.Line, r.Sentence)
			}
		}
	}
	return nil
}
