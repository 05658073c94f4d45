package attest_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keystation/station/attest"
)

// vectorTime is when the vectors are judged: after the test certificates of 2018
// and 2020 expired, before the preview certificates of 2027 do.
var vectorTime = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// vectors are real and synthetic attestations, by file name, and the reasons a
// judgment with the Yubico root alone must give, in order. testdata has about
// half of them.
var vectors = map[string]string{
	"none-none-00000000-3947e826": "none",
	"none-none-00000000-3a87fca6": "none",
	"none-none-00000000-484ebd06": "none",
	"none-none-00000000-74b07b84": "none",
	"none-none-00000000-8b4d530a": "none",
	"none-none-00000000-b959df8e": "none",
	"none-none-00000000-ddca1a20": "none",
	"none-none-8446ccb9-be36db63": "none",
	"none-none-883f4f60-80e15968": "none",
	"none-none-8f3360c2-5d362194": "none",
	"none-none-adce0002-bef2ab99": "none",

	"self-packed-00000000-0570b4ac": "self",
	"self-packed-00010203-85e24010": "self",
	"self-packed-00010203-9450f1d6": "self",                       // RS1
	"self-packed-06ecba69-1bc6c346": "self signature-not-checked", // PS384
	"self-packed-2388ab8d-f4ec1d21": "self",                       // ES512
	"self-packed-a96c4970-167837f0": "self",                       // PS256
	"self-packed-adce0002-398f89ae": "self",
	"self-packed-adce0002-57b3d639": "self",
	"self-packed-adce0002-de7d6f70": "self",

	"real-key-fido-u2f-ft-fido-04300133c8a8-438e1f31":               "root-unknown",
	"real-key-fido-u2f-yubico-u2f-ee-serial-13831167861-82cfb210":   "root-reached certificate-repaired",
	"real-key-fido-u2f-yubico-u2f-ee-serial-1955003842-0b9926b7":    "root-reached", // certificate has an AAGUID, the key has none
	"real-key-fido-u2f-yubico-u2f-ee-serial-1955003842-1b4a5c79":    "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-2392573481111-4d879b45": "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-2392573481111-6a2071e6": "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-2392573532820-a005cf4e": "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-512722740-8a0c854c":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-512722740-f8f5914a":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-719807075-34c44696":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-719807075-e2ac4ca3":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-805448869-cb7a8f4b":     "root-reached",

	"real-key-packed-ewbm-fido2-certificate-ce7afa7f":              "root-unknown",
	"real-key-packed-ft-biopass-fido2-usb-b7164dfc":                "root-unknown",
	"real-key-packed-security-key-by-yubico-09f3f167":              "expired root-unknown",
	"real-key-packed-security-key-by-yubico-4d2d3ea9":              "root-unknown",
	"real-key-packed-security-key-by-yubico-90ef2248":              "root-reached",
	"real-key-packed-security-key-by-yubico-c133e0b0":              "root-unknown",
	"real-key-packed-security-key-by-yubico-f02f50e9":              "root-unknown",
	"real-key-packed-security-key-by-yubico-with-nfc-465a28de":     "root-reached",
	"real-key-packed-security-key-by-yubico-with-nfc-833aa7d6":     "root-reached",
	"real-key-packed-solo-2-nfc-usb-c-2369d4d013ce48cb9-2d22b4bf":  "root-unknown",
	"real-key-packed-yubikey-5-fips-series-with-nfc-7f291bcc":      "root-reached",
	"real-key-packed-yubikey-5-fips-series-with-nfc-e555cb8b":      "root-reached",
	"real-key-packed-yubikey-5-series-ad7b4ddd":                    "root-reached",
	"real-key-packed-yubikey-5-series-with-nfc-f369989f":           "root-reached",
	"real-key-packed-yubikey-5ci-9da22ec4":                         "root-reached",
	"real-key-packed-yubikey-bio-series-61768bf7":                  "root-reached",
	"synthetic-fido-u2f-fido2-batch-key-prime256v1-394425b9":       "root-unknown",
	"synthetic-fido-u2f-fido2-batch-key-prime256v1-57a279a5":       "root-unknown",
	"synthetic-fido-u2f-webauthn-test-vectors-e1fff72c":            "root-unknown",
	"synthetic-packed-batch-certificate-3170e977":                  "root-unknown", // Chromium's virtual key
	"synthetic-packed-batch-certificate-639c1ce4":                  "root-unknown",
	"synthetic-packed-packed-signer-36771268":                      "certificate-aaguid root-unknown",
	"synthetic-packed-webauthn-test-vectors-24bf90af":              "root-unknown",
	"synthetic-packed-webauthn-test-vectors-caae4b86":              "root-unknown",
	"synthetic-packed-webauthn-test-vectors-d61663f2":              "root-unknown",
	"synthetic-packed-windows-hello-hardware-authenticat-ac4ea6fe": "root-unknown",
	"synthetic-packed-yubico-webauthn-unit-tests-2e806f3c":         "certificate-aaguid expired root-unknown",
	"synthetic-packed-yubico-webauthn-unit-tests-8e41229a":         "expired root-unknown",
	"synthetic-packed-yubico-webauthn-unit-tests-cc48732f":         "expired root-unknown",
	"synthetic-packed-yubico-webauthn-unit-tests-d091a95d":         "expired root-unknown",
}

