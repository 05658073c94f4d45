package ctap_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"strings"
	"testing"

	"keystation/station/ctap"
)

func cose(t *testing.T, members map[int]any) []byte {
	t.Helper()
	b, err := ctap.Encode(members)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ecCOSE(t *testing.T, pub *ecdsa.PublicKey, alg, crv int) []byte {
	t.Helper()
	point, err := pub.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n := (len(point) - 1) / 2
	return cose(t, map[int]any{1: 2, 3: alg, -1: crv, -2: point[1 : 1+n], -3: point[1+n:]})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Each algorithm verifies its signature and refuses one over other data.
func TestVerifySignature(t *testing.T) {
	data := []byte("authenticator data and client data hash")
	d256, d384, d512, d1 := sha256.Sum256(data), sha512.Sum384(data), sha512.Sum512(data), sha1.Sum(data)
	p256, p384, p521 := newKey(t), must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))
	edPub, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	rsaCOSE := func(alg int) []byte {
		return cose(t, map[int]any{1: 3, 3: alg, -1: rsaKey.N.Bytes(), -2: []byte{1, 0, 1}})
	}
	pkcs := func(h crypto.Hash, digest []byte) []byte {
		return must(rsa.SignPKCS1v15(rand.Reader, rsaKey, h, digest))
	}
	tests := []struct {
		name string
		key  []byte
		sig  []byte
	}{
		{"ES256", ctap.EncodeES256(&p256.PublicKey), must(ecdsa.SignASN1(rand.Reader, p256, d256[:]))},
		{"ES384", ecCOSE(t, &p384.PublicKey, ctap.AlgES384, 2), must(ecdsa.SignASN1(rand.Reader, p384, d384[:]))},
		{"ES512", ecCOSE(t, &p521.PublicKey, ctap.AlgES512, 3), must(ecdsa.SignASN1(rand.Reader, p521, d512[:]))},
		{"EdDSA", cose(t, map[int]any{1: 1, 3: ctap.AlgEdDSA, -1: 6, -2: []byte(edPub)}), ed25519.Sign(edKey, data)},
		{"RS256", rsaCOSE(ctap.AlgRS256), pkcs(crypto.SHA256, d256[:])},
		{"RS384", rsaCOSE(ctap.AlgRS384), pkcs(crypto.SHA384, d384[:])},
		{"RS512", rsaCOSE(ctap.AlgRS512), pkcs(crypto.SHA512, d512[:])},
		{"RS1", rsaCOSE(ctap.AlgRS1), pkcs(crypto.SHA1, d1[:])},
		{"PS256", rsaCOSE(ctap.AlgPS256), must(rsa.SignPSS(rand.Reader, rsaKey, crypto.SHA256, d256[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := ctap.VerifySignature(tt.key, data, tt.sig); err != nil {
				t.Error(err)
			}
			if err := ctap.VerifySignature(tt.key, append(data, 0), tt.sig); !errors.Is(err, ctap.ErrSignature) {
				t.Errorf("over other data: %v", err)
			}
			if _, alg, err := ctap.ParsePublicKey(tt.key); err != nil || ctap.AlgorithmName(alg) != tt.name {
				t.Errorf("parsed as %s, %v", ctap.AlgorithmName(alg), err)
			}
		})
	}
	if err := ctap.VerifyWith(&p256.PublicKey, ctap.AlgRS256, data, nil); err == nil || errors.Is(err, ctap.ErrSignature) {
		t.Errorf("a P-256 key for RS256: %v", err)
	}
	if err := ctap.VerifyWith(&p256.PublicKey, -38, data, nil); err == nil || !strings.Contains(err.Error(), "PS384") {
		t.Errorf("PS384: %v", err)
	}
}

func TestParsePublicKey_refusals(t *testing.T) {
	point := must(newKey(t).PublicKey.Bytes())
	x, y := point[1:33], point[33:]
	ec := func(edit func(map[int]any)) []byte {
		m := map[int]any{1: 2, 3: ctap.AlgES256, -1: 1, -2: x, -3: y}
		edit(m)
		return cose(t, m)
	}
	tests := []struct {
		name string
		key  []byte
		want string
	}{
		{"empty", nil, "not a CBOR map"},
		{"an algorithm by name", ec(func(m map[int]any) { m[3] = -49 }), "ML-DSA-65"},
		{"an algorithm by number", ec(func(m map[int]any) { m[3] = -12345 }), "COSE algorithm -12345"},
		{"key type of another", ec(func(m map[int]any) { m[1] = 3 }), "key type 3"},
		{"another curve", ec(func(m map[int]any) { m[-1] = 2 }), "curve 2"},
		{"curve missing", ec(func(m map[int]any) { delete(m, -1) }), "curve"},
		{"compressed point", ec(func(m map[int]any) { m[-3] = true }), "y coordinate"},
		{"short coordinate", ec(func(m map[int]any) { m[-2] = x[1:] }), "coordinates"},
		{"not on the curve", ec(func(m map[int]any) { m[-2] = make([]byte, 32) }), "point"},
		{"Ed25519 short", cose(t, map[int]any{1: 1, 3: ctap.AlgEdDSA, -1: 6, -2: []byte{1}}), "1 bytes"},
		{"RSA small", cose(t, map[int]any{1: 3, 3: ctap.AlgRS256, -1: make([]byte, 64), -2: []byte{1, 0, 1}}), "modulus"},
		{"RSA even exponent", cose(t, map[int]any{1: 3, 3: ctap.AlgRS256, -1: make([]byte, 256), -2: []byte{4}}), "exponent"},
		{"RSA huge exponent", cose(t, map[int]any{1: 3, 3: ctap.AlgRS256, -1: make([]byte, 256), -2: make([]byte, 0)}), "exponent"},
	}
	for _, tt := range tests {
		pub, alg, err := ctap.ParsePublicKey(tt.key)
		if err == nil || !strings.Contains(err.Error(), tt.want) || pub != nil || alg != 0 {
			t.Errorf("%s: %v, %d, %v", tt.name, pub, alg, err)
		}
	}
	if b := ctap.EncodeES256(&must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)).PublicKey); b != nil {
		t.Error("a P-384 key was written as ES256")
	}
}
