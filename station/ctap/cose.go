package ctap

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha1" // RS1 signatures of old platform authenticators
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"fmt"
	"math/big"

	"github.com/fxamacker/cbor/v2"
)

// COSE algorithms (IANA COSE Algorithms registry) that this package verifies.
const (
	AlgES256   = -7
	AlgEdDSA   = -8
	AlgESP256  = -9
	AlgEd25519 = -19
	AlgES384   = -35
	AlgES512   = -36
	AlgPS256   = -37
	AlgESP384  = -51
	AlgESP512  = -52
	AlgRS256   = -257
	AlgRS384   = -258
	AlgRS512   = -259
	AlgRS1     = -65535

	// AlgECDHESHKDF256 marks key agreement keys; CTAP 2.1 §6.5.6 uses the number
	// though the derivation is its own.
	AlgECDHESHKDF256 = -25
)

// ErrSignature is what a signature that does not verify gives.
var ErrSignature = errors.New("the signature does not verify")

// ErrAlgorithm is what a well-formed key or signature gives whose algorithm this
// package does not verify: no evidence, for or against.
var ErrAlgorithm = errors.New("the algorithm is not supported")

// COSE key types and curves (RFC 9053 §7.1).
const (
	ktyOKP = 1
	ktyEC2 = 2
	ktyRSA = 3

	crvP256    = 1
	crvP384    = 2
	crvP521    = 3
	crvEd25519 = 6
)

type algorithm struct {
	name string
	kty  int
	crv  int // 0: the key type has no curve
	hash crypto.Hash
	pss  bool
}

// algorithms are those in WebAuthn §5.8.5 and its neighbors that keys really use.
var algorithms = map[int]algorithm{
	AlgES256:   {"ES256", ktyEC2, crvP256, crypto.SHA256, false},
	AlgESP256:  {"ESP256", ktyEC2, crvP256, crypto.SHA256, false},
	AlgES384:   {"ES384", ktyEC2, crvP384, crypto.SHA384, false},
	AlgESP384:  {"ESP384", ktyEC2, crvP384, crypto.SHA384, false},
	AlgES512:   {"ES512", ktyEC2, crvP521, crypto.SHA512, false},
	AlgESP512:  {"ESP512", ktyEC2, crvP521, crypto.SHA512, false},
	AlgEdDSA:   {"EdDSA", ktyOKP, crvEd25519, 0, false},
	AlgEd25519: {"Ed25519", ktyOKP, crvEd25519, 0, false},
	AlgRS256:   {"RS256", ktyRSA, 0, crypto.SHA256, false},
	AlgRS384:   {"RS384", ktyRSA, 0, crypto.SHA384, false},
	AlgRS512:   {"RS512", ktyRSA, 0, crypto.SHA512, false},
	AlgRS1:     {"RS1", ktyRSA, 0, crypto.SHA1, false},
	AlgPS256:   {"PS256", ktyRSA, 0, crypto.SHA256, true},
}

// namesOnly are algorithms that are recognized in a refusal but not verified.
var namesOnly = map[int]string{-38: "PS384", -39: "PS512", -47: "ES256K", -53: "Ed448", -48: "ML-DSA-44",
	-49: "ML-DSA-65", -50: "ML-DSA-87"}

// AlgorithmName is the registered name of a COSE algorithm, or its number.
func AlgorithmName(alg int) string {
	if a, ok := algorithms[alg]; ok {
		return a.name
	}
	if n, ok := namesOnly[alg]; ok {
		return n
	}
	return fmt.Sprintf("COSE algorithm %d", alg)
}

var curves = map[int]elliptic.Curve{crvP256: elliptic.P256(), crvP384: elliptic.P384(), crvP521: elliptic.P521()}

// coseKey is a COSE_Key (RFC 9052 §7). Labels -1 to -3 mean different things by key
// type, so they are kept raw.
type coseKey struct {
	Kty    int             `cbor:"1,keyasint"`
	Alg    int             `cbor:"3,keyasint"`
	Minus1 cbor.RawMessage `cbor:"-1,keyasint,omitempty"`
	Minus2 []byte          `cbor:"-2,keyasint,omitempty"`
	Minus3 cbor.RawMessage `cbor:"-3,keyasint,omitempty"`
}

// ParsePublicKey reads a COSE key: *ecdsa.PublicKey, ed25519.PublicKey or
// *rsa.PublicKey, and the algorithm it is for. An algorithm that is not supported is
// named in the error.
func ParsePublicKey(cose []byte) (crypto.PublicKey, int, error) {
	var k coseKey
	if !isMap(cose) {
		return nil, 0, fmt.Errorf("parse COSE key: not a CBOR map")
	}
	if err := Decode(cose, &k); err != nil {
		return nil, 0, fmt.Errorf("parse COSE key: %w", err)
	}
	a, ok := algorithms[k.Alg]
	if !ok {
		return nil, 0, fmt.Errorf("parse COSE key: %s: %w", AlgorithmName(k.Alg), ErrAlgorithm)
	}
	if a.kty != k.Kty {
		return nil, 0, fmt.Errorf("parse COSE key: key type %d does not go with %s", k.Kty, a.name)
	}
	pub, err := k.public(a)
	if err != nil {
		return nil, 0, fmt.Errorf("parse COSE key: %s: %w", a.name, err)
	}
	return pub, k.Alg, nil
}

