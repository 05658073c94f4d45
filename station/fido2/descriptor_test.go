package fido2

import (
	"encoding/hex"
	"testing"
)

// TestUsesFIDO reads HID report descriptors. The first is the example of CTAP 2.1 §11.2.8.2.
func TestUsesFIDO(t *testing.T) {
	for _, c := range []struct {
		name, descriptor string
		want             bool
	}{
		{"a key", "06d0f10901a1010920150026ff007508954081020921150026ff00750895409102c0", true},
		{"a key after a vendor's long item", "fe0320aabbcc06d0f10901a101c0", true},
		{"a keyboard", "05010906a101050719e029e715002501750195088102c0", false},
		{"a vendor's own page", "0600ff0901a101c0", false},
		{"the page as data of another item", "0af1d026d0f1c0", false},
		{"a usage page of one byte", "05d0f1", false},
		{"cut short", "06d0", false},
		{"a long item cut short", "feff20", false},
		{"nothing", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := hex.DecodeString(c.descriptor)
			if err != nil {
				t.Fatal(err)
			}
			if have := UsesFIDO(b); have != c.want {
				t.Fatalf("have %v, want %v", have, c.want)
			}
		})
	}
}
