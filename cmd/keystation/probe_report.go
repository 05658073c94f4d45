package main

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// probeReport is what `keystation keys probe` writes. Nothing in it tells one key from another of its model.
type probeReport struct {
	Report   string        `json:"report"` // what this is, with the version of its form
	Program  versions      `json:"program"`
	Wiped    bool          `json:"wiped"` // what needs a wipe was tried, too
	Model    softkey.Model `json:"model"` // a software key that is like this one
	LeftOut  []string      `json:"leftOut,omitempty"`
	USB      probedUSB     `json:"usb"`
	HID      probedHID     `json:"hid"`
	GetInfo  *probedInfo   `json:"getInfo,omitempty"` // as the key was before anything was done to it
	Attested *probedAttest `json:"attestation,omitempty"`
	Answers  []probeAnswer `json:"answers"`
}

const reportForm = "keystation key report, form 1"

// probedUSB leaves the serial out and says only if there is one.
type probedUSB struct {
	Vendor  string `json:"vendor"`
	Product string `json:"product"`
	Maker   string `json:"maker"`
	Name    string `json:"name"`
	Serial  bool   `json:"hasSerial"`
}

type probedHID struct {
	Protocol     int    `json:"protocol"`
	Version      string `json:"version"`
	Capabilities string `json:"capabilities"`
}

// probedInfo is a getInfo answer: as it came, save for what is blanked, and in words.
type probedInfo struct {
	Hex     string         `json:"hex"`
	Blanked []string       `json:"blanked,omitempty"` // members whose bytes are replaced by zeros
	Decoded map[string]any `json:"decoded"`
}

// probedAttest is what kind of attestation the key gives, without its certificate.
type probedAttest struct {
	Format       string `json:"format"`
	Algorithm    string `json:"algorithm,omitempty"`
	Certificates int    `json:"certificates"`
	Issuer       string `json:"issuer,omitempty"`
	AAGUID       string `json:"aaguidExtension,omitempty"` // matches, differs, absent
}

// probeAnswer is one question to the key and what came.
type probeAnswer struct {
	Asked  string `json:"asked"`
	Status string `json:"status"`
	MS     int64  `json:"ms"`                // beside the time that it waited for a touch
	Waited int64  `json:"waitedMs,omitzero"` // for a touch
	Saw    string `json:"saw,omitempty"`
}

// infoMembers names the members of getInfo (CTAP 2.3 §6.4).
var infoMembers = map[int]string{1: "versions", 2: "extensions", 3: "aaguid", 4: "options", 5: "maxMsgSize", 6: "pinUvAuthProtocols",
	7: "maxCredentialCountInList", 8: "maxCredentialIdLength", 9: "transports", 10: "algorithms", 11: "maxSerializedLargeBlobArray",
	12: "forcePINChange", 13: "minPINLength", 14: "firmwareVersion", 15: "maxCredBlobLength", 16: "maxRPIDsForSetMinPINLength",
	17: "preferredPlatformUvAttempts", 18: "uvModality", 19: "certifications", 20: "remainingDiscoverableCredentials",
	21: "vendorPrototypeConfigCommands", 22: "attestationFormats", 23: "uvCountSinceLastPinEntry", 24: "longTouchForReset",
	25: "encIdentifier", 26: "transportsForReset", 27: "pinComplexityPolicy", 28: "pinComplexityPolicyURL", 29: "maxPINLength",
	30: "encCredStoreState", 31: "authenticatorConfigCommands"}

func memberName(n int) string {
	if name, ok := infoMembers[n]; ok {
		return name
	}
	return fmt.Sprintf("member 0x%02X", n)
}

// enciphered are members from which somebody with the right key learns which key this is (CTAP 2.2 §6.4).
var enciphered = []int{25, 30}

// blankInfo replaces by zeros what could tell one key from its siblings: enciphered members, and text and bytes of members
// that we do not know.
func blankInfo(raw []byte) ([]byte, []string, error) {
	var m map[int]any
	if err := ctap.Decode(raw, &m); err != nil {
		return nil, nil, fmt.Errorf("read getInfo: %w", err)
	}
	var blanked []string
	for _, n := range slices.Sorted(maps.Keys(m)) {
		if _, known := infoMembers[n]; known && !slices.Contains(enciphered, n) {
			continue
		}
		if b, changed := blank(m[n]); changed {
			m[n], blanked = b, append(blanked, memberName(n))
		}
	}
	if blanked == nil {
		return raw, nil, nil
	}
	b, err := ctap.Encode(m)
	return b, blanked, err
}

