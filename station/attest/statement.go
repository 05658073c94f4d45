package attest

import (
	"crypto/x509"
	"encoding/asn1"

	"github.com/fxamacker/cbor/v2"

	"keystation/station/ctap"
)

// statement is the attestation statement of packed and fido-u2f (WebAuthn §8.2,
// §8.6). Raw members tell "missing" from "empty".
type statement struct {
	Alg *int            `cbor:"alg"` // packed only
	Sig []byte          `cbor:"sig"`
	X5C cbor.RawMessage `cbor:"x5c"`
}

// readStatement decodes the statement, and its certificates when it has an x5c.
// An x5c that is there must have at least one (WebAuthn §8.2: attestnCert is not
// optional).
func (h *hearing) readStatement() (x5c [][]byte, ok bool) {
	if err := ctap.Decode(h.object.Statement, &h.statement); err != nil {
		h.find(MalformedStatement, "The attestation statement does not have the form of %s (%v).", h.Format, err)
		return nil, false
	}
	if len(h.statement.Sig) == 0 {
		h.find(MalformedStatement, "The attestation statement has no signature, which the format %s demands.", h.Format)
		return nil, false
	}
	if h.statement.X5C == nil {
		return nil, true
	}
	if err := ctap.Decode(h.statement.X5C, &x5c); err != nil || len(x5c) == 0 {
		h.find(MalformedStatement, "The attestation statement has an x5c that is not a list of certificates.")
		return nil, false
	}
	return x5c, true
}

// leaf reads the attestation certificate. One that is no DER sequence at all is a
// malformed statement; one that Go's parser is too strict for (real keys have
// negative serial numbers, for instance) is no evidence against the key.
func (h *hearing) leaf(der []byte) (*x509.Certificate, bool) {
	if mended, ok := mendUnusedBits(der); ok {
		h.find(Repaired, "The certificate is one of the early Yubico U2F certificates with a wrong byte before the signature; it was read with that byte set right.")
		der = mended
	}
	cert, facts, err := h.memo.leaf(der)
	if err == nil {
		h.Facts = facts
		return cert, true
	}
	var any asn1.RawValue
	if rest, bad := asn1.Unmarshal(der, &any); bad != nil || len(rest) > 0 || any.Tag != asn1.TagSequence {
		h.find(MalformedStatement, "The attestation certificate is not a certificate.")
		return nil, false
	}
	h.find(UnreadableCertificate, "The attestation certificate cannot be read (%v), so the signature was not checked.", err)
	return nil, false
}

// signedBytes is authenticator data followed by the client data hash, what packed
// signatures are over (WebAuthn §8.2).
func (h *hearing) signedBytes() []byte {
	return append(append([]byte(nil), h.object.AuthData...), h.evidence.ClientDataHash...)
}
