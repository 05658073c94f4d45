package softkey_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"keystation/station/ctap"
	"keystation/station/softkey"
)

// manage does a subcommand of credential management; a nil token sends none.
func (h *host) manage(token []byte, sub ctap.CredentialSubcommand, params any) (ctap.CredentialManagementResponse, error) {
	h.t.Helper()
	var resp ctap.CredentialManagementResponse
	req := ctap.CredentialManagementRequest{Subcommand: sub}
	if params != nil {
		b, err := ctap.Encode(params)
		if err != nil {
			h.t.Fatal(err)
		}
		req.Params = b
	}
	if token != nil {
		req.PINUVAuthProtocol = int(two)
		req.PINUVAuthParam = two.Authenticate(token, ctap.CredentialManagementAuthMessage(sub, req.Params))
	}
	h.begin(ctap.CmdCredentialManagement, req)
	m := h.must(h.receive())
	if err := ctap.Status(m.Data[0]).Err(); err != nil {
		return resp, err
	}
	if len(m.Data) > 1 {
		if err := ctap.Decode(m.Data[1:], &resp); err != nil {
			h.t.Fatal(err)
		}
	}
	return resp, nil
}

func (h *host) mustManage(token []byte, sub ctap.CredentialSubcommand, params any) ctap.CredentialManagementResponse {
	h.t.Helper()
	resp, err := h.manage(token, sub, params)
	if err != nil {
		h.t.Fatalf("subcommand %d: %v", sub, err)
	}
	return resp
}

// resident makes a discoverable credential; without a PIN set.
func (h *host) resident(rpID, user string) made {
	h.t.Helper()
	req := creation()
	req.RP = &ctap.RelyingParty{ID: rpID, Name: "RP " + rpID}
	req.User = &ctap.UserEntity{ID: []byte(user), Name: user, DisplayName: "Mx. " + user}
	req.Options = map[string]bool{ctap.OptionRK: true}
	return h.mustMake(req)
}

func rpHash(rpID string) []byte {
	sum := sha256.Sum256([]byte(rpID))
	return sum[:]
}

func ofRP(rpID string) ctap.CredentialManagementParams {
	return ctap.CredentialManagementParams{RPIDHash: rpHash(rpID)}
}

func naming(id []byte) ctap.CredentialManagementParams {
	return ctap.CredentialManagementParams{Credential: &ctap.Descriptor{ID: id, Type: ctap.PublicKeyCredential}}
}

// CTAP 2.1 §6.8.2 to §6.8.4: what is stored, for whom, and all of it.
func TestCredentialManagement_lists(t *testing.T) {
	_, h := start(t, softkey.Config{})
	alice := h.resident("a.example", "alice")
	h.resident("b.example", "bob")
	h.resident("a.example", "carol")
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	token := h.mustToken(testPIN, ctap.PermCredentialManagement, "")
	if m := h.mustManage(token, ctap.CredentialsMetadata, nil); *m.Existing != 3 || *m.Remaining != 22 {
		t.Errorf("metadata: %d and %d", *m.Existing, *m.Remaining)
	}
	first, next := h.mustManage(token, ctap.EnumerateRPsBegin, nil), h.mustManage(nil, ctap.EnumerateRPsNext, nil)
	if *first.TotalRPs != 2 || first.RP.ID != "a.example" || first.RP.Name != "RP a.example" || next.RP.ID != "b.example" || next.TotalRPs != nil {
		t.Errorf("relying parties: %+v, %+v", first, next)
	}
	if !bytes.Equal(next.RPIDHash, rpHash("b.example")) {
		t.Errorf("rpIDHash %x", next.RPIDHash)
	}
	_, err := h.manage(nil, ctap.EnumerateRPsNext, nil)
	h.wantErr(ctap.ErrNotAllowed, err)

	c, other := h.mustManage(token, ctap.EnumerateCredsBegin, ofRP("a.example")), h.mustManage(nil, ctap.EnumerateCredsNext, nil)
	if *c.TotalCredentials != 2 || c.User.Name != "alice" || c.User.DisplayName != "Mx. alice" || c.CredProtect != ctap.UVOptional || other.User.Name != "carol" {
		t.Errorf("credentials: %+v, %+v", c, other)
	}
	if !bytes.Equal(c.Credential.ID, alice.data.Credential.ID) || !bytes.Equal(c.PublicKey, alice.data.Credential.PublicKey) {
		t.Error("the credential is another than the one that was made")
	}
	_, err = h.manage(nil, ctap.EnumerateCredsNext, nil)
	h.wantErr(ctap.ErrNotAllowed, err)
	_, err = h.manage(token, ctap.EnumerateCredsBegin, ofRP("c.example"))
	h.wantErr(ctap.ErrNoCredentials, err)
}

