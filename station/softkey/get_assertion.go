package softkey

import (
	"crypto/sha256"
	"slices"
	"time"

	"keystation/station/ctap"
)

// assertion is a getAssertion on its way through the steps of CTAP 2.1 §6.2.2.
type assertion struct {
	req      ctap.GetAssertionRequest
	rpIDHash [32]byte
	present  bool // the person is asked for a touch: the option up
	verified bool
	found    []credential
	several  bool  // more than one was found, so that the platform shows a choice
	salts    salts // of hmac-secret
}

// pendingAssertions are what getNextAssertion still gives.
type pendingAssertions struct {
	assertion
	since time.Time
}

// nextWithin is CTAP 2.1 §6.3 step 3.
const nextWithin = 30 * time.Second

// getAssertion is authenticatorGetAssertion (CTAP 2.1 §6.2.2).
func (a *authenticator) getAssertion(body []byte) ([]byte, error) {
	var g assertion
	if err := ctap.DecodeRequest(body, &g.req); err != nil {
		return nil, err
	}
	if len(g.req.ClientDataHash) != sha256.Size || g.req.RPID == "" {
		return nil, ctap.ErrMissingParameter
	}
	g.rpIDHash = sha256.Sum256([]byte(g.req.RPID))
	if err := a.selectOrCheck(g.req.PINUVAuthParam, g.req.PINUVAuthProtocol); err != nil { // steps 1 and 2
		return nil, err
	}
	for _, step := range []func(*assertion) error{a.assertionOptions, a.assertionToken, a.hmacInput, a.locate} {
		if err := step(&g); err != nil {
			return nil, err
		}
	}
	if g.present { // step 9
		if err := a.touch(ctap.ErrOperationDenied); err != nil {
			return nil, err
		}
		a.spend()
	}
	return a.assert(g)
}

// assertionOptions is steps 4 and 5. An explicit up=false is a pre-flight, which passes
// alwaysUv.
func (a *authenticator) assertionOptions(g *assertion) error {
	if g.req.Options[ctap.OptionUV] && g.req.PINUVAuthParam == nil {
		return a.noBuiltInUV()
	}
	if _, ok := g.req.Options[ctap.OptionRK]; ok {
		return ctap.ErrUnsupportedOption
	}
	up, ok := g.req.Options[ctap.OptionUP]
	g.present = up || !ok
	if g.present && a.state.AlwaysUV && (!a.protected() || g.req.PINUVAuthParam == nil) {
		return ctap.ErrPUATRequired
	}
	return nil
}

// assertionToken is step 6.
func (a *authenticator) assertionToken(g *assertion) error {
	if g.req.PINUVAuthParam == nil {
		return nil
	}
	if !a.protected() {
		return ctap.ErrPINNotSet
	}
	use := tokenUse{ctap.PermGetAssertion, g.req.RPID}
	err := a.authorizeFor(ctap.PINProtocol(g.req.PINUVAuthProtocol), g.req.ClientDataHash, *g.req.PINUVAuthParam, use)
	g.verified = err == nil
	return err
}

// locate is step 7: nothing that fits is NO_CREDENTIALS at once, without a touch.
func (a *authenticator) locate(g *assertion) error {
	if a.model.tooMany(g.req.AllowList) {
		return ctap.ErrLimitExceeded
	}
	listed := len(g.req.AllowList) > 0
	for _, id := range a.candidates(g) {
		c, ok := a.state.open(id, g.rpIDHash)
		if ok && admissible(c.protect, listed, g.verified) {
			g.found = append(g.found, c)
		}
	}
	if len(g.found) == 0 {
		return ctap.ErrNoCredentials
	}
	if listed {
		g.found = g.found[:1] // step 11: any one of an allow list
	}
	return nil
}

// candidates are the ids of the allow list, or the discoverable credentials of the RP,
// the newest first (step 12).
func (a *authenticator) candidates(g *assertion) [][]byte {
	var ids [][]byte
	for _, d := range g.req.AllowList {
		ids = append(ids, d.ID)
	}
	if ids != nil {
		return ids
	}
	for _, r := range a.state.Residents {
		if r.RPID == g.req.RPID {
			ids = append(ids, r.ID)
		}
	}
	slices.Reverse(ids)
	return ids
}

// admissible is what the levels of credProtect admit (CTAP 2.1 §12.1).
func admissible(p ctap.CredProtect, listed, verified bool) bool {
	switch p {
	case ctap.UVRequired:
		return verified
	case ctap.UVOptionalWithCredentialID:
		return verified || listed
	}
	return true
}

// assert is steps 10 to 13.
func (a *authenticator) assert(g assertion) ([]byte, error) {
	if g.several = len(g.found) > 1; g.several {
		rest := g
		rest.found = g.found[1:]
		a.pending = pendingAssertions{rest, a.cfg.Now()}
	}
	return a.signAssertion(g, len(g.found))
}

// getNextAssertion is CTAP 2.1 §6.3.
func (a *authenticator) getNextAssertion([]byte) ([]byte, error) {
	p := a.pending
	if len(p.found) == 0 || a.cfg.Now().Sub(p.since) > nextWithin {
		a.pending = pendingAssertions{}
		return nil, ctap.ErrNotAllowed
	}
	a.pending.found, a.pending.since = p.found[1:], a.cfg.Now()
	return a.signAssertion(p.assertion, 0)
}

// signAssertion answers with the first credential found; of is how many there were, or
// 0 in an answer to getNextAssertion.
func (a *authenticator) signAssertion(g assertion, of int) ([]byte, error) {
	c := g.found[0]
	data := ctap.AuthData{RPIDHash: g.rpIDHash, Counter: a.count()}
	if g.present {
		data.Flags |= ctap.FlagUP
	}
	if g.verified {
		data.Flags |= ctap.FlagUV
	}
	if err := a.assertionOutputs(g, c, &data); err != nil {
		return nil, err
	}
	authData := data.Encode()
	sig, err := sign(c.key, append(slices.Clone(authData), g.req.ClientDataHash...))
	if err != nil {
		return nil, ctap.ErrOther
	}
	if a.faults.strikes(WrongSignature) {
		sig[len(sig)-1] ^= 1
	}
	resp := ctap.GetAssertionResponse{AuthData: authData, Signature: sig, User: shown(c.user, g.verified && g.several),
		Credential: &ctap.Descriptor{ID: c.id, Type: ctap.PublicKeyCredential}}
	if of > 1 {
		resp.NumberOfCredentials = of
	}
	return ctap.Encode(resp)
}

// shown is how much of the user an answer tells: no name without verification, and none where there is no choice to
// show (CTAP 2.1 §6.2.2, user in the table of the response).
func shown(u *ctap.UserEntity, named bool) *ctap.UserEntity {
	if u == nil || named {
		return u
	}
	return &ctap.UserEntity{ID: u.ID}
}
