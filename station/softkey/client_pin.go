package softkey

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"unicode/utf8"

	"keystation/station/ctap"
)

// clientPIN is authenticatorClientPIN (CTAP 2.1 §6.5.5).
func (a *authenticator) clientPIN(body []byte) ([]byte, error) {
	var req ctap.ClientPINRequest
	if err := ctap.DecodeRequest(body, &req); err != nil {
		return nil, err
	}
	switch req.Subcommand {
	case ctap.PINGetRetries:
		return a.pinRetries()
	case ctap.PINGetKeyAgreement:
		return a.keyAgreement(req)
	case ctap.PINSet:
		return nil, a.setPIN(req)
	case ctap.PINChange:
		return nil, a.changePIN(req)
	case ctap.PINGetToken:
		return a.tokenByPIN(req)
	case ctap.PINGetTokenWithPermissions:
		return a.tokenWithPermissions(req)
	case 0:
		return nil, ctap.ErrMissingParameter
	}
	// Getting a token or a retry count of built-in user verification needs the hardware for it.
	return nil, ctap.ErrInvalidSubcommand
}

// pinRetries is getPINRetries (CTAP 2.1 §6.5.5.2).
func (a *authenticator) pinRetries() ([]byte, error) {
	n := a.state.Retries
	resp := ctap.ClientPINResponse{PINRetries: &n}
	if a.model.permissions() { // a member that CTAP 2.0 did not have
		cycle := a.wrongTries >= ctap.PINTriesPerPowerUp
		resp.PowerCycle = &cycle
	}
	return ctap.Encode(resp)
}

// keyAgreement is getKeyAgreement (CTAP 2.1 §6.5.5.4).
func (a *authenticator) keyAgreement(req ctap.ClientPINRequest) ([]byte, error) {
	p, err := a.protocol(req.PINUVAuthProtocol)
	if err != nil {
		return nil, err
	}
	key, err := a.agreement.of(p)
	if err != nil {
		return nil, err
	}
	return ctap.Encode(ctap.ClientPINResponse{KeyAgreement: ctap.KeyAgreement(key.PublicKey())})
}

// secret is decapsulate (CTAP 2.1 §6.5.6): the secret shared with the platform.
func (a *authenticator) secret(req ctap.ClientPINRequest) (ctap.PINProtocol, []byte, error) {
	p, err := a.protocol(req.PINUVAuthProtocol)
	if err != nil {
		return 0, nil, err
	}
	peer, err := ctap.ParseKeyAgreement(req.KeyAgreement)
	if err != nil {
		return 0, nil, ctap.ErrInvalidParameter
	}
	own, err := a.agreement.of(p)
	if err != nil {
		return 0, nil, err
	}
	secret, err := p.SharedSecret(own, peer)
	if err != nil {
		return 0, nil, ctap.ErrInvalidParameter
	}
	return p, secret, nil
}

// setPIN is CTAP 2.1 §6.5.5.5.
func (a *authenticator) setPIN(req ctap.ClientPINRequest) error {
	if req.PINUVAuthProtocol == 0 || req.KeyAgreement == nil || req.NewPINEnc == nil || req.PINUVAuthParam == nil {
		return ctap.ErrMissingParameter
	}
	if a.protected() {
		return a.model.Quirks.SetPINAgain.or(ctap.ErrPINAuthInvalid)
	}
	p, secret, err := a.secret(req)
	if err != nil {
		return err
	}
	if !p.Verify(secret, req.NewPINEnc, req.PINUVAuthParam) {
		return ctap.ErrPINAuthInvalid
	}
	pin, err := a.newPIN(p, secret, req.NewPINEnc)
	if err != nil {
		return err
	}
	a.storePIN(pin)
	return nil
}

