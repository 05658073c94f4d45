package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// Release is how a PIN gets to the holder of its key.
type Release string

// The ways of release.
const (
	ByReveal Release = "reveal" // shown to the holder after a touch of the very key
	ByLetter Release = "letter" // printed apart from the parcel
	BySplit  Release = "split"  // opened in the holder's browser with a code from the slip
)

// Rules is what is asked of a key of one tier. The zero value is not usable: see [DefaultRules]. Lists are sorted and
// never nil, AAGUIDs are lower case with dashes: [Rules.Tidy] makes them so, so that equal rules have equal digests.
type Rules struct {
	Unknown               Choice            `json:"unknown" toml:"unknown"`                               // about a key of which nothing is proven
	Force                 ForcePIN          `json:"force_pin_change" toml:"force_pin_change"`             // about forcePINChange
	PINLength             int               `json:"pin_length" toml:"pin_length"`                         // in digits, 4 to 63
	MinPINLength          int               `json:"min_pin_length" toml:"min_pin_length"`                 // set on keys that can (CTAP 2.1 §6.11.4); 0 leaves the key's own
	EnterpriseAttestation bool              `json:"enterprise_attestation" toml:"enterprise_attestation"` // turned on, and asked for, where the key has it
	Allow                 []string          `json:"allow" toml:"allow"`                                   // AAGUIDs; empty: every model that is not denied
	Deny                  []string          `json:"deny" toml:"deny"`                                     // AAGUIDs
	MinFirmware           map[string]string `json:"min_firmware" toml:"min_firmware"`                     // by AAGUID, as the key writes its version
	Undesired             []string          `json:"undesired" toml:"undesired"`                           // statuses of the metadata service that refuse a key
	Certification         string            `json:"certification" toml:"certification"`                   // the least level, such as L1 or L2plus; empty: none
	Options               []string          `json:"options" toml:"options"`                               // of getInfo, that must be there, whether on or off
	AlwaysUV              []string          `json:"always_uv" toml:"always_uv"`                           // AAGUIDs on which alwaysUv is turned on
	Release               Release           `json:"release" toml:"release"`                               // of the PIN
	TwoMakers             bool              `json:"two_makers" toml:"two_makers"`                         // the keys of a person are not all of one maker
	Incidents             bool              `json:"incidents" toml:"incidents"`                           // a key in use that is refused later opens an incident
}

// UndesiredStatuses are those that mean that a key of the model may not be what it was, or is not recommended any more
// (FIDO Metadata Service v3.0 §3.1.4). UPDATE_AVAILABLE is not among them.
var UndesiredStatuses = []string{
	"ATTESTATION_KEY_COMPROMISE", "RETIRED", "REVOKED", "USER_KEY_PHYSICAL_COMPROMISE", "USER_KEY_REMOTE_COMPROMISE",
	"USER_VERIFICATION_BYPASS",
}

// Statuses are all that a policy can hold against a model. The service may come to have more: a name that nobody knows
// yet is refused here, for a name that was mistyped would never refuse a key.
var Statuses = append([]string{"NOT_FIDO_CERTIFIED", "SELF_ASSERTION_SUBMITTED", "UPDATE_AVAILABLE"}, UndesiredStatuses...)

// CertificationLevels are the levels that a model can be certified at, the lowest first.
var CertificationLevels = []string{"L1", "L1plus", "L2", "L2plus", "L3", "L3plus"}

// DefaultRules is what holds where nothing is said.
func DefaultRules() Rules {
	return Rules{
		Unknown: AskUnknown, Force: ForceIfPossible, PINLength: 8, Undesired: UndesiredStatuses, Release: ByReveal, Incidents: true,
	}.Tidy()
}

// Tidy brings the rules into the one form in which equal ones are equal. What is no AAGUID stays as it is: [Rules.Check]
// refuses it.
func (r Rules) Tidy() Rules {
	r.Allow, r.Deny, r.AlwaysUV = tidyList(r.Allow, modelID), tidyList(r.Deny, modelID), tidyList(r.AlwaysUV, modelID)
	r.Undesired = tidyList(r.Undesired, strings.ToUpper)
	r.Options = tidyList(r.Options, func(s string) string { return s })
	least := map[string]string{}
	for a, v := range r.MinFirmware {
		least[modelID(a)] = strings.TrimSpace(v)
	}
	r.MinFirmware = least
	return r
}

