package station

import (
	"context"
	"fmt"

	"keystation/inventory"
	"keystation/station/ctap"
)

// openKey opens what is plugged in at the run's port and asks it what it is. The bench has at most one handle per key.
func (r *run) openKey(ctx context.Context) error {
	r.closeKey()
	port, err := r.b.cfg.Bus.At(ctx, r.port.ID)
	if err != nil {
		return fmt.Errorf("look at port %s: %w", r.port.ID, err)
	}
	auth, err := r.b.cfg.Open(ctx, port.Path, r.heard)
	if err != nil {
		return fmt.Errorf("open key: %w", err)
	}
	info, err := auth.Info(ctx)
	if err != nil {
		_ = auth.Close() // the fault that is told is the first one
		return fmt.Errorf("ask key: %w", err)
	}
	r.port, r.auth, r.info = port, auth, info
	return nil
}

// closeKey gives the key back. What Close has to say changes nothing: the handle is gone either way.
func (r *run) closeKey() {
	if r.auth == nil {
		return
	}
	if err := r.auth.Close(); err != nil {
		r.log("close key", err)
	}
	r.auth = nil
}

// heard shows that the key waits for a touch, and that it has it. It is called while the key works, from any
// goroutine, and does not block.
func (r *run) heard(k ctap.Keepalive) { r.b.heard(r.port.ID, k) }

// reopened confirms an act on a fresh handle: what a key answered on the old one is not believed.
func (r *run) reopened(ctx context.Context, ok func(ctap.Info) bool, otherwise string) error {
	if err := r.openKey(ctx); err != nil {
		return err
	}
	if ok(r.info) {
		return nil
	}
	return aside(otherwise, "Plug it in again and make it anew; if it happens again, return it to the supplier.")
}

// sameKey refuses to go on with another key than the one that the run began with: model, firmware and capabilities
// must be equal (what a reset changes is left out), and the port carries the rest of the proof.
func (r *run) sameKey(fingerprint string) error {
	if r.info.Fingerprint() == fingerprint {
		return nil
	}
	return waited("Another key was plugged in at %s. Plug the first one in again, or pull this one and start over.", r.port.Title())
}

// answersTag tells if the key answers to a tag credential without a touch, and rightly. An answer whose signature does
// not verify is undecided: not this key, but no proof of a swap either.
func (r *run) answersTag(ctx context.Context, reg inventory.Registration, pin inventory.PIN) (bool, error) {
	hash, err := r.b.nonce()
	if err != nil {
		return false, err
	}
	a, err := r.auth.Assert(ctx, RequestOptions{RPID: reg.RPID, ClientDataHash: hash, AllowCredential: [][]byte{reg.CredentialID}}, pin)
	if err != nil {
		if refusedByKey(err) {
			return false, nil
		}
		return false, fmt.Errorf("ask for the tag: %w", err)
	}
	return verifies(reg, a, hash), nil
}

// verifies checks an assertion with the public key of its registration (WebAuthn §7.2 steps 15 and 20).
func verifies(reg inventory.Registration, a Assertion, hash []byte) bool {
	data, err := ctap.ParseAuthData(a.AuthData)
	if err != nil || data.RPIDHash != rpIDHash(reg.RPID) {
		return false
	}
	return ctap.VerifySignature(reg.PublicKey, append(append([]byte{}, a.AuthData...), hash...), a.Signature) == nil
}