func TestJudge_vectors(t *testing.T) {
	roots := yubicoRoots(t)
	names := make([]string, 0, len(vectors))
	for name := range vectors {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			e := vector(t, name)
			j := attest.Judge(e, attest.Trust{Roots: roots}, vectorTime)
			if got := codes(j); got != vectors[name] {
				t.Errorf("reasons %q, want %q; first: %s", got, vectors[name], j.Reasons[0].Sentence)
			}
			if want := verdictFor(vectors[name]); j.Verdict != want {
				t.Errorf("verdict %s, want %s", j.Verdict, want)
			}
			if j.Format == "" || len(j.CredentialID) == 0 || len(j.PublicKey) == 0 {
				t.Errorf("the judgment does not say what was attested: %+v", j)
			}
			changedIsNeverGenuine(t, e, roots)
		})
	}
}

// verdictFor says what the rules make of these reasons, independently of the code.
func verdictFor(reasons string) attest.Verdict {
	switch {
	case strings.Contains(reasons, "certificate-aaguid"):
		return attest.Refused
	case strings.HasPrefix(reasons, "root-reached"):
		return attest.Genuine
	}
	return attest.Unknown
}

// changedIsNeverGenuine judges e with another client data hash and without one.
func changedIsNeverGenuine(t *testing.T, e attest.Evidence, roots attest.Roots) {
	t.Helper()
	if len(e.ClientDataHash) == 0 { // the format none: nothing was signed
		return
	}
	other := attest.Evidence{Object: e.Object, ClientDataHash: slices.Clone(e.ClientDataHash)}
	other.ClientDataHash[0] ^= 1
	if j := attest.Judge(other, attest.Trust{Roots: roots}, vectorTime); j.Verdict != attest.Refused && !has(j, attest.NotChecked) {
		t.Errorf("with another client data hash: %s %q", j.Verdict, codes(j))
	}
	missing := attest.Evidence{Object: e.Object}
	if j := attest.Judge(missing, attest.Trust{Roots: roots}, vectorTime); j.Verdict == attest.Genuine || !has(j, attest.NotChecked) {
		t.Errorf("without the client data hash: %s %q", j.Verdict, codes(j))
	}
}

func TestJudge_withoutRootsNothingIsGenuine(t *testing.T) {
	for name := range vectors {
		if e, ok := testdata(t, name); ok {
			if j := attest.Judge(e, attest.Trust{}, vectorTime); j.Verdict == attest.Genuine || j.Root != "" {
				t.Errorf("%s: %s by %q", name, j.Verdict, j.Root)
			}
		}
	}
}

func TestJudge_namesTheRoot(t *testing.T) {
	j := attest.Judge(vector(t, "real-key-packed-yubikey-5ci-9da22ec4"), attest.Trust{Roots: yubicoRoots(t)}, vectorTime)
	want := "CN=Yubico U2F Root CA Serial 457200631 (SHA-256 9c20edf1ccf1dd6f4c60cbcf3a66df17362163655bd086dd1b43fa22aaefcf3d)"
	if j.Root != want || !strings.Contains(j.Reasons[0].Sentence, want) {
		t.Errorf("root %q in %q, want %q", j.Root, j.Reasons[0].Sentence, want)
	}
}

