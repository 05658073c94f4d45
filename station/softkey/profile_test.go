package softkey_test

import (
	"errors"
	"strings"
	"testing"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

func TestProfiles(t *testing.T) {
	tests := []struct {
		profile                         string
		pin, configure, force, uvNotRqd bool
	}{
		{"modern", true, true, true, true},
		{"fido20", true, false, false, false},
		{"no-pin", false, false, false, false},
		{"mute-when-forced", true, true, true, true},
		{"noserial", true, true, true, true},
		{"deviant", true, true, true, true},
		{"yubikey-like", true, true, true, true},
		{"uuid-like", true, true, true, true},
	}
	for _, tt := range tests {
		key, h := start(t, softkey.Config{Profile: tt.profile})
		info := h.info()
		notRequired, _ := info.Option(ctap.OptionMakeCredUVNotRqd)
		if info.SupportsPIN() != tt.pin || info.CanConfigure() != tt.configure || info.CanForcePINChange() != tt.force || notRequired != tt.uvNotRqd {
			t.Errorf("%s: options %v", tt.profile, info.Options)
		}
		if info.AAGUID != key.AAGUID() || key.Model() == "" {
			t.Errorf("%s: AAGUID %v", tt.profile, info.AAGUID)
		}
		if err := verify(t, h.mustMake(creation())); err != nil {
			t.Errorf("%s: %v", tt.profile, err)
		}
	}
}

func TestProfiles_areTheirOwn(t *testing.T) {
	seen := map[ctap.AAGUID]string{}
	for _, p := range softkey.Profiles() {
		if other, ok := seen[p.AAGUID]; ok {
			t.Errorf("%s and %s share an AAGUID", p.Name, other)
		}
		seen[p.AAGUID] = p.Name
	}
	_, err := softkey.New(softkey.Config{Profile: "ancient"})
	if err == nil || !strings.Contains(err.Error(), "modern") {
		t.Errorf("an unknown profile: %v", err)
	}
}

// A key of CTAP 2.0 has one way to a token, needs it for every credential once a PIN is
// set, and knows no later command.
func TestProfile_fido20(t *testing.T) {
	_, h := start(t, softkey.Config{Profile: "fido20"})
	h.wantErr(ctap.OK, h.setPIN(one, testPIN))
	_, err := h.make(creation())
	h.wantErr(ctap.ErrPUATRequired, err)
	token, err := h.token(one, testPIN, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	req := creation()
	mac := one.Authenticate(token, clientDataHash())
	req.PINUVAuthParam, req.PINUVAuthProtocol = &mac, int(one)
	h.mustMake(req)
	h.want(ctap.ErrInvalidCommand, ctap.CmdConfig, ctap.ConfigRequest{Subcommand: ctap.ConfigToggleAlwaysUV})
	h.want(ctap.ErrInvalidCommand, ctap.CmdSelection, nil)
	perms := ctap.PermMakeCredential
	h.want(ctap.ErrInvalidSubcommand, ctap.CmdClientPIN, ctap.ClientPINRequest{Subcommand: ctap.PINGetTokenWithPermissions, Permissions: &perms})
}

func TestProfile_u2fOnly(t *testing.T) {
	_, h := start(t, softkey.Config{Profile: "u2f-only"})
	if r := h.open(); r.Capabilities&(ctaphid.CapCBOR|ctaphid.CapNMSG) != 0 {
		t.Errorf("capabilities %02x", r.Capabilities)
	}
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.CBOR, Data: []byte{byte(ctap.CmdGetInfo)}})
	h.wantError(ctaphid.ErrInvalidCommand)
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Msg, Data: []byte{0, 3, 0, 0, 0, 0, 0}})
	if m := h.must(h.receive()); string(m.Data) != "U2F_V2\x90\x00" {
		t.Errorf("U2F version: %q", m.Data)
	}
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Msg, Data: []byte{0, 1}})
	if m := h.must(h.receive()); string(m.Data) != "\x67\x00" {
		t.Errorf("half a header: %q", m.Data)
	}
}

