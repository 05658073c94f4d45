package attest

import (
	"github.com/fxamacker/cbor/v2"

	"keystation/station/ctap"
)

// none is the format "none" (WebAuthn §8.7): an empty statement, which proves
// nothing and contradicts nothing. Browsers put it in place of real statements.
func (h *hearing) none() {
	h.Type = TypeNone
	var members map[string]cbor.RawMessage
	if err := ctap.Decode(h.object.Statement, &members); err != nil || len(members) > 0 {
		h.find(StatementNotEmpty, "The attestation says \"none\" and yet has a statement, which the standard forbids.")
		return
	}
	h.find(NoneGiven, "The key gave no attestation, so nothing proves its model.")
}
