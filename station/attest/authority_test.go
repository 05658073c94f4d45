package attest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"keystation/station/attest"
	"keystation/station/ctap"
)

var (
	from  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	until = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	now   = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	model = ctap.AAGUID{0xd0, 0x0d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
)

// authority is a certification authority of a vendor that does not exist.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newAuthority makes a root when by is nil, else an authority below by.
func newAuthority(t testing.TB, name string, by *authority) *authority {
	t.Helper()
	key := newKey(t)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if by == nil {
		by = &authority{tmpl, key}
	}
	return &authority{parse(t, by.sign(t, tmpl, key.Public())), key}
}

func (a *authority) sign(t testing.TB, tmpl *x509.Certificate, pub crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, pub, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func parse(t testing.TB, der []byte) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func rootsOf(models []ctap.AAGUID, certs ...*x509.Certificate) attest.Roots {
	var r attest.Roots
	for _, cert := range certs {
		r.Add(cert, models...)
	}
	return r
}

// leafTemplate is an attestation certificate that keeps every rule of WebAuthn §8.2.1.
func leafTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(0x42),
		Subject: pkix.Name{Country: []string{"XK"}, Organization: []string{"Keys that do not exist"},
			OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Batch 7"},
		NotBefore: from, NotAfter: until, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{aaguidExtension(model)},
	}
}

func aaguidExtension(a ctap.AAGUID) pkix.Extension {
	return octetExtension(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}, a[:])
}

func octetExtension(oid asn1.ObjectIdentifier, b []byte) pkix.Extension {
	value, err := asn1.Marshal(b)
	if err != nil {
		panic(err)
	}
	return pkix.Extension{Id: oid, Value: value}
}

// key is a security key under test: what it would send, before it is signed.
type key struct {
	t         testing.TB
	format    string
	auth      ctap.AuthData
	hash      [32]byte
	signer    crypto.Signer // nil: no signature is put in
	statement map[string]any
}

func newPacked(t testing.TB, signer crypto.Signer, x5c ...[]byte) *key {
	credential := newKey(t)
	k := &key{t: t, format: "packed", signer: signer, hash: sha256.Sum256([]byte("client data"))}
	k.auth = ctap.AuthData{RPIDHash: sha256.Sum256([]byte("localhost")), Flags: ctap.FlagUP | ctap.FlagAT,
		Credential: &ctap.AttestedCredential{AAGUID: model, ID: []byte("credential id"), PublicKey: ctap.EncodeES256(&credential.PublicKey)}}
	k.statement = map[string]any{"alg": ctap.AlgES256}
	if len(x5c) > 0 {
		k.statement["x5c"] = x5c
	}
	return k
}

func newU2F(t testing.TB, signer crypto.Signer, x5c ...[]byte) *key {
	k := newPacked(t, signer, x5c...)
	k.format = "fido-u2f"
	k.auth.Credential.AAGUID = ctap.AAGUID{}
	delete(k.statement, "alg")
	return k
}

// evidence signs and encodes, as CTAP 2.1 §6.1.2 sends it.
func (k *key) evidence() attest.Evidence {
	k.t.Helper()
	if k.signer != nil {
		digest := sha256.Sum256(k.signedBytes())
		sig, err := k.signer.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			k.t.Fatal(err)
		}
		k.statement["sig"] = sig
	}
	return attest.Evidence{Object: k.object(map[string]any{"fmt": k.format, "attStmt": k.statement, "authData": k.auth.Encode()}),
		ClientDataHash: k.hash[:]}
}

func (k *key) object(v any) []byte {
	k.t.Helper()
	b, err := ctap.Encode(v)
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

func (k *key) signedBytes() []byte {
	if k.format == "packed" {
		return append(k.auth.Encode(), k.hash[:]...)
	}
	pub, _, err := ctap.ParsePublicKey(k.auth.Credential.PublicKey)
	if err != nil {
		return nil // a test of just that
	}
	point, err := pub.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		k.t.Fatal(err)
	}
	b := append([]byte{0}, k.auth.RPIDHash[:]...)
	b = append(b, k.hash[:]...)
	b = append(b, k.auth.Credential.ID...)
	return append(b, point...)
}

// expect judges and compares the reasons, in order.
func expect(t *testing.T, e attest.Evidence, roots attest.Roots, at time.Time, verdict attest.Verdict, reasons string) attest.Judgment {
	t.Helper()
	j := attest.Judge(e, attest.Trust{Roots: roots}, at)
	if j.Verdict != verdict || codes(j) != reasons {
		t.Errorf("%s for %q, want %s for %q", j.Verdict, codes(j), verdict, reasons)
	}
	for _, r := range j.Reasons {
		if len(r.Sentence) < 20 || r.Sentence[len(r.Sentence)-1] != '.' || r.Sentence[0] < 'A' || r.Sentence[0] > 'Z' {
			t.Errorf("%s is said as %q, which is not a sentence", r.Code, r.Sentence)
		}
	}
	if (j.Root != "") != has(j, attest.RootReached) {
		t.Errorf("root %q with the reasons %q", j.Root, codes(j))
	}
	return j
}
