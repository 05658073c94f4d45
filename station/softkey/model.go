package softkey

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

// Model is everything in which one kind of key differs from another: what it says about itself, which decides what it
// can do, and where it departs from the standard. It is data only, so a key that somebody once reported can be made of
// software. In JSON getInfo is the CBOR of the answer in hexadecimal.
type Model struct {
	Name    string `json:"name"`            // what a profile and a state file call it
	Product string `json:"product"`         // what people call it
	About   string `json:"about,omitempty"` // what sets it apart

	// GetInfo is what a key fresh from a reset answers. Its versions, options and extensions say which commands there
	// are; its numbers are the key's limits. A zero GetInfo is a key of U2F only.
	GetInfo ctap.Info `json:"getInfo,omitzero"`

	USB         USB             `json:"usb,omitzero"`
	HID         HID             `json:"hid,omitzero"`
	Serial      SerialForm      `json:"serial,omitempty"`
	Vendor      []VendorCommand `json:"vendorCommands,omitempty"`
	Attestation Attestation     `json:"attestation,omitzero"`
	Residents   int             `json:"residents,omitempty"` // how many discoverable credentials fit, if getInfo does not say; 0: 25
	Timing      Timing          `json:"timing,omitzero"`
	Quirks      Quirks          `json:"quirks,omitzero"`
}

// USB is what a key's device descriptor says.
type USB struct {
	Vendor  uint16 `json:"vendor,omitempty"`
	Product uint16 `json:"product,omitempty"`
	Maker   string `json:"maker,omitempty"`
	Name    string `json:"name,omitempty"`
	Serial  string `json:"serial,omitempty"` // iSerialNumber; empty: none; [OwnSerial]: the key's own
}

// OwnSerial in place of an iSerialNumber is the serial that was made with the key.
const OwnSerial = "own"

// HID is what a key says in the answer to CTAPHID_INIT.
type HID struct {
	Version      [3]byte              `json:"version,omitzero"`       // of the device; zero: 1.0.0
	Capabilities ctaphid.Capabilities `json:"capabilities,omitempty"` // zero: as getInfo has it, with WINK
}

// Attestation is how the credentials of a key are attested.
type Attestation struct {
	Format string `json:"format,omitempty"` // packed, self (packed without a certificate) or none; empty: packed

	// EnterpriseRPIDs are the RP IDs in the firmware for which enterprise attestation is facilitated by the vendor;
	// VendorOnly is a key that gives it to no others, so that a managing platform does not count.
	EnterpriseRPIDs []string `json:"enterpriseRPIDs,omitempty"`
	VendorOnly      bool     `json:"vendorOnly,omitempty"`
}

// Timing is how long things take or may take, in milliseconds.
type Timing struct {
	ResetWindow  int          `json:"resetWindow,omitempty"`  // after power-up; 0: 10 s (CTAP 2.1 §6.6)
	TouchTimeout int          `json:"touchTimeout,omitempty"` // how long the key waits for a touch; 0: 30 s
	Steps        map[Step]int `json:"steps,omitempty"`        // with [Real] latency, beside the touch; not named: as usual
}

// Quirks are departures from the standard, or choices that it leaves open.
type Quirks struct {
	MuteWhenForced    bool `json:"muteWhenForced,omitempty"`    // refuses even silent assertions while forcePINChange is set
	AlwaysUVStays     bool `json:"alwaysUvStays,omitempty"`     // alwaysUv cannot be turned off (CTAP 2.1 §6.11.2)
	AlwaysUVByPIN     bool `json:"alwaysUvByPin,omitempty"`     // alwaysUv is turned off only with a PIN
	ResetWithoutTouch bool `json:"resetWithoutTouch,omitempty"` // needs nobody for a reset

	ForcedToken    StatusCode `json:"forcedToken,omitempty"`    // to the right PIN under forcePINChange; 0: 0x37
	SetPINAgain    StatusCode `json:"setPinAgain,omitempty"`    // to setPIN when a PIN is set; 0: 0x33
	UnknownCommand StatusCode `json:"unknownCommand,omitempty"` // 0: 0x01
	ResetLate      StatusCode `json:"resetLate,omitempty"`      // to a reset after the window; 0: 0x30
	ResetUntouched StatusCode `json:"resetUntouched,omitempty"` // to a reset that nobody touched for; 0: 0x2F
}