func TestJudge_readsCertificateFacts(t *testing.T) {
	for name, want := range map[string]attest.CertificateFacts{
		"real-key-packed-yubikey-5-fips-series-with-nfc-7f291bcc": {
			Transports: []string{"usb", "nfc"}, YubicoDevice: "1.3.6.1.4.1.41482.1.7", YubicoFirmware: "5.4.2", FIPS: true},
		"real-key-packed-yubikey-5ci-9da22ec4":            {Transports: []string{"usb", "bit-5"}, YubicoDevice: "1.3.6.1.4.1.41482.1.7"},
		"real-key-packed-yubikey-bio-series-61768bf7":     {Transports: []string{"usb"}, YubicoDevice: "1.3.6.1.4.1.41482.1.9", YubicoFirmware: "5.5.4"},
		"real-key-packed-ewbm-fido2-certificate-ce7afa7f": {},
		"none-none-8446ccb9-be36db63":                     {},
	} {
		got := attest.Judge(vector(t, name), attest.Trust{}, vectorTime).Facts
		if !slices.Equal(got.Transports, want.Transports) || got.YubicoDevice != want.YubicoDevice ||
			got.YubicoFirmware != want.YubicoFirmware || got.FIPS != want.FIPS || got.EnterpriseSerial != "" {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	bio := attest.Judge(vector(t, "real-key-packed-yubikey-bio-series-61768bf7"), attest.Trust{}, vectorTime)
	if bio.Facts.AAGUID == nil || *bio.Facts.AAGUID != bio.AAGUID || bio.Facts.Issuer != "CN=Yubico U2F Root CA Serial 457200631" {
		t.Errorf("facts of the Bio: %+v", bio.Facts)
	}
}

func TestJudge_anObjectCutShort(t *testing.T) {
	e := vector(t, "real-key-packed-yubikey-5ci-9da22ec4")
	for n := range e.Object {
		cut := attest.Evidence{Object: e.Object[:n], ClientDataHash: e.ClientDataHash}
		j := attest.Judge(cut, attest.Trust{Roots: yubicoRoots(t)}, vectorTime)
		if j.Verdict != attest.Refused || n > 0 && !has(j, attest.Truncated) {
			t.Fatalf("cut after %d bytes: %s %q", n, j.Verdict, codes(j))
		}
	}
}

// TestJudge_aFlippedBit flips every bit of a genuine attestation. Some bits do not
// matter to what is attested (the certificate's own unused extensions do matter,
// they are signed); none may leave a genuine key with other contents.
func TestJudge_aFlippedBit(t *testing.T) {
	e, roots := vector(t, "real-key-packed-yubikey-5ci-9da22ec4"), yubicoRoots(t)
	for i := range e.Object {
		changed := attest.Evidence{Object: slices.Clone(e.Object), ClientDataHash: e.ClientDataHash}
		changed.Object[i] ^= 1 << (i % 8)
		if j := attest.Judge(changed, attest.Trust{Roots: roots}, vectorTime); j.Verdict == attest.Genuine {
			t.Errorf("byte %d was changed and the key is still genuine", i)
		}
	}
}

func yubicoRoots(t testing.TB) attest.Roots {
	t.Helper()
	b, err := os.ReadFile("testdata/yubico-u2f-root-ca-457200631.pem")
	if err != nil {
		t.Fatal(err)
	}
	roots, err := attest.ParseRoots(b)
	if err != nil {
		t.Fatal(err)
	}
	return roots
}

// vector reads a vector from testdata, or from the larger collection beside the
// repository; the test is skipped where that is missing.
func vector(t testing.TB, name string) attest.Evidence {
	t.Helper()
	if e, ok := testdata(t, name); ok {
		return e
	}
	e, ok := evidence(t, filepath.Join("..", "..", "..", "shared", "vectors", "attestation", name+".json"))
	if !ok {
		t.Skip("This vector is not in testdata, and the larger collection is not beside the repository.")
	}
	return e
}

func testdata(t testing.TB, name string) (attest.Evidence, bool) {
	t.Helper()
	return evidence(t, filepath.Join("testdata", "attestation", name+".json"))
}

func evidence(t testing.TB, path string) (attest.Evidence, bool) {
	t.Helper()
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return attest.Evidence{}, false
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := attest.ParseInput(b)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return e, true
}

func codes(j attest.Judgment) string {
	names := make([]string, 0, len(j.Reasons))
	for _, r := range j.Reasons {
		names = append(names, string(r.Code))
	}
	return strings.Join(names, " ")
}

func has(j attest.Judgment, code attest.Code) bool {
	return slices.ContainsFunc(j.Reasons, func(r attest.Reason) bool { return r.Code == code })
}
