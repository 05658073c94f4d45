package station

import (
	"fmt"
	"time"

	"keystation/inventory"
	"keystation/station/attest"
	"keystation/station/ctap"
)

// Judge turns what was kept of a key into a judgment: the run that makes a key asks it, and so does whoever judges the
// fleet again, so that both come to the same. Make one for a policy and use it for many keys; it is safe for use by
// several goroutines.
type Judge struct {
	policy Policy
	tiers  map[inventory.Tier]tierJudge
}

// tierJudge is what is asked of keys of one tier, made ready once.
type tierJudge struct {
	rules inventory.Rules
	roots attest.Roots
}

// Reasons that are found here and not in the attestation.
const (
	optionMissing  = "option-missing"   // of getInfo, that policy requires
	optionsUnknown = "options-not-kept" // a remark: getInfo was not kept when the key was made
)

// NewJudge makes the judge of a policy.
func NewJudge(p Policy) *Judge {
	j := &Judge{policy: p, tiers: map[inventory.Tier]tierJudge{}}
	for _, tier := range inventory.Tiers {
		j.tiers[tier] = tierJudge{rules: p.For(tier).Rules, roots: p.Roots}
	}
	return j
}

// Judge judges the tag credential of a key as of a time. What is true only on the day it is said, such as that newer
// metadata is due, is left out: a judgment changes when the world does.
func (j *Judge) Judge(e inventory.Evidence, at time.Time) inventory.Judgment {
	t, known := j.tiers[e.Tier]
	if !known {
		e.Tier = inventory.Standard
		t = j.tiers[e.Tier]
	}
	found := attest.Judge(attest.Evidence{Object: e.Registration.Attestation, ClientDataHash: e.Registration.ClientDataHash}, t.roots, at)
	made := inventory.Judgment{
		Key: e.Key.ID, Registration: e.Registration.ID, Verdict: inventory.Verdict(found.Verdict), Root: found.Root,
		Policy: j.policy.Number, Tier: e.Tier, At: at,
	}
	for _, r := range found.Reasons {
		made.Reasons = append(made.Reasons, inventory.Reason{Code: string(r.Code), Sentence: r.Sentence})
	}
	return t.options(made, e.Registration.Info)
}

// metadata is the number of the BLOB that is judged with; 0: none.
func (j *Judge) metadata() int64 { return 0 }

// options adds what policy asks of getInfo, which no attestation proves.
func (t tierJudge) options(j inventory.Judgment, kept []byte) inventory.Judgment {
	if len(t.rules.Options) == 0 {
		return j
	}
	info, err := ctap.ParseInfo(kept)
	if err != nil {
		j.Reasons = append(j.Reasons, inventory.Reason{Code: optionsUnknown,
			Sentence: "It is not known if the key has what policy requires of it: its answer to getInfo was not kept when it was made."})
		return j
	}
	var missing []inventory.Reason
	for _, name := range t.rules.Options {
		if _, there := info.Option(name); !there {
			missing = append(missing, inventory.Reason{Code: optionMissing, Sentence: fmt.Sprintf("The key has no %s, which policy requires.", name)})
		}
	}
	if len(missing) == 0 {
		return j
	}
	if j.Verdict == inventory.Refused {
		j.Reasons = append(j.Reasons, missing...)
		return j
	}
	j.Verdict, j.Reasons = inventory.Refused, append(missing, j.Reasons...)
	return j
}
