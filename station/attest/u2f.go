package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"

	"keystation/station/ctap"
)

// fidoU2F verifies the format "fido-u2f" (WebAuthn §8.6), which U2F keys speak.
// The certificate rules of §8.2.1 are not for it: its certificates may lack the
// subject fields, and may name an AAGUID while the authenticator data name none.
func (h *hearing) fidoU2F() {
	x5c, ok := h.readStatement()
	if !ok {
		return
	}
	// Step 2: "Check that x5c has exactly one element."
	if len(x5c) != 1 {
		h.find(MalformedStatement, "The statement has %d certificates, but the format fido-u2f demands exactly one.", len(x5c))
		return
	}
	h.Type = TypeBasicFull
	cert, ok := h.leaf(x5c[0])
	if !ok {
		return
	}
	// Step 2: "If certificate public key is not an Elliptic Curve (EC) public key
	// over the P-256 curve, terminate this algorithm and return an appropriate error."
	if pub, ec := cert.PublicKey.(*ecdsa.PublicKey); !ec || pub.Curve != elliptic.P256() {
		h.find(WrongKey, "The attestation certificate's key is not on the curve P-256, which the format fido-u2f demands.")
		return
	}
	h.u2fSignature(cert.PublicKey)
	h.follow(cert, nil)
}

// u2fSignature is steps 3 to 6 of §8.6.
func (h *hearing) u2fSignature(attestationKey any) {
	point, ok := h.u2fPoint()
	if !ok || !h.checkable() {
		return
	}
	// Step 5: verificationData is 0x00 || rpIdHash || clientDataHash || credentialId || publicKeyU2F.
	signed := []byte{0}
	for _, part := range [][]byte{h.auth.RPIDHash[:], h.evidence.ClientDataHash, h.CredentialID, point} {
		signed = append(signed, part...)
	}
	h.signature(attestationKey, ctap.AlgES256, signed)
}

// u2fPoint is step 4 of §8.6: the credential's key as an uncompressed point
// (ANSI X9.62), 65 bytes.
func (h *hearing) u2fPoint() ([]byte, bool) {
	key, _, err := ctap.ParsePublicKey(h.PublicKey)
	if errors.Is(err, ctap.ErrAlgorithm) {
		h.find(NotChecked, "The signature was not checked, because the credential's algorithm is not supported.")
		return nil, false
	}
	pub, ec := key.(*ecdsa.PublicKey)
	if err != nil || !ec || pub.Curve != elliptic.P256() {
		h.find(WrongCredentialKey, "The public key of the credential is not on the curve P-256, which the format fido-u2f demands.")
		return nil, false
	}
	point, err := pub.Bytes()
	if err != nil {
		h.find(WrongCredentialKey, "The public key of the credential cannot be read (%v).", err)
		return nil, false
	}
	return point, true
}
