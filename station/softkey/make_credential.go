package softkey

import (
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
	if a.profile.muteWhenForced && a.state.ForceChange {
		return ctap.ErrPINPolicyViolation // the profile's deviation, as some firmware does
	}
	if param == nil || !a.profile.pin {
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
	if p := c.req.Extensions.CredProtect; p != nil && (*p < ctap.UVOptional || *p > ctap.UVRequired) {
		return ctap.ErrInvalidOption
	}
	return nil
}

// noBuiltInUV refuses the option uv, which asks for a fingerprint reader or the like.
// CTAP 2.0 §5.1 named another status than 2.1 does.
func (a *authenticator) noBuiltInUV() error {
	if a.profile.since21() {
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
	case a.profile.uvNotRequired && !c.req.Options[ctap.OptionRK]: // step 7
		return nil
	}
	return ctap.ErrPUATRequired // steps 7 and 8
}

// enterpriseWanted is step 9. The key has no RP IDs of its own, so only what a platform
// manages gives an enterprise attestation.
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
	c.enterprise = *want == ctap.PlatformManaged
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
	if len(c.req.ExcludeList) > maxListLength { // §6.4, maxCredentialCountInList
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
	if rk {
		if err := a.state.keep(resident{cred.id, c.req.RP.ID, *c.req.User}, a.profile.residents); err != nil {
			return nil, err
		}
	}
	data := ctap.AuthData{RPIDHash: c.rpIDHash, Flags: ctap.FlagUP | ctap.FlagAT, Counter: a.count()}
	if c.verified {
		data.Flags |= ctap.FlagUV
	}
	data.Credential = &ctap.AttestedCredential{AAGUID: a.profile.aaguid, ID: cred.id, PublicKey: ctap.EncodeES256(&cred.key.PublicKey)}
	if out := a.creationOutputs(c); out != (ctap.MakeCredentialOutputs{}) {
		if data.Extensions, err = ctap.Encode(out); err != nil {
			return nil, ctap.ErrOther
		}
		data.Flags |= ctap.FlagED
	}
	return a.attestation(c, data.Encode())
}

// creationOutputs are the extensions' outputs (CTAP 2.1 §12.1 credProtect, §12.4
// minPinLength: only for RP IDs that setMinPINLength named).
func (a *authenticator) creationOutputs(c creation) ctap.MakeCredentialOutputs {
	var out ctap.MakeCredentialOutputs
	in := c.req.Extensions
	if slices.Contains(a.profile.extensions, ctap.ExtCredProtect) {
		out.CredProtect = in.CredProtect
	}
	if in.MinPINLength != nil && *in.MinPINLength && slices.Contains(a.state.MinPINRPIDs, c.req.RP.ID) {
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

// attestation makes the packed statement (WebAuthn §8.2).
func (a *authenticator) attestation(c creation, authData []byte) ([]byte, error) {
	leaf, err := a.leaf(c)
	if err != nil {
		return nil, ctap.ErrOther
	}
	sig, err := sign(a.attest.key.PrivateKey, append(slices.Clone(authData), c.req.ClientDataHash...))
	if err != nil {
		return nil, ctap.ErrOther
	}
	if a.faults.strikes(WrongSignature) {
		sig[len(sig)-1] ^= 1
	}
	statement, err := ctap.Encode(ctap.PackedStatement{Alg: ctap.AlgES256, Sig: sig, X5C: [][]byte{leaf}})
	if err != nil {
		return nil, ctap.ErrOther
	}
	return ctap.Encode(ctap.MakeCredentialResponse{Format: "packed", AuthData: authData, Statement: statement,
		EnterpriseAttestation: c.enterprise})
}

// leaf is the batch certificate, or one of this very key for enterprise attestation.
func (a *authenticator) leaf(c creation) ([]byte, error) {
	aaguid := a.profile.aaguid
	if a.faults.strikes(WrongAAGUID) {
		aaguid[15] ^= 0xFF
	}
	if c.enterprise {
		return a.attest.certificate(aaguid, a.state.Serial)
	}
	if aaguid != a.profile.aaguid {
		return a.attest.certificate(aaguid, nil)
	}
	return a.attest.leaf, nil
}
