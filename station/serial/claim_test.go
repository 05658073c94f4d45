package serial_test

import (
	"errors"
	"io"
	"testing"

	"keystation/station/serial"
)

func TestFind(t *testing.T) {
	none := serial.Device{Vendor: 0x096E, Product: 0x0858}
	says := &device{to: map[string]answer{"C200": {hex: "06 020400BC614E"}}}
	saysNone := &device{to: map[string]answer{"C200": {hex: "03 040143"}}}
	for _, tt := range []struct {
		name    string
		is      serial.Device
		iSerial string
		key     *device
		want    string
		usb     bool
		err     error
	}{
		{"the maker's number comes first", yubico, "20613388344B", says, "12345678", false, nil},
		{"the descriptor's where the key says none", yubico, "20613388344B", saysNone, "20613388344B", true, nil},
		{"neither", yubico, "", saysNone, "", false, nil},
		{"the descriptor's where the command fails", yubico, "20613388344B", &device{}, "20613388344B", true, serial.ErrUnsupported},
		{"no dummy where the command fails", yubico, "A00000000000", &device{}, "", false, serial.ErrUnsupported},
		{"no command for this maker", none, "20613388344B", nil, "20613388344B", true, nil},
		{"no command, and a dummy", none, "1000000000", nil, "", false, nil},
		{"a pseudo-terminal", serial.Device{}, "", nil, "", false, nil},
	} {
		got, err := serial.Find(tt.is, tt.iSerial, func(do func(io.ReadWriter) error) error {
			if tt.key == nil {
				t.Errorf("%s: it was opened", tt.name)
				return nil
			}
			return do(tt.key)
		})
		if got.Number != tt.want || got.USB != tt.usb || !errors.Is(err, tt.err) {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}
