package softkey_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// raw is the getInfo of a key as it stands on the wire.
func (h *host) raw() []byte {
	h.t.Helper()
	h.begin(ctap.CmdGetInfo, nil)
	m := h.must(h.receive())
	if len(m.Data) == 0 || m.Data[0] != 0 {
		h.t.Fatalf("getInfo: %x", m.Data)
	}
	return m.Data[1:]
}

func modelOf(t *testing.T, profile string) softkey.Model {
	t.Helper()
	m, ok := softkey.ProfileModel(profile)
	if !ok {
		t.Fatalf("there is no profile %s", profile)
	}
	return m
}

// Every profile survives JSON, and a key made of the JSON says the same.
func TestModel_everyProfileIsData(t *testing.T) {
	for _, p := range softkey.Profiles() {
		b, err := json.Marshal(modelOf(t, p.Name))
		if err != nil {
			t.Fatal(err)
		}
		m, err := softkey.ParseModel(b)
		if err != nil {
			t.Fatalf("%s: %v\n%s", p.Name, err, b)
		}
		again, err := json.Marshal(m)
		if err != nil || string(again) != string(b) {
			t.Errorf("%s: JSON of JSON differs\n%s\n%s", p.Name, b, again)
		}
		if left := m.LeftOut(); left != nil {
			t.Errorf("%s says what it cannot do: %v", p.Name, left)
		}
		if m.GetInfo.Versions == nil {
			continue
		}
		_, one := start(t, softkey.Config{Profile: p.Name})
		_, other := start(t, softkey.Config{Model: &m})
		if a, b := one.raw(), other.raw(); string(a) != string(b) {
			t.Errorf("%s: getInfo differs\n%x\n%x", p.Name, a, b)
		}
	}
}

// reported is a getInfo as a real key's might be: members that we do not know, values that we would leave out, and
// things that a software key cannot do.
const reported = "af" +
	"0182" + "68" + "4649444f5f325f30" + "68" + "4649444f5f325f31" + // FIDO_2_0, FIDO_2_1
	"0283" + "6b" + "686d61632d736563726574" + "68" + "63726564426c6f62" + "6b" + "6372656450726f74656374" + // hmac-secret, credBlob, credProtect
	"0350" + "000102030405060708090a0b0c0d0e0f" +
	"04a4" + "62726bf5" + "69636c69656e7450696ef4" + "6962696f456e726f6c6cf4" + "6e70696e557641757468546f6b656ef5" + // rk, clientPin, bioEnroll, pinUvAuthToken
	"051904b0" + "068102" + "0708" + "081880" +
	"0a82a263616c672664747970656a7075626c69632d6b6579a263616c672764747970656a7075626c69632d6b6579" + // ES256, EdDSA
	"0cf4" + "0d06" + "0e1a00050403" + "141832" + "18401a00010203" + "185a6378797a"

func TestModel_reproducesAReport(t *testing.T) {
	m, err := softkey.ParseModel(fmt.Appendf(nil, `{"name": "reported", "product": "somebody's key", "getInfo": %q}`, reported))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"option bioEnroll", "extension credBlob", "algorithm EdDSA"}; !slices.Equal(m.LeftOut(), want) {
		t.Errorf("left out: %q, want %q", m.LeftOut(), want)
	}
	_, h := start(t, softkey.Config{Model: &m})
	var says, should map[int]any
	source, _ := hex.DecodeString(reported)
	for b, v := range map[string]*map[int]any{string(h.raw()): &says, string(source): &should} {
		if err := ctap.Decode([]byte(b), v); err != nil {
			t.Fatal(err)
		}
	}
	for member, want := range should {
		switch member {
		case 2, 4, 10: // something was left out of these
		default:
			if !reflect.DeepEqual(says[member], want) {
				t.Errorf("member 0x%02X is %v, want %v", member, says[member], want)
			}
		}
		delete(says, member)
	}
	if len(says) > 0 {
		t.Errorf("the key says more than the report: %v", says)
	}
	info := h.info()
	if info.Has("credBlob") || !info.Has(ctap.ExtHMACSecret) || len(info.Options) != 3 || len(info.Algorithms) != 1 {
		t.Errorf("getInfo %+v", info)
	}
}

