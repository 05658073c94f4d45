package inventory

import "time"

// PolicySource says how a policy came to be.
type PolicySource string

// The sources of a policy.
const (
	PolicyApplied    PolicySource = "applied"    // by somebody, from a file or on the page
	PolicyConfigured PolicySource = "configured" // as the configuration had it, while none is applied
)

// Policy is what is asked of keys, tier by tier. Every version that a key was made or judged by is kept.
type Policy struct {
	Version int64        `json:"version"` // 1, 2, …
	Source  PolicySource `json:"source"`
	Rules   TierRules    `json:"rules"`
	By      Actor        `json:"by"`
	At      time.Time    `json:"at"`
}

// TierRules holds the rules of each tier, whole. Keys made for stock follow those of the standard tier.
type TierRules struct {
	Standard Rules `json:"standard"`
	Elevated Rules `json:"elevated"`
	Critical Rules `json:"critical"`
}

// SameRules are the same rules for every tier.
func SameRules(r Rules) TierRules { return TierRules{r, r, r} }

// For gives the rules of a tier; of no tier, those of the standard one.
func (t TierRules) For(tier Tier) Rules {
	switch tier {
	case Elevated:
		return t.Elevated
	case Critical:
		return t.Critical
	}
	return t.Standard
}

// Tiers lists the tiers, the least guarded first.
var Tiers = []Tier{Standard, Elevated, Critical}

// Tidy is [Rules.Tidy] of each tier.
func (t TierRules) Tidy() TierRules {
	return TierRules{t.Standard.Tidy(), t.Elevated.Tidy(), t.Critical.Tidy()}
}

// Check refuses rules that no key could be made by, saying of which tier.
func (t TierRules) Check(name func(aaguid string) string) error {
	for _, tier := range Tiers {
		err := t.For(tier).Check(name)
		if err != nil && tier == Standard {
			return err // what is written for all tiers stands here
		}
		if err != nil {
			return &Error{Kind: Invalid, Msg: "Tier " + string(tier) + ": " + Sentence(err), Err: err}
		}
	}
	return nil
}

// Digest names what the rules say.
func (t TierRules) Digest() (string, error) { return Digest(t.Tidy()) }

// Says tells if p says just these rules.
func (p Policy) Says(rules TierRules) bool {
	was, err := p.Rules.Digest()
	is, err2 := rules.Digest()
	return err == nil && err2 == nil && was == is
}

// Apply makes p the version after last.
func (p Policy) Apply(last int64, name func(aaguid string) string, by Actor, at time.Time) (Policy, Event, error) {
	p.Rules = p.Rules.Tidy()
	if err := p.Rules.Check(name); err != nil {
		return p, Event{}, err
	}
	if p.Source == "" {
		p.Source = PolicyApplied
	}
	p.Version, p.By, p.At = last+1, by, at
	return p, Event{Action: "policy." + string(p.Source), Subjects: []string{"policy"}, Payload: p}, nil
}
