package softkey_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keystation/station/ctap"
	"keystation/station/softkey"
)

// Both protocols set, change and use a PIN.
func TestClientPIN_bothProtocols(t *testing.T) {
	for _, p := range []ctap.PINProtocol{one, two} {
		_, h := start(t, softkey.Config{})
		if h.info().HasPIN() {
			t.Error("a new key has a PIN")
		}
		h.wantErr(ctap.OK, h.setPIN(p, testPIN))
		if !h.info().HasPIN() {
			t.Error("clientPin is not true after a PIN was set")
		}
		h.wantErr(ctap.ErrPINAuthInvalid, h.setPIN(p, testPIN))
		h.wantErr(ctap.OK, h.changePIN(p, testPIN, "13579"))
		for _, perms := range []ctap.Permission{0, ctap.PermAuthenticatorConfig} {
			if _, err := h.token(p, "13579", perms, ""); err != nil {
				t.Errorf("protocol %d, permissions %d: %v", p, perms, err)
			}
		}
	}
}

func TestClientPIN_policy(t *testing.T) {
	tests := []struct {
		name string
		pin  string
		want ctap.Status
	}{
		{"three digits", "123", ctap.ErrPINPolicyViolation},
		{"three code points in six bytes", "äöü", ctap.ErrPINPolicyViolation},
		{"four code points", "äöüß", ctap.OK},
		{"63 bytes", strings.Repeat("1", 63), ctap.OK},
		{"64 bytes leave no padding", strings.Repeat("1", 64), ctap.ErrPINPolicyViolation},
		{"not UTF-8", "\xff\xfe\xfd\xfc\xfb", ctap.ErrPINPolicyViolation},
		{"nothing", "", ctap.ErrPINPolicyViolation},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, h := start(t, softkey.Config{})
			h.wantErr(tt.want, h.setPIN(two, tt.pin))
			if got := h.info().HasPIN(); got != (tt.want == ctap.OK) {
				t.Errorf("clientPin is %v", got)
			}
		})
	}
}

// Three wrong PINs need a power cycle, eight a reset; the right one restores the count.
func TestClientPIN_tries(t *testing.T) {
	key, h := start(t, softkey.Config{})
	wrong := func() error { _, err := h.token(two, "000000", ctap.PermAuthenticatorConfig, ""); return err }
	h.wantErr(ctap.ErrPINNotSet, wrong())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.ErrPINInvalid, wrong())
	if h.retries() != 7 {
		t.Errorf("%d tries are left after one wrong", h.retries())
	}
	h.mustToken(testPIN, ctap.PermAuthenticatorConfig, "")
	if h.retries() != 8 {
		t.Errorf("%d tries are left after the right PIN", h.retries())
	}
	for left := 7; left >= 0; left-- {
		want := ctap.ErrPINInvalid
		switch {
		case left == 0:
			want = ctap.ErrPINBlocked
		case (8-left)%3 == 0:
			want = ctap.ErrPINAuthBlocked
		}
		h.wantErr(want, wrong())
		if want == ctap.ErrPINAuthBlocked {
			h.wantErr(want, h.changePIN(two, testPIN, "999999"))
			key.PowerCycle()
			h.open()
		}
		if h.retries() != left {
			t.Fatalf("%d tries are left, want %d", h.retries(), left)
		}
	}
	_, err := h.token(two, testPIN, ctap.PermAuthenticatorConfig, "")
	h.wantErr(ctap.ErrPINBlocked, err)
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	if h.retries() != 8 {
		t.Error("a reset did not restore the tries")
	}
}

// CTAP 2.1 §6.5.5.7.1 and §6.5.5.7.2: under forcePINChange the old way says PIN_INVALID,
// the new one PIN_POLICY_VIOLATION, and only another PIN ends it.
func TestClientPIN_forced(t *testing.T) {
	_, h := start(t, softkey.Config{})
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{ForceChangePIN: true}))
	if !h.info().ForcePINChange {
		t.Error("getInfo does not show forcePINChange")
	}
	_, err := h.token(two, testPIN, 0, "")
	h.wantErr(ctap.ErrPINInvalid, err)
	_, err = h.token(two, testPIN, ctap.PermAuthenticatorConfig, "")
	h.wantErr(ctap.ErrPINPolicyViolation, err)
	if h.retries() != 8 {
		t.Error("the right PIN under forcePINChange cost a try")
	}
	h.wantErr(ctap.ErrPINPolicyViolation, h.changePIN(two, testPIN, testPIN))
	h.wantErr(ctap.OK, h.changePIN(two, testPIN, "13579"))
	if h.info().ForcePINChange {
		t.Error("a change did not end forcePINChange")
	}
	h.mustToken("13579", ctap.PermAuthenticatorConfig, "")
}

