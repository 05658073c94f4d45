package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keystation/inventory"
)

// OIDC is the company's identity provider (OpenID Connect Core 1.0). Issuer and ClientID are needed; the zero value of every
// other field has a meaning. It is safe for concurrent use.
type OIDC struct {
	Issuer   string
	ClientID string
	Secret   string   // empty: a public client, which PKCE guards
	Name     string   // what people call it; empty: the issuer's host
	Scopes   []string // beside openid, profile and email

	ExternalID string                    // the claim by which the directory knows people; empty: none
	RoleClaim  string                    // the claim that names roles; empty: roles are given here
	Roles      map[string]inventory.Role // what its values stand for
	Enter      bool                      // somebody whom the directory does not know is entered
	Client     *http.Client              // nil: one that waits ten seconds

	mu       sync.Mutex
	provider *oidc.Provider
	asking   chan struct{} // closed once whoever asks it has an answer; nil: nobody does
	failed   error         // the last answer; nil: it was good, or there was none
	failedAt time.Time
}

func (o *OIDC) name() string {
	if o.Name != "" {
		return o.Name
	}
	if u, err := url.Parse(o.Issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return o.Issuer
}

// with gives ctx the client that speaks to the provider.
func (o *OIDC) with(ctx context.Context) context.Context {
	client := o.Client
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second}
	}
	return oidc.ClientContext(ctx, client)
}

// askAgain is how long a provider that does not answer is let alone.
const askAgain = 10 * time.Second

// discovered gives the provider. It is asked at the first sign-in, not before, so that a desk starts while the provider is
// down; once it answered it is not asked again. Of those who come at the same time one asks and the others wait for that
// answer; a bad one is everybody's for some seconds, so that a provider that hangs holds nobody up for longer than once.
func (o *OIDC) discovered(ctx context.Context, now time.Time) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.provider == nil && o.asking != nil {
		answer := o.asking
		o.mu.Unlock()
		select {
		case <-answer:
		case <-ctx.Done():
		}
		o.mu.Lock()
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("wait for the provider: %w", err)
		}
	}
	if o.provider != nil {
		return o.provider, nil
	}
	if o.failed == nil || now.Sub(o.failedAt) >= askAgain {
		o.ask(ctx, now)
	}
	return o.provider, o.failed
}

// ask asks the provider. mu is held before and after, and not while it is asked.
func (o *OIDC) ask(ctx context.Context, now time.Time) {
	o.asking = make(chan struct{})
	o.mu.Unlock()
	p, err := oidc.NewProvider(context.WithoutCancel(o.with(ctx)), o.Issuer)
	o.mu.Lock()
	close(o.asking)
	o.asking, o.provider, o.failed, o.failedAt = nil, p, nil, now
	if err != nil {
		o.provider, o.failed = nil, &inventory.Error{Kind: inventory.Unavailable, Err: err,
			Msg: o.name() + " does not answer as it should, so nobody can sign in with it just now: try again in a few minutes."}
	}
}

func (o *OIDC) client(p *oidc.Provider, callback string) *oauth2.Config {
	return &oauth2.Config{ClientID: o.ClientID, ClientSecret: o.Secret, Endpoint: p.Endpoint(), RedirectURL: callback,
		Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, o.Scopes...)}
}

// journey is what a session remembers while its person is at the provider.
type journey struct {
	State, Nonce, Verifier, Next string
	Again                        inventory.PersonID // who shows once more who they are; empty: somebody comes in
	Began                        int64
}

const sessionJourney = "journey"

// callback is where the provider sends people back to, at the door where they came from.
func (s *Site) callback(r *http.Request) string {
	scheme := "http://"
	if s.secure(r) {
		scheme = "https://"
	}
	return scheme + r.Host + "/signin/callback"
}

func (s *Site) hasOIDC() error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	if s.SignIn.OIDC == nil {
		return inventory.Refuse(inventory.NotFound, "People sign in by passkey here: use the button on the sign-in page.")
	}
	return nil
}

