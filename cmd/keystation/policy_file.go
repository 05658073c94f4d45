package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	gotoml "github.com/pelletier/go-toml/v2"

	"keystation/inventory"
	"keystation/web"
)

// policyFile is a policy as people write it: what stands at the top holds for every tier, and a table for a tier changes
// single keys of it.
type policyFile struct {
	inventory.Rules
	Tier struct {
		Elevated *inventory.Rules `toml:"elevated"`
		Critical *inventory.Rules `toml:"critical"`
	} `toml:"tier"`
}

// parsePolicy reads a policy from TOML. What is not in it is as [inventory.DefaultRules] has it; what is wrong is said with
// its line.
func parsePolicy(text []byte, name string) (inventory.TierRules, error) {
	file := policyFile{Rules: inventory.DefaultRules()}
	if err := gotoml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&file); err != nil {
		return inventory.TierRules{}, badPolicy(err, text, name)
	}
	rules := inventory.SameRules(file.Rules)
	var written struct {
		Tier map[string]map[string]any `toml:"tier"`
	}
	if err := gotoml.Unmarshal(text, &written); err != nil {
		return rules, badPolicy(err, text, name)
	}
	for tier, to := range map[string]*inventory.Rules{"elevated": &rules.Elevated, "critical": &rules.Critical} {
		if err := change(to, written.Tier[tier]); err != nil {
			return rules, badPolicy(err, text, name)
		}
	}
	return rules.Tidy(), nil
}

// change sets the keys of rules that are written.
func change(rules *inventory.Rules, written map[string]any) error {
	if len(written) == 0 {
		return nil
	}
	text, err := gotoml.Marshal(written)
	if err != nil {
		return err
	}
	r := *rules
	r.MinFirmware = maps.Clone(r.MinFirmware)
	if _, there := written["min_firmware"]; there {
		r.MinFirmware = nil // a table of its own takes the place of the one above
	}
	if err := gotoml.Unmarshal(text, &r); err != nil {
		return err
	}
	*rules = r
	return nil
}

