package softkey

import (
	"crypto/ecdh"
	"crypto/rand"
	"io"
	"slices"
	"time"

	"keystation/station/ctap"
)

// Times of a pinUvAuthToken (CTAP 2.1 §6.5.2.1): what it may live, and within what it
// must be used first over USB.
const (
	tokenLife     = 10 * time.Minute
	tokenFirstUse = 30 * time.Second
	tokenSize     = 32
)

// token is the pinUvAuthToken. Each new one replaces those of both protocols
// (CTAP 2.1 §6.5.5.7.1 step 12), so there is one.
type token struct {
	protocol    ctap.PINProtocol
	value       []byte // nil: none in use
	permissions ctap.Permission
	rpID        string // "": not bound yet
	verified    bool
	issued      time.Time
	used        bool
}

// issue makes a new token (CTAP 2.1 §6.5.2.1 beginUsingPinUvAuthToken).
func (a *authenticator) issue(p ctap.PINProtocol, perms ctap.Permission, rpID string) error {
	value := make([]byte, tokenSize)
	if _, err := io.ReadFull(a.cfg.Rand, value); err != nil {
		return ctap.ErrOther
	}
	a.token = token{protocol: p, value: value, permissions: perms, rpID: rpID, verified: true, issued: a.cfg.Now()}
	return nil
}

// authorize verifies a pinUvAuthParam over message and that the token has the
// permission. Whatever is wrong is PIN_AUTH_INVALID.
func (a *authenticator) authorize(p ctap.PINProtocol, message, param []byte, need ctap.Permission) error {
	t := &a.token
	if t.value == nil || t.protocol != p {
		return ctap.ErrPINAuthInvalid
	}
	age := a.cfg.Now().Sub(t.issued)
	if age > tokenLife || !t.used && age > tokenFirstUse {
		a.token = token{}
		return ctap.ErrPINAuthInvalid
	}
	if !p.Verify(t.value, message, param) || t.permissions&need == 0 {
		return ctap.ErrPINAuthInvalid
	}
	t.used = true
	return nil
}

// authorizeFor also checks the token's RP ID, and binds a token that has none
// (CTAP 2.1 §6.1.2 step 11, §6.2.2 step 6).
func (a *authenticator) authorizeFor(p ctap.PINProtocol, message, param []byte, use tokenUse) error {
	if err := a.authorize(p, message, param, use.permission); err != nil {
		return err
	}
	if !a.token.verified || a.token.rpID != "" && a.token.rpID != use.rpID {
		return ctap.ErrPINAuthInvalid
	}
	a.token.rpID = use.rpID
	return nil
}

type tokenUse struct {
	permission ctap.Permission
	rpID       string
}

// spend takes from the token what one touch uses up (CTAP 2.1 §6.1.2 step 14, §6.2.2
// step 9: clearUserVerifiedFlag, clearPinUvAuthTokenPermissionsExceptLbw).
func (a *authenticator) spend() {
	a.token.verified = false
	a.token.permissions &= ctap.PermLargeBlobWrite
}

// protocol checks a request's pinUvAuthProtocol.
func (a *authenticator) protocol(n int) (ctap.PINProtocol, error) {
	if n == 0 {
		return 0, ctap.ErrMissingParameter
	}
	if !slices.Contains(a.model.protocols(), n) {
		return 0, ctap.ErrInvalidParameter
	}
	return ctap.PINProtocol(n), nil
}

// agreementKeys are the key's sides of the key agreement, one per protocol
// (CTAP 2.1 §6.5.6 and §6.5.7), made when first asked for.
type agreementKeys [3]*ecdh.PrivateKey

func (k *agreementKeys) of(p ctap.PINProtocol) (*ecdh.PrivateKey, error) {
	if k[p] == nil {
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return nil, ctap.ErrOther
		}
		k[p] = key
	}
	return k[p], nil
}

// regenerate replaces a side after a wrong PIN (CTAP 2.1 §6.5.5.6).
func (k *agreementKeys) regenerate(p ctap.PINProtocol) { k[p] = nil }