// StatusCode is a CTAP status in a Model; JSON shows it in hexadecimal. Zero stands for what the standard says.
type StatusCode ctap.Status

// MarshalText writes 0x37.
func (c StatusCode) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%02X", byte(c)), nil }

// UnmarshalText reads 0x37.
func (c *StatusCode) UnmarshalText(b []byte) error {
	digits, _ := strings.CutPrefix(string(b), "0x")
	n, err := strconv.ParseUint(digits, 16, 8)
	if err != nil {
		return fmt.Errorf("%q is not a status code such as 0x37", b)
	}
	*c = StatusCode(n)
	return nil
}

func (c StatusCode) or(standard ctap.Status) ctap.Status {
	if c == 0 {
		return standard
	}
	return ctap.Status(c)
}

// ParseModel reads a model from JSON and checks it.
func ParseModel(b []byte) (Model, error) {
	var m Model
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Model{}, fmt.Errorf("parse model: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Model{}, errors.New("parse model: something follows the model")
	}
	if err := m.check(); err != nil {
		return Model{}, fmt.Errorf("parse model: %w", err)
	}
	return m, nil
}

// check refuses what a key could not be made of.
func (m Model) check() error {
	switch {
	case m.Name == "":
		return errors.New("it has no name")
	case !slices.Contains([]string{"", formatPacked, formatSelf, formatNone}, m.Attestation.Format):
		return fmt.Errorf("attestation cannot be %q: say packed, self or none", m.Attestation.Format)
	case !slices.Contains(serialForms, m.Serial):
		return fmt.Errorf("the serial cannot be %q: say one of %q", m.Serial, serialForms)
	case m.Residents < 0 || m.Timing.ResetWindow < 0 || m.Timing.TouchTimeout < 0:
		return errors.New("a number is negative")
	}
	for s, ms := range m.Timing.Steps {
		if !slices.Contains(steps, s) || ms < 0 {
			return fmt.Errorf("there is no step %q that takes %d ms", s, ms)
		}
	}
	for _, p := range m.protocols() {
		if p != int(ctap.PINProtocolOne) && p != int(ctap.PINProtocolTwo) {
			return fmt.Errorf("PIN/UV auth protocol %d is none that a software key speaks", p)
		}
	}
	for _, v := range m.Vendor {
		if err := v.check(); err != nil {
			return err
		}
	}
	_, err := members(m.GetInfo)
	return err
}

// cannotOptions and cannotExtensions are what a software key leaves out of a getInfo: it has no fingerprint reader, no
// large blobs and no storage for what other extensions keep.
var (
	cannotOptions = []string{ctap.OptionUV, ctap.OptionBioEnroll, ctap.OptionLargeBlobs, ctap.OptionUVAcfg, "uvBioEnroll",
		"uvToken", "userVerificationMgmtPreview", "perCredMgmtRO"}
	canExtensions = []string{ctap.ExtCredProtect, ctap.ExtHMACSecret, ctap.ExtMinPINLength}
	canAlgorithms = []int{ctap.AlgES256}
)

// LeftOut names what of the model's getInfo a software key cannot do and therefore does not say.
func (m Model) LeftOut() []string {
	var out []string
	for _, o := range slices.Sorted(maps.Keys(m.GetInfo.Options)) {
		if slices.Contains(cannotOptions, o) {
			out = append(out, "option "+o)
		}
	}
	for _, e := range m.GetInfo.Extensions {
		if !slices.Contains(canExtensions, e) {
			out = append(out, "extension "+e)
		}
	}
	for _, p := range m.GetInfo.Algorithms {
		if !slices.Contains(canAlgorithms, p.Alg) {
			out = append(out, "algorithm "+ctap.AlgorithmName(p.Alg))
		}
	}
	return out
}

