package softkey_test

import (
	"testing"
	"time"

	"keystation/station/ctap"
	"keystation/station/softkey"
)

// assert does an assertion and verifies its signature with the credential's key.
func (h *host) assert(req ctap.GetAssertionRequest, m made) (ctap.AuthData, ctap.GetAssertionResponse, error) {
	h.t.Helper()
	var resp ctap.GetAssertionResponse
	if err := h.do(ctap.CmdGetAssertion, req, &resp); err != nil {
		return ctap.AuthData{}, resp, err
	}
	data, err := ctap.ParseAuthData(resp.AuthData)
	if err != nil {
		h.t.Fatal(err)
	}
	signed := append(append([]byte(nil), resp.AuthData...), req.ClientDataHash...)
	return data, resp, ctap.VerifySignature(m.data.Credential.PublicKey, signed, resp.Signature)
}

func TestGetAssertion_withTouchAndSilently(t *testing.T) {
	_, h := start(t, softkey.Config{})
	m := h.mustMake(creation())
	silent := probe(m.data.Credential.ID)
	data, _, err := h.assert(silent, m)
	if err != nil || data.Flags.UP() || len(h.seen) != 0 {
		t.Errorf("silent: %v, flags %08b, keepalives %v", err, data.Flags, h.seen)
	}
	counter := data.Counter
	touched := probe(m.data.Credential.ID)
	touched.Options = nil
	data, _, err = h.assert(touched, m)
	if err != nil || !data.Flags.UP() || data.Counter <= counter {
		t.Errorf("touched: %v, flags %08b, counter %d after %d", err, data.Flags, data.Counter, counter)
	}
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, probe([]byte("of another key")))
	elsewhere := probe(m.data.Credential.ID)
	elsewhere.RPID = "other.example.com"
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, elsewhere)
	if len(h.seen) != 0 {
		t.Error("NO_CREDENTIALS asked for a touch")
	}
}

// CTAP 2.1 §6.2.2 step 5: a silent probe passes alwaysUv, a touch does not; neither is
// stopped by forcePINChange.
func TestGetAssertion_alwaysUVAndForced(t *testing.T) {
	_, h := start(t, softkey.Config{})
	m := h.mustMake(creation())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigToggleAlwaysUV, nil))
	silent, touched := probe(m.data.Credential.ID), probe(m.data.Credential.ID)
	touched.Options = nil
	check := func(silently, byTouch ctap.Status) {
		t.Helper()
		_, _, err := h.assert(silent, m)
		h.wantErr(silently, err)
		_, _, err = h.assert(touched, m)
		h.wantErr(byTouch, err)
	}
	check(ctap.OK, ctap.ErrPUATRequired)
	verified := touched
	verified.PINUVAuthParam, verified.PINUVAuthProtocol = withToken(h.mustToken(testPIN, ctap.PermGetAssertion, testRP))
	if data, _, err := h.assert(verified, m); err != nil || !data.Flags.UV() {
		t.Errorf("with a token: %v, flags %08b", err, data.Flags)
	}
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigToggleAlwaysUV, nil))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{ForceChangePIN: true}))
	check(ctap.OK, ctap.OK)
}

// Some firmware refuses everything while forcePINChange is set, until it is changed.
func TestGetAssertion_muteWhenForced(t *testing.T) {
	_, h := start(t, softkey.Config{Profile: "mute-when-forced"})
	m := h.mustMake(creation())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{ForceChangePIN: true}))
	h.want(ctap.ErrPINPolicyViolation, ctap.CmdGetAssertion, probe(m.data.Credential.ID))
	h.want(ctap.ErrPINPolicyViolation, ctap.CmdMakeCredential, creation())
	h.wantErr(ctap.OK, h.changePIN(two, testPIN, "13579"))
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(m.data.Credential.ID))
}

