package main

import (
	"bytes"
	"strings"
	"testing"

	"keystation/inventory"
)

// What policy show writes is read back as what it was.
func TestPolicyFile_roundTrip(t *testing.T) {
	const model, other = "cb69481e-8ff7-4039-93ec-0a2729a154a8", "d41f5a69-b817-4144-a13c-9ebd6d9254d6"
	rules := inventory.SameRules(inventory.DefaultRules())
	rules.Standard.Deny, rules.Standard.MinFirmware = []string{other}, map[string]string{model: "5.4.3", other: `"1"`}
	rules.Elevated = rules.Standard
	rules.Elevated.TwoMakers, rules.Elevated.Certification, rules.Elevated.Undesired = true, "L2plus", []string{}
	rules.Critical.Unknown, rules.Critical.MinFirmware, rules.Critical.PINLength = inventory.RefuseUnknown, nil, 12
	rules.Critical.Release, rules.Critical.AlwaysUV, rules.Critical.EnterpriseAttestation = inventory.BySplit, []string{model}, true
	for name, want := range map[string]inventory.TierRules{"default": inventory.SameRules(inventory.DefaultRules()), "all different": rules} {
		var b bytes.Buffer
		if err := writePolicy(&b, want); err != nil {
			t.Fatal(err)
		}
		got, err := parsePolicy(b.Bytes(), "policy.toml")
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, b.String())
		}
		if changes := policyChanges(want, got); len(changes) > 0 {
			t.Errorf("%s: %+v\n%s", name, changes, b.String())
		}
	}
}

func TestParsePolicy(t *testing.T) {
	got, err := parsePolicy([]byte("unknown = \"refuse\"\npin_length = 10\n[min_firmware]\n\"CB69481E8FF7403993EC0A2729A154A8\" = \"5.4\"\n[tier.critical]\npin_length = 12\n"), "p.toml")
	if err != nil {
		t.Fatal(err)
	}
	if got.Standard.PINLength != 10 || got.Elevated.PINLength != 10 || got.Critical.PINLength != 12 || got.Critical.Unknown != inventory.RefuseUnknown ||
		got.Critical.MinFirmware["cb69481e-8ff7-4039-93ec-0a2729a154a8"] != "5.4" || got.Standard.Release != inventory.ByReveal {
		t.Errorf("read %+v", got)
	}
	for _, tt := range []struct{ text, says string }{
		{"uknown = \"ask\"", `p.toml line 1: there is no key "uknown": use unknown, force_pin_change,`},
		{"\n[tier.critical]\npin_lenght = 3", `p.toml line 3: there is no key "tier.critical.pin_lenght"`},
		{"[tier.standard]\npin_length = 3", `there is no key "tier.standard`},
		{"unknown = 3", "p.toml line 1: unknown has a value of another kind"},
		{"pin_length = \"eight\"", "p.toml line 1: pin_length has a value of another kind"},
		{"unknown = ask", "p.toml line 1 is not understood"},
		{"[[[", "p.toml line 1 is not understood"},
	} {
		if _, err := parsePolicy([]byte(tt.text), "p.toml"); !strings.Contains(inventory.Sentence(err), tt.says) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.says)
		}
	}
}
