package softkey

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"slices"

	"keystation/station/ctap"
)

// creation is a makeCredential on its way through the steps of CTAP 2.1 §6.1.2.
type creation struct {
	req      ctap.MakeCredentialRequest
	rpIDHash [32]byte
	verified bool
	// enterprise is set when the attestation will name this very key.
	enterprise bool
	key        *ecdsa.PrivateKey // of the credential, once it is made
}

// makeCredential is authenticatorMakeCredential (CTAP 2.1 §6.1.2).
func (a *authenticator) makeCredential(body []byte) ([]byte, error) {
	var c creation
	if err := ctap.DecodeRequest(body, &c.req); err != nil {
		return nil, err
	}
	if len(c.req.ClientDataHash) != sha256.Size || c.req.RP == nil || c.req.RP.ID == "" || c.req.User == nil || c.req.Parameters == nil {
		return nil, ctap.ErrMissingParameter
	}
	c.rpIDHash = sha256.Sum256([]byte(c.req.RP.ID))
	checks := []func(*creation) error{a.selecting, a.creationOptions, a.creationNeedsPIN, a.enterpriseWanted, a.creationToken, a.excluded}
	for _, check := range checks {
		if err := check(&c); err != nil {
			return nil, err
		}
	}
	if err := a.touch(ctap.ErrOperationDenied); err != nil { // step 14
		return nil, err
	}
	a.spend()
	return a.create(c)
}

// selecting is steps 1 and 2: a pinUvAuthParam of length zero only asks for a touch.
func (a *authenticator) selecting(c *creation) error {
	return a.selectOrCheck(c.req.PINUVAuthParam, c.req.PINUVAuthProtocol)
}

func (a *authenticator) selectOrCheck(param *[]byte, protocol int) error {
	if a.model.Quirks.MuteWhenForced && a.state.ForceChange {
		return ctap.ErrPINPolicyViolation // the model's deviation, as some firmware does
	}
	if param == nil || !a.has(ctap.OptionClientPIN) {
		return nil
	}
	if len(*param) == 0 {
		if err := a.touch(ctap.ErrOperationDenied); err != nil {
			return err
		}
		if a.protected() {
			return ctap.ErrPINInvalid
		}
		return ctap.ErrPINNotSet
	}
	_, err := a.protocol(protocol)
	return err
}

// creationOptions is steps 3 and 5: the algorithm and the options.
func (a *authenticator) creationOptions(c *creation) error {
	usable := func(p ctap.CredentialParameter) bool {
		return p.Type == ctap.PublicKeyCredential && p.Alg == ctap.AlgES256
	}
	if !slices.ContainsFunc(c.req.Parameters, usable) {
		return ctap.ErrUnsupportedAlgorithm
	}
	if c.req.Options[ctap.OptionUV] && c.req.PINUVAuthParam == nil {
		return a.noBuiltInUV()
	}
	if up, ok := c.req.Options[ctap.OptionUP]; ok && !up {
		return ctap.ErrInvalidOption
	}
	if c.req.Options[ctap.OptionRK] && !a.model.GetInfo.Options[ctap.OptionRK] {
		return ctap.ErrUnsupportedOption
	}
	if p := c.req.Extensions.CredProtect; p != nil && (*p < ctap.UVOptional || *p > ctap.UVRequired) {
		return ctap.ErrInvalidOption
	}
	return nil
}

// noBuiltInUV refuses the option uv, which asks for a fingerprint reader or the like.
// CTAP 2.0 §5.1 named another status than 2.1 does.
func (a *authenticator) noBuiltInUV() error {
	if a.model.since21() {
		return ctap.ErrInvalidOption
	}
	return ctap.ErrUnsupportedOption
}

// creationNeedsPIN is steps 6 to 8: who must come with a token.
func (a *authenticator) creationNeedsPIN(c *creation) error {
	switch {
	case c.req.PINUVAuthParam != nil:
		return nil
	case a.state.AlwaysUV: // step 6
		return ctap.ErrPUATRequired
	case !a.protected():
		return nil
	case a.model.GetInfo.Options[ctap.OptionMakeCredUVNotRqd] && !c.req.Options[ctap.OptionRK]: // step 7
		return nil
	}
	return ctap.ErrPUATRequired // steps 7 and 8
}

// enterpriseWanted is step 9. Facilitated by the vendor it is for the RP IDs in the firmware only; managed by the
// platform it is for any, because the platform has looked at its own list (CTAP 2.1 §7.1.1). Who gets none gets the
// attestation that everybody gets.
func (a *authenticator) enterpriseWanted(c *creation) error {
	want := c.req.EnterpriseAttestation
	switch {
	case want == nil:
		return nil
	case !a.state.Enterprise:
		return ctap.ErrInvalidParameter
	case *want != ctap.VendorFacilitated && *want != ctap.PlatformManaged:
		return ctap.ErrInvalidOption
	}
	known := slices.Contains(a.model.Attestation.EnterpriseRPIDs, c.req.RP.ID)
	c.enterprise = known || *want == ctap.PlatformManaged && !a.model.Attestation.VendorOnly
	return nil
}

// creationToken is step 11.
func (a *authenticator) creationToken(c *creation) error {
	if c.req.PINUVAuthParam == nil {
		return nil
	}
	if !a.protected() {
		return ctap.ErrPINNotSet
	}
	use := tokenUse{ctap.PermMakeCredential, c.req.RP.ID}
	err := a.authorizeFor(ctap.PINProtocol(c.req.PINUVAuthProtocol), c.req.ClientDataHash, *c.req.PINUVAuthParam, use)
	c.verified = err == nil
	return err
}

