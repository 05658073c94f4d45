package ctap

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// CredentialParameter is a pair of credential type and COSE algorithm, as getInfo and
// makeCredential list them (WebAuthn §5.3).
type CredentialParameter struct {
	Type string `cbor:"type"`
	Alg  int    `cbor:"alg"`
}

// Info is the answer to authenticatorGetInfo (CTAP 2.1 §6.4; members from 0x16 on are
// CTAP 2.2's and 2.3's). A member that the authenticator left out is the zero value,
// or nil where zero means something else. [Info.Option] reads the three-state options.
type Info struct {
	Versions                         []string              `cbor:"1,keyasint,omitempty"`
	Extensions                       []string              `cbor:"2,keyasint,omitempty"`
	AAGUID                           AAGUID                `cbor:"3,keyasint"`
	Options                          map[string]bool       `cbor:"4,keyasint,omitempty"`
	MaxMsgSize                       int                   `cbor:"5,keyasint,omitempty"`
	PINUVAuthProtocols               []int                 `cbor:"6,keyasint,omitempty"`
	MaxCredentialCountInList         int                   `cbor:"7,keyasint,omitempty"`
	MaxCredentialIDLength            int                   `cbor:"8,keyasint,omitempty"`
	Transports                       []string              `cbor:"9,keyasint,omitempty"`
	Algorithms                       []CredentialParameter `cbor:"10,keyasint,omitempty"`
	MaxSerializedLargeBlobArray      int                   `cbor:"11,keyasint,omitempty"`
	ForcePINChange                   bool                  `cbor:"12,keyasint,omitempty"`
	MinPINLength                     int                   `cbor:"13,keyasint,omitempty"` // 0: not said, see MinPIN
	FirmwareVersion                  uint64                `cbor:"14,keyasint,omitempty"`
	MaxCredBlobLength                int                   `cbor:"15,keyasint,omitempty"`
	MaxRPIDsForSetMinPINLength       *int                  `cbor:"16,keyasint,omitempty"` // 0: the list cannot be set
	PreferredPlatformUVAttempts      int                   `cbor:"17,keyasint,omitempty"`
	UVModality                       uint64                `cbor:"18,keyasint,omitempty"`
	Certifications                   map[string]int        `cbor:"19,keyasint,omitempty"`
	RemainingDiscoverableCredentials *int                  `cbor:"20,keyasint,omitempty"`
	VendorPrototypeConfigCommands    []uint64              `cbor:"21,keyasint,omitempty"`
	AttestationFormats               []string              `cbor:"22,keyasint,omitempty"` // none: packed
	UVCountSinceLastPINEntry         int                   `cbor:"23,keyasint,omitempty"`
	LongTouchForReset                bool                  `cbor:"24,keyasint,omitempty"`
	EncIdentifier                    []byte                `cbor:"25,keyasint,omitempty"`
	TransportsForReset               []string              `cbor:"26,keyasint,omitempty"`
	PINComplexityPolicy              bool                  `cbor:"27,keyasint,omitempty"`
	PINComplexityPolicyURL           []byte                `cbor:"28,keyasint,omitempty"` // a byte string in CTAP 2.2
	MaxPINLength                     int                   `cbor:"29,keyasint,omitempty"` // 0: not said, see MaxPIN
	EncCredStoreState                []byte                `cbor:"30,keyasint,omitempty"`
	AuthenticatorConfigCommands      []uint64              `cbor:"31,keyasint,omitempty"`

	// Raw is what was parsed, as received. It is not part of what Encode writes.
	Raw []byte `cbor:"-"`
}

// ParseInfo reads the CBOR of a getInfo answer (without the status byte). The order of
// the members does not matter and unknown ones are skipped; a member of the wrong type
// is an error, and then the Info is the zero value.
func ParseInfo(b []byte) (Info, error) {
	if !isMap(b) {
		return Info{}, fmt.Errorf("parse getInfo: the answer is not a CBOR map")
	}
	var info Info
	if err := Decode(b, &info); err != nil {
		return Info{}, fmt.Errorf("parse getInfo: %w", err)
	}
	if err := info.check(); err != nil {
		return Info{}, fmt.Errorf("parse getInfo: %w", err)
	}
	info.Raw = bytes.Clone(b)
	return info, nil
}

// maxCount bounds every number in getInfo that this program may do arithmetic with.
const maxCount = 1 << 31

func (i Info) check() error {
	if len(i.Versions) == 0 {
		return fmt.Errorf("the versions are missing") // CTAP 2.1 §6.4: required
	}
	numbers := []struct {
		member byte
		value  int
	}{
		{0x05, i.MaxMsgSize}, {0x07, i.MaxCredentialCountInList}, {0x08, i.MaxCredentialIDLength},
		{0x0B, i.MaxSerializedLargeBlobArray}, {0x0D, i.MinPINLength}, {0x0F, i.MaxCredBlobLength},
		{0x10, deref(i.MaxRPIDsForSetMinPINLength)}, {0x11, i.PreferredPlatformUVAttempts},
		{0x14, deref(i.RemainingDiscoverableCredentials)}, {0x17, i.UVCountSinceLastPINEntry}, {0x1D, i.MaxPINLength},
	}
	for _, n := range numbers {
		if n.value < 0 || n.value > maxCount {
			return fmt.Errorf("member 0x%02X is %d, which is out of range", n.member, n.value)
		}
	}
	return nil
}

func deref(p *int) int {
	if p == nil {
		return 0
	}
	return *p
}

// Encode writes the Info in CTAP2 canonical CBOR. Members with the zero value are left
// out.
func (i Info) Encode() ([]byte, error) { return Encode(i) }

// MarshalText writes the Info's CBOR in hexadecimal, as it was received where it was, so that JSON keeps every member.
func (i Info) MarshalText() ([]byte, error) {
	b := i.Raw
	if b == nil {
		var err error
		if b, err = i.Encode(); err != nil {
			return nil, err
		}
	}
	return hex.AppendEncode(nil, b), nil
}

// UnmarshalText reads what MarshalText writes.
func (i *Info) UnmarshalText(text []byte) error {
	b, err := hex.AppendDecode(nil, text)
	if err != nil {
		return fmt.Errorf("parse getInfo: not hexadecimal: %w", err)
	}
	parsed, err := ParseInfo(b)
	if err != nil {
		return err
	}
	*i = parsed
	return nil
}

// MarshalCBOR writes an AAGUID as the byte string it is.
func (a AAGUID) MarshalCBOR() ([]byte, error) { return cbor.Marshal(a[:]) }

// UnmarshalCBOR reads a byte string of exactly 16 bytes.
func (a *AAGUID) UnmarshalCBOR(b []byte) error {
	var raw []byte
	if err := cbor.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("decode AAGUID: %w", err)
	}
	if len(raw) != len(a) {
		return fmt.Errorf("decode AAGUID: %d bytes instead of 16", len(raw))
	}
	copy(a[:], raw)
	return nil
}
