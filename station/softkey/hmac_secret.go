package softkey

import (
	"crypto/hmac"
	"crypto/sha256"

	"keystation/station/ctap"
)

// salts are what hmac-secret was asked about in an assertion, and how the answer is encrypted.
type salts struct {
	plain    []byte // one salt or two; nil: not asked
	protocol ctap.PINProtocol
	secret   []byte // shared with the platform
}

// hmacInput reads the extension's input (CTAP 2.1 §12.5). Nobody is told a secret without being there.
func (a *authenticator) hmacInput(g *assertion) error {
	in := g.req.Extensions.HMACSecret
	if in == nil || !a.model.GetInfo.Has(ctap.ExtHMACSecret) {
		return nil
	}
	if !g.present {
		return ctap.ErrUnsupportedOption
	}
	if in.KeyAgreement == nil || in.SaltEnc == nil || in.SaltAuth == nil {
		return ctap.ErrMissingParameter
	}
	req := ctap.ClientPINRequest{PINUVAuthProtocol: in.PINUVAuthProtocol, KeyAgreement: in.KeyAgreement}
	if req.PINUVAuthProtocol == 0 { // left out, it is one
		req.PINUVAuthProtocol = int(ctap.PINProtocolOne)
	}
	p, secret, err := a.secret(req)
	if err != nil {
		return err
	}
	if !p.Verify(secret, in.SaltEnc, in.SaltAuth) {
		return ctap.ErrPINAuthInvalid
	}
	plain, err := p.Decrypt(secret, in.SaltEnc)
	if err != nil || len(plain) != ctap.HMACSaltSize && len(plain) != 2*ctap.HMACSaltSize {
		return ctap.ErrInvalidLength
	}
	g.salts = salts{plain, p, secret}
	return nil
}

// assertionOutputs puts the answer of hmac-secret into the authenticator data: a MAC of each salt.
func (a *authenticator) assertionOutputs(g assertion, c credential, data *ctap.AuthData) error {
	if g.salts.plain == nil {
		return nil
	}
	key := a.state.credRandom(c.id, g.verified)
	var out []byte
	for salt := g.salts.plain; len(salt) > 0; salt = salt[ctap.HMACSaltSize:] {
		m := hmac.New(sha256.New, key)
		m.Write(salt[:ctap.HMACSaltSize])
		out = m.Sum(out)
	}
	enc, err := g.salts.protocol.Encrypt(g.salts.secret, out, a.cfg.Rand)
	if err != nil {
		return ctap.ErrOther
	}
	if data.Extensions, err = ctap.Encode(ctap.GetAssertionOutputs{HMACSecret: enc}); err != nil {
		return ctap.ErrOther
	}
	data.Flags |= ctap.FlagED
	return nil
}

// credRandom is CredRandomWithUV or CredRandomWithoutUV of a credential (CTAP 2.1 §12.5). They are derived, not stored,
// so a credential that is not discoverable has them too; a reset voids them with the device secret.
func (s state) credRandom(id []byte, verified bool) []byte {
	purpose := "CredRandomWithoutUV"
	if verified {
		purpose = "CredRandomWithUV"
	}
	m := hmac.New(sha256.New, s.Secret)
	m.Write([]byte(purpose))
	m.Write(id)
	return m.Sum(nil)
}
