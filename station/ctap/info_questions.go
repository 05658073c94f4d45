package ctap

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Bounds of a PIN when the authenticator does not say (CTAP 2.1 §6.4 and §6.5.1).
const (
	DefaultMinPIN = 4  // code points
	DefaultMaxPIN = 63 // bytes of UTF-8
)

// Option reads one of the three-state options: supported is false when the
// authenticator does not name it, on is its value.
func (i Info) Option(name string) (on, supported bool) {
	on, supported = i.Options[name]
	return on, supported
}

// SupportsPIN reports whether the authenticator can have a PIN at all.
func (i Info) SupportsPIN() bool { _, ok := i.Option(OptionClientPIN); return ok }

// SpeaksPINProtocol reports whether a PIN can be brought to the authenticator: it lists protocol one or two. CTAP 2.0
// leaves the list optional; without it nobody can tell, and libfido2 does not try.
func (i Info) SpeaksPINProtocol() bool {
	return slices.ContainsFunc(i.PINUVAuthProtocols, func(p int) bool {
		return PINProtocol(p) == PINProtocolOne || PINProtocol(p) == PINProtocolTwo
	})
}

// ResetsOverUSB reports whether the authenticator can be reset over USB, as far as it says (CTAP 2.2 §6.4 member 0x1A
// is optional; without it every transport will do).
func (i Info) ResetsOverUSB() bool {
	return i.TransportsForReset == nil || slices.Contains(i.TransportsForReset, "usb")
}

// HasPIN reports whether a PIN is set.
func (i Info) HasPIN() bool { return i.Options[OptionClientPIN] }

// AlwaysUV reports whether every use with a touch also asks for user verification.
func (i Info) AlwaysUV() bool { return i.Options[OptionAlwaysUV] }

// CanConfigure reports whether authenticatorConfig can be used.
func (i Info) CanConfigure() bool { return i.Options[OptionAuthnrCfg] }

// CanSetMinPINLength reports whether the minimum PIN length can be raised.
func (i Info) CanSetMinPINLength() bool {
	return i.CanConfigure() && i.Options[OptionSetMinPINLength]
}

// CanForcePINChange reports whether the holder can be made to change the PIN.
// CTAP 2.1 §6.11.4: forceChangePin is a parameter of setMinPINLength.
func (i Info) CanForcePINChange() bool { return i.CanSetMinPINLength() }

// CanEnterpriseAttest reports whether enterprise attestation exists on this key, on or
// off.
func (i Info) CanEnterpriseAttest() bool { _, ok := i.Option(OptionEP); return ok }

// EnterpriseAttest reports whether enterprise attestation is switched on.
func (i Info) EnterpriseAttest() bool { return i.Options[OptionEP] }

// Has reports whether the extension is supported.
func (i Info) Has(extension string) bool { return slices.Contains(i.Extensions, extension) }

// Supports reports whether the version is among those the authenticator speaks.
func (i Info) Supports(version string) bool { return slices.Contains(i.Versions, version) }

// Makes reports whether credentials of this algorithm can be made, as far as the authenticator says: one that lists no
// algorithms may (CTAP 2.1 §6.4 member 0x0A is optional).
func (i Info) Makes(alg int) bool {
	return len(i.Algorithms) == 0 || slices.ContainsFunc(i.Algorithms, func(p CredentialParameter) bool {
		return p.Type == PublicKeyCredential && p.Alg == alg
	})
}

// MinPIN is the shortest PIN allowed, in code points.
func (i Info) MinPIN() int {
	if i.MinPINLength == 0 {
		return DefaultMinPIN
	}
	return i.MinPINLength
}

// MaxPIN is the longest PIN allowed, in bytes of UTF-8 until CTAP 2.2 and in code
// points since.
func (i Info) MaxPIN() int {
	if i.MaxPINLength == 0 || i.MaxPINLength > DefaultMaxPIN {
		return DefaultMaxPIN
	}
	return i.MaxPINLength
}

// Firmware shows the firmware version: "" when the key does not say, a dotted version
// where the number is packed as three bytes, as many vendors do, else a decimal.
// The standard leaves the number's meaning to the vendor.
func (i Info) Firmware() string {
	v := i.FirmwareVersion
	switch {
	case v == 0:
		return ""
	case v >= 0x10000 && v <= 0xFFFFFF:
		return fmt.Sprintf("%d.%d.%d", v>>16, v>>8&0xFF, v&0xFF)
	}
	return strconv.FormatUint(v, 10)
}

// volatileOptions are those a reset, a PIN, a fingerprint or authenticatorConfig changes.
var volatileOptions = []string{OptionClientPIN, OptionEP, OptionAlwaysUV, OptionMakeCredUVNotRqd,
	OptionUV, OptionBioEnroll, "userVerificationMgmtPreview"}

// Fingerprint is a hash over the members that neither a reset nor a call changes. Two
// keys of one model and firmware have the same fingerprint: it can prove that a key is
// another one, never alone that it is the same.
func (i Info) Fingerprint() string {
	s := i
	s.Options = maps.Clone(i.Options)
	for _, o := range volatileOptions {
		delete(s.Options, o)
	}
	// CTAP 2.1 §7.2: alwaysUv takes U2F_V2 out of the versions on keys that
	// cannot protect U2F, and a reset puts it back.
	s.Versions = slices.DeleteFunc(slices.Clone(i.Versions), func(v string) bool { return v == VersionU2F })
	s.ForcePINChange, s.MinPINLength = false, 0
	s.RemainingDiscoverableCredentials, s.UVCountSinceLastPINEntry = nil, 0
	s.EncIdentifier, s.EncCredStoreState = nil, nil
	b, err := s.Encode()
	if err != nil {
		return "" // an Info is made of values that always encode
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
