package ctap

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
)

// PINProtocol is a PIN/UV auth protocol: 1 (CTAP 2.1 §6.5.6) or 2 (§6.5.7).
type PINProtocol int

// The PIN/UV auth protocols there are.
const (
	PINProtocolOne PINProtocol = 1
	PINProtocolTwo PINProtocol = 2
)

// KeyAgreement is a P-256 public key as the parties exchange it (CTAP 2.1 §6.5.6,
// getPublicKey). It is nil when pub is not such a key.
func KeyAgreement(pub *ecdh.PublicKey) []byte {
	point := pub.Bytes()
	if pub.Curve() != ecdh.P256() {
		return nil
	}
	b, err := Encode(keyAgreement{ktyEC2, AlgECDHESHKDF256, crvP256, point[1:33], point[33:]})
	if err != nil {
		return nil
	}
	return b
}

type keyAgreement struct {
	Kty int    `cbor:"1,keyasint"`
	Alg int    `cbor:"3,keyasint"`
	Crv int    `cbor:"-1,keyasint"`
	X   []byte `cbor:"-2,keyasint"`
	Y   []byte `cbor:"-3,keyasint"`
}

// ParseKeyAgreement reads the other party's key and checks that it is on the curve.
func ParseKeyAgreement(b []byte) (*ecdh.PublicKey, error) {
	var k keyAgreement
	if !isMap(b) {
		return nil, fmt.Errorf("parse key agreement: not a CBOR map")
	}
	if err := Decode(b, &k); err != nil {
		return nil, fmt.Errorf("parse key agreement: %w", err)
	}
	if k.Kty != ktyEC2 || k.Crv != crvP256 || len(k.X) != 32 || len(k.Y) != 32 {
		return nil, fmt.Errorf("parse key agreement: not a P-256 key")
	}
	pub, err := ecdh.P256().NewPublicKey(bytes.Join([][]byte{{4}, k.X, k.Y}, nil))
	if err != nil {
		return nil, fmt.Errorf("parse key agreement: %w", err)
	}
	return pub, nil
}

// SharedSecret derives what both parties then encrypt and authenticate with.
func (p PINProtocol) SharedSecret(own *ecdh.PrivateKey, peer *ecdh.PublicKey) ([]byte, error) {
	z, err := own.ECDH(peer)
	if err != nil {
		return nil, fmt.Errorf("key agreement: %w", err)
	}
	if p == PINProtocolOne { // §6.5.6 kdf(Z) = SHA-256(Z)
		sum := sha256.Sum256(z)
		return sum[:], nil
	}
	// §6.5.7 kdf(Z): two HKDF-SHA-256 outputs with a salt of 32 zero bytes.
	var secret []byte
	for _, info := range []string{"CTAP2 HMAC key", "CTAP2 AES key"} {
		part, err := hkdf.Key(sha256.New, z, make([]byte, 32), info, 32)
		if err != nil {
			return nil, fmt.Errorf("key agreement: %w", err)
		}
		secret = append(secret, part...)
	}
	return secret, nil
}

// Encrypt encrypts whole AES blocks. rand gives protocol two its IV.
func (p PINProtocol) Encrypt(secret, plain []byte, rand io.Reader) ([]byte, error) {
	block, err := p.cipher(secret)
	if err != nil {
		return nil, err
	}
	if len(plain)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("encrypt: %d bytes are not whole blocks", len(plain))
	}
	var iv [aes.BlockSize]byte
	var out []byte
	if p == PINProtocolTwo {
		if _, err := io.ReadFull(rand, iv[:]); err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
		out = append(out, iv[:]...)
	}
	ct := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, iv[:]).CryptBlocks(ct, plain)
	return append(out, ct...), nil
}

// Decrypt undoes [PINProtocol.Encrypt].
func (p PINProtocol) Decrypt(secret, ct []byte) ([]byte, error) {
	block, err := p.cipher(secret)
	if err != nil {
		return nil, err
	}
	iv := make([]byte, aes.BlockSize)
	if p == PINProtocolTwo {
		if len(ct) < aes.BlockSize {
			return nil, fmt.Errorf("decrypt: the IV is missing")
		}
		iv, ct = ct[:aes.BlockSize], ct[aes.BlockSize:]
	}
	if len(ct)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("decrypt: %d bytes are not whole blocks", len(ct))
	}
	plain := make([]byte, len(ct))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, ct)
	return plain, nil
}

func (p PINProtocol) cipher(secret []byte) (cipher.Block, error) {
	key := secret
	if p == PINProtocolTwo { // §6.5.7: the AES key is what follows the 32 bytes of HMAC key
		if len(secret) != 64 {
			return nil, fmt.Errorf("cipher: a secret of %d bytes is not protocol two's", len(secret))
		}
		key = secret[32:]
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return block, nil
}

// Authenticate is the MAC of msg, under a shared secret or a pinUvAuthToken.
func (p PINProtocol) Authenticate(key, msg []byte) []byte {
	if p == PINProtocolTwo && len(key) > 32 {
		key = key[:32]
	}
	m := hmac.New(sha256.New, key)
	m.Write(msg)
	sum := m.Sum(nil)
	if p == PINProtocolOne {
		return sum[:16]
	}
	return sum
}

// Verify reports, in constant time, whether mac is the MAC of msg.
func (p PINProtocol) Verify(key, msg, mac []byte) bool {
	return hmac.Equal(p.Authenticate(key, msg), mac)
}