// honest is the model without what LeftOut names.
func (m Model) honest() Model {
	i := m.GetInfo
	if i.Options != nil {
		i.Options = maps.Clone(i.Options)
		maps.DeleteFunc(i.Options, func(name string, _ bool) bool { return slices.Contains(cannotOptions, name) })
	}
	i.Extensions = slices.DeleteFunc(slices.Clone(i.Extensions), func(e string) bool { return !slices.Contains(canExtensions, e) })
	i.Algorithms = slices.DeleteFunc(slices.Clone(i.Algorithms), func(p ctap.CredentialParameter) bool { return !slices.Contains(canAlgorithms, p.Alg) })
	m.GetInfo = i
	return m
}

// speaksCTAP2 reports whether there is a getInfo at all.
func (m Model) speaksCTAP2() bool { return len(m.GetInfo.Versions) > 0 }

// speaksU2F reports whether CTAP1 is served, alwaysUv or not.
func (m Model) speaksU2F() bool { return !m.speaksCTAP2() || m.GetInfo.Supports(ctap.VersionU2F) }

// since21 reports whether the key speaks CTAP 2.1 or later.
func (m Model) since21() bool {
	return slices.ContainsFunc([]string{ctap.VersionFIDO21, ctap.VersionFIDO22, ctap.VersionFIDO23}, m.GetInfo.Supports)
}

// permissions reports whether tokens have permissions (CTAP 2.1 §6.5.5.7.2).
func (m Model) permissions() bool { return m.GetInfo.Options[ctap.OptionPINUVAuthToken] }

// protocols are the PIN/UV auth protocols; a key that names none has the first.
func (m Model) protocols() []int {
	if len(m.GetInfo.PINUVAuthProtocols) == 0 {
		return []int{int(ctap.PINProtocolOne)}
	}
	return m.GetInfo.PINUVAuthProtocols
}

// residents is how many discoverable credentials fit.
func (m Model) residents() int {
	const usual = 25
	switch n := m.GetInfo.RemainingDiscoverableCredentials; {
	case n != nil:
		return *n
	case m.Residents > 0:
		return m.Residents
	}
	return usual
}

// maxMessage is maxMsgSize (CTAP 2.1 §6.4).
func (m Model) maxMessage() int {
	const standard = 1024
	if m.GetInfo.MaxMsgSize == 0 {
		return standard
	}
	return m.GetInfo.MaxMsgSize
}

// tooMany reports whether a list of credentials is longer than maxCredentialCountInList (CTAP 2.1 §6.4); a key that
// does not say takes what fits into a message.
func (m Model) tooMany(list []ctap.Descriptor) bool {
	limit := m.GetInfo.MaxCredentialCountInList
	return limit > 0 && len(list) > limit
}

// capabilities is the byte of CTAPHID_INIT (CTAP 2.1 §11.2.9.1.3); u2f says whether CTAP1 is served now.
func (m Model) capabilities(u2f bool) ctaphid.Capabilities {
	c := m.HID.Capabilities
	if c == 0 {
		c = ctaphid.CapWink
	}
	if m.speaksCTAP2() {
		c |= ctaphid.CapCBOR
	}
	if u2f {
		return c &^ ctaphid.CapNMSG
	}
	return c | ctaphid.CapNMSG
}

// version is the device version of CTAPHID_INIT.
func (m Model) version() [3]byte {
	if m.HID.Version == [3]byte{} {
		return [3]byte{1, 0, 0}
	}
	return m.HID.Version
}

// expand reads hexadecimal in which names in braces stand for bytes.
func expand(template string, with map[string][]byte) ([]byte, error) {
	for name, value := range with {
		template = strings.ReplaceAll(template, "{"+name+"}", hex.EncodeToString(value))
	}
	return hex.DecodeString(strings.ReplaceAll(template, " ", ""))
}