// Another command, or another subcommand, ends an enumeration.
func TestCredentialManagement_sequencesEnd(t *testing.T) {
	_, h := start(t, softkey.Config{})
	for _, rp := range []string{"a.example", "b.example", "c.example"} {
		h.resident(rp, "alice")
	}
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	token := h.mustToken(testPIN, ctap.PermCredentialManagement, "")
	for name, other := range map[string]func(){
		"getInfo":            func() { h.info() },
		"metadata":           func() { h.mustManage(token, ctap.CredentialsMetadata, nil) },
		"the other sequence": func() { _, _ = h.manage(nil, ctap.EnumerateCredsNext, nil) },
	} {
		h.mustManage(token, ctap.EnumerateRPsBegin, nil)
		h.mustManage(nil, ctap.EnumerateRPsNext, nil)
		other()
		if _, err := h.manage(nil, ctap.EnumerateRPsNext, nil); !errors.Is(err, ctap.ErrNotAllowed) {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

// CTAP 2.1 §6.8.5 and §6.8.6.
func TestCredentialManagement_changes(t *testing.T) {
	_, h := start(t, softkey.Config{})
	alice, bob := h.resident(testRP, "alice"), h.resident(testRP, "bob")
	wrapped := h.mustMake(creation())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	token := h.mustToken(testPIN, ctap.PermCredentialManagement, "")

	h.mustManage(token, ctap.DeleteCredential, naming(alice.data.Credential.ID))
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, probe(alice.data.Credential.ID))
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(bob.data.Credential.ID))
	if left := h.info().RemainingDiscoverableCredentials; *left != 24 {
		t.Errorf("room for %d more", *left)
	}
	renamed := naming(bob.data.Credential.ID)
	renamed.User = &ctap.UserEntity{ID: []byte("bob"), Name: "robert"}
	h.mustManage(token, ctap.UpdateUserInformation, renamed)
	if c := h.mustManage(token, ctap.EnumerateCredsBegin, ofRP(testRP)); c.User.Name != "robert" || c.User.DisplayName != "" {
		t.Errorf("after the change: %+v", c.User)
	}
	stranger := renamed
	stranger.User = &ctap.UserEntity{ID: []byte("somebody"), Name: "robert"}
	tests := []struct {
		name   string
		sub    ctap.CredentialSubcommand
		params any
		want   ctap.Status
	}{
		{"deleted twice", ctap.DeleteCredential, naming(alice.data.Credential.ID), ctap.ErrNoCredentials},
		{"not discoverable", ctap.DeleteCredential, naming(wrapped.data.Credential.ID), ctap.ErrNoCredentials},
		{"another account", ctap.UpdateUserInformation, stranger, ctap.ErrInvalidParameter},
		{"no user", ctap.UpdateUserInformation, naming(bob.data.Credential.ID), ctap.ErrMissingParameter},
		{"no credential", ctap.DeleteCredential, ofRP(testRP), ctap.ErrMissingParameter},
		{"no RP", ctap.EnumerateCredsBegin, naming(bob.data.Credential.ID), ctap.ErrMissingParameter},
		{"no parameters", ctap.DeleteCredential, nil, ctap.ErrMissingParameter},
		{"unknown", 0x55, nil, ctap.ErrInvalidSubcommand},
		{"none", 0, nil, ctap.ErrMissingParameter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.t = t
			_, err := h.manage(token, tt.sub, tt.params)
			h.wantErr(tt.want, err)
		})
	}
}

// The permission cm, and what a token that is bound to one relying party may see.
func TestCredentialManagement_needsItsToken(t *testing.T) {
	_, h := start(t, softkey.Config{})
	alice := h.resident(testRP, "alice")
	elsewhere := h.resident("b.example", "bob")
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	bound := func() []byte { return h.mustToken(testPIN, ctap.PermCredentialManagement, testRP) }
	another := func() []byte { return h.mustToken(testPIN, ctap.PermGetAssertion, testRP) }
	tests := []struct {
		name   string
		token  func() []byte
		sub    ctap.CredentialSubcommand
		params any
		want   ctap.Status
	}{
		{"no token", func() []byte { return nil }, ctap.CredentialsMetadata, nil, ctap.ErrPUATRequired},
		{"another permission", another, ctap.CredentialsMetadata, nil, ctap.ErrPINAuthInvalid},
		{"bound: metadata", bound, ctap.CredentialsMetadata, nil, ctap.ErrPINAuthInvalid},
		{"bound: relying parties", bound, ctap.EnumerateRPsBegin, nil, ctap.ErrPINAuthInvalid},
		{"bound: its own", bound, ctap.EnumerateCredsBegin, ofRP(testRP), ctap.OK},
		{"bound: another's", bound, ctap.EnumerateCredsBegin, ofRP("b.example"), ctap.ErrPINAuthInvalid},
		{"bound: delete another's", bound, ctap.DeleteCredential, naming(elsewhere.data.Credential.ID), ctap.ErrPINAuthInvalid},
		{"bound: delete its own", bound, ctap.DeleteCredential, naming(alice.data.Credential.ID), ctap.OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.t = t
			_, err := h.manage(tt.token(), tt.sub, tt.params)
			h.wantErr(tt.want, err)
		})
	}
}

