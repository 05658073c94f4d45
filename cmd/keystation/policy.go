package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/web"
)

const policyLong = `What is asked of keys: which models, which firmware, which certification, what
happens to a key of which nothing is proven. It is kept in the inventory, version
by version, with rules for each tier. Until one is applied, the [policy] section
of the configuration holds.`

func newPolicy() *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "what is asked of keys: show, check, apply",
		Long:  policyLong,
		Example: `  keystation policy show --db keys.db > policy.toml
  keystation policy check policy.toml --db keys.db
  keystation policy apply policy.toml --db keys.db`,
		Args: knownCommand, RunE: noCommand,
	}
	c.AddCommand(newPolicyShow(), newPolicyCheck(), newPolicyApply(), newPolicyHistory())
	return c
}

func newPolicyShow() *cobra.Command {
	c := &cobra.Command{
		Use:   "show --db FILE",
		Short: "the policy in force, as a file to change",
		Example: `  keystation policy show --db keys.db > policy.toml
  keystation policy show --db keys.db --version 2 --json`,
		Args: cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	version := c.Flags().Int64("version", 0, "an earlier `VERSION`")
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			p, err := d.policyInForce(ctx, *version)
			if err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(p)
			}
			fmt.Fprintf(c.OutOrStdout(), "# %s\n", policyTitle(p))
			return writePolicy(c.OutOrStdout(), p.Rules)
		})
	}
	return c
}

// policyInForce gives the policy in force, or an earlier version.
func (d *desk) policyInForce(ctx context.Context, version int64) (inventory.Policy, error) {
	if version != 0 {
		return d.store.PolicyVersion(ctx, version)
	}
	p, err := d.store.Policy(ctx)
	if err == nil && p.Source != inventory.PolicyApplied && !p.Says(d.cfg.rules()) {
		return inventory.Policy{Source: inventory.PolicyConfigured, Rules: d.cfg.rules().Tidy()}, nil
	}
	return p, err
}

func policyTitle(p inventory.Policy) string {
	if p.Version == 0 {
		return "The policy as the configuration has it."
	}
	return fmt.Sprintf("Policy version %d, %s by %s on %s.", p.Version, p.Source, p.By.Name, p.At.Local().Format("2006-01-02 15:04"))
}

func newPolicyHistory() *cobra.Command {
	c := &cobra.Command{
		Use:     "history --db FILE",
		Short:   "every version, and what changed in it",
		Example: `  keystation policy history --db keys.db`,
		Args:    cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	asJSON := c.Flags().Bool("json", false, "one JSON object per version, each on its own line")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			all, err := d.store.PolicyHistory(ctx)
			if err != nil {
				return err
			}
			for i, p := range all {
				if err := sayVersion(c.OutOrStdout(), all, i, p, *asJSON); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return c
}

// sayVersion tells a version and in what it differs from the one before it.
func sayVersion(out io.Writer, all []inventory.Policy, i int, p inventory.Policy, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(p)
	}
	fmt.Fprintln(out, policyTitle(p))
	if i+1 < len(all) {
		sayChanges(out, policyChanges(all[i+1].Rules, p.Rules))
	}
	return nil
}

func sayChanges(out io.Writer, changes []web.PolicyChange) {
	for _, c := range changes {
		fmt.Fprintf(out, "  %-8s  %s: %s -> %s\n", c.Tier, c.Key, c.From, c.To)
	}
}

const policyCheckLong = `Reads a policy and says what applying it would come to: in what it differs from
the one in force, which keys would be refused that are not now, and who has them.
Nothing is changed. Exit code 3 means that keys would be refused.

The file is TOML. What stands at the top holds for every tier; [tier.elevated]
and [tier.critical] change single keys of it. What is left out is as keystation
has it by itself.`

func newPolicyCheck() *cobra.Command {
	c := &cobra.Command{
		Use:     "check FILE --db FILE",
		Short:   "which keys and people a policy would hit",
		Long:    policyCheckLong,
		Example: `  keystation policy check policy.toml --db keys.db`,
		Args:    cobra.ExactArgs(1),
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, args []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			checked, err := d.checkPolicyFile(ctx, args[0], c.ErrOrStderr())
			if err != nil {
				return err
			}
			if err := checked.say(c.OutOrStdout(), *asJSON); err != nil {
				return err
			}
			if checked.Forecast.Refused > 0 {
				return exitError{code: exitKeys}
			}
			return nil
		})
	}
	return c
}

