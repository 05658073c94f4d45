package attest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"

	"keystation/station/attest"
	"keystation/station/ctap"
)

func TestFIDOU2F(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	roots, der := rootsOf(nil, ca.cert), ca.sign(t, leafTemplate(), signer.Public())
	for name, tt := range map[string]struct {
		change  func(*key)
		verdict attest.Verdict
		reasons string
	}{
		"good":              {func(*key) {}, attest.Genuine, "root-reached"},
		"by another key":    {func(k *key) { k.signer = newKey(t) }, attest.Refused, "wrong-signature root-reached"},
		"two certificates":  {func(k *key) { k.statement["x5c"] = [][]byte{der, ca.cert.Raw} }, attest.Refused, "malformed-statement"},
		"no certificate":    {func(k *key) { delete(k.statement, "x5c") }, attest.Refused, "malformed-statement"},
		"no signature":      {func(k *key) { k.signer = nil }, attest.Refused, "malformed-statement"},
		"an AAGUID":         {func(k *key) { k.auth.Credential.AAGUID = ctap.AAGUID{1} }, attest.Genuine, "root-reached"},
		"key of no point":   {func(k *key) { k.auth.Credential.PublicKey[20] ^= 1 }, attest.Refused, "credential-key root-reached"},
		"key of no use":     {func(k *key) { k.auth.Credential.PublicKey = []byte{0xa0} }, attest.Unknown, "signature-not-checked root-reached"},
		"key on P-384":      {func(k *key) { k.auth.Credential.PublicKey = p384(t) }, attest.Refused, "credential-key root-reached"},
		"certificate noise": {func(k *key) { k.statement["x5c"] = [][]byte{{1, 2, 3}} }, attest.Refused, "malformed-statement"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newU2F(t, signer, der)
			tt.change(k)
			expect(t, k.evidence(), roots, now, tt.verdict, tt.reasons)
		})
	}
}

// The certificate rules of §8.2.1 are for packed; U2F certificates are older.
func TestFIDOU2F_certificateWithoutSubjectFields(t *testing.T) {
	ca, signer, tmpl := newAuthority(t, "Root", nil), newKey(t), leafTemplate()
	tmpl.Subject = pkix.Name{CommonName: "U2F"}
	k := newU2F(t, signer, ca.sign(t, tmpl, signer.Public()))
	expect(t, k.evidence(), rootsOf(nil, ca.cert), now, attest.Genuine, "root-reached")
}

func TestFIDOU2F_certificateOnAnotherCurve(t *testing.T) {
	ca := newAuthority(t, "Root", nil)
	signer, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := newU2F(t, signer, ca.sign(t, leafTemplate(), signer.Public()))
	expect(t, k.evidence(), rootsOf(nil, ca.cert), now, attest.Refused, "certificate-key")
}

func p384(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := ctap.Encode(map[int]any{1: 2, 3: ctap.AlgES384, -1: 2, -2: point[1:49], -3: point[49:]})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNone(t *testing.T) {
	none := newPacked(t, nil)
	none.format, none.statement = "none", map[string]any{}
	j := expect(t, none.evidence(), attest.Roots{}, now, attest.Unknown, "none")
	if j.Type != attest.TypeNone || j.AAGUID != model {
		t.Errorf("judgment %+v", j)
	}
	none.statement["sig"] = []byte("something")
	expect(t, none.evidence(), attest.Roots{}, now, attest.Refused, "statement-not-empty")
}

func TestJudge_otherFormats(t *testing.T) {
	k := newPacked(t, newKey(t))
	k.format = "tpm"
	expect(t, k.evidence(), attest.Roots{}, now, attest.Unknown, "format-unknown")
}

func TestJudge_bytesThatAreNoAttestation(t *testing.T) {
	k := newPacked(t, newKey(t))
	k.auth.Flags, k.auth.Credential = ctap.FlagUP, nil
	expect(t, k.evidence(), attest.Roots{}, now, attest.Refused, "no-credential")

	for name, object := range map[string][]byte{
		"nothing":       nil,
		"text":          []byte("-----BEGIN CERTIFICATE-----"),
		"an empty map":  {0xa0},
		"an array":      {0x83, 1, 2, 3},
		"a map of ints": k.object(map[int]any{1: 2, 2: 3, 3: 4}),
		"no auth data":  k.object(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": []byte{}}),
		"short auth":    k.object(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": []byte{1, 2}}),
		"list in stmt":  k.object(map[string]any{"fmt": "none", "attStmt": []int{1}, "authData": make([]byte, 37)}),
		"bytes after":   append(k.evidence().Object, 0),
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, attest.Evidence{Object: object}, attest.Roots{}, now, attest.Refused, "not-an-attestation-object")
		})
	}
}

func TestRoots_anAnchorMayBeTheCertificateItself(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	der := ca.sign(t, leafTemplate(), signer.Public())
	var roots attest.Roots
	roots.Add(parse(t, der))
	expect(t, newU2F(t, signer, der).evidence(), roots, now, attest.Genuine, "root-reached")
	var other *x509.Certificate = newAuthority(t, "Root", nil).cert // same name, another key
	expect(t, newU2F(t, signer, der).evidence(), rootsOf(nil, other), now, attest.Unknown, "root-unknown")
}