func (k coseKey) public(a algorithm) (crypto.PublicKey, error) {
	if a.kty == ktyRSA {
		return k.rsa()
	}
	var crv int
	if err := Decode(k.Minus1, &crv); err != nil {
		return nil, fmt.Errorf("curve: %w", err)
	}
	if crv != a.crv {
		return nil, fmt.Errorf("curve %d instead of %d", crv, a.crv)
	}
	if a.kty == ktyEC2 {
		return k.ec2(curves[crv])
	}
	if len(k.Minus2) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("the key has %d bytes instead of %d", len(k.Minus2), ed25519.PublicKeySize)
	}
	return ed25519.PublicKey(k.Minus2), nil
}

func (k coseKey) ec2(c elliptic.Curve) (crypto.PublicKey, error) {
	var y []byte
	if err := Decode(k.Minus3, &y); err != nil { // a compressed point (y is a bool) is not allowed: WebAuthn §5.8.5
		return nil, fmt.Errorf("y coordinate: %w", err)
	}
	size := (c.Params().BitSize + 7) / 8
	if len(k.Minus2) != size || len(y) != size {
		return nil, fmt.Errorf("coordinates have %d and %d bytes instead of %d", len(k.Minus2), len(y), size)
	}
	point := append(append([]byte{4}, k.Minus2...), y...)
	pub, err := ecdsa.ParseUncompressedPublicKey(c, point)
	if err != nil {
		return nil, fmt.Errorf("point: %w", err)
	}
	return pub, nil
}

// rsa reads n (-1) and e (-2) of RFC 8230 §4.
func (k coseKey) rsa() (crypto.PublicKey, error) {
	var n []byte
	if err := Decode(k.Minus1, &n); err != nil {
		return nil, fmt.Errorf("modulus: %w", err)
	}
	if len(n) < 128 || len(n) > 1024 {
		return nil, fmt.Errorf("a modulus of %d bytes is out of range", len(n))
	}
	e := new(big.Int).SetBytes(k.Minus2)
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 {
		return nil, fmt.Errorf("the exponent is out of range")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(e.Int64())}, nil
}

// EncodeES256 writes a P-256 key as the COSE key of an ES256 credential
// (WebAuthn §6.5.1.1). It is nil when pub is not a valid P-256 key.
func EncodeES256(pub *ecdsa.PublicKey) []byte { return encodeP256(pub, AlgES256) }

func encodeP256(pub *ecdsa.PublicKey, alg int) []byte {
	point, err := pub.Bytes()
	if err != nil || len(point) != 65 {
		return nil
	}
	b, err := Encode(struct {
		Kty int    `cbor:"1,keyasint"`
		Alg int    `cbor:"3,keyasint"`
		Crv int    `cbor:"-1,keyasint"`
		X   []byte `cbor:"-2,keyasint"`
		Y   []byte `cbor:"-3,keyasint"`
	}{ktyEC2, alg, crvP256, point[1:33], point[33:]})
	if err != nil {
		return nil
	}
	return b
}

// VerifySignature verifies sig over data with a COSE key and the algorithm that the
// key names. A bad signature is [ErrSignature].
func VerifySignature(cose []byte, data, sig []byte) error {
	pub, alg, err := ParsePublicKey(cose)
	if err != nil {
		return err
	}
	return VerifyWith(pub, alg, data, sig)
}

// VerifyWith verifies sig over data with a key that did not come in COSE form, a
// certificate's for instance, and the algorithm that the statement names.
func VerifyWith(pub crypto.PublicKey, alg int, data, sig []byte) error {
	a, ok := algorithms[alg]
	if !ok {
		return fmt.Errorf("verify signature: %s: %w", AlgorithmName(alg), ErrAlgorithm)
	}
	digest := data
	if a.hash != 0 {
		h := a.hash.New()
		h.Write(data)
		digest = h.Sum(nil)
	}
	good, fits := false, false
	switch key := pub.(type) {
	case *ecdsa.PublicKey:
		fits = a.kty == ktyEC2
		good = fits && ecdsa.VerifyASN1(key, digest, sig)
	case ed25519.PublicKey:
		fits = a.kty == ktyOKP && len(key) == ed25519.PublicKeySize
		good = fits && ed25519.Verify(key, data, sig)
	case *rsa.PublicKey:
		fits = a.kty == ktyRSA
		good = fits && a.verifyRSA(key, digest, sig)
	}
	if !fits {
		return fmt.Errorf("verify signature: a key of type %T does not go with %s", pub, a.name)
	}
	if !good {
		return fmt.Errorf("verify %s: %w", a.name, ErrSignature)
	}
	return nil
}

func (a algorithm) verifyRSA(pub *rsa.PublicKey, digest, sig []byte) bool {
	if a.pss {
		return rsa.VerifyPSS(pub, a.hash, digest, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	}
	return rsa.VerifyPKCS1v15(pub, a.hash, digest, sig) == nil
}
