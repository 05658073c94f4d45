package softkey_test

import (
	"testing"

	"keystation/station/ctap"
	"keystation/station/softkey"
)

func minPIN(n int) ctap.SetMinPINLengthParams { return ctap.SetMinPINLengthParams{NewMinPINLength: &n} }

// CTAP 2.1 §6.11.4: the length only rises, and a PIN it made too short must be changed.
func TestConfig_setMinPINLength(t *testing.T) {
	_, h := start(t, softkey.Config{})
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigSetMinPINLength, minPIN(6)))
	h.wantErr(ctap.ErrPINPolicyViolation, h.configure("", ctap.ConfigSetMinPINLength, minPIN(5)))
	h.wantErr(ctap.ErrPINPolicyViolation, h.configure("", ctap.ConfigSetMinPINLength, minPIN(64)))
	h.wantErr(ctap.ErrPINNotSet, h.configure("", ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{ForceChangePIN: true}))
	h.wantErr(ctap.ErrPINPolicyViolation, h.setPIN(two, "12345"))
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))

	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, minPIN(6)))
	if info := h.info(); info.ForcePINChange || info.MinPINLength != 6 {
		t.Errorf("a PIN of the minimum length: force %v, minimum %d", info.ForcePINChange, info.MinPINLength)
	}
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, minPIN(8)))
	if info := h.info(); !info.ForcePINChange || info.MinPINLength != 8 {
		t.Errorf("a PIN that became too short: force %v, minimum %d", info.ForcePINChange, info.MinPINLength)
	}
	h.wantErr(ctap.ErrPINPolicyViolation, h.changePIN(two, testPIN, "1234567"))
	h.wantErr(ctap.OK, h.changePIN(two, testPIN, "12345678"))
	if h.info().ForcePINChange {
		t.Error("still forced after the change")
	}
}

// The RP IDs of setMinPINLength get the extension's output, others do not.
func TestConfig_minPINLengthRPIDs(t *testing.T) {
	_, h := start(t, softkey.Config{})
	long := make([]string, 9)
	h.wantErr(ctap.ErrKeyStoreFull, h.configure("", ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{MinPINLengthRPIDs: long}))
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{MinPINLengthRPIDs: []string{testRP}}))
	yes := true
	for rp, shown := range map[string]bool{testRP: true, "other.example.com": false} {
		req := creation()
		req.RP.ID, req.Extensions.MinPINLength = rp, &yes
		m := h.mustMake(req)
		if m.data.Flags.ED() != shown {
			t.Errorf("%s: extension data %x", rp, m.data.Extensions)
		}
	}
}

func TestConfig_toggleAlwaysUV(t *testing.T) {
	_, h := start(t, softkey.Config{})
	show := func(always bool) {
		t.Helper()
		info := h.info()
		if notRequired, _ := info.Option(ctap.OptionMakeCredUVNotRqd); info.AlwaysUV() != always || notRequired == always {
			t.Errorf("alwaysUv %v, makeCredUvNotRqd %v", info.AlwaysUV(), notRequired)
		}
	}
	show(false)
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	show(true)
	// §6.11 step 4: with alwaysUv on a PIN is needed, save for turning it off (step 3).
	h.wantErr(ctap.ErrPUATRequired, h.configure("", ctap.ConfigSetMinPINLength, minPIN(6)))
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	show(false)
}

func TestConfig_needsItsToken(t *testing.T) {
	_, h := start(t, softkey.Config{})
	h.want(ctap.ErrMissingParameter, ctap.CmdConfig, ctap.ConfigRequest{})
	h.want(ctap.ErrInvalidParameter, ctap.CmdConfig, ctap.ConfigRequest{Subcommand: ctap.ConfigVendorPrototype})
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.ErrPUATRequired, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	token := h.mustToken(testPIN, ctap.PermMakeCredential, testRP)
	req := ctap.ConfigRequest{Subcommand: ctap.ConfigToggleAlwaysUV}
	message := ctap.ConfigAuthMessage(req.Subcommand, nil)
	req.PINUVAuthParam = two.Authenticate(token, message)
	h.want(ctap.ErrMissingParameter, ctap.CmdConfig, req)
	req.PINUVAuthProtocol = int(two)
	h.want(ctap.ErrPINAuthInvalid, ctap.CmdConfig, req) // without the acfg permission
	req.PINUVAuthParam = two.Authenticate(h.mustToken(testPIN, ctap.PermAuthenticatorConfig, ""), []byte("another message"))
	h.want(ctap.ErrPINAuthInvalid, ctap.CmdConfig, req)
	if h.info().AlwaysUV() {
		t.Error("a refused toggle toggled")
	}
}
