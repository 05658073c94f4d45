package serial

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// FuzzDeviceInfo reads two pages of any bytes: what cannot be read gives nothing.
func FuzzDeviceInfo(f *testing.F) {
	b, err := os.ReadFile("testdata/yubico-deviceinfo-tlv.json")
	if err != nil {
		f.Fatal(err)
	}
	var v struct {
		Entries []struct {
			Wire string `json:"on_wire_ctaphid_0xC2_payload_hex"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		f.Fatal(err)
	}
	for _, e := range v.Entries {
		page, err := hex.DecodeString(e.Wire)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(page, []byte{0})
	}
	f.Add([]byte{9, 2, 4, 0, 0xBC, 0x61, 0x4E, 0x10, 1, 1}, []byte{4, 0x18, 2, 2, 0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var all tags
		for _, page := range [][]byte{first, second} {
			if _, err := all.addPage(page); err != nil {
				return
			}
		}
		i, err := all.deviceInfo()
		if err != nil && i != (DeviceInfo{}) {
			t.Errorf("%+v with %v", i, err)
		}
		if err == nil && (i.Serial != 0) != (len(all[tagSerial]) == 4 && string(all[tagSerial]) != "\x00\x00\x00\x00") {
			t.Errorf("serial %d from %x", i.Serial, all[tagSerial])
		}
	})
}

// FuzzATR reads any bytes as an answer to reset: a number is eight digits, and is called a suffix.
func FuzzATR(f *testing.F) {
	f.Add([]byte("\x3B\xDF\x18\x00\x90\x00\x00\x86\x8E\x00\x22\x00\x00\x0035780528"))
	f.Add([]byte("\x3B\xDF\x18\x00\x90\x00\x00\x86\x8E\x00\x22\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte{0x3B})
	f.Fuzz(func(t *testing.T, atr []byte) {
		r, err := parseATR(atr)
		if err != nil && r != (Reading{}) || (r.Number == "") == r.Suffix || r.Number != "" && len(r.Number) != suffixSize {
			t.Errorf("%x: %+v, %v", atr, r, err)
		}
	})
}

// FuzzUUID reads any bytes as a UUID.
func FuzzUUID(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseUUID(b)
		if err != nil && r != (Reading{}) || r.Suffix || r.Number != "" && len(r.Number) != 2*uuidSize {
			t.Errorf("%x: %+v, %v", b, r, err)
		}
	})
}
