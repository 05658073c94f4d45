package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keystation/inventory"
)

// finding is one line of `keystation doctor`: what was looked at, how it is, and what to do about it.
type finding struct {
	Check  string `json:"check"`
	Pass   bool   `json:"pass"`
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"` // empty when it passed
}

func newDoctor() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor [--db FILE]",
		Short: "what works on this machine, and how to mend what does not",
		Long: `Looks at libfido2, USB, the udev rule, the clock and, with --db, at the database and
the files beside it. Nothing is changed. A line each: PASS, or FAIL with what to
do. Exit code 1 when something failed.`,
		Example: `  keystation doctor
  keystation doctor --db keys.db --json`,
		Args: cobra.NoArgs,
	}
	c.Flags().String("db", "", "look at this database too, a `FILE`")
	asJSON := c.Flags().Bool("json", false, "one JSON object per check")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := commandConfig(c)
		if err != nil {
			return err
		}
		found, err := examine(c.Context(), cfg)
		if err := errors.Join(err, sayFindings(c, found, *asJSON)); err != nil {
			return err
		}
		for _, f := range found {
			if !f.Pass {
				return exitError{code: exitFailure}
			}
		}
		return nil
	}
	return c
}

// seen is what one look found: how it is, what to do about it, and if it passes.
type seen struct {
	found, remedy string
	pass          bool
}

func good(found string, a ...any) seen { return seen{found: fmt.Sprintf(found, a...), pass: true} }
func bad(found, remedy string) seen    { return seen{found: found, remedy: remedy} }
func faulty(err error, re string) seen { return bad(sentence(inventory.Sentence(err)), re) }

// machineChecks are what doctor looks at on any machine, in order.
var machineChecks = []struct {
	name string
	look func(context.Context, Config) seen
}{
	{"libfido2", checkLibrary},
	{"attached keys", checkKeys},
	{"udev rule", checkUdev},
	{"hot-plug", checkHotplug},
	{"kernel log", checkKernelLog},
	{"port power", checkPower},
	{"clock", checkClock},
}

// deskChecks are what doctor looks at when a database is named and can be opened, in order.
var deskChecks = []struct {
	name string
	look func(context.Context, *desk) seen
}{
	{"database", checkDatabase},
	{"secrets", checkSecrets},
	{"packet folder", checkPackets},
	{"printing", checkPrinting},
	{"policy", checkPolicy},
	{"metadata", checkMetadata},
	{"unfinished runs", checkRuns},
}

func examine(ctx context.Context, cfg Config) (all []finding, err error) {
	add := func(name string, s seen) { all = append(all, finding{name, s.pass, s.found, s.remedy}) }
	for _, c := range machineChecks {
		add(c.name, c.look(ctx, cfg))
	}
	if cfg.Database.Path == "" {
		return all, nil
	}
	d, err := openDesk(ctx, cfg)
	if err != nil {
		add("database", faulty(err, "The rest cannot be looked at before."))
		return all, nil
	}
	defer func() { err = errors.Join(err, d.close()) }()
	for _, c := range deskChecks {
		add(c.name, c.look(ctx, d))
	}
	return all, nil
}

func sayFindings(c *cobra.Command, found []finding, asJSON bool) error {
	enc := json.NewEncoder(c.OutOrStdout())
	for _, f := range found {
		if asJSON {
			if err := enc.Encode(f); err != nil {
				return fmt.Errorf("write finding: %w", err)
			}
			continue
		}
		word := "PASS"
		if !f.Pass {
			word = "FAIL"
		}
		fmt.Fprintf(c.OutOrStdout(), "%s  %-16s %s\n", word, f.Check, f.Found)
		if f.Remedy != "" {
			fmt.Fprintf(c.OutOrStdout(), "      %-16s %s\n", "", f.Remedy)
		}
	}
	return nil
}
