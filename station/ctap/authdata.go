package ctap

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Flags is the flags byte of authenticator data (WebAuthn §6.1).
type Flags byte

// The flags of WebAuthn §6.1.
const (
	FlagUP Flags = 1 << 0 // the person was present
	FlagUV Flags = 1 << 2 // the person was verified
	FlagBE Flags = 1 << 3 // the credential may be backed up
	FlagBS Flags = 1 << 4 // the credential is backed up
	FlagAT Flags = 1 << 6 // attested credential data follow
	FlagED Flags = 1 << 7 // extension data follow
)

// UP reports user presence.
func (f Flags) UP() bool { return f&FlagUP != 0 }

// UV reports user verification.
func (f Flags) UV() bool { return f&FlagUV != 0 }

// AT reports that attested credential data are included.
func (f Flags) AT() bool { return f&FlagAT != 0 }

// ED reports that extension data are included.
func (f Flags) ED() bool { return f&FlagED != 0 }

// MaxCredentialID is the longest credential id there may be (WebAuthn §5.1, §7.1).
const MaxCredentialID = 1023

// AttestedCredential is the credential an authenticator has just made (WebAuthn §6.5.1).
type AttestedCredential struct {
	AAGUID    AAGUID
	ID        []byte
	PublicKey []byte // the COSE key, bytes as received
}

// AuthData is authenticator data (WebAuthn §6.1). What is signed is the bytes it was
// parsed from, so keep those too.
type AuthData struct {
	RPIDHash   [32]byte
	Flags      Flags
	Counter    uint32
	Credential *AttestedCredential // nil unless Flags.AT
	Extensions []byte              // the CBOR map of extension outputs, bytes as received; nil unless Flags.ED
}

// ParseAuthData reads authenticator data and shares no memory with b. Bytes left over
// are an error.
func ParseAuthData(b []byte) (AuthData, error) {
	const head = 32 + 1 + 4
	if len(b) < head {
		return AuthData{}, fmt.Errorf("parse authenticator data: %d bytes are fewer than %d", len(b), head)
	}
	if len(b) > maxCBOR {
		return AuthData{}, fmt.Errorf("parse authenticator data: %d bytes are more than the limit of %d", len(b), maxCBOR)
	}
	d := AuthData{Flags: Flags(b[32]), Counter: binary.BigEndian.Uint32(b[33:])}
	copy(d.RPIDHash[:], b)
	rest := b[head:]
	var err error
	if d.Flags.AT() {
		if d.Credential, rest, err = parseAttested(rest); err != nil {
			return AuthData{}, fmt.Errorf("parse authenticator data: %w", err)
		}
	}
	if d.Flags.ED() {
		if d.Extensions, rest, err = mapItem(rest, "extension data"); err != nil {
			return AuthData{}, fmt.Errorf("parse authenticator data: %w", err)
		}
	}
	if len(rest) > 0 {
		return AuthData{}, fmt.Errorf("parse authenticator data: %d bytes are left over", len(rest))
	}
	return d, nil
}

func parseAttested(b []byte) (*AttestedCredential, []byte, error) {
	const head = 16 + 2
	if len(b) < head {
		return nil, nil, fmt.Errorf("attested credential data end early")
	}
	n := int(binary.BigEndian.Uint16(b[16:]))
	if n > MaxCredentialID {
		return nil, nil, fmt.Errorf("the credential id has %d bytes, more than %d", n, MaxCredentialID)
	}
	if len(b) < head+n {
		return nil, nil, fmt.Errorf("the credential id ends early")
	}
	c := &AttestedCredential{ID: bytes.Clone(b[head : head+n])}
	copy(c.AAGUID[:], b)
	var rest []byte
	var err error
	if c.PublicKey, rest, err = mapItem(b[head+n:], "the public key"); err != nil {
		return nil, nil, err
	}
	return c, rest, nil
}

// mapItem takes a CBOR map off b.
func mapItem(b []byte, what string) (first, rest []byte, err error) {
	if !isMap(b) {
		return nil, nil, fmt.Errorf("%s: not a CBOR map", what)
	}
	if first, rest, err = item(b); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", what, err)
	}
	return first, rest, nil
}

// Encode writes the authenticator data. Flags AT and ED must agree with what is set.
func (d AuthData) Encode() []byte {
	b := append([]byte(nil), d.RPIDHash[:]...)
	b = append(b, byte(d.Flags))
	b = binary.BigEndian.AppendUint32(b, d.Counter)
	if c := d.Credential; c != nil {
		b = append(b, c.AAGUID[:]...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(c.ID)))
		b = append(b, c.ID...)
		b = append(b, c.PublicKey...)
	}
	return append(b, d.Extensions...)
}
