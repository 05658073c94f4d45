package ctap_test

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"keystation/station/ctap"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// everything is a getInfo answer with each member of the table.
func everything() ctap.Info {
	zero, three := 0, 3
	return ctap.Info{
		Versions: []string{ctap.VersionU2F, ctap.VersionFIDO20, ctap.VersionFIDO21}, Extensions: []string{ctap.ExtCredProtect},
		AAGUID: ctap.AAGUID{1, 2, 3}, Options: map[string]bool{"clientPin": true, "ep": false, "authnrCfg": true, "setMinPINLength": true, "alwaysUv": false},
		MaxMsgSize: 1200, PINUVAuthProtocols: []int{2, 1}, MaxCredentialCountInList: 8, MaxCredentialIDLength: 128,
		Transports: []string{"usb", "nfc"}, Algorithms: []ctap.CredentialParameter{{Type: ctap.PublicKeyCredential, Alg: ctap.AlgES256}},
		MaxSerializedLargeBlobArray: 4096, ForcePINChange: true, MinPINLength: 6, FirmwareVersion: 0x050403, MaxCredBlobLength: 32,
		MaxRPIDsForSetMinPINLength: &zero, PreferredPlatformUVAttempts: 3, UVModality: 2, Certifications: map[string]int{"FIDO": 2},
		RemainingDiscoverableCredentials: &three, VendorPrototypeConfigCommands: []uint64{1 << 60}, AttestationFormats: []string{"packed"},
		UVCountSinceLastPINEntry: 1, LongTouchForReset: true, EncIdentifier: bytes.Repeat([]byte{7}, 32), TransportsForReset: []string{"usb"},
		PINComplexityPolicy: true, PINComplexityPolicyURL: []byte("https://example.com/pin"), MaxPINLength: 32,
		EncCredStoreState: []byte{9}, AuthenticatorConfigCommands: []uint64{1, 2, 3},
	}
}

func TestParseInfo_everyMember(t *testing.T) {
	want := everything()
	b, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if b[0] != 0xB8 || b[1] != 0x1F {
		t.Errorf("the answer starts % x, want a map of all 31 members", b[:2])
	}
	got, err := ctap.ParseInfo(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Raw, b) {
		t.Error("Raw is not what was parsed")
	}
	got.Raw = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Order does not matter, unknown members are skipped; types and limits are enforced,
// and what fails gives nothing.
func TestParseInfo_leniencyAndRefusals(t *testing.T) {
	const aaguid = "03 50 000102030405060708090a0b0c0d0e0f"
	const versions = "01 81 68 4649444f5f325f30" // ["FIDO_2_0"]
	tests := []struct {
		name, cbor string
		good       bool
	}{
		{"least", "a2" + versions + aaguid, true},
		{"other order", "a2" + aaguid + versions, true},
		{"indefinite length", "bf" + versions + aaguid + "ff", true},
		{"unknown members, number and text", "a4" + versions + aaguid + "18 40 01" + "61 78 02", true},
		{"empty", "", false},
		{"not a map", "80", false},
		{"versions missing", "a1" + aaguid, false},
		{"versions a text", "a2 01 68 4649444f5f325f30" + aaguid, false},
		{"AAGUID short", "a2" + versions + "03 4f 000102030405060708090a0b0c0d0e", false},
		{"AAGUID long", "a2" + versions + "03 51 000102030405060708090a0b0c0d0e0f10", false},
		{"option not a bool", "a3" + versions + aaguid + "04 a1 62 726b 01", false},
		{"minimum PIN a text", "a3" + versions + aaguid + "0d 61 34", false},
		{"minimum PIN negative", "a3" + versions + aaguid + "0d 20", false},
		{"minimum PIN enormous", "a3" + versions + aaguid + "0d 1b 00ffffffffffffff", false},
		{"twice the same member", "a3" + versions + versions + aaguid, false},
		{"bytes left over", "a2" + versions + aaguid + "00", false},
		{"ends early", "a3" + versions + aaguid, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ctap.ParseInfo(unhex(t, tt.cbor))
			if (err == nil) != tt.good {
				t.Errorf("error %v", err)
			}
			if err != nil && !reflect.DeepEqual(got, ctap.Info{}) {
				t.Errorf("a failed parse gave %+v", got)
			}
		})
	}
}

func TestInfo_questions(t *testing.T) {
	i := everything()
	if !i.SupportsPIN() || !i.HasPIN() || i.AlwaysUV() || !i.CanConfigure() || !i.CanSetMinPINLength() || !i.CanForcePINChange() ||
		!i.CanEnterpriseAttest() || i.EnterpriseAttest() || !i.Has(ctap.ExtCredProtect) || i.Has(ctap.ExtHMACSecret) ||
		!i.Supports(ctap.VersionFIDO21) || i.MinPIN() != 6 || i.MaxPIN() != 32 || i.Firmware() != "5.4.3" {
		t.Errorf("wrong answers about %+v", i)
	}
	var none ctap.Info
	if none.SupportsPIN() || none.HasPIN() || none.CanConfigure() || none.CanForcePINChange() || none.CanEnterpriseAttest() ||
		none.MinPIN() != 4 || none.MaxPIN() != 63 || none.Firmware() != "" {
		t.Error("wrong answers about nothing")
	}
	for version, want := range map[uint64]string{7: "7", 0xFFFF: "65535", 0x10000: "1.0.0", 0x01000000: "16777216"} {
		if got := (ctap.Info{FirmwareVersion: version}).Firmware(); got != want {
			t.Errorf("firmware %#x is shown as %q, want %q", version, got, want)
		}
	}
}

