package ctap

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// AttestationObject is the outer layer of an attestation (WebAuthn §6.5.4). Statement
// and AuthData are bytes as received, because signatures are over them.
type AttestationObject struct {
	Format    string // packed, fido-u2f, none, …
	AuthData  []byte
	Statement []byte // the CBOR map of the attestation statement
}

// attestationWire holds both spellings: WebAuthn's text keys and the integer keys of
// the makeCredential answer (CTAP 2.1 §6.1.2).
type attestationWire struct {
	Format    string          `cbor:"fmt"`
	Statement cbor.RawMessage `cbor:"attStmt"`
	AuthData  []byte          `cbor:"authData"`

	CTAPFormat    string          `cbor:"1,keyasint"`
	CTAPAuthData  []byte          `cbor:"2,keyasint"`
	CTAPStatement cbor.RawMessage `cbor:"3,keyasint"`
}

// ParseAttestationObject reads a WebAuthn attestation object, or the answer of
// makeCredential. It does not look inside the authenticator data or the statement.
func ParseAttestationObject(b []byte) (AttestationObject, error) {
	if !isMap(b) {
		return AttestationObject{}, fmt.Errorf("parse attestation object: not a CBOR map")
	}
	var w attestationWire
	if err := Decode(b, &w); err != nil {
		return AttestationObject{}, fmt.Errorf("parse attestation object: %w", err)
	}
	o := AttestationObject{Format: w.Format, AuthData: w.AuthData, Statement: w.Statement}
	if o.Format == "" && o.AuthData == nil && o.Statement == nil {
		o = AttestationObject{Format: w.CTAPFormat, AuthData: w.CTAPAuthData, Statement: w.CTAPStatement}
		if o.Format == "none" && o.Statement == nil { // some keys leave out what has nothing in it
			o.Statement = []byte{0xA0}
		}
	}
	switch {
	case o.Format == "":
		return AttestationObject{}, fmt.Errorf("parse attestation object: the format is missing")
	case len(o.AuthData) == 0:
		return AttestationObject{}, fmt.Errorf("parse attestation object: the authenticator data are missing")
	case !isMap(o.Statement):
		return AttestationObject{}, fmt.Errorf("parse attestation object: the statement is missing or not a map")
	}
	return o, nil
}

// Encode writes the WebAuthn form in canonical key order. The statement's bytes are
// kept, canonical or not, so what was signed and what is stored stay the same.
func (o AttestationObject) Encode() ([]byte, error) {
	if !isMap(o.Statement) {
		return nil, fmt.Errorf("encode attestation object: the statement is not a CBOR map")
	}
	b := []byte{0xA3} // a map of three
	for _, part := range []any{"fmt", o.Format, "attStmt", rawItem(o.Statement), "authData", o.AuthData} {
		raw, ok := part.(rawItem)
		if !ok {
			var err error
			if raw, err = Encode(part); err != nil {
				return nil, fmt.Errorf("encode attestation object: %w", err)
			}
		}
		b = append(b, raw...)
	}
	return b, nil
}

// rawItem is CBOR that is written as it is.
type rawItem []byte

// PackedStatement is the statement of the packed format (WebAuthn §8.2). X5C is empty
// for self attestation.
type PackedStatement struct {
	Alg int      `cbor:"alg"`
	Sig []byte   `cbor:"sig"`
	X5C [][]byte `cbor:"x5c,omitempty"`
}
