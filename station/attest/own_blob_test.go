package attest_test

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"keystation/station/attest"
	"keystation/station/ctap"
)

// The real keys in testdata are judged by a BLOB of our own that names Yubico's public root for Yubico's models, as the
// real one does: it stands in for the real BLOB, whose terms do not let us ship it.
func TestJudge_realKeysByOwnBLOB(t *testing.T) {
	b, err := os.ReadFile("testdata/yubico-u2f-root-ca-457200631.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	root := parse(t, block.Bytes)
	var entries []map[string]any
	judged := 0
	for name := range byRealBLOB {
		if e, ok := testdata(t, name); ok && ofYubico(name) {
			entries = append(entries, entryFor(t, name, e, root))
		}
	}
	c := newService(t).open(payload(31, entries...))
	for name, real := range byRealBLOB {
		e, ok := testdata(t, name)
		if !ok || !strings.HasPrefix(name, "real-key") {
			continue
		}
		judged++
		want := real
		if !ofYubico(name) { // their roots are not ours to ship
			want = "root-unknown model-not-in-metadata"
		}
		if j := attest.Judge(e, attest.Trust{Catalog: c}, realTime); codes(j) != want {
			t.Errorf("%s: %q, want %q", name, codes(j), want)
		}
	}
	if judged < 12 {
		t.Errorf("only %d real keys are in testdata", judged)
	}
}

func ofYubico(name string) bool {
	return strings.HasPrefix(name, "real-key") && (strings.Contains(name, "yubi") || strings.Contains(name, "security-key"))
}

// entryFor names the model of a vector by its AAGUID, or of U2F by the key of its certificate.
func entryFor(t *testing.T, name string, e attest.Evidence, root *x509.Certificate) map[string]any {
	t.Helper()
	object, err := ctap.ParseAttestationObject(e.Object)
	if err != nil {
		t.Fatal(err)
	}
	var statement struct {
		X5C [][]byte `cbor:"x5c"`
	}
	if err := ctap.Decode(object.Statement, &statement); err != nil {
		t.Fatal(err)
	}
	if object.Format == "packed" {
		return entryOf(name, attest.Judge(e, attest.Trust{}, now).AAGUID, nil, root)
	}
	id := keyID(t, parse(t, statement.X5C[0]))
	return entryOf(name, ctap.AAGUID{}, func(e map[string]any) {
		delete(e, "aaguid")
		e["attestationCertificateKeyIdentifiers"] = []string{hex.EncodeToString(id[:])}
	}, root)
}

// keyID is the key identifier of a certificate (RFC 5280 §4.2.1.2 method 1).
func keyID(t *testing.T, cert *x509.Certificate) [sha1.Size]byte {
	t.Helper()
	var spki struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &spki); err != nil {
		t.Fatal(err)
	}
	return sha1.Sum(spki.Key.Bytes)
}