func TestInfo_SpeaksPINProtocol(t *testing.T) {
	for want, lists := range map[bool][][]int{true: {{1}, {2}, {2, 1}, {3, 2}}, false: {nil, {}, {3}, {0, -1}}} {
		for _, l := range lists {
			if got := (ctap.Info{PINUVAuthProtocols: l}).SpeaksPINProtocol(); got != want {
				t.Errorf("%v: %v", l, got)
			}
		}
	}
}

// A list of transports that is there and empty says that the key is reset over none.
func TestInfo_ResetsOverUSB(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		want   bool
	}{
		"does not say": {"a1 01 81 68 4649444f5f325f31", true},
		"usb and nfc":  {"a2 01 81 68 4649444f5f325f31 181a 82 63 757362 63 6e6663", true},
		"nfc":          {"a2 01 81 68 4649444f5f325f31 181a 81 63 6e6663", false},
		"none":         {"a2 01 81 68 4649444f5f325f31 181a 80", false},
	} {
		info, err := ctap.ParseInfo(unhex(t, tt.answer))
		if err != nil || info.ResetsOverUSB() != tt.want {
			t.Errorf("%s: %v, %v", name, info.ResetsOverUSB(), err)
		}
	}
}

// The fingerprint survives what a reset, a PIN and a second call change, and nothing else.
func TestInfo_Makes(t *testing.T) {
	listed := func(kind string, algs ...int) (i ctap.Info) {
		for _, a := range algs {
			i.Algorithms = append(i.Algorithms, ctap.CredentialParameter{Type: kind, Alg: a})
		}
		return i
	}
	for name, tt := range map[string]struct {
		info ctap.Info
		want bool
	}{
		"does not say":       {ctap.Info{}, true},
		"among others":       {listed(ctap.PublicKeyCredential, ctap.AlgEdDSA, ctap.AlgES256), true},
		"others only":        {listed(ctap.PublicKeyCredential, ctap.AlgEdDSA, ctap.AlgES384), false},
		"of another purpose": {listed("key-to-come", ctap.AlgES256), false},
	} {
		if got := tt.info.Makes(ctap.AlgES256); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestInfo_Fingerprint(t *testing.T) {
	want := everything().Fingerprint()
	same := everything()
	same.Options = map[string]bool{"clientPin": false, "ep": true, "authnrCfg": true, "setMinPINLength": true, "alwaysUv": true, "makeCredUvNotRqd": true}
	same.ForcePINChange, same.MinPINLength, same.RemainingDiscoverableCredentials = false, 4, nil
	same.EncIdentifier, same.EncCredStoreState, same.UVCountSinceLastPINEntry, same.Raw = []byte{1}, nil, 0, []byte{1}
	same.Versions = same.Versions[1:] // alwaysUv switches U2F off
	if same.Fingerprint() != want {
		t.Error("a reset changed the fingerprint")
	}
	if same.Options["clientPin"] || len(same.Options) != 6 {
		t.Error("Fingerprint changed the options it was asked about")
	}
	for name, edit := range map[string]func(*ctap.Info){
		"AAGUID":   func(i *ctap.Info) { i.AAGUID[0]++ },
		"firmware": func(i *ctap.Info) { i.FirmwareVersion++ },
		"option":   func(i *ctap.Info) { i.Options["rk"] = true },
	} {
		other := everything()
		if edit(&other); other.Fingerprint() == want {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
}

func TestAAGUID(t *testing.T) {
	const text = "4efb52c7-8671-4f64-ac18-4b29e19196af"
	for _, s := range []string{text, strings.ToUpper(text), strings.ReplaceAll(text, "-", "")} {
		a, err := ctap.ParseAAGUID(s)
		if err != nil || a.String() != text || a.IsZero() {
			t.Errorf("%q: %v, %v", s, a, err)
		}
	}
	for _, s := range []string{"", "4efb52c7", text + "0", "4efb52c7-8671-4f64-ac18-4b29e19196ag", "4efb52c786-71-4f64-ac18-4b29e19196af"} {
		if a, err := ctap.ParseAAGUID(s); err == nil || !a.IsZero() {
			t.Errorf("%q was taken for %v", s, a)
		}
	}
	var a ctap.AAGUID
	if err := a.UnmarshalText([]byte(text)); err != nil || a.String() != text {
		t.Error(err)
	}
	if b, err := a.MarshalText(); err != nil || string(b) != text {
		t.Errorf("%s, %v", b, err)
	}
}

func FuzzParseInfo(f *testing.F) {
	all := everything()
	b, err := all.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(unhex(f, "a2 01 81 68 4649444f5f325f30 03 50 000102030405060708090a0b0c0d0e0f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := ctap.ParseInfo(b)
		if err != nil {
			if !reflect.DeepEqual(i, ctap.Info{}) {
				t.Fatal("a failed parse gave something")
			}
			return
		}
		again, err := i.Encode()
		if err != nil {
			t.Fatal(err)
		}
		j, err := ctap.ParseInfo(again)
		if err != nil {
			t.Fatalf("what was parsed does not parse again: %v", err)
		}
		if i.Fingerprint() != j.Fingerprint() || i.Fingerprint() == "" {
			t.Error("the fingerprint changed on the way")
		}
	})
}