func TestClientPIN_badRequests(t *testing.T) {
	_, h := start(t, softkey.Config{})
	perms := ctap.PermLargeBlobWrite
	none := ctap.Permission(0)
	mc := ctap.PermMakeCredential
	key, enc := h.agree(two).own, make([]byte, 32)
	tests := []struct {
		name string
		req  ctap.ClientPINRequest
		want ctap.Status
	}{
		{"no subcommand", ctap.ClientPINRequest{PINUVAuthProtocol: 2}, ctap.ErrMissingParameter},
		{"UV retries without UV", ctap.ClientPINRequest{Subcommand: ctap.PINGetUVRetries}, ctap.ErrInvalidSubcommand},
		{"protocol three", ctap.ClientPINRequest{PINUVAuthProtocol: 3, Subcommand: ctap.PINGetKeyAgreement}, ctap.ErrInvalidParameter},
		{"no protocol", ctap.ClientPINRequest{Subcommand: ctap.PINGetKeyAgreement}, ctap.ErrMissingParameter},
		{"set PIN without a PIN", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINSet}, ctap.ErrMissingParameter},
		{"change PIN without a PIN", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINChange}, ctap.ErrMissingParameter},
		{"a point that is none", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINSet, KeyAgreement: []byte{0xA0}, NewPINEnc: enc, PINUVAuthParam: enc}, ctap.ErrInvalidParameter},
		{"set PIN, bad MAC", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINSet, KeyAgreement: key, NewPINEnc: enc, PINUVAuthParam: enc}, ctap.ErrPINAuthInvalid},
		{"permissions the old way", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINGetToken, KeyAgreement: key, PINHashEnc: enc, Permissions: &mc}, ctap.ErrInvalidParameter},
		{"no permissions", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINGetTokenWithPermissions, KeyAgreement: key, PINHashEnc: enc}, ctap.ErrMissingParameter},
		{"permissions of nothing", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINGetTokenWithPermissions, KeyAgreement: key, PINHashEnc: enc, Permissions: &none}, ctap.ErrInvalidParameter},
		{"a permission it lacks", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINGetTokenWithPermissions, KeyAgreement: key, PINHashEnc: enc, Permissions: &perms}, ctap.ErrUnauthorizedPermission},
		{"mc without RP ID", ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINGetTokenWithPermissions, KeyAgreement: key, PINHashEnc: enc, Permissions: &mc}, ctap.ErrMissingParameter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.t = t
			h.want(tt.want, ctap.CmdClientPIN, tt.req)
		})
	}
}

// A token is for its RP ID, for one touch, and for a while.
func TestToken(t *testing.T) {
	now := time.Now()
	_, h := start(t, softkey.Config{Now: func() time.Time { return now }})
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	try := func(token []byte) error {
		req := creation()
		req.PINUVAuthParam, req.PINUVAuthProtocol = withToken(token)
		m, err := h.make(req)
		if err == nil && !m.data.Flags.UV() {
			t.Error("a credential made with a token is not user verified")
		}
		return err
	}
	token := h.mustToken(testPIN, ctap.PermMakeCredential, testRP)
	h.wantErr(ctap.OK, try(token))
	h.wantErr(ctap.ErrPINAuthInvalid, try(token)) // used up

	h.wantErr(ctap.ErrPINAuthInvalid, try(h.mustToken(testPIN, ctap.PermMakeCredential, "other.example.com")))
	h.wantErr(ctap.ErrPINAuthInvalid, try(h.mustToken(testPIN, ctap.PermGetAssertion, testRP)))

	token = h.mustToken(testPIN, ctap.PermMakeCredential, testRP)
	now = now.Add(31 * time.Second) // §6.5.2.1: first use within 30 s
	h.wantErr(ctap.ErrPINAuthInvalid, try(token))

	token = h.mustToken(testPIN, ctap.PermMakeCredential, testRP)
	h.mustToken(testPIN, ctap.PermMakeCredential, testRP) // a new one replaces it
	h.wantErr(ctap.ErrPINAuthInvalid, try(token))
}

// A hardware key's time is spent, with keepalives, on whatever clock there is.
func TestLatency_real(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{Latency: softkey.Real})
		defer key.Close()
		began := time.Now()
		h.mustMake(creation())
		if took := time.Since(began); took != 250*time.Millisecond {
			t.Errorf("makeCredential took %v of the false clock", took)
		}
		if len(h.seen) != 3 || h.seen[0] != ctap.KeepaliveProcessing || h.seen[2] != ctap.KeepaliveUPNeeded {
			t.Errorf("keepalives %v, want two while processing and one for the touch", h.seen)
		}
	})
}