// checkedPolicy is what applying a policy would come to.
type checkedPolicy struct {
	From     int64               `json:"from"` // the version in force; 0: none is written down
	Changes  []web.PolicyChange  `json:"changes"`
	Forecast inventory.Forecast  `json:"forecast"`
	Token    string              `json:"confirm"` // of this policy over that version
	Rules    inventory.TierRules `json:"rules"`
}

func (d *desk) checkPolicyFile(ctx context.Context, file string, progress io.Writer) (checkedPolicy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return checkedPolicy{}, &inventory.Error{Kind: inventory.NotFound, Err: err, Msg: fmt.Sprintf("%s cannot be read (%s): check its name.", file, reason(err))}
	}
	rules, err := parsePolicy(text, file)
	if err != nil {
		return checkedPolicy{}, err
	}
	bar := newBar(progress, "judging keys")
	defer bar.end()
	return d.foresee(ctx, rules, bar.show)
}

// foresee checks rules and judges the fleet by them without writing anything.
func (d *desk) foresee(ctx context.Context, rules inventory.TierRules, progress func(done, total int)) (checkedPolicy, error) {
	p, err := d.lookPolicy(ctx)
	if err != nil {
		return checkedPolicy{}, err
	}
	name := d.namesOf(p)
	if err := rules.Tidy().Check(name); err != nil {
		return checkedPolicy{}, err
	}
	in, err := d.policyInForce(ctx, 0)
	if err != nil {
		return checkedPolicy{}, err
	}
	c := checkedPolicy{From: in.Version, Changes: policyChanges(in.Rules, rules), Rules: rules.Tidy()}
	if c.Token, err = confirmation(rules, in.Version); err != nil {
		return c, err
	}
	next := p.Follow(inventory.Policy{Version: in.Version, Rules: rules.Tidy()})
	c.Forecast, err = station.Reviewer{Fleet: d.store, Policy: next, Progress: progress}.Foresee(ctx)
	if err != nil {
		return c, fmt.Errorf("judge keys by the policy: %w", err)
	}
	c.Forecast.Changes = append([]inventory.KeyForecast{}, c.Forecast.Changes...) // in JSON an empty list is one
	c.Forecast.Pairs = append([]inventory.PairForecast{}, c.Forecast.Pairs...)
	return c, nil
}

// namesOf gives what models are called.
func (d *desk) namesOf(p station.Policy) func(string) string {
	return func(aaguid string) string {
		a, err := ctap.ParseAAGUID(aaguid)
		if err != nil {
			return ""
		}
		if e := p.Catalog.Entry(a); e != nil {
			return e.Description
		}
		return modelName(a.String())
	}
}

// confirmation names a policy over the version in force, so that what is confirmed is what was checked.
func confirmation(rules inventory.TierRules, over int64) (string, error) {
	d, err := inventory.Digest(struct {
		Rules inventory.TierRules
		Over  int64
	}{rules.Tidy(), over})
	if err != nil {
		return "", err
	}
	return d[:8], nil
}

func (c checkedPolicy) say(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(c)
	}
	f := c.Forecast
	if len(c.Changes) == 0 {
		fmt.Fprintln(out, "It says what the policy in force says.")
	}
	sayChanges(out, c.Changes)
	fmt.Fprintf(out, "%s judged: %d would change, %d would be refused that are not now (%d at the desk, %d with %s).\n",
		plural(f.Keys, "key"), f.Changed, f.Refused, f.AtDesk, f.InHands, plurals(f.People, "person", "people"))
	if f.Incidents > 0 {
		fmt.Fprintf(out, "%s would be opened.\n", plural(f.Incidents, "incident"))
	}
	if f.OneMaker > 0 {
		fmt.Fprintf(out, "%s would have keys of one maker only.\n", plurals(f.OneMaker, "person", "people"))
	}
	if f.CannotForce > 0 {
		fmt.Fprintf(out, "%s cannot demand a new PIN, which the policy requires of keys that are made.\n", plural(f.CannotForce, "key"))
	}
	return sayForecast(out, f)
}