// newPIN decrypts a padded PIN and applies the policy: CTAP 2.1 §6.5.5.5 from the
// decryption on, which §6.5.5.6 repeats.
func (a *authenticator) newPIN(p ctap.PINProtocol, secret, enc []byte) ([]byte, error) {
	padded, err := p.Decrypt(secret, enc)
	if err != nil {
		return nil, ctap.ErrPINAuthInvalid
	}
	if len(padded) != ctap.PaddedPINLength {
		return nil, ctap.ErrInvalidParameter
	}
	pin := bytes.TrimRight(padded, "\x00")
	switch {
	case len(pin) > a.model.GetInfo.MaxPIN():
		return nil, ctap.ErrPINPolicyViolation
	case !utf8.Valid(pin) || utf8.RuneCount(pin) < a.state.MinPIN:
		return nil, ctap.ErrPINPolicyViolation
	case a.model.GetInfo.PINComplexityPolicy && monotonous(pin):
		return nil, ctap.ErrPINPolicyViolation
	}
	return pin, nil
}

// monotonous reports whether a PIN is one character again and again, or digits counted up or down: what every policy on
// complexity refuses (CTAP 2.2 §6.4, pinComplexityPolicy, leaves the rest to the key).
func monotonous(pin []byte) bool {
	for step := -1; step <= 1; step++ {
		same := true
		for i := 1; i < len(pin); i++ {
			same = same && int(pin[i])-int(pin[i-1]) == step
		}
		if same {
			return true
		}
	}
	return false
}

func pinHash(pin []byte) []byte {
	sum := sha256.Sum256(pin)
	return sum[:16]
}

func (a *authenticator) storePIN(pin []byte) {
	a.state.PINHash, a.state.PINLength = pinHash(pin), utf8.RuneCount(pin)
	a.state.Retries, a.wrongTries = ctap.PINRetries, 0
	a.state.ForceChange = false
	a.token = token{}
}

// changePIN is CTAP 2.1 §6.5.5.6.
func (a *authenticator) changePIN(req ctap.ClientPINRequest) error {
	if req.PINUVAuthProtocol == 0 || req.KeyAgreement == nil || req.NewPINEnc == nil || req.PINHashEnc == nil || req.PINUVAuthParam == nil {
		return ctap.ErrMissingParameter
	}
	if err := a.mayTryPIN(); err != nil {
		return err
	}
	p, secret, err := a.secret(req)
	if err != nil {
		return err
	}
	if !p.Verify(secret, append(bytes.Clone(req.NewPINEnc), req.PINHashEnc...), req.PINUVAuthParam) {
		return ctap.ErrPINAuthInvalid
	}
	if err := a.tryPIN(p, secret, req.PINHashEnc); err != nil {
		return err
	}
	pin, err := a.newPIN(p, secret, req.NewPINEnc)
	if err != nil {
		return err
	}
	// A forced change is one: the same PIN again is against the policy.
	if a.state.ForceChange && bytes.Equal(pinHash(pin), a.state.PINHash) {
		return ctap.ErrPINPolicyViolation
	}
	a.storePIN(pin)
	return nil
}

// mayTryPIN refuses while no PIN is set or its tries are used up.
func (a *authenticator) mayTryPIN() error {
	switch {
	case !a.protected():
		return ctap.ErrPINNotSet
	case a.state.Retries == 0:
		return ctap.ErrPINBlocked
	case a.wrongTries >= ctap.PINTriesPerPowerUp:
		return ctap.ErrPINAuthBlocked
	}
	return nil
}

// tryPIN counts a try before it compares, and gives the tries back for the right PIN
// (CTAP 2.1 §6.5.5.6, §6.5.5.7.1).
func (a *authenticator) tryPIN(p ctap.PINProtocol, secret, pinHashEnc []byte) error {
	a.state.Retries--
	hash, err := p.Decrypt(secret, pinHashEnc)
	if err == nil && subtle.ConstantTimeCompare(hash, a.state.PINHash) == 1 {
		a.state.Retries, a.wrongTries = ctap.PINRetries, 0
		return nil
	}
	a.agreement.regenerate(p)
	a.wrongTries++
	switch {
	case a.state.Retries == 0:
		return ctap.ErrPINBlocked
	case a.wrongTries >= ctap.PINTriesPerPowerUp:
		return ctap.ErrPINAuthBlocked
	}
	return ctap.ErrPINInvalid
}