func tidyList(list []string, form func(string) string) []string {
	tidy := make([]string, 0, len(list))
	for _, s := range list {
		tidy = append(tidy, form(strings.TrimSpace(s)))
	}
	slices.Sort(tidy)
	return slices.Compact(tidy)
}

// modelID writes an AAGUID as the inventory keeps it: lower case, with dashes.
func modelID(s string) string {
	bare := strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(s))
	if len(bare) != 32 || strings.Trim(bare, "0123456789abcdef") != "" {
		return s
	}
	return bare[:8] + "-" + bare[8:12] + "-" + bare[12:16] + "-" + bare[16:20] + "-" + bare[20:]
}

// Check refuses rules that cannot be followed or contradict each other. name gives what people call a model; nil: its
// AAGUID.
func (r Rules) Check(name func(aaguid string) string) error {
	if r.PINLength < 4 || r.PINLength > 63 || r.MinPINLength > 63 || r.MinPINLength < 0 {
		return Refuse(Invalid, "PIN lengths go from 4 to 63: mend pin_length or min_pin_length.")
	}
	for _, w := range []struct {
		key, value string
		words      []string
	}{
		{"unknown", string(r.Unknown), []string{"refuse", "ask", "accept"}},
		{"force_pin_change", string(r.Force), []string{"required", "if-possible", "off"}},
		{"release", string(r.Release), []string{"reveal", "letter", "split"}},
		{"certification", r.Certification, append([]string{""}, CertificationLevels...)},
	} {
		if !slices.Contains(w.words, w.value) {
			return Refuse(Invalid, "%s is %q: use %s.", w.key, w.value, orWords(w.words))
		}
	}
	return firstOf(r.checkModels(), r.checkPairs(name))
}

// checkModels refuses what should be an AAGUID and is none, and what is no status.
func (r Rules) checkModels() error {
	for _, l := range []struct {
		key  string
		list []string
	}{{"allow", r.Allow}, {"deny", r.Deny}, {"always_uv", r.AlwaysUV}, {"min_firmware", slices.Sorted(maps.Keys(r.MinFirmware))}} {
		for _, a := range l.list {
			if len(modelID(a)) != 36 || modelID(a) != a {
				return Refuse(Invalid, "%s has %q, which is no AAGUID: copy it from what keystation keys shows.", l.key, a)
			}
		}
	}
	for a, v := range r.MinFirmware {
		if v == "" {
			return Refuse(Invalid, "min_firmware has no version for %s: give the least one, or leave the model out.", a)
		}
	}
	for _, s := range r.Undesired {
		if !slices.Contains(Statuses, s) {
			return Refuse(Invalid, "undesired has %q, which is no status that speaks against a model: use %s.", s, strings.Join(Statuses, ", "))
		}
	}
	return nil
}

// checkPairs refuses rules that contradict each other.
func (r Rules) checkPairs(name func(string) string) error {
	for _, a := range r.Allow {
		if slices.Contains(r.Deny, a) {
			return Refuse(Invalid, "%s is both allowed and denied: keep it in one of the lists.", called(name, a))
		}
	}
	if len(r.AlwaysUV) == 0 || r.Release != ByReveal {
		return nil
	}
	names := make([]string, len(r.AlwaysUV))
	for i, a := range r.AlwaysUV {
		names[i] = called(name, a)
	}
	return Refuse(Invalid, "Policy would turn alwaysUv on for %s, and a PIN is released by reveal only after a touch without it, which such a key does not give: take them out of always_uv, or say release = \"letter\".",
		strings.Join(names, ", "))
}

func called(name func(string) string, aaguid string) string {
	if name == nil || name(aaguid) == "" {
		return aaguid
	}
	return fmt.Sprintf("%s (%s)", name(aaguid), aaguid)
}

func orWords(words []string) string {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
