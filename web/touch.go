package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"keystation/inventory"
)

// touchBooks let somebody take a key at the desk by touching it.
type touchBooks interface {
	// Touchable gives the keys of a requisition that by can take by touching them.
	Touchable(ctx context.Context, by inventory.Actor, number, rpID string) (inventory.Touchable, error)
	// TakeByTouch gives one of them to by.
	TakeByTouch(ctx context.Context, by inventory.Actor, tag inventory.AssetTag, t inventory.Touch) (inventory.Receipt, error)
}

// touchLasts is how long somebody has who was asked for a touch.
const touchLasts = 5 * time.Minute

// touchable gives the keys that whoever asks can take here: those of the relying party that this page speaks for.
func (s *Site) touchable(c Ctx, number string) (inventory.Touchable, *webauthn.Config, error) {
	w, err := s.party(c.Request())
	if err != nil {
		return inventory.Touchable{}, nil, err
	}
	t, err := s.Books.Touchable(c.Request().Context(), visitor(c).Actor, number, w.Config.RPID)
	if err != nil {
		return t, nil, fmt.Errorf("read keys to touch: %w", err)
	}
	if len(t.Keys) == 0 {
		return t, nil, inventory.Refuse(inventory.Conflict, "No key of %s waits to be touched: look on its page where it stands.", number)
	}
	return t, w.Config, nil
}

// concerned refuses whom a requisition does not concern, as if there were none, and where nobody signs in.
func (s *Site) concerned(c Ctx) error {
	if _, err := s.Books.Dossier(c.Request().Context(), visitor(c).Actor, c.Param("number")); err != nil {
		return fmt.Errorf("read requisition: %w", err)
	}
	return s.hasDoor()
}

// beginTouch asks the browser for a touch of one of the keys that wait at the desk. What is signed is the hash of a
// statement (DESIGN §8). The person is not verified: the key has a PIN that they do not know yet.
func (s *Site) beginTouch(c Ctx) error {
	if err := s.concerned(c); err != nil {
		return err
	}
	if c.Request().PostFormValue("agreed") != "yes" {
		return inventory.Refuse(inventory.Invalid, "The text has to be agreed to: tick the box, then touch the key.")
	}
	t, party, err := s.touchable(c, inventory.RequisitionNumber(c.Param("number")))
	if err != nil {
		return err
	}
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // it never fails
	says, err := inventory.Canonical(t.Taking(s.Now().UTC(), nonce))
	if err != nil {
		return fmt.Errorf("write statement: %w", err)
	}
	challenge := sha256.Sum256(says)
	asked := protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge[:], RelyingPartyID: party.RPID, UserVerification: protocol.VerificationDiscouraged,
		Hints: []protocol.PublicKeyCredentialHints{protocol.PublicKeyCredentialHintSecurityKey},
	}
	for _, k := range t.Keys {
		asked.AllowedCredentials = append(asked.AllowedCredentials, protocol.CredentialDescriptor{
			Type: protocol.PublicKeyCredentialType, CredentialID: k.Registration.CredentialID,
			Transport: []protocol.AuthenticatorTransport{protocol.USB, protocol.NFC},
		})
	}
	return s.keepCeremony(c, ceremony{Kind: "touch", Statement: says, Number: t.Number, Began: s.Now().Unix()}, protocol.CredentialAssertion{Response: asked})
}

// finishTouch gives the key that was touched to whoever touched it.
func (s *Site) finishTouch(c Ctx) error {
	if err := s.concerned(c); err != nil {
		return err
	}
	of, err := s.ceremonyOf(c, "touch")
	if err != nil {
		return err
	}
	number := inventory.RequisitionNumber(c.Param("number"))
	if of.Number != number || s.Now().Sub(time.Unix(of.Began, 0)) > touchLasts {
		return inventory.Refuse(inventory.Conflict, "This took too long, or was begun on another page: reload the page and try again.")
	}
	t, party, err := s.touchable(c, number)
	if err != nil {
		return err
	}
	b, err := body(c)
	if err != nil {
		return err
	}
	tag, touch, err := touched(t, party, of.Statement, b)
	if err != nil {
		return err
	}
	if _, err := s.Books.TakeByTouch(c.Request().Context(), visitor(c).Actor, tag, touch); err != nil {
		return fmt.Errorf("take key: %w", err)
	}
	s.bell.ring()
	return wentWell(c, "/requisitions/"+url.PathEscape(number))
}

// touched verifies an assertion by one of the keys over a statement (WebAuthn Level 3 §7.2), without user verification.
func touched(t inventory.Touchable, party *webauthn.Config, says, answer []byte) (inventory.AssetTag, inventory.Touch, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", inventory.Touch{}, noTouch(err)
	}
	challenge := sha256.Sum256(says)
	for _, k := range t.Keys {
		if !bytes.Equal(k.Registration.CredentialID, parsed.RawID) {
			continue
		}
		err := parsed.Verify(base64.RawURLEncoding.EncodeToString(challenge[:]), k.Registration.RPID, "", party.RPOrigins, nil, nil,
			protocol.TopOriginExplicitVerificationMode, false, false, true, k.Registration.PublicKey, protocol.SignaturePolicy{})
		if err != nil {
			return "", inventory.Touch{}, noTouch(err)
		}
		raw := parsed.Raw.AssertionResponse
		return k.Tag, inventory.Touch{Registration: k.Registration.ID, Statement: says, ClientData: raw.ClientDataJSON,
			AuthenticatorData: raw.AuthenticatorData, Signature: raw.Signature}, nil
	}
	return "", inventory.Touch{}, noTouch(fmt.Errorf("credential %x is of no key that waits", parsed.RawID))
}

// noTouch says to a person that a touch proves nothing; the log is told why.
func noTouch(err error) error {
	return &inventory.Error{Kind: inventory.Forbidden, Msg: "That was not the key that waits for you, or what it signed does not hold: try once more, and if it goes on give it back at the desk.", Err: noPasskey(err)}
}
