package serial_test

import (
	"testing"

	"keystation/station/serial"
)

func TestUsable_realKeys(t *testing.T) {
	var v struct {
		Entries []struct {
			Device struct {
				Name   string `json:"product_name"`
				Serial string `json:"serial_number"`
			} `json:"device_under_test"`
		} `json:"entries"`
	}
	read(t, "usb-identity-real-keys.json", &v)
	usable := 0
	for _, e := range v.Entries {
		if got := serial.Usable(e.Device.Serial); got != (e.Device.Serial != "") {
			t.Errorf("%s: %q is usable: %v", e.Device.Name, e.Device.Serial, got)
		} else if got {
			usable++
		}
	}
	if len(v.Entries) != 9 || usable != 5 {
		t.Errorf("%d of %d have a serial", usable, len(v.Entries))
	}
}

func TestUsable(t *testing.T) {
	for s, want := range map[string]bool{
		"A00000000000": false, "A00000000017": false, "a00000000017": false, "1000000000": false, // shared
		"": false, " ": false, "0": false, "000000000000": false, "00-00-00": false, "1111": false, "FFFFFFFF": false, "xxxx": false, "----": false,
		"123456": false, "12345678": false, "0123456789abcdef": false, "1234-5678": false,
		"serial\x00": false, "séries": false,
		"A00000000018": true, "1000000001": true, "20613388344B": true, "41544B45-0700-0000-0000-000001C01F2D": true, "94840436": true,
		"0001": true, "serial-3": true,
	} {
		if got := serial.Usable(s); got != want {
			t.Errorf("%q is usable: %v", s, got)
		}
	}
}
