package ctap_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"

	"keystation/station/ctap"
)

// Both parties of both protocols derive the same secret, and what one encrypts the
// other reads.
func TestPINProtocol(t *testing.T) {
	platform, key := must(ecdh.P256().GenerateKey(rand.Reader)), must(ecdh.P256().GenerateKey(rand.Reader))
	for p, size := range map[ctap.PINProtocol]int{ctap.PINProtocolOne: 32, ctap.PINProtocolTwo: 64} {
		peer, err := ctap.ParseKeyAgreement(ctap.KeyAgreement(key.PublicKey()))
		if err != nil {
			t.Fatal(err)
		}
		a, b := must(p.SharedSecret(platform, peer)), must(p.SharedSecret(key, platform.PublicKey()))
		if !bytes.Equal(a, b) || len(a) != size {
			t.Fatalf("protocol %d: secrets %x and %x", p, a, b)
		}
		plain := bytes.Repeat([]byte("0123456789abcdef"), 4)
		ct := must(p.Encrypt(a, plain, rand.Reader))
		if got := must(p.Decrypt(b, ct)); !bytes.Equal(got, plain) {
			t.Errorf("protocol %d: decrypted %x", p, got)
		}
		mac := p.Authenticate(a, plain)
		if !p.Verify(b, plain, mac) || p.Verify(b, plain[1:], mac) || p.Verify(b, plain, mac[1:]) || p.Verify(b, plain, nil) {
			t.Errorf("protocol %d: Verify", p)
		}
		for _, bad := range [][]byte{{1}, make([]byte, 17)} {
			if _, err := p.Decrypt(b, bad); err == nil {
				t.Errorf("protocol %d decrypted %d bytes", p, len(bad))
			}
			if _, err := p.Encrypt(a, bad, rand.Reader); err == nil {
				t.Errorf("protocol %d encrypted %d bytes", p, len(bad))
			}
		}
		if _, err := p.Encrypt([]byte("short"), plain, rand.Reader); err == nil {
			t.Errorf("protocol %d took a short secret", p)
		}
	}
}

// The example of a published guide to authenticatorConfig: toggleAlwaysUv with a given
// pinUvAuthToken under protocol two.
func TestConfigAuthMessage(t *testing.T) {
	token := unhex(t, "0125fecfd8bf3f679bd9ec221324baa74f3cade0314b4fba8029500a320612ad")
	message := ctap.ConfigAuthMessage(ctap.ConfigToggleAlwaysUV, nil)
	if len(message) != 34 || message[0] != 0xFF || message[31] != 0xFF || message[32] != 0x0D || message[33] != 2 {
		t.Errorf("message %x", message)
	}
	const want = "40d0d64f5030fa46d8e27c1bb358d5eb7b0da88fd4955b83ed19335bb35d886c"
	if got := hex.EncodeToString(ctap.PINProtocolTwo.Authenticate(token, message)); got != want {
		t.Errorf("pinUvAuthParam %s, want %s", got, want)
	}
}

func TestParseKeyAgreement_refusals(t *testing.T) {
	good := ctap.KeyAgreement(must(ecdh.P256().GenerateKey(rand.Reader)).PublicKey())
	off := bytes.Clone(good)
	off[len(off)-1] ^= 1
	for name, b := range map[string][]byte{"empty": nil, "empty map": {0xA0}, "off the curve": off, "cut": good[:20]} {
		if pub, err := ctap.ParseKeyAgreement(b); err == nil || pub != nil {
			t.Errorf("%s: %v, %v", name, pub, err)
		}
	}
	if b := ctap.KeyAgreement(must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey()); b != nil {
		t.Error("an X25519 key was written as P-256")
	}
}

// A request is read strictly, and the error is the status to answer with.
func TestDecodeRequest(t *testing.T) {
	for s, want := range map[string]error{
		"a1 02 01":          nil,
		"bf 02 01 ff":       ctap.ErrInvalidCBOR, // indefinite length
		"a1 02 61 31":       ctap.ErrCBORUnexpectedType,
		"a2 02 01 02 01":    ctap.ErrInvalidCBOR, // twice
		"a1 02":             ctap.ErrInvalidCBOR,
		"a1 02 01 00":       ctap.ErrInvalidCBOR,
		"a1 03 81818181 80": ctap.ErrInvalidCBOR, // too deep
	} {
		var req ctap.ClientPINRequest
		if err := ctap.DecodeRequest(unhex(t, s), &req); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", s, err, want)
		}
	}
}
