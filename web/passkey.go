package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"keystation/inventory"
)

// passkeyBooks keep the credentials that people sign in with.
type passkeyBooks interface {
	// Passkeys lists those of a person.
	Passkeys(ctx context.Context, of inventory.PersonID) ([]inventory.Passkey, error)
	// PasskeyByCredential finds one by its credential id.
	PasskeyByCredential(ctx context.Context, id []byte) (inventory.Passkey, error)
	// AddPasskey adds one of a person who is signed in.
	AddPasskey(ctx context.Context, by inventory.Actor, k inventory.Passkey) error
	// RenamePasskey calls one of by's something else.
	RenamePasskey(ctx context.Context, by inventory.Actor, id inventory.PasskeyID, name string) error
	// RemovePasskey removes one of by's.
	RemovePasskey(ctx context.Context, by inventory.Actor, id inventory.PasskeyID, otherWay bool) error
	// SignInByPasskey writes that one was used.
	SignInByPasskey(ctx context.Context, id inventory.PasskeyID, credential string, breakGlass bool) (inventory.Person, error)
	// Invite makes the token of a link by which a person makes their first passkey.
	Invite(ctx context.Context, by inventory.Actor, id inventory.PersonID) (string, error)
	// Invited gives whom a token invites.
	Invited(ctx context.Context, token string) (inventory.Person, error)
	// UseInvitation adds the passkey that somebody made by an invitation.
	UseInvitation(ctx context.Context, token string, k inventory.Passkey) (inventory.Person, error)
	// Setup gives whom the first admin will be.
	Setup(ctx context.Context, name, email string) (inventory.Person, error)
	// FirstAdmin makes them that, with a passkey to come in by; nil: they come in another way.
	FirstAdmin(ctx context.Context, p inventory.Person, k *inventory.Passkey) error
}

// ceremony is what a session remembers between asking the browser for a passkey and its answer.
type ceremony struct {
	Kind    string // setup, invitation, add, in, again, touch
	Person  inventory.Person
	Token   string // of an invitation
	Session webauthn.SessionData

	Statement []byte // that a key is to sign
	Number    string // of the requisition that it is about
	Began     int64  // when it was asked for, in seconds since 1970
}

const sessionCeremony = "ceremony"

// holder is a person as the ceremonies see them.
type holder struct {
	person inventory.Person
	keys   []webauthn.Credential
}

// WebAuthnID is the user handle: the person's id, which says nothing about them (WebAuthn Level 3 §14.6.1).
func (h holder) WebAuthnID() []byte { return []byte(h.person.ID) }

// WebAuthnName tells accounts apart in the browser's list.
func (h holder) WebAuthnName() string {
	if h.person.Email != "" {
		return h.person.Email
	}
	return h.person.Name
}

// WebAuthnDisplayName is what the person is called.
func (h holder) WebAuthnDisplayName() string { return h.person.Name }

// WebAuthnCredentials are the person's passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// inTime is how long a challenge is good.
var inTime = webauthn.TimeoutConfig{Enforce: true, Timeout: 5 * time.Minute, TimeoutUVD: 5 * time.Minute}

// party is the relying party for the page that a request comes from. Its host was found to be one of ours before. A browser
// takes the RP ID of a company's host on that host only (WebAuthn Level 3 §5.1.3, step 8), so what is made or shown on a page
// of localhost, such as the first admin's passkey, is one of localhost, and good there alone.
func (s *Site) party(r *http.Request) (*webauthn.WebAuthn, error) {
	origin, id := "http://"+r.Host, s.Settings.RPID
	if hostName(r.Host) == inventory.LocalRPID {
		id = inventory.LocalRPID
	}
	if s.secure(r) {
		origin = "https://" + r.Host
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: id, RPDisplayName: "keystation", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation, Timeouts: webauthn.TimeoutsConfig{Login: inTime, Registration: inTime},
	})
	if err != nil {
		return nil, fmt.Errorf("relying party: %w", err)
	}
	return w, nil
}

