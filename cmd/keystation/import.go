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
	"keystation/shipping"
	"keystation/shipping/pdf"
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
			inventory.PersonColumns, "name, and email or external_id", peopleAccept, importPeople),
		newImportOf("requisitions", "person,reason,keys,street,city,postal_code,country,recipient,approved_by\n  ada@example.com,Works remotely,2,12 St James's Square,London,SW1Y 4JH,GB,Ada Lovelace,C. Babbage",
			inventory.RequisitionColumns, "person and reason", requisitionsAccept(), importRequisitions),
	)
	return c
}

const peopleAccept = `country       a code of two letters (ISO 3166-1)
language      a tag of BCP 47, such as de or pt-BR
tier          standard, elevated or critical; an empty cell changes nothing
manager       e-mail or external id of somebody in the directory or anywhere in
              the file
time_zone     a name of the IANA database, such as Europe/Berlin
second_email  where notices go too; not the same as email
systems       of windows, macos, chromeos, linux, ios, android, vdi, with spaces
recipient … phone  an address for the person's address book; an empty recipient
              is the person, an empty address_country their country

A column that the file has not changes nothing in a person who is known already.
People are found by external_id, else by email; with --key by that column alone:
then a new e-mail address beside the same external_id is a new address of the same
person, whose history stays. --key may name a column of the file's own, such as
employee_number: it is read as the external id.

--missing-have-left notes that whoever the file does not name has left. More than
one in twenty (and more than five) have to be confirmed with --leavers NUMBER.
Whoever had left and is in such a file is back.`

// requisitionsAccept says what the cells of requisitions may hold.
func requisitionsAccept() string {
	tiers := make([]string, len(inventory.Tiers))
	for i, t := range inventory.Tiers {
		tiers[i] = string(t)
	}
	return fmt.Sprintf(`keys       1 (a primary) or 2 (a primary and a spare; empty means 2)
connector  %s; empty means any
tier       %s; empty means standard
address    empty means that the keys are picked up; else at least recipient,
           street, city and country, a code of two letters (ISO 3166-1)

Who is named in approved_by has approved the row, in your word. A row without
waits; to approve it import it again, with the same reference or the same person
and reason, and the name filled in.`, strings.Join(inventory.Connectors, ", "), strings.Join(tiers, ", "))
}

// importHow is what the flags of an import say.
type importHow struct {
	inventory.ImportChoices
	key string // column by which people are found; empty: external id, else e-mail
}

// importFunc reads a file and enters its rows.
type importFunc func(ctx context.Context, d *desk, by inventory.Actor, file io.Reader, how importHow) ([]inventory.RowResult, error)

// importPeople warns of names that no packet could show: such a person may stand in the directory, but no key could be
// sent to them.
func importPeople(ctx context.Context, d *desk, by inventory.Actor, file io.Reader, how importHow) ([]inventory.RowResult, error) {
	rows, err := inventory.ReadPeopleBy(file, how.key)
	if err != nil {
		return nil, err
	}
	report, err := d.store.ImportStaff(ctx, by, rows, how.ImportChoices)
	results := report.Rows
	warnOfNames(rows, results)
	for _, p := range report.Missing {
		results = append(results, inventory.RowResult{Outcome: inventory.RowUpdated, What: p.Name, Sentence: "Missing from the file: has left."})
	}
	return results, err
}

func warnOfNames(rows []inventory.ImportedPerson, results []inventory.RowResult) {
	for i, row := range rows {
		if i >= len(results) || results[i].Outcome == inventory.RowRefused {
			continue
		}
		if unseen := inventory.Sentence(shipping.Check(inventory.Order{Person: row.Person}, pdf.Glyphs)); unseen != "" {
			results[i].Warning = strings.TrimSpace(results[i].Warning + " " + unseen)
		}
	}
}

// importRequisitions refuses what no packet could be printed for: nothing could ever be made of it.
func importRequisitions(ctx context.Context, d *desk, by inventory.Actor, file io.Reader, how importHow) ([]inventory.RowResult, error) {
	rows, err := inventory.ReadRequisitions(file)
	if err != nil {
		return nil, err
	}
	return d.store.ImportRequisitions(ctx, by, rows, how.DryRun, func(o inventory.Order) error {
		return (&printer{desk: d}).Check(ctx, o)
	})
}