// leave sends somebody to the provider (OpenID Connect Core §3.1.2.1, RFC 7636).
func (s *Site) leave(c Ctx) error {
	if err := s.hasOIDC(); err != nil {
		return err
	}
	if err := s.limited(c, ""); err != nil {
		return err
	}
	r, o := c.Request(), s.SignIn.OIDC
	p, err := o.discovered(r.Context(), s.Now())
	if err != nil {
		return err
	}
	j := journey{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(),
		Next: localPath(c.QueryParam("next")), Began: s.Now().Unix()}
	options := []oauth2.AuthCodeOption{oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier)}
	if v := s.already(c); v.ID != "" && c.QueryParam("again") != "" {
		j.Again = v.Person
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	b, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("keep journey: %w", err)
	}
	s.sessions.Put(r.Context(), sessionJourney, string(b))
	return c.Redirect(http.StatusSeeOther, o.client(p, s.callback(r)).AuthCodeURL(j.State, options...))
}

// arrive takes somebody in who comes back from the provider (OpenID Connect Core §3.1.2.5 to §3.1.3.7).
func (s *Site) arrive(c Ctx) error {
	if err := s.hasOIDC(); err != nil {
		return err
	}
	var j journey
	text := s.sessions.PopString(c.Request().Context(), sessionJourney)
	if text == "" || json.Unmarshal([]byte(text), &j) != nil || c.QueryParam("state") != j.State || s.Now().Sub(time.Unix(j.Began, 0)) > 15*time.Minute {
		return inventory.Refuse(inventory.Conflict, "This sign-in was begun elsewhere, or took too long: begin again on the sign-in page.")
	}
	if c.QueryParam("error") != "" {
		s.Log.Warn("the identity provider refused a sign-in", "error", c.QueryParam("error"), "description", c.QueryParam("error_description"))
		return c.Redirect(http.StatusSeeOther, "/signin?trouble=refused&next="+url.QueryEscape(j.Next))
	}
	token, said, err := s.redeem(c, j)
	if err != nil {
		s.Log.Warn("an answer of the identity provider does not hold", "err", err) // people are told nothing that would help to forge one
		return err
	}
	ctx, claims := c.Request().Context(), s.SignIn.OIDC.claims(token, said)
	p, err := s.SignIn.Books.SignInByClaims(ctx, claims)
	if p.ID != "" {
		c.Set(claimantKey, inventory.ActorOf(p, inventory.ByOIDC))
	}
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	proved, err := s.proved(token)
	if err == nil && j.Again != "" {
		err = provedAgain(proved, p, j)
	}
	if err != nil {
		return err
	}
	if err := s.letIn(ctx, p, login{Method: inventory.ByOIDC, Proved: proved}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, j.Next)
}

