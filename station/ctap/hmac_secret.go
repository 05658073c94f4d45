package ctap

import "github.com/fxamacker/cbor/v2"

// HMACSecretInput is the input of the extension hmac-secret to getAssertion (CTAP 2.1 §12.5).
type HMACSecretInput struct {
	KeyAgreement      cbor.RawMessage `cbor:"1,keyasint"`
	SaltEnc           []byte          `cbor:"2,keyasint"`
	SaltAuth          []byte          `cbor:"3,keyasint"`
	PINUVAuthProtocol int             `cbor:"4,keyasint,omitempty"` // left out: protocol one
}

// HMACSaltSize is the length of a salt of hmac-secret and of what comes of it; there are one or two.
const HMACSaltSize = 32
