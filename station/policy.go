package station

import (
	"slices"
	"strings"

	"keystation/inventory"
	"keystation/station/attest"
	"keystation/station/ctap"
)

// Choice is what policy says about a key of which nothing is proven.
type Choice string

// The choices about an unknown verdict.
const (
	RefuseUnknown Choice = "refuse"
	AskUnknown    Choice = "ask" // a person decides for that very key
	AcceptUnknown Choice = "accept"
)

// ForcePIN is what policy says about forcePINChange (CTAP 2.1 §6.4 member 0x0C).
type ForcePIN string

// The choices about a forced change of PIN.
const (
	ForceRequired   ForcePIN = "required"    // a key that cannot is refused at identify
	ForceIfPossible ForcePIN = "if-possible" // a key that cannot is marked: its PIN is known to the station
	ForceOff        ForcePIN = "off"
)

// Policy decides where keys and sites differ. The zero value is not usable: see [DefaultPolicy].
type Policy struct {
	RPID      string   // of tag credentials
	RPName    string   // shown by nobody, but demanded by the standard
	Unknown   Choice   // about a key of which nothing is proven
	Force     ForcePIN // about forcePINChange
	PINLength int      // in digits, 4 to 63

	// MinPINLength is set on keys that can (CTAP 2.1 §6.11.4); 0 leaves the key's own.
	MinPINLength          int
	EnterpriseAttestation bool

	Roots        attest.Roots // an attestation that chains to one of these is genuine
	Stock        []string     // AAGUIDs that we buy
	NeverPorts   []string     // never touched
	NeverSerials []string     // never touched
}

// DefaultPolicy is what holds where nothing is configured.
func DefaultPolicy(rpID string) Policy {
	return Policy{RPID: rpID, RPName: "Key inventory", Unknown: AskUnknown, Force: ForceIfPossible, PINLength: 8}
}

// Check refuses a policy that contradicts itself.
func (p Policy) Check() error {
	if p.RPID == "" {
		return inventory.Refuse(inventory.Invalid, "The policy has no relying party id: run keystation init.")
	}
	if p.PINLength < 4 || p.PINLength > 63 || p.MinPINLength > 63 || p.MinPINLength < 0 {
		return inventory.Refuse(inventory.Invalid, "PIN lengths go from 4 to 63: mend pin_length or min_pin_length.")
	}
	if !slices.Contains([]Choice{RefuseUnknown, AskUnknown, AcceptUnknown}, p.Unknown) {
		return inventory.Refuse(inventory.Invalid, "policy.unknown is %q: use refuse, ask or accept.", p.Unknown)
	}
	if !slices.Contains([]ForcePIN{ForceRequired, ForceIfPossible, ForceOff}, p.Force) {
		return inventory.Refuse(inventory.Invalid, "policy.force_pin_change is %q: use required, if-possible or off.", p.Force)
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
	d, err := inventory.Digest(struct {
		RPID         string
		Unknown      Choice
		Force        ForcePIN
		PIN, Min     int
		EA           bool
		Stock        string
		NeverPorts   string
		NeverSerials string
		RootsSeen    []string
	}{
		p.RPID, p.Unknown, p.Force, p.PINLength, p.MinPINLength, p.EnterpriseAttestation,
		strings.Join(p.Stock, "\n"), strings.Join(p.NeverPorts, "\n"), strings.Join(p.NeverSerials, "\n"), p.Roots.Names(),
	})
	if err != nil {
		return "", err
	}
	return d[:12], nil
}
