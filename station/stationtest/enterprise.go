package stationtest

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
)

// Asking opens keys as libfido2 does, and asks them for enterprise attestation in words of its own: a libfido2 older than
// 1.16 has no call for that. For all else the key is fido2's.
func Asking(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
	a, err := fido2.Open(ctx, path, heard)
	if err != nil {
		return nil, err
	}
	return &asking{a, path, heard}, nil
}

// asking is a key of fido2's that steps aside while a question is asked that it cannot ask.
type asking struct {
	station.Authenticator
	path  string
	heard func(ctap.Keepalive)
}

// AsksEnterprise says that it can.
func (*asking) AsksEnterprise() error { return nil }

// MakeCredential asks by CTAP's own bytes where enterprise attestation is wanted. Beside what that needs it sends what the
// tag credential has: RP, user, hash, algorithm and credProtect.
func (k *asking) MakeCredential(ctx context.Context, o station.CreationOptions, pin inventory.PIN) (station.Credential, error) {
	if o.EnterpriseAttestation == 0 {
		return k.Authenticator.MakeCredential(ctx, o, pin)
	}
	if err := k.Close(); err != nil {
		return station.Credential{}, err
	}
	c, err := k.askEnterprise(ctx, o, pin)
	again, opening := fido2.Open(context.WithoutCancel(ctx), k.path, k.heard)
	if opening != nil {
		return station.Credential{}, opening
	}
	k.Authenticator = again
	return c, err
}

func (k *asking) askEnterprise(ctx context.Context, o station.CreationOptions, pin inventory.PIN) (station.Credential, error) {
	raw, err := fido2.OpenRaw(ctx, k.path, k.heard)
	if err != nil {
		return station.Credential{}, err
	}
	defer raw.Close()
	req := ctap.MakeCredentialRequest{
		ClientDataHash: o.ClientDataHash, RP: &ctap.RelyingParty{ID: o.RPID, Name: o.RPName},
		User:                  &ctap.UserEntity{ID: o.UserID, Name: o.UserName},
		Parameters:            []ctap.CredentialParameter{{Type: ctap.PublicKeyCredential, Alg: ctap.AlgES256}},
		EnterpriseAttestation: &o.EnterpriseAttestation,
	}
	if o.CredProtect != 0 {
		level := ctap.CredProtect(o.CredProtect)
		req.Extensions.CredProtect = &level
	}
	if pin != nil {
		token, err := tokenOf(ctx, raw, pin, o.RPID)
		if err != nil {
			return station.Credential{}, err
		}
		param := ctap.PINProtocolTwo.Authenticate(token, o.ClientDataHash)
		req.PINUVAuthParam, req.PINUVAuthProtocol = &param, int(ctap.PINProtocolTwo)
	}
	var resp ctap.MakeCredentialResponse
	if err := askRaw(ctx, raw, ctap.CmdMakeCredential, req, &resp); err != nil {
		return station.Credential{}, err
	}
	return credentialOf(resp)
}

// tokenOf gets a token for one credential (CTAP 2.1 §6.5.5.7.2).
func tokenOf(ctx context.Context, raw *fido2.Raw, pin inventory.PIN, rpID string) ([]byte, error) {
	const two = ctap.PINProtocolTwo
	var resp ctap.ClientPINResponse
	req := ctap.ClientPINRequest{PINUVAuthProtocol: int(two), Subcommand: ctap.PINGetKeyAgreement}
	if err := askRaw(ctx, raw, ctap.CmdClientPIN, req, &resp); err != nil {
		return nil, err
	}
	peer, err := ctap.ParseKeyAgreement(resp.KeyAgreement)
	if err != nil {
		return nil, err
	}
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	secret, err := two.SharedSecret(own, peer)
	if err != nil {
		return nil, err
	}
	sum, perms := sha256.Sum256(pin), ctap.PermMakeCredential
	req = ctap.ClientPINRequest{PINUVAuthProtocol: int(two), Subcommand: ctap.PINGetTokenWithPermissions,
		KeyAgreement: ctap.KeyAgreement(own.PublicKey()), Permissions: &perms, RPID: rpID}
	if req.PINHashEnc, err = two.Encrypt(secret, sum[:16], rand.Reader); err != nil {
		return nil, err
	}
	if err := askRaw(ctx, raw, ctap.CmdClientPIN, req, &resp); err != nil {
		return nil, err
	}
	return two.Decrypt(secret, resp.PINUVAuthToken)
}

func askRaw(ctx context.Context, raw *fido2.Raw, c ctap.Command, req, resp any) error {
	params, err := ctap.Encode(req)
	if err != nil {
		return err
	}
	status, answer, err := raw.Ask(ctx, c, params)
	if err != nil {
		return err
	}
	if status != ctap.OK {
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%v: %w: %w", c, cause, status)
		}
		return fmt.Errorf("%v: %w", c, status)
	}
	return ctap.Decode(answer, resp)
}

func credentialOf(resp ctap.MakeCredentialResponse) (station.Credential, error) {
	data, err := ctap.ParseAuthData(resp.AuthData)
	if err != nil {
		return station.Credential{}, err
	}
	object, err := ctap.AttestationObject{Format: resp.Format, AuthData: resp.AuthData, Statement: resp.Statement}.Encode()
	if err != nil {
		return station.Credential{}, err
	}
	return station.Credential{
		Object: object, AuthData: resp.AuthData, CredentialID: data.Credential.ID, PublicKey: data.Credential.PublicKey,
		EnterpriseAttested: resp.EnterpriseAttestation,
	}, nil
}