// redeem turns the code into a verified ID token, and gives all that the provider says of the person.
func (s *Site) redeem(c Ctx, j journey) (*oidc.IDToken, map[string]any, error) {
	o := s.SignIn.OIDC
	ctx := o.with(c.Request().Context())
	p, err := o.discovered(ctx, s.Now())
	if err != nil {
		return nil, nil, err
	}
	// RFC 9207 §2.4: an answer of another provider must not be redeemed at this one.
	if iss := c.QueryParam("iss"); iss != "" && iss != o.Issuer {
		return nil, nil, badToken(fmt.Errorf("answer of issuer %q", iss))
	}
	got, err := o.client(p, s.callback(c.Request())).Exchange(ctx, c.QueryParam("code"), oauth2.VerifierOption(j.Verifier))
	if err != nil {
		return nil, nil, badToken(err)
	}
	raw, ok := got.Extra("id_token").(string)
	if !ok {
		return nil, nil, badToken(errors.New("no id_token"))
	}
	token, err := p.VerifierContext(ctx, &oidc.Config{ClientID: o.ClientID, Now: s.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, nil, badToken(err)
	}
	if token.Subject == "" { // OpenID Connect Core §2: it is required, and all who have none would be one person here
		return nil, nil, badToken(errors.New("no sub"))
	}
	if token.Nonce != j.Nonce {
		return nil, nil, badToken(errors.New("another nonce"))
	}
	said, err := o.said(ctx, p, token, oauth2.StaticTokenSource(got))
	return token, said, err
}

// said is what the provider says of a person: the claims of the token and, where those leave out what is needed, of the
// userinfo endpoint, at which a provider may put them when there is an access token (OpenID Connect Core §5.4). Whoever
// cannot be asked says nothing: to go on without would take roles away.
func (o *OIDC) said(ctx context.Context, p *oidc.Provider, token *oidc.IDToken, access oauth2.TokenSource) (map[string]any, error) {
	all := map[string]any{}
	if err := token.Claims(&all); err != nil {
		return nil, badToken(err)
	}
	lacks := func(claim string) bool { return claim != "" && all[claim] == nil }
	if p.UserInfoEndpoint() == "" || !slices.ContainsFunc([]string{"name", "email", o.ExternalID, o.RoleClaim}, lacks) {
		return all, nil
	}
	info, err := p.UserInfo(ctx, access)
	if err != nil {
		return nil, badToken(err)
	}
	// OpenID Connect Core §5.3.2: the sub of the answer must be that of the token, or its values must not be used.
	if info.Subject != token.Subject {
		return nil, badToken(errors.New("userinfo is about somebody else"))
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return nil, badToken(err)
	}
	for claim, value := range more {
		if lacks(claim) {
			all[claim] = value
		}
	}
	return all, nil
}

func badToken(err error) error {
	return &inventory.Error{Kind: inventory.Forbidden, Err: err, Msg: "What the identity provider answered does not hold, so nobody was signed in: begin again on the sign-in page, and if it goes on tell the help desk."}
}

// proved tells when somebody showed the provider who they are, which may be long before they came here; the zero time: the
// provider does not say (OpenID Connect Core §2, auth_time). A provider whose clock is fast proves nothing for later.
func (s *Site) proved(token *oidc.IDToken) (time.Time, error) {
	var of struct {
		AuthTime int64 `json:"auth_time"`
	}
	if err := token.Claims(&of); err != nil {
		return time.Time{}, badToken(err)
	}
	if of.AuthTime <= 0 {
		return time.Time{}, nil
	}
	return time.Unix(min(of.AuthTime, s.Now().Unix()), 0), nil
}

// provedAgain refuses an answer that is about somebody else, or about a sign-in of long ago (OpenID Connect Core §3.1.2.1,
// max_age: auth_time is required then). Without it nothing is proved: whoever sits at somebody's browser can ask the provider
// for less than we did.
func provedAgain(proved time.Time, p inventory.Person, j journey) error {
	switch {
	case p.ID != j.Again:
		return inventory.Refuse(inventory.Forbidden, "That was somebody else: sign in again as yourself.")
	case proved.IsZero():
		return &inventory.Error{Kind: inventory.Forbidden, Err: errors.New("no auth_time"),
			Msg: "The identity provider does not say when you signed in, so this cannot be done: ask whoever looks after it to add the claim auth_time to the ID token."}
	case proved.Unix() < j.Began-60: // two clocks
		return badToken(fmt.Errorf("signed in at %s, asked at %d", inventory.FormatTime(proved), j.Began))
	}
	return nil
}

// claims reads what the provider said. An e-mail address counts unless the provider says that it is not verified: Entra, whose
// addresses its admins give, says nothing of it, and a provider where people change their own says so (OpenID Connect Core
// §5.1).
func (o *OIDC) claims(token *oidc.IDToken, all map[string]any) inventory.Claims {
	text := func(key string) string {
		t, _ := all[key].(string)
		return strings.TrimSpace(t)
	}
	c := inventory.Claims{Issuer: token.Issuer, Subject: token.Subject, Name: text("name"), Language: text("locale"), Enter: o.Enter, RolesKnown: o.RoleClaim != ""}
	if verified := all["email_verified"]; verified != false && verified != "false" { // some write it as a text
		c.Email = text("email")
	}
	if o.ExternalID != "" {
		c.ExternalID = text(o.ExternalID)
	}
	if c.Name == "" {
		c.Name = c.Email
	}
	for _, value := range valuesOf(all[o.RoleClaim]) {
		if r, known := o.Roles[value]; known && !slices.Contains(c.Roles, r) {
			c.Roles = append(c.Roles, r)
		}
	}
	return c
}

// valuesOf are the values of a claim that is a text or a list of texts.
func valuesOf(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			if t, ok := one.(string); ok {
				out = append(out, t)
			}
		}
		return out
	}
	return nil
}