// badPolicy says what is wrong with a policy file, and where.
func badPolicy(err error, text []byte, name string) error {
	if unknown, ok := errors.AsType[*gotoml.StrictMissingError](err); ok {
		e := unknown.Errors[0]
		line, _ := e.Position()
		return inventory.Refuse(inventory.Invalid, "%s line %d: there is no key %q: use %s, and [tier.elevated] and [tier.critical] with the same keys.",
			name, line, strings.Join(e.Key(), "."), strings.Join(ruleKeys(), ", "))
	}
	if bad, ok := errors.AsType[*gotoml.DecodeError](err); ok {
		line, _ := bad.Position()
		if key := keyOn(text, line); slices.Contains(ruleKeys(), key) && strings.HasPrefix(bad.Error(), "toml: cannot decode") {
			return inventory.Refuse(inventory.Invalid, "%s line %d: %s has a value of another kind: write it as keystation policy show does.", name, line, key)
		}
		return inventory.Refuse(inventory.Invalid, "%s line %d is not understood (%s): write it as keystation policy show does.",
			name, line, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	return &inventory.Error{Kind: inventory.Invalid, Err: err, Msg: fmt.Sprintf("%s cannot be read as a policy (%v).", name, err)}
}

// keyOn is the key that a line sets.
func keyOn(text []byte, line int) string {
	lines := bytes.Split(text, []byte("\n"))
	if line < 1 || line > len(lines) {
		return ""
	}
	key, _, _ := bytes.Cut(lines[line-1], []byte("="))
	return string(bytes.TrimSpace(key))
}

// ruleKeys are the keys of rules in their order.
func ruleKeys() []string {
	var keys []string
	for f := range reflect.TypeFor[inventory.Rules]().Fields() {
		keys = append(keys, f.Tag.Get("toml"))
	}
	return keys
}

// ruleComments say what the keys are for, as policy show writes them.
var ruleComments = map[string]string{
	"unknown":                "A key of which nothing is proven: refuse it, ask a person, or accept it.",
	"force_pin_change":       "Shall the holder have to change the PIN at first use: required, if-possible, off.",
	"pin_length":             "How long a PIN is made; longer where the key asks for it.",
	"min_pin_length":         "The shortest PIN that a key takes from its holder; 0 leaves the key its own.",
	"enterprise_attestation": "Turn enterprise attestation on, and ask for it, where the key has it.",
	"allow":                  "The only models (AAGUIDs) that are taken; empty: all that are not denied.",
	"deny":                   "Models that are never taken.",
	"min_firmware":           "The least firmware of models, by AAGUID: '2fc0579f-8113-47ea-b116-bb5a8db9202a' = '5.4.3'.",
	"undesired":              "Statuses in the metadata that refuse a key.",
	"certification":          "The least FIDO certification: L1, L1plus, L2, L2plus, L3, L3plus; empty: any.",
	"options":                "Options of getInfo that a key must have, such as credMgmt.",
	"always_uv":              "Models on which alwaysUv is turned on. Not with release = \"reveal\".",
	"release":                "How the holder gets the PIN: reveal, letter, split.",
	"two_makers":             "A person's keys are not all of one maker.",
	"incidents":              "A key in use that is refused later opens an incident.",
}

// writePolicy writes a policy as a file that can be changed and applied again.
func writePolicy(out io.Writer, rules inventory.TierRules) error {
	rules = rules.Tidy()
	base := settingsOf(rules.Standard)
	var tables []ruleSetting
	for _, s := range base {
		if s.isTable() { // TOML wants tables last
			tables = append(tables, s)
			continue
		}
		if err := s.write(out, ""); err != nil {
			return err
		}
	}
	for _, s := range tables {
		if err := s.write(out, ""); err != nil {
			return err
		}
	}
	for _, tier := range []inventory.Tier{inventory.Elevated, inventory.Critical} {
		if err := writeTier(out, tier, base, settingsOf(rules.For(tier))); err != nil {
			return err
		}
	}
	return nil
}

// writeTier writes what a tier has otherwise than the rules at the top.
func writeTier(out io.Writer, tier inventory.Tier, base, own []ruleSetting) error {
	if _, err := fmt.Fprintf(out, "\n[tier.%s]\n", tier); err != nil {
		return err
	}
	slices.SortStableFunc(own, func(a, b ruleSetting) int {
		return boolOrder(a.isTable()) - boolOrder(b.isTable())
	})
	for _, s := range own {
		i := slices.IndexFunc(base, func(b ruleSetting) bool { return b.key == s.key })
		if reflect.DeepEqual(base[i].value, s.value) {
			continue
		}
		if err := s.write(out, "tier."+string(tier)+"."); err != nil {
			return err
		}
	}
	return nil
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ruleSetting is one key of rules with its value.
type ruleSetting struct {
	key   string
	value any
}

func settingsOf(r inventory.Rules) []ruleSetting {
	var all []ruleSetting
	v := reflect.ValueOf(r)
	for i, f := range slices.Collect(v.Type().Fields()) {
		all = append(all, ruleSetting{f.Tag.Get("toml"), v.Field(i).Interface()})
	}
	return all
}

func (s ruleSetting) isTable() bool { return reflect.TypeOf(s.value).Kind() == reflect.Map }

// write writes the setting with what it is for, below a table's name.
func (s ruleSetting) write(out io.Writer, table string) error {
	if table == "" {
		if _, err := fmt.Fprintf(out, "# %s\n", ruleComments[s.key]); err != nil {
			return err
		}
	}
	if s.isTable() {
		return s.writeTable(out, table)
	}
	text, err := gotoml.Marshal(map[string]any{s.key: s.value})
	if err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	_, err = out.Write(text)
	return err
}

func (s ruleSetting) writeTable(out io.Writer, table string) error {
	if _, err := fmt.Fprintf(out, "[%s%s]\n", table, s.key); err != nil {
		return err
	}
	values := s.value.(map[string]string)
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if _, err := fmt.Fprintf(out, "%s = %q\n", k, values[k]); err != nil {
			return err
		}
	}
	return nil
}

// word shows a value in a line of text.
func (s ruleSetting) word() string {
	switch v := s.value.(type) {
	case []string:
		if len(v) == 0 {
			return "none"
		}
		return strings.Join(v, ", ")
	case map[string]string:
		var all []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			all = append(all, k+" "+v[k])
		}
		if len(all) == 0 {
			return "none"
		}
		return strings.Join(all, ", ")
	}
	if s := fmt.Sprint(s.value); s != "" {
		return s
	}
	return "none"
}

// policyChanges lists in what two policies differ, tier by tier.
func policyChanges(from, to inventory.TierRules) []web.PolicyChange {
	changes := []web.PolicyChange{}
	for _, tier := range inventory.Tiers {
		was, is := settingsOf(from.For(tier).Tidy()), settingsOf(to.For(tier).Tidy())
		for i, s := range is {
			if !reflect.DeepEqual(was[i].value, s.value) {
				changes = append(changes, web.PolicyChange{Tier: tier, Key: s.key, From: was[i].word(), To: s.word()})
			}
		}
	}
	return changes
}