func plurals(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// sayForecast lists keys and pairs.
func sayForecast(out io.Writer, f inventory.Forecast) error {
	if len(f.Changes) == 0 && len(f.Pairs) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, k := range f.Changes {
		who := k.Holder.Name
		if k.Name != "" {
			who = k.Name
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s -> %s\t%s\n", k.Tag, dash(k.Model), k.State, dash(who), dash(string(k.From)), k.To, k.Reason.Sentence)
	}
	for _, p := range f.Pairs {
		fmt.Fprintf(w, "  %s\t%s\t%s\tone maker\n", p.Name, plural(p.Keys, "key"), dash(p.Maker))
	}
	if more := f.Changed - len(f.Changes); more > 0 {
		fmt.Fprintf(w, "  … and %d more\n", more)
	}
	return w.Flush()
}

const policyApplyLong = `Checks a policy as keystation policy check does, makes it the next version, and
judges every key again. A policy that would refuse keys which are not refused now
is not applied at once: what it would hit is listed with a word to confirm it by.`

func newPolicyApply() *cobra.Command {
	c := &cobra.Command{
		Use:   "apply FILE --db FILE",
		Short: "make a policy the one in force, and judge every key again",
		Long:  policyApplyLong,
		Example: `  keystation policy apply policy.toml --db keys.db
  keystation policy apply policy.toml --db keys.db --confirm 1f0e3dad`,
		Args: cobra.ExactArgs(1),
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	confirm := c.Flags().String("confirm", "", "the `WORD` that was printed, for a policy that refuses keys")
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, args []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error {
			checked, err := d.checkPolicyFile(ctx, args[0], c.ErrOrStderr())
			if err != nil {
				return err
			}
			o := importOutput{c.OutOrStdout(), c.ErrOrStderr(), *asJSON}
			if checked.Forecast.Refused > 0 && *confirm != checked.Token {
				return checked.ask(o, args[0])
			}
			return d.applyPolicy(ctx, checked, o)
		})
	}
	return c
}

// ask lists what a policy would hit, and how to confirm it.
func (c checkedPolicy) ask(o importOutput, file string) error {
	if err := c.say(o.out, o.json); err != nil {
		return err
	}
	fmt.Fprintf(o.err, "Nothing was changed. To apply it all the same: keystation policy apply %s --confirm %s\n", file, c.Token)
	return exitError{code: exitKeys}
}

// applyPolicy makes a checked policy the one in force.
func (d *desk) applyPolicy(ctx context.Context, c checkedPolicy, o importOutput) error {
	if len(c.Changes) == 0 && c.From != 0 {
		in, err := d.store.Policy(ctx)
		if err != nil {
			return err
		}
		if in.Source == inventory.PolicyApplied {
			return sayApplied(o, in, nil)
		}
	}
	p, err := d.lookPolicy(ctx)
	if err != nil {
		return err
	}
	last, err := d.store.Policy(ctx)
	if err != nil {
		return err
	}
	if c.From != 0 && last.Version != c.From {
		return inventory.Refuse(inventory.Conflict, "The policy was changed meanwhile: version %d is in force now. Check yours against it, then apply it.", last.Version)
	}
	applied, err := d.store.ApplyPolicy(ctx, osActor(), c.Rules, last.Version, d.namesOf(p))
	if err != nil {
		return err
	}
	if !o.json {
		fmt.Fprintf(o.out, "Policy version %d is in force.\n", applied.Version)
		sayChanges(o.out, c.Changes)
	}
	r, err := d.judgeAgain(ctx, osActor(), fmt.Sprintf("policy version %d was applied", applied.Version), o)
	if err != nil || !o.json {
		return err
	}
	return sayApplied(o, applied, r)
}

func sayApplied(o importOutput, p inventory.Policy, r *inventory.Review) error {
	if !o.json {
		fmt.Fprintf(o.out, "Policy version %d says just this already: nothing was changed.\n", p.Version)
		return nil
	}
	return json.NewEncoder(o.out).Encode(struct {
		Version int64             `json:"version"`
		At      time.Time         `json:"at"`
		Review  *inventory.Review `json:"review"`
	}{p.Version, p.At, r})
}