// What the state of a key changes shows in the getInfo of a report too.
func TestModel_aReportedKeyWorks(t *testing.T) {
	m, err := softkey.ParseModel(fmt.Appendf(nil, `{"name": "reported", "product": "p", "getInfo": %q}`, reported))
	if err != nil {
		t.Fatal(err)
	}
	_, h := start(t, softkey.Config{Model: &m})
	rk := creation()
	rk.Options = map[string]bool{ctap.OptionRK: true}
	h.mustMake(rk)
	h.wantErr(ctap.ErrPINPolicyViolation, h.setPIN(two, "12345"))
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	if info := h.info(); !info.HasPIN() || *info.RemainingDiscoverableCredentials != 49 || info.MinPINLength != 6 {
		t.Errorf("getInfo %+v", info)
	}
	h.want(ctap.ErrInvalidCommand, ctap.CmdConfig, ctap.ConfigRequest{Subcommand: ctap.ConfigToggleAlwaysUV})
	h.want(ctap.ErrInvalidCommand, ctap.CmdCredentialManagement, ctap.CredentialManagementRequest{Subcommand: ctap.CredentialsMetadata})
	h.want(ctap.ErrInvalidParameter, ctap.CmdClientPIN, ctap.ClientPINRequest{PINUVAuthProtocol: 1, Subcommand: ctap.PINGetKeyAgreement})
}

// A report of a key that was in use says things that are not so of a new one.
func TestModel_aReportOfAKeyInUse(t *testing.T) {
	used := strings.NewReplacer("0cf4", "0cf5", "69636c69656e7450696ef4", "69636c69656e7450696ef5").Replace(reported)
	m, err := softkey.ParseModel(fmt.Appendf(nil, `{"name": "used", "product": "p", "getInfo": %q}`, used))
	if err != nil || !m.GetInfo.ForcePINChange || !m.GetInfo.HasPIN() {
		t.Fatalf("%+v, %v", m.GetInfo, err)
	}
	_, h := start(t, softkey.Config{Model: &m})
	if info := h.info(); info.ForcePINChange || info.HasPIN() {
		t.Errorf("a new key says %+v", info)
	}
}

func TestParseModel_refusals(t *testing.T) {
	tests := []struct{ name, have, want string }{
		{"no JSON", "{", "parse model"},
		{"two", `{"name": "a"} {"name": "b"}`, "something follows"},
		{"a member nobody knows", `{"name": "a", "color": "red"}`, "color"},
		{"no name", `{}`, "no name"},
		{"getInfo not hexadecimal", `{"name": "a", "getInfo": "xy"}`, "not hexadecimal"},
		{"getInfo not CBOR", `{"name": "a", "getInfo": "ff"}`, "parse getInfo"},
		{"a format nobody makes", `{"name": "a", "attestation": {"format": "tpm"}}`, "say packed, self or none"},
		{"a serial of another form", `{"name": "a", "serial": "roman"}`, "serial"},
		{"a command that is CTAPHID's", `{"name": "a", "vendorCommands": [{"command": 16, "answers": [""]}]}`, "vendor range"},
		{"no answer", `{"name": "a", "vendorCommands": [{"command": 66}]}`, "0 answers"},
		{"pages without a number", `{"name": "a", "vendorCommands": [{"command": 66, "answers": ["", ""]}]}`, "2 answers"},
		{"an answer not hexadecimal", `{"name": "a", "vendorCommands": [{"command": 66, "answers": ["{serial"]}]}`, "0x42"},
		{"a step nobody knows", `{"name": "a", "timing": {"steps": {"dance": 3}}}`, "dance"},
		{"a time below zero", `{"name": "a", "timing": {"resetWindow": -1}}`, "negative"},
		{"a status in words", `{"name": "a", "quirks": {"forcedToken": "wrong"}}`, "such as 0x37"},
	}
	for _, tt := range tests {
		m, err := softkey.ParseModel([]byte(tt.have))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !reflect.DeepEqual(m, softkey.Model{}) {
			t.Errorf("%s: %v, %+v", tt.name, err, m)
		}
	}
	broken := softkey.Model{Name: "a", GetInfo: ctap.Info{Versions: []string{"FIDO_2_1"}, PINUVAuthProtocols: []int{3}}}
	if _, err := softkey.New(softkey.Config{Model: &broken}); err == nil || !strings.Contains(err.Error(), "protocol 3") {
		t.Errorf("a protocol nobody speaks: %v", err)
	}
}

