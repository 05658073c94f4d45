package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"keystation/inventory"
)

func newExport() *cobra.Command {
	c := &cobra.Command{
		Use:   "export --json|--csv --db FILE",
		Short: "everything in the inventory, as a stream",
		Long: `Writes the inventory to standard output while it is read, so that its size does
not matter. --json gives one object per line, {"kind": …, "row": …}, of every
kind of record; --csv gives the keys as a table for a spreadsheet. Addresses
and sealed PINs are left out of both.`,
		Example: `  keystation export --json --db keys.db > keys.jsonl
  keystation export --csv --db keys.db > keys.csv`,
		Args: cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	asJSON := c.Flags().Bool("json", false, "every record, one JSON object per line")
	asCSV := c.Flags().Bool("csv", false, "the keys, as CSV with a header")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *asJSON == *asCSV {
			return usagef("Say which form: --json or --csv.")
		}
		return withDesk(c, func(ctx context.Context, d *desk) error {
			out := bufio.NewWriter(c.OutOrStdout())
			write := exportJSON(out)
			if *asCSV {
				write = exportCSV(out)
			}
			err := d.store.Export(ctx, write)
			if flushed := write("", nil); err == nil {
				err = flushed
			}
			return errors.Join(err, out.Flush())
		})
	}
	return c
}

// exportJSON writes each row as an object with its kind.
func exportJSON(w io.Writer) func(kind string, row any) error {
	enc := json.NewEncoder(w)
	return func(kind string, row any) error {
		if kind == "" {
			return nil
		}
		return enc.Encode(struct {
			Kind string `json:"kind"`
			Row  any    `json:"row"`
		}{kind, row})
	}
}

var keyColumns = []string{"asset_tag", "state", "model", "aaguid", "serial", "serial_source", "firmware", "verdict", "test",
	"pin_known", "arrival", "line", "created_at", "changed_at", "id"}

// exportCSV writes the keys. An empty kind ends it.
func exportCSV(w io.Writer) func(kind string, row any) error {
	out := csv.NewWriter(w)
	begun := false
	return func(kind string, row any) error {
		if !begun {
			begun = true
			if err := out.Write(keyColumns); err != nil {
				return fmt.Errorf("write header: %w", err)
			}
		}
		k, ok := row.(inventory.Key)
		if !ok {
			out.Flush()
			return out.Error()
		}
		return out.Write(keyCells(k))
	}
}

// keyCells are the cells of a key in the order of keyColumns. A cell that a spreadsheet would take for a formula gets
// an apostrophe in front.
func keyCells(k inventory.Key) []string {
	cells := []string{
		string(k.Tag), string(k.State), k.Model, k.AAGUID, k.Serial, string(k.SerialSource), k.Firmware, string(k.Verdict),
		fmt.Sprint(k.Test), fmt.Sprint(k.PINKnown), string(k.Arrival), string(k.Line), inventory.FormatTime(k.CreatedAt),
		inventory.FormatTime(k.ChangedAt), string(k.ID),
	}
	for i, cell := range cells {
		if cell != "" && (cell[0] == '=' || cell[0] == '+' || cell[0] == '-' || cell[0] == '@') {
			cells[i] = "'" + cell
		}
	}
	return cells
}