// holderOf gives a person with their passkeys.
func (s *Site) holderOf(ctx context.Context, p inventory.Person) (holder, error) {
	rows, err := s.SignIn.Books.Passkeys(ctx, p.ID)
	if err != nil {
		return holder{}, fmt.Errorf("list passkeys: %w", err)
	}
	h := holder{person: p}
	for _, k := range rows {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(k.Credential), &c); err != nil {
			return h, fmt.Errorf("read passkey: %w", err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// askPasskey answers with what the browser is to make a passkey of, for the person of the ceremony.
func (s *Site) askPasskey(c Ctx, of ceremony) error {
	w, err := s.party(c.Request())
	if err != nil {
		return err
	}
	h, err := s.holderOf(c.Request().Context(), of.Person)
	if err != nil {
		return err
	}
	var known []protocol.CredentialDescriptor
	for _, k := range h.keys {
		known = append(known, k.Descriptor())
	}
	asked, session, err := w.BeginRegistration(h,
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		}),
		webauthn.WithExclusions(known))
	if err != nil {
		return fmt.Errorf("begin passkey: %w", err)
	}
	of.Session = *session
	return s.keepCeremony(c, of, asked)
}

// keepCeremony keeps the ceremony in the session, and answers with what the browser is asked.
func (s *Site) keepCeremony(c Ctx, of ceremony, asked any) error {
	b, err := json.Marshal(of)
	if err != nil {
		return fmt.Errorf("keep ceremony: %w", err)
	}
	s.sessions.Put(c.Request().Context(), sessionCeremony, string(b))
	return c.JSON(http.StatusOK, asked)
}

// ceremonyOf takes the ceremony of a kind out of the session: its challenge is good once.
func (s *Site) ceremonyOf(c Ctx, kind string) (ceremony, error) {
	var of ceremony
	text := s.sessions.PopString(c.Request().Context(), sessionCeremony)
	if text == "" || json.Unmarshal([]byte(text), &of) != nil || of.Kind != kind {
		return of, inventory.Refuse(inventory.Conflict, "This took too long, or was begun on another page: reload the page and try again.")
	}
	return of, nil
}

// madePasskey reads the browser's answer to askPasskey.
func (s *Site) madePasskey(c Ctx, of ceremony, body []byte) (inventory.Passkey, error) {
	w, err := s.party(c.Request())
	if err != nil {
		return inventory.Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(body)
	if err != nil {
		return inventory.Passkey{}, noPasskey(err)
	}
	made, err := w.CreateCredential(holder{person: of.Person}, of.Session, parsed)
	if err != nil {
		return inventory.Passkey{}, noPasskey(err)
	}
	text, err := json.Marshal(made)
	if err != nil {
		return inventory.Passkey{}, fmt.Errorf("write passkey: %w", err)
	}
	return inventory.Passkey{Person: of.Person.ID, Name: "Passkey of " + s.Now().In(s.Zone).Format("2 Jan 2006"), CredentialID: made.ID, Credential: string(text)}, nil
}

// noPasskey says to a person that the browser's answer is good for nothing; the log is told why.
func noPasskey(err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		err = fmt.Errorf("%w: %s", err, e.DevInfo)
	}
	return &inventory.Error{Kind: inventory.Forbidden, Msg: "This passkey does not fit: use the one that you made here, on the page that asks for it.", Err: err}
}

// body reads the browser's answer.
func body(c Ctx) ([]byte, error) {
	b, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return bytes.TrimSpace(b), nil
}

// wentWell answers a ceremony with the page to go on at.
func wentWell(c Ctx, next string) error {
	return c.JSON(http.StatusOK, map[string]string{"next": next})
}

// finishSetup makes the first admin.
func (s *Site) finishSetup(c Ctx) error {
	if err := s.mayBegin(c); err != nil {
		return err
	}
	return s.finishFirst(c, "setup", func(of ceremony, k inventory.Passkey) (inventory.Person, string, error) {
		err := s.SignIn.Books.FirstAdmin(c.Request().Context(), of.Person, &k)
		if err == nil {
			s.setup.end()
		}
		return of.Person, "/overview", err
	})
}

// finishFirst ends a ceremony by which somebody gets their first passkey, and lets them in.
func (s *Site) finishFirst(c Ctx, kind string, keep func(ceremony, inventory.Passkey) (inventory.Person, string, error)) error {
	of, err := s.ceremonyOf(c, kind)
	if err != nil {
		return err
	}
	b, err := body(c)
	if err != nil {
		return err
	}
	k, err := s.madePasskey(c, of, b)
	if err != nil {
		return err
	}
	p, next, err := keep(of, k)
	if err != nil {
		return fmt.Errorf("keep passkey: %w", err)
	}
	if _, glass := s.SignIn.passkeyFor(p); glass { // it is kept for the emergency, whose sign-in raises the alarm
		return wentWell(c, "/signin")
	}
	if err := s.letIn(c.Request().Context(), p, login{Method: inventory.ByPasskey, Proved: s.Now()}); err != nil {
		return err
	}
	return wentWell(c, next)
}

// beginPasskeySignIn asks the browser for any passkey of ours, and for the person to show that it is theirs.
func (s *Site) beginPasskeySignIn(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	if err := s.limited(c, ""); err != nil {
		return err
	}
	return s.askAssertion(c, "in")
}

func (s *Site) askAssertion(c Ctx, kind string) error {
	w, err := s.party(c.Request())
	if err != nil {
		return err
	}
	asked, session, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return fmt.Errorf("begin sign-in: %w", err)
	}
	return s.keepCeremony(c, ceremony{Kind: kind, Session: *session}, asked)
}