// tokenByPIN is getPinToken (CTAP 2.1 §6.5.5.7.1).
func (a *authenticator) tokenByPIN(req ctap.ClientPINRequest) ([]byte, error) {
	if req.PINUVAuthProtocol == 0 || req.KeyAgreement == nil || req.PINHashEnc == nil {
		return nil, ctap.ErrMissingParameter
	}
	if req.Permissions != nil || req.RPID != "" {
		return nil, ctap.ErrInvalidParameter
	}
	perms := ctap.PermMakeCredential | ctap.PermGetAssertion
	if !a.model.permissions() { // before CTAP 2.1 a token was good for everything
		perms |= ctap.PermCredentialManagement | ctap.PermAuthenticatorConfig
	}
	return a.grantToken(req, grant{permissions: perms, forced: ctap.ErrPINInvalid})
}

// tokenWithPermissions is getPinUvAuthTokenUsingPinWithPermissions (CTAP 2.1 §6.5.5.7.2).
func (a *authenticator) tokenWithPermissions(req ctap.ClientPINRequest) ([]byte, error) {
	if !a.model.permissions() {
		return nil, ctap.ErrInvalidSubcommand
	}
	if req.PINUVAuthProtocol == 0 || req.KeyAgreement == nil || req.PINHashEnc == nil || req.Permissions == nil {
		return nil, ctap.ErrMissingParameter
	}
	perms := *req.Permissions
	const forRP = ctap.PermMakeCredential | ctap.PermGetAssertion
	switch {
	case perms == 0:
		return nil, ctap.ErrInvalidParameter
	case perms&^a.grantable() != 0:
		return nil, ctap.ErrUnauthorizedPermission
	case perms&forRP != 0 && req.RPID == "": // §6.5.5.7: the RP ID is required with mc and ga
		return nil, ctap.ErrMissingParameter
	}
	return a.grantToken(req, grant{permissions: perms, rpID: req.RPID, forced: a.model.Quirks.ForcedToken.or(ctap.ErrPINPolicyViolation)})
}

// grantable are the permissions that this key gives to a PIN (CTAP 2.1 §6.5.5.7, table of permissions).
func (a *authenticator) grantable() ctap.Permission {
	o := a.model.GetInfo.Options
	var p ctap.Permission
	if !o[ctap.OptionNoMcGaWithPIN] {
		p = ctap.PermMakeCredential | ctap.PermGetAssertion
	}
	if o[ctap.OptionCredMgmt] || o[ctap.OptionCredMgmtPreview] {
		p |= ctap.PermCredentialManagement
	}
	if o[ctap.OptionAuthnrCfg] {
		p |= ctap.PermAuthenticatorConfig
	}
	return p
}

// grant is what a token is asked for with.
type grant struct {
	permissions ctap.Permission
	rpID        string
	forced      ctap.Status // the answer to the right PIN while forcePINChange is set
}

func (a *authenticator) grantToken(req ctap.ClientPINRequest, g grant) ([]byte, error) {
	if err := a.mayTryPIN(); err != nil {
		return nil, err
	}
	p, secret, err := a.secret(req)
	if err != nil {
		return nil, err
	}
	if err := a.tryPIN(p, secret, req.PINHashEnc); err != nil {
		return nil, err
	}
	if a.state.ForceChange {
		return nil, g.forced
	}
	if err := a.issue(p, g.permissions, g.rpID); err != nil {
		return nil, err
	}
	enc, err := p.Encrypt(secret, a.token.value, a.cfg.Rand)
	if err != nil {
		return nil, ctap.ErrOther
	}
	return ctap.Encode(ctap.ClientPINResponse{PINUVAuthToken: enc})
}
