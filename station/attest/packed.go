package attest

import (
	"errors"

	"keystation/station/ctap"
)

// packed verifies the format "packed" (WebAuthn §8.2), which every FIDO2 key
// speaks, with certificates or as self attestation.
func (h *hearing) packed() {
	x5c, ok := h.readStatement()
	if !ok {
		return
	}
	if h.statement.Alg == nil {
		h.find(MalformedStatement, "The attestation statement names no algorithm, which the format packed demands.")
		return
	}
	if x5c == nil {
		h.packedSelf()
		return
	}
	h.packedFull(x5c)
}

// packedFull is WebAuthn §8.2, verification procedure, "If x5c is present".
func (h *hearing) packedFull(x5c [][]byte) {
	h.Type = TypeBasicFull
	cert, ok := h.leaf(x5c[0])
	if !ok {
		return
	}
	// "Verify that sig is a valid signature over the concatenation of
	// authenticatorData and clientDataHash using the attestation public key in
	// attestnCert with the algorithm specified in alg."
	if h.checkable() {
		h.signature(cert.PublicKey, *h.statement.Alg, h.signedBytes())
	}
	h.Reasons = append(h.Reasons, packedCertificateFaults(cert, h.AAGUID)...)
	h.follow(cert, x5c[1:])
}

// packedSelf is WebAuthn §8.2, verification procedure, "If x5c is not present":
// the credential vouches for itself, so anything can make one.
func (h *hearing) packedSelf() {
	h.Type = TypeSelf
	h.find(SelfSigned, "The key vouches for itself only (self attestation), which does not prove its model.")
	key, alg, err := ctap.ParsePublicKey(h.PublicKey)
	if errors.Is(err, ctap.ErrAlgorithm) {
		h.find(NotChecked, "The signature was not checked, because %s is not supported.", ctap.AlgorithmName(*h.statement.Alg))
		return
	}
	if err != nil {
		h.find(WrongCredentialKey, "The public key of the credential cannot be read (%v).", err)
		return
	}
	// "Validate that alg matches the algorithm of the credentialPublicKey."
	if alg != *h.statement.Alg {
		h.find(WrongAlgorithm, "The statement is signed with %s, but the credential is for %s.",
			ctap.AlgorithmName(*h.statement.Alg), ctap.AlgorithmName(alg))
		return
	}
	if h.checkable() {
		h.signature(key, alg, h.signedBytes())
	}
}