func blank(v any) (_ any, changed bool) {
	switch v := v.(type) {
	case []byte:
		return make([]byte, len(v)), len(v) > 0
	case string:
		return strings.Repeat("0", len(v)), v != ""
	case []any:
		for i := range v {
			b, is := blank(v[i])
			v[i], changed = b, changed || is
		}
	case map[any]any:
		for k := range v {
			b, is := blank(v[k])
			v[k], changed = b, changed || is
		}
	}
	return v, changed
}

// reportInfo says a getInfo answer, which is blanked already.
func reportInfo(raw []byte, blanked []string) (*probedInfo, error) {
	var m map[int]any
	if err := ctap.Decode(raw, &m); err != nil {
		return nil, fmt.Errorf("read getInfo: %w", err)
	}
	info := &probedInfo{Hex: hex.EncodeToString(raw), Blanked: blanked, Decoded: map[string]any{}}
	for n, v := range m {
		info.Decoded[memberName(n)] = jsonValue(v)
	}
	return info, nil
}

// jsonValue is what JSON can say of a CBOR value: bytes as hexadecimal, keys as text.
func jsonValue(v any) any {
	switch v := v.(type) {
	case []byte:
		return hex.EncodeToString(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = jsonValue(v[i])
		}
		return out
	case map[any]any:
		out := map[string]any{}
		for k := range v {
			out[fmt.Sprint(k)] = jsonValue(v[k])
		}
		return out
	}
	return v
}

// freshInfo is the getInfo of the same key as if it came from a reset, which a software key begins with: without a PIN.
func freshInfo(raw []byte) (ctap.Info, error) {
	var m map[int]any
	if err := ctap.Decode(raw, &m); err != nil {
		return ctap.Info{}, fmt.Errorf("read getInfo: %w", err)
	}
	changed := false
	if options, ok := m[4].(map[any]any); ok && options[ctap.OptionClientPIN] == true {
		options[ctap.OptionClientPIN], changed = false, true
	}
	if m[12] == true {
		m[12], changed = false, true
	}
	if changed {
		var err error
		if raw, err = ctap.Encode(m); err != nil {
			return ctap.Info{}, fmt.Errorf("write getInfo: %w", err)
		}
	}
	return ctap.ParseInfo(raw)
}

// describe fills in what is known without asking the key for anything.
func (r *probeReport) describe(p station.Port, hello ctaphid.InitResponse) {
	unsaid := func(s string) string { // some put the serial into their name
		if p.Serial == "" {
			return s
		}
		return strings.ReplaceAll(s, p.Serial, strings.Repeat("0", len(p.Serial)))
	}
	r.Report, r.Program = reportForm, thisVersion()
	r.USB = probedUSB{Vendor: fmt.Sprintf("%04x", p.Vendor), Product: fmt.Sprintf("%04x", p.Model), Maker: unsaid(p.Maker),
		Name: unsaid(p.Name), Serial: p.Serial != ""}
	r.HID = probedHID{Protocol: int(hello.Protocol), Capabilities: fmt.Sprintf("0x%02X", byte(hello.Capabilities)),
		Version: fmt.Sprintf("%d.%d.%d", hello.Version[0], hello.Version[1], hello.Version[2])}
	r.Model = softkey.Model{Name: "reported", Product: strings.TrimSpace(r.USB.Maker + " " + r.USB.Name),
		USB: softkey.USB{Vendor: p.Vendor, Product: p.Model, Maker: r.USB.Maker, Name: r.USB.Name},
		HID: softkey.HID{Version: hello.Version, Capabilities: hello.Capabilities}}
	if p.Serial != "" {
		r.Model.USB.Serial, r.Model.Serial = softkey.OwnSerial, softkey.HexSerial
	}
}

// answered notes one question and gives it to the model's timing, when it has a step there.
func (r *probeReport) answered(asked string, step softkey.Step, took, waited time.Duration, status ctap.Status) *probeAnswer {
	ms := max(0, (took - waited).Milliseconds())
	r.Answers = append(r.Answers, probeAnswer{Asked: asked, Status: fmt.Sprintf("0x%02X %s", byte(status), status.Name()), MS: ms, Waited: waited.Milliseconds()})
	if step != "" && status == ctap.OK {
		if r.Model.Timing.Steps == nil {
			r.Model.Timing.Steps = map[softkey.Step]int{}
		}
		r.Model.Timing.Steps[step] = int(ms)
	}
	return &r.Answers[len(r.Answers)-1]
}