// newImportOf is one of the two imports.
func newImportOf(noun, sample string, columns []string, needed, accepted string, enter importFunc) *cobra.Command {
	c := &cobra.Command{
		Use:   noun + " FILE.csv --db FILE",
		Short: noun + " from a CSV file",
		Long: fmt.Sprintf(`Enters %s from a CSV file in UTF-8 whose first line names its columns, in
any order. Needed: %s. Known columns:
  %s

A row that is refused leaves nothing of itself and is listed with its line
number; the other rows go in, all in one transaction. The same file a second
time changes nothing. Exit code 3 means that some rows were refused.

%s

  %s`, noun, needed, wrapped(columns), accepted, sample),
		Example: fmt.Sprintf("  keystation import %s %s.csv --db keys.db --dry-run", noun, noun),
		Args:    cobra.ExactArgs(1),
	}
	var how importHow
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	c.Flags().BoolVar(&how.DryRun, "dry-run", false, "say what would come of each row and change nothing")
	if noun == "people" {
		c.Flags().StringVar(&how.key, "key", "", "the one `COLUMN` by which people are found")
		c.Flags().BoolVar(&how.AllOrNothing, "all-or-nothing", false, "change nothing when a row is refused")
		c.Flags().BoolVar(&how.Leavers, "missing-have-left", false, "whoever the file does not name has left")
		c.Flags().IntVar(&how.Confirmed, "leavers", 0, "the `NUMBER` of those, when it is a large one")
	}
	asJSON := c.Flags().Bool("json", false, "one JSON object per row, each on its own line")
	c.RunE = func(c *cobra.Command, args []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			results, err := importFile(ctx, d, args[0], enter, how)
			if err != nil {
				sayRefused(c, results)
				return err
			}
			return sayRows(c, results, how.DryRun, *asJSON)
		})
	}
	return c
}

func importFile(ctx context.Context, d *desk, path string, enter importFunc, how importHow) ([]inventory.RowResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.NotFound, Msg: fmt.Sprintf("%s cannot be read (%s): check its name and permissions.", path, reason(err)), Err: err}
	}
	results, err := enter(ctx, d, osActor(), f, how)
	return results, errors.Join(err, f.Close())
}

// sayRows lists what came of the rows, and a sum: all of them as JSON or for a dry run, else those that somebody should
// know of.
func sayRows(c *cobra.Command, results []inventory.RowResult, dryRun, asJSON bool) error {
	out, sum := json.NewEncoder(c.OutOrStdout()), map[inventory.RowOutcome]int{}
	for _, r := range results {
		sum[r.Outcome]++
		if asJSON {
			if err := out.Encode(r); err != nil {
				return fmt.Errorf("write result: %w", err)
			}
		} else if dryRun || len(results) <= shownRows || r.Warning != "" || r.Outcome == inventory.RowRefused || r.Outcome == inventory.RowUpdated {
			fmt.Fprintln(c.OutOrStdout(), rowLine(r))
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

// sayRefused lists the rows for which a file was refused as a whole.
func sayRefused(c *cobra.Command, results []inventory.RowResult) {
	for _, r := range results {
		if r.Outcome == inventory.RowRefused {
			fmt.Fprintln(c.ErrOrStderr(), rowLine(r))
		}
	}
}

// shownRows is how many rows are all listed: a person reads them, and finds the numbers of requisitions there. Of a longer
// file only the rows that need somebody are.
const shownRows = 40

// rowLine says what came of one row. What was refused is not repeated: it may hold what no terminal should see.
func rowLine(r inventory.RowResult) string {
	var parts []string
	if r.Outcome != inventory.RowRefused && !strings.Contains(r.Sentence, r.What) {
		parts = append(parts, r.What+".")
	}
	for _, c := range r.Changes {
		parts = append(parts, fmt.Sprintf("%s: %q, was %q.", c.Column, c.To, c.From))
	}
	for _, sentence := range []string{r.Sentence, r.Warning} {
		if sentence != "" {
			parts = append(parts, sentence)
		}
	}
	if r.Line == 0 {
		return string(r.Outcome) + ": " + strings.Join(parts, " ")
	}
	return fmt.Sprintf("line %d %s: %s", r.Line, r.Outcome, strings.Join(parts, " "))
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
