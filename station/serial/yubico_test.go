package serial_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"keystation/station/serial"
)

// deviceInfos are the vectors of Yubico's own tests.
type deviceInfos struct {
	Entries []struct {
		Name    string `json:"expected_name"`
		Wire    string `json:"on_wire_ctaphid_0xC2_payload_hex"`
		Serial  uint32 `json:"serial"`
		Version string `json:"version"`
		Form    byte   `json:"form_factor"`
		SKY     bool   `json:"is_sky"`
		FIPS    bool   `json:"is_fips"`
	} `json:"entries"`
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// preRelease is the one key of the vectors whose tag 0x05 is not its firmware.
const preRelease = "YubiKey C Bio - FIDO Edition"

func TestRead_yubicoVectors(t *testing.T) {
	var v deviceInfos
	read(t, "yubico-deviceinfo-tlv.json", &v)
	if len(v.Entries) != 5 {
		t.Fatalf("%d vectors", len(v.Entries))
	}
	for _, e := range v.Entries {
		// The vectors are first pages; those that say so are followed by one that has nothing more.
		d := &device{version: [3]byte{5, 7, 4}, to: map[string]answer{"C200": {hex: e.Wire}, "C201": {hex: "00"}}}
		r, err := serial.Read(d, yubico)
		if err != nil || r.Number != fmt.Sprint(e.Serial) || r.Suffix {
			t.Errorf("%s: %+v, %v", e.Name, r, err)
			continue
		}
		firmware, beta := e.Version, ""
		if e.Name == preRelease {
			firmware, beta = "5.8.0", "beta.3"
		}
		i := r.Info
		if got := fmt.Sprintf("%d.%d.%d", i.Firmware[0], i.Firmware[1], i.Firmware[2]); got != firmware || i.PreRelease != beta {
			t.Errorf("%s: firmware %s %s", e.Name, got, i.PreRelease)
		}
		if byte(i.Form) != e.Form || i.SecurityKey != e.SKY || i.FIPS != e.FIPS || i.Serial != e.Serial || i.Locked || i.RestrictedNFC || i.ResetBlocked {
			t.Errorf("%s: %+v", e.Name, i)
		}
		if strings.Contains(e.Name, "5.7") && i.PartNumber != "78CLUFX5000P" {
			t.Errorf("%s: part %q", e.Name, i.PartNumber)
		}
		if asked := strings.Join(d.asked, " "); strings.Contains(e.Wire, "100101") != (asked == "C200 C201") {
			t.Errorf("%s was asked %s", e.Name, asked)
		}
	}
}

func TestRead_yubico(t *testing.T) {
	for name, tt := range map[string]struct {
		pages [2]string
		want  string
		info  serial.DeviceInfo
	}{
		"two pages": {[2]string{"09 020400BC614E 100101", "10 1304534B0031 170101 18020200 160101"}, "12345678",
			serial.DeviceInfo{Serial: 12345678, RestrictedNFC: true, ResetBlocked: true, PINComplexity: true}},
		"enterprise edition": {[2]string{"0E 02040000004D 040143 0503050701"}, "77",
			serial.DeviceInfo{Serial: 77, Form: serial.FormCKeychain, SecurityKey: true, Firmware: [3]byte{5, 7, 1}}},
		"consumer edition":              {[2]string{"08 040143 0503050701"}, "", serial.DeviceInfo{Form: serial.FormCKeychain, SecurityKey: true, Firmware: [3]byte{5, 7, 1}}},
		"serial of zero":                {[2]string{"06 020400000000"}, "", serial.DeviceInfo{}},
		"locked":                        {[2]string{"09 0204FFFFFFFF 0A0101"}, "4294967295", serial.DeviceInfo{Serial: 4294967295, Locked: true}},
		"PIV blocks only its own reset": {[2]string{"0A 02040000004D 18020010"}, "77", serial.DeviceInfo{Serial: 77}},
	} {
		d := &device{version: [3]byte{5, 7, 1}, to: map[string]answer{"C200": {hex: tt.pages[0]}, "C201": {hex: tt.pages[1]}}}
		r, err := serial.Read(d, yubico)
		if err != nil || r.Number != tt.want || *r.Info != tt.info {
			t.Errorf("%s: %+v %+v, %v", name, r, r.Info, err)
		}
	}
}

// Keys before 4.1 do not know READ_CONFIG and are not sent it.
func TestRead_yubicoOld(t *testing.T) {
	for version, asked := range map[[3]byte]int{{3, 4, 9}: 0, {4, 0, 3}: 0, {4, 1, 0}: 1, {5, 2, 3}: 1, {0, 0, 1}: 1} {
		d := &device{version: version}
		if _, err := serial.Read(d, yubico); err == nil || len(d.asked) != asked {
			t.Errorf("version %v: asked %v, %v", version, d.asked, err)
		}
	}
}

func TestForm_Connector(t *testing.T) {
	want := []string{"", "usb-a", "usb-a", "usb-c", "usb-c", "usb-c+lightning", "usb-a", "usb-c", ""}
	for form, connector := range want {
		if got := serial.Form(form).Connector(); got != connector {
			t.Errorf("form %d has %q", form, got)
		}
	}
}
