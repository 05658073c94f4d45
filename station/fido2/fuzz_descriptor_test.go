package fido2

import "testing"

// FuzzUsesFIDO reads any bytes as a HID report descriptor: a page of FIDO is found only
// where its bytes are.
func FuzzUsesFIDO(f *testing.F) {
	f.Add([]byte{0x06, 0xD0, 0xF1, 0x09, 0x01})
	f.Add([]byte{0xFE, 0x03, 0x20, 1, 2, 3, 0x06, 0xD0, 0xF1})
	f.Add([]byte{0xFE, 0xFF, 0x20})
	f.Fuzz(func(t *testing.T, desc []byte) {
		if UsesFIDO(desc) != UsesFIDO(append(desc[:len(desc):len(desc)], 0xC0)) && !UsesFIDO(desc) {
			t.Error("an end of a collection made a key of it")
		}
	})
}