// CTAP 2.1 §12.1: what is found by level, by allow list and by verification.
func TestGetAssertion_credProtect(t *testing.T) {
	_, h := start(t, softkey.Config{})
	tests := []struct {
		level                    ctap.CredProtect
		listed, found, withToken ctap.Status
	}{
		{ctap.UVOptional, ctap.OK, ctap.OK, ctap.OK},
		{ctap.UVOptionalWithCredentialID, ctap.OK, ctap.ErrNoCredentials, ctap.OK},
		{ctap.UVRequired, ctap.ErrNoCredentials, ctap.ErrNoCredentials, ctap.OK},
	}
	for _, tt := range tests {
		h.want(ctap.OK, ctap.CmdReset, nil)
		req := creation()
		req.Options, req.Extensions.CredProtect = map[string]bool{ctap.OptionRK: true}, &tt.level
		m := h.mustMake(req)
		listed, found := probe(m.data.Credential.ID), probe(nil)
		found.AllowList = nil
		h.want(tt.listed, ctap.CmdGetAssertion, listed)
		h.want(tt.found, ctap.CmdGetAssertion, found)
		h.wantErr(ctap.OK, h.setPIN(two, testPIN))
		found.PINUVAuthParam, found.PINUVAuthProtocol = withToken(h.mustToken(testPIN, ctap.PermGetAssertion, testRP))
		h.want(tt.withToken, ctap.CmdGetAssertion, found)
	}
}

// Several discoverable credentials come one after the other, the newest first.
func TestGetNextAssertion(t *testing.T) {
	now := time.Now()
	_, h := start(t, softkey.Config{Now: func() time.Time { return now }})
	for _, user := range []string{"alice", "bob", "carol", "alice"} { // the last replaces the first
		req := creation()
		req.User = &ctap.UserEntity{ID: []byte(user), Name: user}
		req.Options = map[string]bool{ctap.OptionRK: true}
		h.mustMake(req)
	}
	if left := h.info().RemainingDiscoverableCredentials; left == nil || *left != 22 {
		t.Errorf("room for %v more", left)
	}
	all := probe(nil)
	all.AllowList = nil
	var resp ctap.GetAssertionResponse
	h.wantErr(ctap.OK, h.do(ctap.CmdGetAssertion, all, &resp))
	if resp.NumberOfCredentials != 3 || string(resp.User.ID) != "alice" || resp.User.Name != "" {
		t.Errorf("first answer: %d credentials, user %+v", resp.NumberOfCredentials, resp.User)
	}
	resp = ctap.GetAssertionResponse{}
	h.wantErr(ctap.OK, h.do(ctap.CmdGetNextAssertion, nil, &resp))
	if string(resp.User.ID) != "carol" || resp.NumberOfCredentials != 0 {
		t.Errorf("second answer: %+v", resp.User)
	}
	now = now.Add(31 * time.Second)
	h.want(ctap.ErrNotAllowed, ctap.CmdGetNextAssertion, nil)
	h.want(ctap.OK, ctap.CmdGetAssertion, all)
	h.want(ctap.OK, ctap.CmdGetInfo, nil) // any other command ends the sequence
	h.want(ctap.ErrNotAllowed, ctap.CmdGetNextAssertion, nil)
}

func TestMakeCredential_storeFull(t *testing.T) {
	_, h := start(t, softkey.Config{})
	for i := range 26 {
		req := creation()
		req.User.ID = []byte{byte(i)}
		req.Options = map[string]bool{ctap.OptionRK: true}
		_, err := h.make(req)
		want := ctap.OK
		if i == 25 {
			want = ctap.ErrKeyStoreFull
		}
		h.wantErr(want, err)
	}
}

func TestGetAssertion_refusals(t *testing.T) {
	_, h := start(t, softkey.Config{})
	m := h.mustMake(creation())
	tests := []struct {
		name string
		edit func(*ctap.GetAssertionRequest)
		want ctap.Status
	}{
		{"no RP ID", func(r *ctap.GetAssertionRequest) { r.RPID = "" }, ctap.ErrMissingParameter},
		{"no hash", func(r *ctap.GetAssertionRequest) { r.ClientDataHash = nil }, ctap.ErrMissingParameter},
		{"rk", func(r *ctap.GetAssertionRequest) { r.Options["rk"] = true }, ctap.ErrUnsupportedOption},
		{"uv", func(r *ctap.GetAssertionRequest) { r.Options["uv"] = true }, ctap.ErrInvalidOption},
		{"selection", func(r *ctap.GetAssertionRequest) { r.PINUVAuthParam = &[]byte{} }, ctap.ErrPINNotSet},
		{"unknown protocol", func(r *ctap.GetAssertionRequest) { r.PINUVAuthParam, r.PINUVAuthProtocol = &[]byte{1}, 9 }, ctap.ErrInvalidParameter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.t = t
			req := probe(m.data.Credential.ID)
			tt.edit(&req)
			h.want(tt.want, ctap.CmdGetAssertion, req)
		})
	}
}
