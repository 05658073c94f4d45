package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory/seal"
	"keystation/station/fido2"
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
		Long: `Looks at libfido2, the udev rule, the clock and, with --db, at the database and
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
		found := examine(c.Context(), cfg)
		if err := sayFindings(c, found, *asJSON); err != nil {
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

// checks are what doctor looks at, in order. A check with needsDB is left out when no database is named.
var checks = []struct {
	name    string
	needsDB bool
	look    func(context.Context, Config) (found, remedy string, pass bool)
}{
	{"libfido2", false, checkLibrary},
	{"attached keys", false, checkKeys},
	{"udev rule", false, checkUdev},
	{"clock", false, checkClock},
	{"database", true, checkDatabase},
	{"secrets", true, checkSecrets},
	{"packet folder", true, checkPackets},
	{"policy", true, checkPolicy},
	{"unfinished runs", true, checkRuns},
}

func examine(ctx context.Context, cfg Config) []finding {
	var all []finding
	for _, c := range checks {
		if c.needsDB && cfg.Database.Path == "" {
			continue
		}
		found, remedy, pass := c.look(ctx, cfg)
		if pass {
			remedy = ""
		}
		all = append(all, finding{c.name, pass, found, remedy})
	}
	return all
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

func checkLibrary(context.Context, Config) (found, remedy string, pass bool) {
	return fido2.Version(), "", true // the program would not have started without it
}

func checkKeys(ctx context.Context, _ Config) (found, remedy string, pass bool) {
	ports, err := newBus().Attached(ctx)
	if err != nil {
		return sentence(err.Error()), "Plug the keys in again, then try keystation keys.", false
	}
	for _, p := range ports {
		f, err := os.OpenFile(p.Path, os.O_RDWR, 0)
		if errors.Is(err, os.ErrPermission) {
			return p.Path + " may not be opened by this user.", "Install the udev rule of the README and plug the key in again.", false
		}
		if err == nil {
			_ = f.Close() // nothing was written
		}
	}
	return fmt.Sprintf("%d attached, all may be opened.", len(ports)), "", true
}

// udevRules are the folders in which a rule for FIDO keys may stand.
var udevRules = []string{"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"}

func checkUdev(context.Context, Config) (found, remedy string, pass bool) {
	for _, dir := range udevRules {
		files, err := filepath.Glob(filepath.Join(dir, "*fido*.rules"))
		if err == nil && len(files) > 0 {
			return files[0], "", true
		}
		files, err = filepath.Glob(filepath.Join(dir, "*u2f*.rules"))
		if err == nil && len(files) > 0 {
			return files[0], "", true
		}
	}
	return "No rule lets anybody but root open a key.", "Install the udev rule of the README (not needed for software keys, nor for root).", os.Getuid() == 0
}

func checkClock(context.Context, Config) (found, remedy string, pass bool) {
	now := time.Now().UTC()
	return now.Format(time.RFC3339), "Set the clock: certificates and the ledger are dated by it.", now.Year() >= 2026
}

func checkDatabase(ctx context.Context, cfg Config) (found, remedy string, pass bool) {
	d, err := openDesk(ctx, cfg)
	if err != nil {
		return sentence(err.Error()), "Make one with keystation init, or name another with --db.", false
	}
	defer func() { _ = d.close() }() // only read
	found = cfg.Database.Path + ", keys bound to " + d.settings.RPID
	if d.settings.Test() {
		found += " (TEST KEYS: give init a --public-url for real ones)"
	}
	return found, "", true
}

// checkSecrets opens a canary with the PIN identity: a PIN that is sealed today must be releasable tomorrow. The bench's
// user may not read the secrets, and that is right.
func checkSecrets(ctx context.Context, cfg Config) (found, remedy string, pass bool) {
	info, err := os.Stat(cfg.Secrets.Dir)
	if err != nil {
		return cfg.Secrets.Dir + " is not there.", "Bring it back from its backup: without it no sealed PIN can be released.", false
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Sprintf("%s has mode %04o.", cfg.Secrets.Dir, info.Mode().Perm()), "chmod 0700 " + cfg.Secrets.Dir, false
	}
	identity, err := os.ReadFile(filepath.Join(cfg.Secrets.Dir, pinIdentityFile))
	if errors.Is(err, os.ErrPermission) {
		return "Not readable by this user, which is right for a bench.", "", true
	}
	if err != nil {
		return sentence(err.Error()), "Bring it back from its backup.", false
	}
	return checkCanary(ctx, cfg, strings.TrimSpace(string(identity)))
}

func checkCanary(ctx context.Context, cfg Config, identity string) (found, remedy string, pass bool) {
	d, err := openDesk(ctx, cfg)
	if err != nil {
		return "The database cannot be opened, so nothing to compare with.", "See above.", false
	}
	defer func() { _ = d.close() }() // only read
	sealer, err := seal.NewSealer(d.settings.Recipient)
	if err != nil {
		return sentence(err.Error()), "The database names no recipient: restore it.", false
	}
	opener, err := seal.NewOpener(identity)
	if err != nil {
		return sentence(err.Error()), "Bring pin-identity.txt back from its backup.", false
	}
	blob, err := sealer.Seal("canary", "canary", []byte("canary"))
	if err == nil {
		_, err = opener.Open(blob, "canary", "canary")
	}
	if err != nil {
		return "The PIN identity does not open what is sealed for this database.", "Bring the right pin-identity.txt back: no PIN could be released.", false
	}
	return "What is sealed can be opened.", "", true
}

func checkPackets(_ context.Context, cfg Config) (found, remedy string, pass bool) {
	if err := writable(cfg.Bench.Packets); err != nil {
		return sentence(err.Error()), "Give the bench's group write access, or set bench.packets.", false
	}
	return cfg.Bench.Packets, "", true
}

func checkPolicy(ctx context.Context, cfg Config) (found, remedy string, pass bool) {
	d, err := openDesk(ctx, cfg)
	if err != nil {
		return "The database cannot be opened.", "See above.", false
	}
	defer func() { _ = d.close() }() // only read
	p, err := d.policy()
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		return sentence(err.Error()), "Mend the configuration.", false
	}
	for _, name := range p.Roots.Names() {
		if strings.Contains(name, "not for production") && !d.settings.Test() {
			return "The software keys' certificate is trusted in a real database.", "Take it out of policy.roots.", false
		}
	}
	return fmt.Sprintf("%d trusted roots, %d stock models.", p.Roots.Len(), len(p.Stock)), "", true
}

func checkRuns(ctx context.Context, cfg Config) (found, remedy string, pass bool) {
	d, err := openDesk(ctx, cfg)
	if err != nil {
		return "The database cannot be opened.", "See above.", false
	}
	defer func() { _ = d.close() }() // only read
	o, err := d.store.Overview(ctx)
	if err != nil {
		return sentence(err.Error()), "Run keystation audit verify.", false
	}
	if o.Runs > 0 {
		return fmt.Sprintf("%d runs go on or were interrupted.", o.Runs), "If no bench is at work, plug the key in and start provision or serve: it finishes or closes them.", true
	}
	return "None.", "", true
}
