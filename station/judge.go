package station

import (
	"fmt"
	"slices"
	"sync"
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
	trusts map[inventory.Tier]attest.Trust

	mu    sync.Mutex
	at    time.Time                         // of the judgers
	ready map[inventory.Tier]*attest.Judger // remember what they found out about certificates
}

// Reasons that are found here and not in the attestation.
const (
	optionMissing  = "option-missing"   // of getInfo, that policy requires
	optionsUnknown = "options-not-kept" // a remark: getInfo was not kept when the key was made
)

// NewJudge makes the judge of a policy.
func NewJudge(p Policy) *Judge {
	j := &Judge{policy: p, trusts: map[inventory.Tier]attest.Trust{}}
	for _, tier := range inventory.Tiers {
		j.trusts[tier] = p.For(tier).trust()
	}
	return j
}

// trust is what attestations are judged by under the rules of p.
func (p Policy) trust() attest.Trust {
	r := attest.Rules{
		Allow: models(p.Allow), Deny: models(p.Deny), MinFirmware: map[ctap.AAGUID]string{}, Level: attest.Level(p.Certification),
		Undesired: make([]attest.Status, 0, len(p.Undesired)), // never nil, which would mean the usual ones
	}
	for _, s := range p.Undesired {
		r.Undesired = append(r.Undesired, attest.Status(s))
	}
	for a, least := range p.MinFirmware {
		if id, err := ctap.ParseAAGUID(a); err == nil {
			r.MinFirmware[id] = least
		}
	}
	return attest.Trust{Roots: p.Roots, Catalog: p.Catalog, Rules: r}
}

// models reads AAGUIDs. What is none was refused when the policy was checked.
func models(list []string) []ctap.AAGUID {
	var ids []ctap.AAGUID
	for _, s := range list {
		if id, err := ctap.ParseAAGUID(s); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// metadata is the number of the BLOB that is judged with; 0: none.
func (j *Judge) metadata() int64 {
	if c := j.policy.Catalog; c != nil {
		return c.No
	}
	return 0
}

// Judge judges the tag credential of a key as of a time. What is true only on the day it is said, such as that newer
// metadata is due, is left out: a judgment changes when the world does.
func (j *Judge) Judge(e inventory.Evidence, at time.Time) inventory.Judgment {
	judgment, _ := j.Weigh(e, at)
	return judgment
}

// Weigh is Judge for whoever also asks what the attestation itself tells, such as the facts of its certificate.
func (j *Judge) Weigh(e inventory.Evidence, at time.Time) (inventory.Judgment, attest.Judgment) {
	if !slices.Contains(inventory.Tiers, e.Tier) {
		e.Tier = inventory.Standard
	}
	found := j.judger(e.Tier, at).Judge(attest.Evidence{
		Object: e.Registration.Attestation, ClientDataHash: e.Registration.ClientDataHash, Firmware: e.Key.Firmware, Made: e.Registration.RegisteredAt,
	})
	made := inventory.Judgment{
		Key: e.Key.ID, Registration: e.Registration.ID, Verdict: inventory.Verdict(found.Verdict), Reasons: []inventory.Reason{}, Root: found.Root,
		Model: found.Model, Maker: found.Maker, Metadata: found.Metadata, Policy: j.policy.Number, Tier: e.Tier, At: at,
	}
	for _, r := range found.Reasons {
		if r.Code != attest.Overdue {
			made.Reasons = append(made.Reasons, inventory.Reason{Code: string(r.Code), Sentence: r.Sentence})
		}
	}
	return j.policy.For(e.Tier).options(made, e.Registration.Info), found
}

// judger gives the one of a tier as of a time.
func (j *Judge) judger(tier inventory.Tier, at time.Time) *attest.Judger {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ready == nil || !j.at.Equal(at) {
		j.at, j.ready = at, map[inventory.Tier]*attest.Judger{}
	}
	if j.ready[tier] == nil {
		j.ready[tier] = attest.NewJudge(j.trusts[tier], at)
	}
	return j.ready[tier]
}

// options adds what policy asks of getInfo, which no attestation proves.
func (p Policy) options(j inventory.Judgment, kept []byte) inventory.Judgment {
	if len(p.Options) == 0 {
		return j
	}
	info, err := ctap.ParseInfo(kept)
	if err != nil {
		j.Reasons = append(j.Reasons, inventory.Reason{Code: optionsUnknown,
			Sentence: "It is not known if the key has what policy requires of it: its answer to getInfo was not kept when it was made."})
		return j
	}
	var missing []inventory.Reason
	for _, name := range p.Options {
		if _, there := info.Option(name); !there {
			missing = append(missing, inventory.Reason{Code: optionMissing, Sentence: fmt.Sprintf("The key has no %s, which policy requires.", name)})
		}
	}
	if j.Verdict == inventory.Refused || len(missing) == 0 {
		j.Reasons = append(j.Reasons, missing...)
		return j
	}
	j.Verdict, j.Reasons = inventory.Refused, append(missing, j.Reasons...)
	return j
}