func TestUnknownCommandsAndBytes(t *testing.T) {
	_, h := start(t, softkey.Config{})
	h.want(ctap.ErrInvalidCommand, 0x41, nil)
	h.want(ctap.ErrInvalidCommand, ctap.CmdBioEnrollment, nil)
	h.want(ctap.ErrInvalidCBOR, ctap.CmdMakeCredential, nil)
	h.want(ctap.ErrRequestTooLarge, ctap.CmdGetInfo, make([]byte, 3000))
	long := probe(nil)
	long.AllowList = make([]ctap.Descriptor, 17)
	h.want(ctap.ErrLimitExceeded, ctap.CmdGetAssertion, long)
	exclude := creation()
	exclude.ExcludeList = long.AllowList
	h.want(ctap.ErrLimitExceeded, ctap.CmdMakeCredential, exclude)
	h.want(ctap.ErrCBORUnexpectedType, ctap.CmdClientPIN, map[int]string{2: "two"})
}

// alwaysUv of a fips key is on from the beginning and after every reset, and cannot be turned off; a pre-flight passes.
func TestProfile_fips(t *testing.T) {
	_, h := start(t, softkey.Config{Profile: "fips"})
	show := func() {
		t.Helper()
		info := h.info()
		if notRequired, _ := info.Option(ctap.OptionMakeCredUVNotRqd); !info.AlwaysUV() || notRequired || info.Supports(ctap.VersionU2F) {
			t.Errorf("getInfo %+v", info)
		}
	}
	show()
	h.wantErr(ctap.ErrOperationDenied, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	h.wantErr(ctap.ErrPINPolicyViolation, h.setPIN(two, "12345"))
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.ErrOperationDenied, h.configure(testPIN, ctap.ConfigToggleAlwaysUV, nil))
	_, err := h.make(creation())
	h.wantErr(ctap.ErrPUATRequired, err)
	req := creation()
	req.PINUVAuthParam, req.PINUVAuthProtocol = withToken(h.mustToken(testPIN, ctap.PermMakeCredential, testRP))
	m := h.mustMake(req)
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(m.data.Credential.ID))
	h.want(ctap.ErrPUATRequired, ctap.CmdGetAssertion, touched(m))
	h.want(ctap.OK, ctap.CmdReset, nil)
	show()
}

// What a deviant key does where the others keep to the clause.
func TestProfile_deviant(t *testing.T) {
	force := ctap.SetMinPINLengthParams{ForceChangePIN: true}
	tests := []struct {
		name              string
		do                func(h *host) error
		standard, deviant ctap.Status
	}{
		{"the right PIN when a change is forced (CTAP 2.1 §6.5.5.7.2)", func(h *host) error {
			h.wantErr(ctap.OK, h.setPIN(two, testPIN))
			h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, force))
			_, err := h.token(two, testPIN, ctap.PermAuthenticatorConfig, "")
			return err
		}, ctap.ErrPINPolicyViolation, ctap.ErrPINInvalid},
		{"setPIN again (§6.5.5.5)", func(h *host) error {
			h.wantErr(ctap.OK, h.setPIN(two, testPIN))
			return h.setPIN(two, testPIN)
		}, ctap.ErrPINAuthInvalid, ctap.ErrPINAuthInvalid},
		{"an unknown command (§8.2)", func(h *host) error { return h.do(0x77, nil, nil) }, ctap.ErrInvalidCommand, 0xF1},
		{"a reset that nobody touches for (§6.6)", func(h *host) error { return h.do(ctap.CmdReset, nil, nil) }, ctap.ErrUserActionTimeout, ctap.OK},
	}
	for _, tt := range tests {
		for profile, want := range map[string]ctap.Status{"modern": tt.standard, "deviant": tt.deviant} {
			_, h := start(t, softkey.Config{Profile: profile, Touch: softkey.TouchNever, TouchTimeout: 1})
			if err := tt.do(h); !errors.Is(err, want.Err()) {
				t.Errorf("%s, %s: %v, want %v", profile, tt.name, err, want)
			}
		}
	}
}
