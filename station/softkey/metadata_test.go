package softkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"image/png"
	"math/big"
	"strings"
	"testing"
	"time"

	"keystation/station/softkey"
)

// claims opens a JWS by the letter of RFC 7515 and RFC 7518 §3.4 and gives its payload.
func claims(t *testing.T, blob []byte) map[string]any {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	parts := strings.Split(string(blob), ".")
	if len(parts) != 3 {
		t.Fatalf("it has %d parts", len(parts))
	}
	raw := make([][]byte, 3)
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		must(err)
		raw[i] = b
	}
	var head struct {
		Alg string   `json:"alg"`
		X5C [][]byte `json:"x5c"`
	}
	must(json.Unmarshal(raw[0], &head))
	if head.Alg != "ES256" || len(head.X5C) != 1 || len(raw[2]) != 64 {
		t.Fatalf("%s with %d certificates and a signature of %d bytes", head.Alg, len(head.X5C), len(raw[2]))
	}
	leaf, err := x509.ParseCertificate(head.X5C[0])
	must(err)
	block, _ := pem.Decode(softkey.RootPEM())
	root, err := x509.ParseCertificate(block.Bytes)
	must(err)
	must(leaf.CheckSignatureFrom(root))
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(leaf.PublicKey.(*ecdsa.PublicKey), sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		t.Fatal("the signature is wrong")
	}
	var all map[string]any
	must(json.Unmarshal(raw[1], &all))
	return all
}

// required are the members that a statement must have (FIDO Metadata Statements v3.0 §4).
var required = []string{"description", "authenticatorVersion", "protocolFamily", "schema", "upv", "authenticationAlgorithms",
	"publicKeyAlgAndEncodings", "attestationTypes", "userVerificationDetails", "keyProtection", "matcherProtection", "attachmentHint",
	"tcDisplay", "attestationRootCertificates"}

func TestMetadata(t *testing.T) {
	next := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)
	blob, err := softkey.Metadata(7, next, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := softkey.Metadata(7, next, nil)
	if err != nil || !bytes.Equal(blob, again) {
		t.Errorf("the same BLOB has other bytes, %v", err)
	}
	all := claims(t, blob)
	entries := all["entries"].([]any)
	if all["no"] != float64(7) || all["nextUpdate"] != "2026-02-03" || len(entries) != len(softkey.Profiles()) {
		t.Fatalf("no %v, next %v, %d entries", all["no"], all["nextUpdate"], len(entries))
	}
	for i, p := range softkey.Profiles() {
		entry := entries[i].(map[string]any)
		s := entry["metadataStatement"].(map[string]any)
		for _, name := range required {
			if _, there := s[name]; !there {
				t.Errorf("%s: no %s", p.Name, name)
			}
		}
		if s["description"] != p.Model || len(entry["statusReports"].([]any)) == 0 {
			t.Errorf("%s: %v with %v", p.Name, s["description"], entry["statusReports"])
		}
		if named := entry["aaguid"]; named != s["aaguid"] || (named == p.AAGUID.String()) == p.AAGUID.IsZero() {
			t.Errorf("%s: the AAGUID is %v", p.Name, named)
		}
		_, data, _ := strings.Cut(s["icon"].(string), ";base64,")
		b, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(b)); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// Somebody else's word about a model takes the place of the usual one, an empty one too.
func TestMetadata_reports(t *testing.T) {
	since := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	blob, err := softkey.Metadata(8, since, map[string][]softkey.StatusReport{
		"modern": {{Status: "REVOKED", Since: since, Firmware: 0x010000, URL: "https://example.com/advisory"}}, "fips": {},
	})
	if err != nil {
		t.Fatal(err)
	}
	entries := claims(t, blob)["entries"].([]any)
	first := entries[0].(map[string]any)
	said, err := json.Marshal(first["statusReports"])
	want := `[{"authenticatorVersion":65536,"effectiveDate":"2026-03-04","status":"REVOKED","url":"https://example.com/advisory"}]`
	if err != nil || string(said) != want || first["timeOfLastStatusChange"] != "2026-03-04" {
		t.Errorf("have %s, %v, changed %v\nwant %s", said, err, first["timeOfLastStatusChange"], want)
	}
	for i, p := range softkey.Profiles() {
		if reports := entries[i].(map[string]any)["statusReports"].([]any); (len(reports) == 0) != (p.Name == "fips") {
			t.Errorf("%s: %v", p.Name, reports)
		}
	}
}

// A key of U2F only has no AAGUID: its entry is found by the key of the certificate that it registers with.
func TestMetadata_u2f(t *testing.T) {
	blob, err := softkey.Metadata(9, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, h := start(t, softkey.Config{Profile: "u2f-only"})
	point, err := h.register().leaf.PublicKey.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum, named := sha1.Sum(point), 0
	for _, e := range claims(t, blob)["entries"].([]any) {
		if ids, ok := e.(map[string]any)["attestationCertificateKeyIdentifiers"].([]any); ok && len(ids) == 1 && ids[0] == hex.EncodeToString(sum[:]) {
			named++
		}
	}
	if named != 1 {
		t.Errorf("%d entries are for the certificate", named)
	}
}