// A key without credentials has nothing to enumerate.
func TestCredentialManagement_empty(t *testing.T) {
	_, h := start(t, softkey.Config{})
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	token := h.mustToken(testPIN, ctap.PermCredentialManagement, "")
	_, err := h.manage(token, ctap.EnumerateRPsBegin, nil)
	h.wantErr(ctap.ErrNoCredentials, err)
	if m := h.mustManage(token, ctap.CredentialsMetadata, nil); *m.Existing != 0 || *m.Remaining != 25 {
		t.Errorf("metadata: %d and %d", *m.Existing, *m.Remaining)
	}
}

// The preview has a number of its own and lacks updateUserInformation; keys without FIDO_2_1_PRE lack it.
func TestCredentialManagement_preview(t *testing.T) {
	_, h := start(t, softkey.Config{Profile: "yubikey-like"})
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	token := h.mustToken(testPIN, ctap.PermCredentialManagement, "")
	req := ctap.CredentialManagementRequest{Subcommand: ctap.CredentialsMetadata, PINUVAuthProtocol: int(two),
		PINUVAuthParam: two.Authenticate(token, []byte{byte(ctap.CredentialsMetadata)})}
	h.want(ctap.OK, ctap.CmdCredentialManagementPreview, req)
	h.want(ctap.OK, ctap.CmdCredentialManagement, req)
	req.Subcommand = ctap.UpdateUserInformation
	h.want(ctap.ErrInvalidSubcommand, ctap.CmdCredentialManagementPreview, req)
	_, h = start(t, softkey.Config{})
	h.want(ctap.ErrInvalidCommand, ctap.CmdCredentialManagementPreview, req)
}

// Before CTAP 2.1 a token was good for everything, credential management too.
func TestCredentialManagement_legacyToken(t *testing.T) {
	m := modelOf(t, "yubikey-like")
	m.GetInfo.Versions = []string{ctap.VersionFIDO20, ctap.VersionFIDO21P}
	m.GetInfo.Options = map[string]bool{ctap.OptionRK: true, ctap.OptionClientPIN: false, ctap.OptionCredMgmtPreview: true}
	m.GetInfo.PINUVAuthProtocols = []int{1}
	_, h := start(t, softkey.Config{Model: &m})
	h.wantErr(ctap.OK, h.setPIN(one, testPIN))
	token, err := h.token(one, testPIN, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	h.want(ctap.OK, ctap.CmdCredentialManagementPreview, ctap.CredentialManagementRequest{Subcommand: ctap.CredentialsMetadata,
		PINUVAuthProtocol: int(one), PINUVAuthParam: one.Authenticate(token, []byte{byte(ctap.CredentialsMetadata)})})
}

// The user's name is told only to who verified the user and has a choice to show; CTAP 2.1 §6.2.2.
func TestGetAssertion_user(t *testing.T) {
	_, h := start(t, softkey.Config{})
	alice := h.resident(testRP, "alice")
	h.resident("alone.example", "bob")
	h.resident(testRP, "carol")
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	tests := []struct {
		name     string
		rp       string
		allow    []byte
		verified bool
		user     string
		names    bool
	}{
		{"several, verified", testRP, nil, true, "carol", true},
		{"several, not verified", testRP, nil, false, "carol", false},
		{"one, verified", "alone.example", nil, true, "bob", false},
		{"named in the allow list", testRP, alice.data.Credential.ID, true, "alice", false},
	}
	for _, tt := range tests {
		req := ctap.GetAssertionRequest{RPID: tt.rp, ClientDataHash: clientDataHash()}
		if tt.allow != nil {
			req.AllowList = []ctap.Descriptor{{ID: tt.allow, Type: ctap.PublicKeyCredential}}
		}
		if tt.verified {
			req.PINUVAuthParam, req.PINUVAuthProtocol = withToken(h.mustToken(testPIN, ctap.PermGetAssertion, tt.rp))
		}
		var resp ctap.GetAssertionResponse
		h.wantErr(ctap.OK, h.do(ctap.CmdGetAssertion, req, &resp))
		if string(resp.User.ID) != tt.user || (resp.User.Name != "") != tt.names || (resp.User.DisplayName != "") != tt.names {
			t.Errorf("%s: %+v", tt.name, resp.User)
		}
		if resp.NumberOfCredentials > 1 && tt.names {
			var next ctap.GetAssertionResponse
			h.wantErr(ctap.OK, h.do(ctap.CmdGetNextAssertion, nil, &next))
			if next.User.Name != "alice" || slices.Equal(next.Signature, resp.Signature) {
				t.Errorf("%s: then %+v", tt.name, next.User)
			}
		}
	}
}
