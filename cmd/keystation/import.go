package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/inventory/sqlite"
)

func newImport() *cobra.Command {
	c := &cobra.Command{
		Use:   "import",
		Short: "people and requisitions from CSV files",
		Example: `  keystation import people people.csv --db keys.db --dry-run
  keystation import requisitions wanted.csv --db keys.db`,
		Args: knownCommand, RunE: noCommand,
	}
	c.AddCommand(
		newImportOf("people", "name,email,external_id,department\n  Ada Lovelace,ada@example.com,E1001,Engines",
			inventory.PersonColumns, "name, and email or external_id", importPeople),
		newImportOf("requisitions", "person,reason,keys,street,city,postal_code,country,recipient,approved_by\n  ada@example.com,Works remotely,2,12 St James's Square,London,SW1Y 4JH,GB,Ada Lovelace,C. Babbage",
			inventory.RequisitionColumns, "person and reason", importRequisitions),
	)
	return c
}

// importFunc reads a file and enters its rows.
type importFunc func(ctx context.Context, s *sqlite.Store, by inventory.Actor, file io.Reader, dryRun bool) ([]inventory.RowResult, error)

func importPeople(ctx context.Context, s *sqlite.Store, by inventory.Actor, file io.Reader, dryRun bool) ([]inventory.RowResult, error) {
	rows, err := inventory.ReadPeople(file)
	if err != nil {
		return nil, err
	}
	return s.ImportPeople(ctx, by, rows, dryRun)
}

func importRequisitions(ctx context.Context, s *sqlite.Store, by inventory.Actor, file io.Reader, dryRun bool) ([]inventory.RowResult, error) {
	rows, err := inventory.ReadRequisitions(file)
	if err != nil {
		return nil, err
	}
	return s.ImportRequisitions(ctx, by, rows, dryRun)
}

// newImportOf is one of the two imports.
func newImportOf(noun, sample string, columns []string, needed string, enter importFunc) *cobra.Command {
	c := &cobra.Command{
		Use:   noun + " FILE.csv --db FILE",
		Short: noun + " from a CSV file",
		Long: fmt.Sprintf(`Enters %s from a CSV file in UTF-8 whose first line names its columns, in
any order. Needed: %s. Known columns:
  %s

A row that is refused leaves nothing of itself and is listed with its line
number; the other rows go in, all in one transaction. The same file a second
time changes nothing. Exit code 3 means that some rows were refused.

  %s`, noun, needed, wrapped(columns), sample),
		Example: fmt.Sprintf("  keystation import %s %s.csv --db keys.db --dry-run", noun, noun),
		Args:    cobra.ExactArgs(1),
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	dryRun := c.Flags().Bool("dry-run", false, "say what would come of each row and change nothing")
	asJSON := c.Flags().Bool("json", false, "one JSON object per row, each on its own line")
	c.RunE = func(c *cobra.Command, args []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			results, err := importFile(ctx, d.store, args[0], enter, *dryRun)
			if err != nil {
				return err
			}
			return sayRows(c, results, *dryRun, *asJSON)
		})
	}
	return c
}

func importFile(ctx context.Context, s *sqlite.Store, path string, enter importFunc, dryRun bool) ([]inventory.RowResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.NotFound, Msg: fmt.Sprintf("%s cannot be read (%s): check its name and permissions.", path, reason(err)), Err: err}
	}
	results, err := enter(ctx, s, osActor(), f, dryRun)
	return results, errors.Join(err, f.Close())
}

// sayRows lists what came of the rows: all of them as JSON, else those that were refused, and a sum.
func sayRows(c *cobra.Command, results []inventory.RowResult, dryRun, asJSON bool) error {
	out, sum := json.NewEncoder(c.OutOrStdout()), map[inventory.RowOutcome]int{}
	for _, r := range results {
		sum[r.Outcome]++
		if asJSON {
			if err := out.Encode(r); err != nil {
				return fmt.Errorf("write result: %w", err)
			}
		} else if r.Outcome == inventory.RowRefused {
			fmt.Fprintf(c.OutOrStdout(), "line %d refused: %s\n", r.Line, r.Sentence)
		}
	}
	if !asJSON {
		fmt.Fprintf(c.OutOrStdout(), "%d created, %d updated, %d unchanged, %d refused.\n",
			sum[inventory.RowCreated], sum[inventory.RowUpdated], sum[inventory.RowUnchanged], sum[inventory.RowRefused])
		if dryRun {
			fmt.Fprintln(c.OutOrStdout(), "This was a dry run: nothing was changed.")
		}
	}
	if sum[inventory.RowRefused] > 0 {
		return exitError{code: exitKeys}
	}
	return nil
}

// wrapped lists words in lines that fit a terminal.
func wrapped(words []string) string {
	var b strings.Builder
	width := 0
	for i, w := range words {
		if i > 0 {
			b.WriteString(",")
			width++
			if width+len(w) > 68 {
				b.WriteString("\n ")
				width = 0
			}
			b.WriteString(" ")
			width++
		}
		b.WriteString(w)
		width += len(w)
	}
	return b.String()
}
