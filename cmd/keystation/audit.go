package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/inventory/sqlite"
)

func newAudit() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "verify the ledger, sign a checkpoint",
		Example: `  keystation audit verify --db keys.db --checkpoint monday.txt
  keystation audit checkpoint --db keys.db > monday.txt`,
		Args: knownCommand, RunE: noCommand,
	}
	c.AddCommand(newVerify(), newCheckpoint())
	return c
}

const verifyLong = `Recomputes the ledger from its first entry: sequence, tree, commitments, and
every row of the inventory against its last entry. Names the first entry or row
that does not fit. Nothing is changed, and no key is needed.

Who can write the database can also rewrite the whole ledger so that it fits
again. Only a checkpoint that was kept elsewhere finds that out: give it with
--checkpoint. Exit code 4 means that the ledger does not hold.`

func newVerify() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify --db FILE",
		Short: "does the ledger hold, and do the rows fit it",
		Long:  verifyLong,
		Example: `  keystation audit verify --db keys.db
  keystation audit verify --db keys.db --checkpoint monday.txt --json`,
		Args: cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	kept := c.Flags().StringArray("checkpoint", nil, "a signed checkpoint that was kept elsewhere, a `FILE`; repeatable")
	verifiers := c.Flags().StringArray("verifier", nil, "the public `KEY` that signed it, as kept elsewhere (else the one the database names)")
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, _ []string) error {
		o := sqlite.VerifyOptions{Verifiers: *verifiers}
		for _, file := range *kept {
			b, err := os.ReadFile(file)
			if err != nil {
				return &inventory.Error{Kind: inventory.NotFound, Msg: fmt.Sprintf("The checkpoint %s cannot be read (%s): check its name.", file, reason(err)), Err: err}
			}
			o.Checkpoints = append(o.Checkpoints, b)
		}
		return withDesk(c, func(ctx context.Context, d *desk) error {
			report, err := d.store.Verify(ctx, o)
			if err != nil {
				return err
			}
			return sayAudit(c, report, *asJSON)
		})
	}
	return c
}

// sayAudit prints what was found. A ledger that does not hold is exit code 4.
func sayAudit(c *cobra.Command, a inventory.Audit, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(c.OutOrStdout()).Encode(a); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	} else {
		fmt.Fprintln(c.OutOrStdout(), a)
		for _, f := range a.Findings[min(1, len(a.Findings)):] {
			fmt.Fprintln(c.OutOrStdout(), f.Sentence)
		}
	}
	if !a.Holds() {
		return exitError{code: exitLedger}
	}
	return nil
}

func newCheckpoint() *cobra.Command {
	c := &cobra.Command{
		Use:   "checkpoint --db FILE",
		Short: "sign the ledger as it is, to be kept elsewhere",
		Long: `Signs size and root of the ledger and prints the signed note. Keep it where
nobody who can write the database can reach it: on paper, in the auditor's
mailbox. Needs the secrets folder.`,
		Example: `  keystation audit checkpoint --db keys.db > monday.txt`,
		Args:    cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			note, err := sign(ctx, d.store, d.cfg)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(note)
			return err
		})
	}
	return c
}
