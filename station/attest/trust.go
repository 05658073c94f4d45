package attest

import (
	"crypto/x509"
	"slices"
	"time"

	"keystation/station/ctap"
)

// Trust is what evidence is judged by.
type Trust struct {
	Roots   Roots    // beside those of the catalog
	Catalog *Catalog // nil: there is no metadata
	Rules   Rules
}

// Rules are what policy asks of a model beyond a proof of what it is. The zero value asks nothing but that none of the
// usual undesired statuses is in effect.
type Rules struct {
	Allow       []ctap.AAGUID // empty: every model
	Deny        []ctap.AAGUID
	MinFirmware map[ctap.AAGUID]string // as the key writes its version
	Undesired   []Status               // nil: the usual ones; empty: none
	Level       Level                  // the least certification; empty: any
}

// anchors are the roots that count for a model.
func (t Trust) anchors(model ctap.AAGUID, entry *Entry) []*x509.Certificate {
	certs := t.Roots.forModel(model)
	if entry != nil {
		certs = append(slices.Clip(certs), entry.Roots...)
	}
	return certs
}

// Claim is what a key says of itself before it has proven anything.
type Claim struct {
	Model    ctap.AAGUID
	Firmware string // as getInfo has it; empty: not said
}

// Against lists what the rules have against a key by what it says of itself: a key that lies gets no better for it, since
// its attestation is judged all the same. Empty: nothing.
func (t Trust) Against(c Claim, at time.Time) []Reason {
	h := &hearing{trust: t, at: at, entry: t.Catalog.Entry(c.Model), evidence: Evidence{Firmware: c.Firmware}}
	h.AAGUID = c.Model
	h.rules()
	return slices.DeleteFunc(h.Reasons, func(r Reason) bool { return r.Code.weight() != against })
}