// finishPasskeySignIn lets somebody in by the passkey that their browser showed.
func (s *Site) finishPasskeySignIn(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	k, p, credential, err := s.shown(c, "in")
	if err != nil {
		return err
	}
	if err := s.limited(c, string(p.ID)); err != nil {
		return err
	}
	may, glass := s.SignIn.passkeyFor(p)
	if !may {
		return inventory.Refuse(inventory.Forbidden, "Passkeys are for emergencies here: sign in with your company.")
	}
	ctx := c.Request().Context()
	if p, err = s.SignIn.Books.SignInByPasskey(ctx, k.ID, credential, glass); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if glass {
		s.Log.Warn("somebody signed in beside the identity provider", "actor", string(p.ID))
	}
	if err := s.letIn(ctx, p, login{Method: inventory.ByPasskey, Proved: s.Now(), BreakGlass: glass}); err != nil {
		return err
	}
	return wentWell(c, localPath(c.QueryParam("next")))
}

// shown verifies the browser's answer to askAssertion: which passkey, of whom, and what its credential is now.
func (s *Site) shown(c Ctx, kind string) (k inventory.Passkey, p inventory.Person, credential string, err error) {
	of, err := s.ceremonyOf(c, kind)
	if err != nil {
		return k, p, "", err
	}
	b, err := body(c)
	if err != nil {
		return k, p, "", err
	}
	w, err := s.party(c.Request())
	if err != nil {
		return k, p, "", err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(b)
	if err != nil {
		return k, p, "", noPasskey(err)
	}
	ctx := c.Request().Context()
	var out error // why they may not come in
	_, now, err := w.ValidatePasskeyLogin(func(id, handle []byte) (webauthn.User, error) {
		if k, err = s.SignIn.Books.PasskeyByCredential(ctx, id); err != nil {
			return nil, err
		}
		if string(handle) != string(k.Person) {
			return nil, errors.New("the passkey is somebody else's")
		}
		p, _, out = s.SignIn.Books.Whoever(ctx, k.Person)
		if p.ID == "" {
			return nil, out
		}
		c.Set(claimantKey, inventory.ActorOf(p, inventory.ByClaim)) // their signature is not verified yet
		return s.holderOf(ctx, p)
	}, of.Session, parsed)
	if err != nil {
		return k, p, "", noPasskey(err)
	}
	if out != nil { // left, on hold: who it is about is told, and nobody else
		return k, p, "", fmt.Errorf("read who shows it: %w", out)
	}
	if now.Authenticator.CloneWarning { // WebAuthn Level 3 §7.2, step 22: its counter went back, as that of a copy does
		s.Log.Warn("a passkey may have been copied", "actor", string(p.ID), "passkey", string(k.ID))
		return k, p, "", inventory.Refuse(inventory.Forbidden,
			"This passkey may have been copied: it was used elsewhere in the meantime. Tell the help desk, sign in another way, and remove it.")
	}
	text, err := json.Marshal(now)
	if err != nil {
		return k, p, "", fmt.Errorf("write passkey: %w", err)
	}
	return k, p, string(text), nil
}

// beginAgain asks somebody who is in for a passkey of theirs once more.
func (s *Site) beginAgain(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	return s.askAssertion(c, "again")
}

// finishAgain notes that somebody who is in showed once more who they are.
func (s *Site) finishAgain(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	k, p, credential, err := s.shown(c, "again")
	if err != nil {
		return err
	}
	v := visitor(c)
	if p.ID != v.Person {
		return inventory.Refuse(inventory.Forbidden, "That is somebody else's passkey: use your own.")
	}
	// A passkey for emergencies proves nothing to somebody who came in without it: its use would raise no alarm.
	if may, glass := s.SignIn.passkeyFor(p); !may || glass && !v.BreakGlass {
		return inventory.Refuse(inventory.Forbidden, "Passkeys are for emergencies here: sign in with your company.")
	}
	ctx := c.Request().Context()
	if _, err := s.SignIn.Books.SignInByPasskey(ctx, k.ID, credential, false); err != nil {
		return fmt.Errorf("sign in again: %w", err)
	}
	s.sessions.Put(ctx, sessionProved, seconds(s.Now()))
	return wentWell(c, localPath(c.QueryParam("next")))
}