// excluded is step 12. A credential with credProtect 3 is not admitted to without user
// verification.
func (a *authenticator) excluded(c *creation) error {
	if a.model.tooMany(c.req.ExcludeList) {
		return ctap.ErrLimitExceeded
	}
	for _, d := range c.req.ExcludeList {
		found, ok := a.state.open(d.ID, c.rpIDHash)
		if !ok || found.protect == ctap.UVRequired && !c.verified {
			continue
		}
		if err := a.touch(ctap.ErrCredentialExcluded); err != nil {
			return err
		}
		return ctap.ErrCredentialExcluded
	}
	return nil
}

// create is steps 15 to 19.
func (a *authenticator) create(c creation) ([]byte, error) {
	protect := ctap.UVOptional
	if p := c.req.Extensions.CredProtect; p != nil {
		protect = *p
	}
	rk := c.req.Options[ctap.OptionRK]
	cred, err := a.state.newCredential(c.rpIDHash, protect, rk, a.cfg.Rand)
	if err != nil {
		return nil, ctap.ErrOther
	}
	c.key = cred.key
	if rk {
		if err := a.state.keep(resident{cred.id, c.req.RP.ID, c.req.RP.Name, *c.req.User}, a.model.residents()); err != nil {
			return nil, err
		}
	}
	data := ctap.AuthData{RPIDHash: c.rpIDHash, Flags: ctap.FlagUP | ctap.FlagAT, Counter: a.count()}
	if c.verified {
		data.Flags |= ctap.FlagUV
	}
	data.Credential = &ctap.AttestedCredential{AAGUID: a.model.GetInfo.AAGUID, ID: cred.id, PublicKey: ctap.EncodeES256(&cred.key.PublicKey)}
	if out := a.creationOutputs(c); out != (ctap.MakeCredentialOutputs{}) {
		if data.Extensions, err = ctap.Encode(out); err != nil {
			return nil, ctap.ErrOther
		}
		data.Flags |= ctap.FlagED
	}
	return a.attestation(c, data.Encode())
}

// creationOutputs are the extensions' outputs (CTAP 2.1 §12.1 credProtect, §12.4
// minPinLength: only for RP IDs that setMinPINLength named, §12.5 hmac-secret: every credential
// has its secrets, so the answer to who asks is yes).
func (a *authenticator) creationOutputs(c creation) ctap.MakeCredentialOutputs {
	var out ctap.MakeCredentialOutputs
	in := c.req.Extensions
	info := a.model.GetInfo
	if info.Has(ctap.ExtCredProtect) {
		out.CredProtect = in.CredProtect
	}
	out.HMACSecret = info.Has(ctap.ExtHMACSecret) && in.HMACSecret != nil && *in.HMACSecret
	if info.Has(ctap.ExtMinPINLength) && in.MinPINLength != nil && *in.MinPINLength && slices.Contains(a.state.MinPINRPIDs, c.req.RP.ID) {
		n := a.state.MinPIN
		out.MinPINLength = &n
	}
	return out
}

// count is the signature counter, one for the whole key (WebAuthn §6.1.1).
func (a *authenticator) count() uint32 {
	a.state.Counter++
	return a.state.Counter
}

// attestation answers with the statement of the model's format.
func (a *authenticator) attestation(c creation, authData []byte) ([]byte, error) {
	resp := ctap.MakeCredentialResponse{Format: formatNone, AuthData: authData, Statement: []byte{0xA0}}
	if a.model.Attestation.Format == formatNone && !c.enterprise {
		return ctap.Encode(resp)
	}
	statement, err := a.packed(c, append(slices.Clone(authData), c.req.ClientDataHash...))
	if err != nil {
		return nil, ctap.ErrOther
	}
	resp.Format, resp.EnterpriseAttestation = formatPacked, c.enterprise
	if resp.Statement, err = ctap.Encode(statement); err != nil {
		return nil, ctap.ErrOther
	}
	return ctap.Encode(resp)
}

// The formats of attestation there are. Self is packed too, signed with the credential itself (WebAuthn §8.2).
const (
	formatPacked = "packed"
	formatSelf   = "self"
	formatNone   = "none"
)

// packed signs the statement (WebAuthn §8.2).
func (a *authenticator) packed(c creation, signed []byte) (ctap.PackedStatement, error) {
	key, chain, err := a.attestedBy(c)
	if err != nil {
		return ctap.PackedStatement{}, err
	}
	sig, err := sign(key, signed)
	if err != nil {
		return ctap.PackedStatement{}, err
	}
	if a.faults.strikes(WrongSignature) {
		sig[len(sig)-1] ^= 1
	}
	return ctap.PackedStatement{Alg: ctap.AlgES256, Sig: sig, X5C: chain}, nil
}

// attestedBy is the key that signs and its certificate; there is none where a credential attests itself.
func (a *authenticator) attestedBy(c creation) (*ecdsa.PrivateKey, [][]byte, error) {
	if a.model.Attestation.Format == formatSelf && !c.enterprise {
		return c.key, nil, nil
	}
	leaf, err := a.leaf(c)
	return a.attest.key.PrivateKey, [][]byte{leaf}, err
}

// leaf is the batch certificate, or one of this very key for enterprise attestation.
func (a *authenticator) leaf(c creation) ([]byte, error) {
	aaguid := a.model.GetInfo.AAGUID
	if a.faults.strikes(WrongAAGUID) {
		aaguid[15] ^= 0xFF
	}
	if c.enterprise {
		return a.attest.certificate(aaguid, a.state.attested(a.model.Serial))
	}
	if aaguid != a.model.GetInfo.AAGUID {
		return a.attest.certificate(aaguid, nil)
	}
	return a.attest.leaf, nil
}
