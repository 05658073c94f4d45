package softkey_test

import (
	"bytes"
	"errors"
	"testing"

	"keystation/station/ctap"
	"keystation/station/softkey"
)

// secrets asks hmac-secret about salts with an assertion and decrypts the answer.
func (h *host) secrets(p ctap.PINProtocol, salts []byte, req ctap.GetAssertionRequest) ([]byte, error) {
	h.t.Helper()
	s := h.agree(p)
	enc := h.encrypt(s, salts)
	in := ctap.HMACSecretInput{KeyAgreement: s.own, SaltEnc: enc, SaltAuth: p.Authenticate(s.secret, enc)}
	if p != one { // left out, it is one
		in.PINUVAuthProtocol = int(p)
	}
	req.Extensions.HMACSecret = &in
	var resp ctap.GetAssertionResponse
	if err := h.do(ctap.CmdGetAssertion, req, &resp); err != nil {
		return nil, err
	}
	data, err := ctap.ParseAuthData(resp.AuthData)
	if err != nil {
		h.t.Fatal(err)
	}
	var out ctap.GetAssertionOutputs
	if err := ctap.Decode(data.Extensions, &out); err != nil {
		h.t.Fatal(err)
	}
	plain, err := p.Decrypt(s.secret, out.HMACSecret)
	if err != nil {
		h.t.Fatal(err)
	}
	return plain, nil
}

func (h *host) mustSecrets(p ctap.PINProtocol, salts []byte, req ctap.GetAssertionRequest) []byte {
	h.t.Helper()
	b, err := h.secrets(p, salts, req)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func touched(m made) ctap.GetAssertionRequest {
	req := probe(m.data.Credential.ID)
	req.Options = nil
	return req
}

func hmacCreation() ctap.MakeCredentialRequest {
	yes, req := true, creation()
	req.Extensions.HMACSecret = &yes
	return req
}

// CTAP 2.1 §12.5: the same salt gives the same secret, by either protocol; each credential, each salt and user
// verification have their own.
func TestHMACSecret(t *testing.T) {
	_, h := start(t, softkey.Config{})
	m, other := h.mustMake(hmacCreation()), h.mustMake(hmacCreation())
	var said ctap.MakeCredentialOutputs
	if err := ctap.Decode(m.data.Extensions, &said); err != nil || !said.HMACSecret {
		t.Errorf("makeCredential says %+v, %v", said, err)
	}
	salt1, salt2 := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	both := append(bytes.Clone(salt1), salt2...)
	first := h.mustSecrets(two, salt1, touched(m))
	if len(first) != 32 || !bytes.Equal(first, h.mustSecrets(one, salt1, touched(m))) {
		t.Error("the protocols disagree")
	}
	pair := h.mustSecrets(two, both, touched(m))
	if len(pair) != 64 || !bytes.Equal(pair[:32], first) || bytes.Equal(pair[32:], first) {
		t.Errorf("two salts: %x, one: %x", pair, first)
	}
	if !bytes.Equal(pair, h.mustSecrets(one, both, touched(m))) {
		t.Error("the protocols disagree about two salts")
	}
	if bytes.Equal(first, h.mustSecrets(two, salt1, touched(other))) {
		t.Error("two credentials have one secret")
	}
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	verified := touched(m)
	verified.PINUVAuthParam, verified.PINUVAuthProtocol = withToken(h.mustToken(testPIN, ctap.PermGetAssertion, testRP))
	if bytes.Equal(first, h.mustSecrets(two, salt1, verified)) {
		t.Error("CredRandomWithUV and CredRandomWithoutUV are the same")
	}
	if !bytes.Equal(first, h.mustSecrets(two, salt1, touched(m))) {
		t.Error("setting a PIN changed a secret")
	}
}

func TestHMACSecret_refusals(t *testing.T) {
	_, h := start(t, softkey.Config{})
	m := h.mustMake(hmacCreation())
	for _, size := range []int{16, 48, 80, 96} {
		_, err := h.secrets(two, make([]byte, size), touched(m))
		h.wantErr(ctap.ErrInvalidLength, err)
	}
	_, err := h.secrets(two, make([]byte, 32), probe(m.data.Credential.ID)) // up=false
	h.wantErr(ctap.ErrUnsupportedOption, err)

	s := h.agree(two)
	enc := h.encrypt(s, make([]byte, 32))
	good := ctap.HMACSecretInput{KeyAgreement: s.own, SaltEnc: enc, SaltAuth: two.Authenticate(s.secret, enc), PINUVAuthProtocol: int(two)}
	tests := []struct {
		name string
		edit func(*ctap.HMACSecretInput)
		want ctap.Status
	}{
		{"wrong MAC", func(in *ctap.HMACSecretInput) { in.SaltAuth = make([]byte, 32) }, ctap.ErrPINAuthInvalid},
		{"unknown protocol", func(in *ctap.HMACSecretInput) { in.PINUVAuthProtocol = 7 }, ctap.ErrInvalidParameter},
		{"no salt", func(in *ctap.HMACSecretInput) { in.SaltEnc = nil }, ctap.ErrMissingParameter},
	}
	for _, tt := range tests {
		in := good
		tt.edit(&in)
		req := touched(m)
		req.Extensions.HMACSecret = &in
		if err := h.do(ctap.CmdGetAssertion, req, nil); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// A key without the extension ignores it.
func TestHMACSecret_withoutTheExtension(t *testing.T) {
	model := modelOf(t, "modern")
	model.GetInfo.Extensions = []string{ctap.ExtCredProtect}
	_, h := start(t, softkey.Config{Model: &model})
	m := h.mustMake(hmacCreation())
	if m.data.Flags.ED() {
		t.Errorf("extension data %x", m.data.Extensions)
	}
	req := touched(m)
	req.Extensions.HMACSecret = &ctap.HMACSecretInput{}
	data, _, err := h.assert(req, m)
	if err != nil || data.Flags.ED() {
		t.Errorf("assertion: %v, flags %08b", err, data.Flags)
	}
}
