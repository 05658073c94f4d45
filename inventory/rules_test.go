package inventory_test

import (
	"testing"

	"keystation/inventory"
)

const yubikey5 = "cb69481e-8ff7-4039-93ec-0a2729a154a8"

func TestRules_Check(t *testing.T) {
	name := func(a string) string {
		if a == yubikey5 {
			return "YubiKey 5 Series"
		}
		return ""
	}
	for _, tt := range []struct {
		name    string
		change  func(*inventory.Rules)
		refusal string
	}{
		{"default", func(*inventory.Rules) {}, ""},
		{"everything", func(r *inventory.Rules) {
			r.Allow, r.Certification, r.Release = []string{"CB69481E8FF7403993EC0A2729A154A8"}, "L2", inventory.BySplit
			r.AlwaysUV, r.MinFirmware = []string{yubikey5}, map[string]string{yubikey5: "5.4.3"}
		}, ""},
		{"no such level", func(r *inventory.Rules) { r.Certification = "gold" }, `certification is "gold": use L1, L1plus, L2, L2plus, L3 or L3plus.`},
		{"no such release", func(r *inventory.Rules) { r.Release = "shout" }, `release is "shout": use reveal, letter or split.`},
		{"no AAGUID", func(r *inventory.Rules) { r.Deny = []string{"YubiKey"} }, `deny has "YubiKey", which is no AAGUID: copy it from what keystation keys shows.`},
		{"no version", func(r *inventory.Rules) { r.MinFirmware = map[string]string{yubikey5: " "} },
			"min_firmware has no version for " + yubikey5 + ": give the least one, or leave the model out."},
		{"a mistyped status", func(r *inventory.Rules) { r.Undesired = []string{"revokd"} },
			`undesired has "REVOKD", which is no status that speaks against a model: use NOT_FIDO_CERTIFIED, ` +
				"SELF_ASSERTION_SUBMITTED, UPDATE_AVAILABLE, ATTESTATION_KEY_COMPROMISE, RETIRED, REVOKED, " +
				"USER_KEY_PHYSICAL_COMPROMISE, USER_KEY_REMOTE_COMPROMISE, USER_VERIFICATION_BYPASS."},
		{"allowed and denied", func(r *inventory.Rules) { r.Allow, r.Deny = []string{yubikey5}, []string{yubikey5} },
			"YubiKey 5 Series (" + yubikey5 + ") is both allowed and denied: keep it in one of the lists."},
		{"alwaysUv by reveal", func(r *inventory.Rules) { r.AlwaysUV = []string{yubikey5} },
			"Policy would turn alwaysUv on for YubiKey 5 Series (" + yubikey5 + "), and a PIN is released by reveal only after a touch without it, which such a key does not give: take them out of always_uv, or say release = \"letter\"."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := inventory.DefaultRules()
			tt.change(&r)
			if have := inventory.Sentence(r.Tidy().Check(name)); have != tt.refusal {
				t.Errorf("refusal %q, want %q", have, tt.refusal)
			}
		})
	}
}

// Rules that say the same have one digest, however they are written.
func TestTierRules_Digest(t *testing.T) {
	one, two, other := inventory.DefaultRules(), inventory.DefaultRules(), inventory.DefaultRules()
	one.Allow, two.Allow = []string{yubikey5, "d41f5a69-b817-4144-a13c-9ebd6d9254d6"}, []string{"D41F5A69B8174144A13C9EBD6D9254D6", yubikey5, yubikey5}
	one.MinFirmware = nil
	a, err := inventory.SameRules(one).Digest()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := inventory.SameRules(two).Digest()
	c, _ := inventory.TierRules{Standard: one, Elevated: one, Critical: other}.Digest()
	if a != b || a == c {
		t.Errorf("digests %s, %s and of others %s", a, b, c)
	}
}
