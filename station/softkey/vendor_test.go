package softkey_test

import (
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

func (h *host) vendor(cmd ctaphid.Command, data ...byte) ([]byte, error) {
	h.t.Helper()
	h.send(ctaphid.Message{Channel: h.channel, Command: cmd, Data: data})
	m, err := h.receive()
	return m.Data, err
}

// readConfig reads the pages of READ_CONFIG as a reader of such keys does: a length, tags, and another page while tag
// 0x10 says so.
func (h *host) readConfig() map[byte][]byte {
	h.t.Helper()
	tags := map[byte][]byte{}
	for page, more := byte(0), true; more; page++ {
		b, err := h.vendor(0xC2, page)
		if err != nil || len(b) == 0 || int(b[0]) != len(b)-1 {
			h.t.Fatalf("page %d: %x, %v", page, b, err)
		}
		more = false
		for b = b[1:]; len(b) > 0; b = b[2+b[1]:] {
			tags[b[0]] = b[2 : 2+b[1]]
			more = more || b[0] == 0x10
		}
	}
	return tags
}

func TestVendor_readConfig(t *testing.T) {
	key, h := start(t, softkey.Config{Profile: "yubikey-like"})
	tags := h.readConfig()
	number, err := strconv.ParseUint(key.Serial(), 10, 32)
	if err != nil || number == 0 || binary.BigEndian.Uint32(tags[0x02]) != uint32(number) {
		t.Errorf("serial %x, on the label %q", tags[0x02], key.Serial())
	}
	if string(tags[0x05]) != "\x05\x07\x01" || string(tags[0x13]) != "SOFTKEY1" {
		t.Errorf("firmware %x, part number %q", tags[0x05], tags[0x13])
	}
	if first, err := h.vendor(0xC2); err != nil || int(first[0]) != len(first)-1 {
		t.Errorf("without a page: %x, %v", first, err)
	}
	_, err = h.vendor(0xC2, 9)
	wantHID(t, ctaphid.ErrInvalidParameter, err)
	_, err = h.vendor(0xC2, 0, 0)
	wantHID(t, ctaphid.ErrInvalidLength, err)
	_, err = h.vendor(0xC3, 0)
	wantHID(t, ctaphid.ErrInvalidCommand, err)
	if u := key.USB(); u.Vendor != 0x1050 || u.Serial != "" {
		t.Errorf("USB %+v", u)
	}
}

func wantHID(t *testing.T, want ctaphid.Error, err error) {
	t.Helper()
	if err != want {
		t.Errorf("have %v, want %v", err, want)
	}
}

func TestVendor_uuid(t *testing.T) {
	key, h := start(t, softkey.Config{Profile: "uuid-like"})
	b, err := h.vendor(0xE2)
	if err != nil || len(b) != 16 || b[6]>>4 != 4 || b[8]>>6 != 2 {
		t.Fatalf("UUID %x, %v", b, err)
	}
	if said := strings.ToUpper(hex.EncodeToString(b)); key.Serial() != said || key.USB().Serial != said {
		t.Errorf("UUID %s, label %s, iSerial %s", said, key.Serial(), key.USB().Serial)
	}
	_, err = h.vendor(0xE2, 0)
	wantHID(t, ctaphid.ErrInvalidLength, err)
	for _, other := range []ctaphid.Command{0xC1, 0xC2, 0xD1, 0xD3, 0xE0, 0xE1, 0xFF} {
		_, err = h.vendor(other)
		wantHID(t, ctaphid.ErrInvalidCommand, err)
	}
}

func TestVendor_suffix(t *testing.T) {
	key, h := start(t, softkey.Config{Profile: "suffix-like"})
	b, err := h.vendor(0xC1)
	if err != nil || len(b) != 22 || string(b[7:11]) != "\x86\x8E\x00\x22" {
		t.Fatalf("ATR %x, %v", b, err)
	}
	if said := string(b[14:]); len(key.Serial()) != 14 || !strings.HasSuffix(key.Serial(), said) {
		t.Errorf("digits %s, label %s", said, key.Serial())
	}
	_, err = h.vendor(0xC2, 0)
	wantHID(t, ctaphid.ErrInvalidCommand, err)
}

// What the profiles show of their serial, and that a serial is the key's own and stays.
func TestSerial(t *testing.T) {
	tests := []struct {
		profile        string
		label, iSerial int // lengths; -1: a number
	}{
		{"modern", 16, 16}, {"noserial", 0, 0}, {"u2f-only", 0, 0}, {"fido20", 0, 12}, {"yubikey-like", -1, 0}, {"uuid-like", 32, 32},
		{"suffix-like", 14, 0},
	}
	for _, tt := range tests {
		file := filepath.Join(t.TempDir(), "key")
		key, _ := start(t, softkey.Config{Profile: tt.profile, StateFile: file})
		serial, usb := key.Serial(), key.USB()
		if tt.label >= 0 && len(serial) != tt.label || len(usb.Serial) != tt.iSerial {
			t.Errorf("%s: label %q, iSerial %q", tt.profile, serial, usb.Serial)
		}
		if usb.Vendor == 0 || usb.Maker == "" || usb.Name == "" {
			t.Errorf("%s: USB %+v", tt.profile, usb)
		}
		other, _ := start(t, softkey.Config{Profile: tt.profile})
		if serial != "" && other.Serial() == serial {
			t.Errorf("%s: two keys with the serial %s", tt.profile, serial)
		}
		key.Close()
		again, _ := start(t, softkey.Config{Profile: tt.profile, StateFile: file})
		if again.Serial() != serial {
			t.Errorf("%s: the serial was %q and is %q", tt.profile, serial, again.Serial())
		}
	}
}
