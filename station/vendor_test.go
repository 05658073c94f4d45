package station_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station/attest"
	"keystation/station/ctap"
)

// vendor makes models of keys that do not exist, in batches that share a certificate as those of real vendors do.
type vendor struct {
	t         testing.TB
	name      string
	key       *ecdsa.PrivateKey
	root      *x509.Certificate
	publicKey []byte // of every credential: its private half is of no use here
}

func newECKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newVendor(t testing.TB, name string) *vendor {
	t.Helper()
	v := &vendor{t: t, name: name, key: newECKey(t)}
	v.publicKey = ctap.EncodeES256(&newECKey(t).PublicKey)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{name}, CommonName: name + " Root"},
		NotBefore: inventorytest.Start.AddDate(-5, 0, 0), NotAfter: inventorytest.Start.AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	v.root = v.sign(tmpl, tmpl, v.key.Public())
	return v
}

func (v *vendor) sign(tmpl, by *x509.Certificate, pub crypto.PublicKey) *x509.Certificate {
	v.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, by, pub, v.key)
	if err != nil {
		v.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		v.t.Fatal(err)
	}
	return cert
}

// batch is what the keys of a batch share.
type batch struct {
	*vendor
	model ctap.AAGUID
	key   *ecdsa.PrivateKey
	cert  *x509.Certificate
}

// batch makes one, whose certificate keeps the rules of WebAuthn §8.2.1 and ends at a time.
func (v *vendor) batch(model ctap.AAGUID, until time.Time) batch {
	v.t.Helper()
	value, err := asn1.Marshal(model[:])
	if err != nil {
		v.t.Fatal(err)
	}
	b := batch{vendor: v, model: model, key: newECKey(v.t)}
	b.cert = v.sign(&x509.Certificate{SerialNumber: big.NewInt(2),
		Subject:   pkix.Name{Country: []string{"XK"}, Organization: []string{v.name}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Batch"},
		NotBefore: v.root.NotBefore, NotAfter: until, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}, Value: value}},
	}, v.root, b.key.Public())
	return b
}

// attestation is what a key of the batch hands over when it makes a credential (WebAuthn §8.2).
func (b batch) attestation(credential string) (object, clientDataHash []byte) {
	b.t.Helper()
	hash := sha256.Sum256([]byte("client data of " + credential))
	auth := ctap.AuthData{RPIDHash: sha256.Sum256([]byte(inventory.LocalRPID)), Flags: ctap.FlagUP | ctap.FlagAT,
		Credential: &ctap.AttestedCredential{AAGUID: b.model, ID: []byte(credential), PublicKey: b.publicKey}}.Encode()
	digest := sha256.Sum256(append(auth[:len(auth):len(auth)], hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, b.key, digest[:])
	if err != nil {
		b.t.Fatal(err)
	}
	object, err = ctap.Encode(map[string]any{"fmt": "packed", "authData": auth,
		"attStmt": map[string]any{"alg": ctap.AlgES256, "sig": sig, "x5c": [][]byte{b.cert.Raw}}})
	if err != nil {
		b.t.Fatal(err)
	}
	return object, hash[:]
}

// kept is the evidence of a key of the batch.
func (b batch) kept(id string) inventory.Evidence {
	object, hash := b.attestation(id)
	return inventory.Evidence{Tier: inventory.Standard,
		Key:          inventory.Key{ID: inventory.KeyID(id), AAGUID: b.model.String(), Firmware: "5.7.1", State: inventory.Active},
		Registration: inventory.Registration{ID: inventory.RegistrationID("g" + id), Attestation: object, ClientDataHash: hash, RegisteredAt: inventorytest.Start}}
}

// catalog is a BLOB that names models with their roots; of those in revoked it says so.
func catalog(t testing.TB, no int, next string, named map[ctap.AAGUID]*vendor, revoked ...ctap.AAGUID) *attest.Catalog {
	t.Helper()
	var entries []map[string]any
	for model, v := range named {
		reports := []map[string]any{{"status": "FIDO_CERTIFIED_L1", "effectiveDate": "2024-01-01"}}
		for _, r := range revoked {
			if r == model {
				reports = append(reports, map[string]any{"status": "REVOKED", "effectiveDate": "2026-10-01"})
			}
		}
		entries = append(entries, map[string]any{"aaguid": model.String(), "statusReports": reports, "metadataStatement": map[string]any{
			"description": fmt.Sprintf("%s %x", v.name, model[:1]), "authenticatorVersion": 1, "attestationTypes": []string{"basic_full"},
			"attestationRootCertificates": []string{base64.StdEncoding.EncodeToString(v.root.Raw)}}})
	}
	alliance := newVendor(t, "Alliance")
	signer := alliance.batch(ctap.AAGUID{}, alliance.root.NotAfter)
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(map[string]any{"alg": "ES256", "typ": "JWT", "x5c": [][]byte{signer.cert.Raw}}) + "." +
		part(map[string]any{"legalHeader": "for tests", "no": no, "nextUpdate": next, "entries": entries})
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, signer.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	c, err := attest.OpenBLOB([]byte(signed+"."+base64.RawURLEncoding.EncodeToString(sig)), []*x509.Certificate{alliance.root}, inventorytest.Start)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