// The quirks of a model change what their clause says and nothing else.
func TestModel_quirks(t *testing.T) {
	m := modelOf(t, "modern")
	m.Quirks = softkey.Quirks{ForcedToken: 0x31, SetPINAgain: 0x30, UnknownCommand: 0xF1, ResetLate: 0x3A, ResetWithoutTouch: true}
	m.Timing = softkey.Timing{ResetWindow: 60_000, TouchTimeout: 1}
	_, h := start(t, softkey.Config{Model: &m, Touch: softkey.TouchNever})
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.ErrNotAllowed, h.setPIN(two, testPIN))
	h.want(0xF1, ctap.CmdBioEnrollment, nil)
	h.want(ctap.ErrUserActionTimeout, ctap.CmdSelection, nil)
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{ForceChangePIN: true}))
	_, err := h.token(two, testPIN, ctap.PermAuthenticatorConfig, "")
	h.wantErr(ctap.ErrPINInvalid, err)
	if h.retries() != ctap.PINRetries {
		t.Error("the right PIN was counted as a wrong one")
	}
	h.want(ctap.OK, ctap.CmdReset, nil)
}

func TestModel_pinComplexity(t *testing.T) {
	m := modelOf(t, "modern")
	m.GetInfo.PINComplexityPolicy = true
	_, h := start(t, softkey.Config{Model: &m})
	for pin, want := range map[string]ctap.Status{"111111": ctap.ErrPINPolicyViolation, "123456": ctap.ErrPINPolicyViolation,
		"987654": ctap.ErrPINPolicyViolation, testPIN: ctap.OK} {
		h.want(ctap.OK, ctap.CmdReset, nil)
		h.wantErr(want, h.setPIN(two, pin))
	}
}

func TestModel_attestationFormats(t *testing.T) {
	for format, certificates := range map[string]int{"": 1, "packed": 1, "self": 0, "none": 0} {
		m := modelOf(t, "modern")
		m.Attestation.Format = format
		_, h := start(t, softkey.Config{Model: &m})
		made := h.mustMake(creation())
		var s ctap.PackedStatement
		if err := ctap.Decode(made.object.Statement, &s); err != nil {
			t.Fatal(err)
		}
		if len(s.X5C) != certificates || (format == "none") != (made.object.Format == "none") {
			t.Errorf("%q: format %s, %d certificates", format, made.object.Format, len(s.X5C))
		}
		if format == "self" {
			signed := append(slices.Clone(made.object.AuthData), clientDataHash()...)
			if err := ctap.VerifySignature(made.data.Credential.PublicKey, signed, s.Sig); err != nil {
				t.Error(err)
			}
		}
	}
}

// A key says its HID version and capabilities, and winks only if it says that it can.
func TestModel_hid(t *testing.T) {
	m := modelOf(t, "no-pin")
	m.HID = softkey.HID{Version: [3]byte{5, 7, 1}, Capabilities: ctaphid.CapNMSG}
	m.GetInfo.Versions = []string{ctap.VersionFIDO20}
	_, h := start(t, softkey.Config{Model: &m})
	if r := h.open(); r.Version != m.HID.Version || r.Capabilities != ctaphid.CapCBOR|ctaphid.CapNMSG {
		t.Errorf("INIT %+v", r)
	}
	for _, cmd := range []ctaphid.Command{ctaphid.Wink, ctaphid.Msg} {
		h.send(ctaphid.Message{Channel: h.channel, Command: cmd})
		h.wantError(ctaphid.ErrInvalidCommand)
	}
}
