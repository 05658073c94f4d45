package station

import (
	"slices"
	"strings"

	"keystation/inventory"
	"keystation/station/attest"
	"keystation/station/ctap"
)

// Policy decides where keys and sites differ: the rules of the inventory's policy, and what this bench is told beside.
// The zero value is not usable: see [DefaultPolicy].
type Policy struct {
	RPID   string // of tag credentials
	RPName string // shown by nobody, but demanded by the standard

	inventory.Rules                  // of the standard tier, and of keys for stock
	Elevated        *inventory.Rules // of that tier; nil: the same
	Critical        *inventory.Rules // of that tier; nil: the same
	Number          int64            // the policy's version in the inventory; 0: it is written down nowhere

	Roots        attest.Roots    // an attestation that chains to one of these is genuine
	Catalog      *attest.Catalog // what the metadata say of models; nil: there are none
	Stock        []string        // AAGUIDs that we buy
	NeverPorts   []string        // never touched
	NeverSerials []string        // never touched
}

// DefaultPolicy is what holds where nothing is configured.
func DefaultPolicy(rpID string) Policy {
	return Policy{RPID: rpID, RPName: "Key inventory", Rules: inventory.DefaultRules()}
}

// Follow makes the rules of p those of the inventory's policy.
func (p Policy) Follow(from inventory.Policy) Policy {
	p.Number, p.Rules = from.Version, from.Rules.Standard
	p.Elevated, p.Critical = &from.Rules.Elevated, &from.Rules.Critical
	return p
}

// For gives p with the rules of a tier; of no tier, those of the standard one.
func (p Policy) For(tier inventory.Tier) Policy {
	if tier == inventory.Elevated && p.Elevated != nil {
		p.Rules = *p.Elevated
	}
	if tier == inventory.Critical && p.Critical != nil {
		p.Rules = *p.Critical
	}
	return p
}

// AnyEnterprise tells if keys of any tier are to be asked for enterprise attestation.
func (p Policy) AnyEnterprise() bool {
	return slices.ContainsFunc(inventory.Tiers, func(t inventory.Tier) bool { return p.For(t).EnterpriseAttestation })
}

// tiers are the rules of every tier.
func (p Policy) tiers() inventory.TierRules {
	return inventory.TierRules{Standard: p.Rules, Elevated: p.For(inventory.Elevated).Rules, Critical: p.For(inventory.Critical).Rules}
}

// Check refuses a policy that contradicts itself.
func (p Policy) Check() error {
	if p.RPID == "" {
		return inventory.Refuse(inventory.Invalid, "The policy has no relying party id: run keystation init.")
	}
	if err := p.tiers().Tidy().Check(nil); err != nil {
		return err
	}
	for _, s := range p.Stock {
		if _, err := ctap.ParseAAGUID(s); err != nil {
			return inventory.Refuse(inventory.Invalid, "policy.stock has %q, which is no AAGUID: copy it from what keystation keys shows.", s)
		}
	}
	return nil
}

// stocks tells if this model is one that we buy, however its AAGUID was written down.
func (p Policy) stocks(model ctap.AAGUID) bool {
	return slices.ContainsFunc(p.Stock, func(s string) bool {
		a, err := ctap.ParseAAGUID(s)
		return err == nil && a == model
	})
}

// Version names the policy by the digest of what it says, so that a run tells which one it followed.
func (p Policy) Version() (string, error) {
	rules, err := p.tiers().Digest()
	if err != nil {
		return "", err
	}
	d, err := inventory.Digest(struct {
		RPID         string
		Rules        string
		Number       int64
		Stock        string
		NeverPorts   string
		NeverSerials string
		RootsSeen    []string
		Metadata     string
	}{
		p.RPID, rules, p.Number,
		strings.Join(p.Stock, "\n"), strings.Join(p.NeverPorts, "\n"), strings.Join(p.NeverSerials, "\n"), p.Roots.Names(), p.metadata(),
	})
	if err != nil {
		return "", err
	}
	return d[:12], nil
}

// metadata names the metadata that models are judged by; empty: there are none.
func (p Policy) metadata() string {
	if p.Catalog == nil {
		return ""
	}
	return p.Catalog.SHA256
}
