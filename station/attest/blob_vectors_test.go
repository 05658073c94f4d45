package attest_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystation/station/attest"
)

// When the BLOBs of the collection beside the repository are judged by: each while its certificates were valid.
var (
	realTime = time.Date(2023, 9, 15, 0, 0, 0, 0, time.UTC)
	fakeTime = time.Date(2022, 11, 1, 0, 0, 0, 0, time.UTC)
)

// byRealBLOB are the reasons that vectors give by BLOB no. 31 of September 2023 alone, where they differ from what no
// metadata give. Not there: not in that BLOB, for the reasons of [vectors].
var byRealBLOB = map[string]string{
	"real-key-fido-u2f-ft-fido-04300133c8a8-438e1f31":               "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-13831167861-82cfb210":   "root-reached certificate-repaired",
	"real-key-fido-u2f-yubico-u2f-ee-serial-1955003842-0b9926b7":    "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-1955003842-1b4a5c79":    "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-2392573481111-4d879b45": "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-2392573481111-6a2071e6": "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-2392573532820-a005cf4e": "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-512722740-8a0c854c":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-512722740-f8f5914a":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-719807075-34c44696":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-719807075-e2ac4ca3":     "root-reached",
	"real-key-fido-u2f-yubico-u2f-ee-serial-805448869-cb7a8f4b":     "root-of-another-model model-not-in-metadata", // by Yubico, whichever it is
	"real-key-packed-ewbm-fido2-certificate-ce7afa7f":               "root-of-another-model model-not-in-metadata",
	"real-key-packed-ft-biopass-fido2-usb-b7164dfc":                 "root-of-another-model model-not-in-metadata",
	"real-key-packed-security-key-by-yubico-09f3f167":               "expired root-unknown",
	"real-key-packed-security-key-by-yubico-4d2d3ea9":               "not-yet-valid root-unknown", // of 2026
	"real-key-packed-security-key-by-yubico-90ef2248":               "root-reached",
	"real-key-packed-security-key-by-yubico-c133e0b0":               "not-yet-valid root-unknown",
	"real-key-packed-security-key-by-yubico-f02f50e9":               "not-yet-valid root-unknown",
	"real-key-packed-security-key-by-yubico-with-nfc-465a28de":      "root-reached",
	"real-key-packed-security-key-by-yubico-with-nfc-833aa7d6":      "root-reached",
	"real-key-packed-solo-2-nfc-usb-c-2369d4d013ce48cb9-2d22b4bf":   "root-unknown model-not-in-metadata",
	"real-key-packed-yubikey-5-fips-series-with-nfc-7f291bcc":       "root-reached",
	"real-key-packed-yubikey-5-fips-series-with-nfc-e555cb8b":       "root-reached",
	"real-key-packed-yubikey-5-series-ad7b4ddd":                     "root-reached",
	"real-key-packed-yubikey-5-series-with-nfc-f369989f":            "root-reached",
	"real-key-packed-yubikey-5ci-9da22ec4":                          "root-reached",
	"real-key-packed-yubikey-bio-series-61768bf7":                   "root-reached",
	"synthetic-packed-windows-hello-hardware-authenticat-ac4ea6fe":  "root-unknown", // names a model of the BLOB, by another authority
	"synthetic-fido-u2f-webauthn-test-vectors-e1fff72c":             "not-yet-valid root-unknown model-not-in-metadata",
	"synthetic-packed-packed-signer-36771268":                       "certificate-aaguid not-yet-valid root-unknown model-not-in-metadata",
	"synthetic-packed-webauthn-test-vectors-24bf90af":               "not-yet-valid root-unknown model-not-in-metadata",
	"synthetic-packed-webauthn-test-vectors-caae4b86":               "not-yet-valid root-unknown model-not-in-metadata",
	"synthetic-packed-webauthn-test-vectors-d61663f2":               "not-yet-valid root-unknown model-not-in-metadata",
}

// Every vector is judged by the real BLOB of September 2023.
func TestJudge_byRealBLOB(t *testing.T) {
	c := collected(t, "mds3-real-no31-2023-09.jwt", attest.MDSRoots(), realTime)
	if c.No != 31 || c.NextUpdate.Format(time.DateOnly) != "2023-10-01" || len(c.Entries) != 157 || len(c.Skipped) != 0 {
		t.Errorf("number %d, next update %s, %d entries, skipped %v", c.No, c.NextUpdate, len(c.Entries), c.Skipped)
	}
	judgeCollection(t, c, realTime, byRealBLOB, 20)
	five := c.Find("yubikey 5 series with nfc")
	if len(five) == 0 || five[0].Description != "YubiKey 5 Series with NFC" || five[0].Maker() != "Yubico" || five[0].IconType != "image/png" {
		t.Errorf("found %v", five)
	}
	for _, e := range c.Entries {
		if e.Description == "ATKey.Hello TypeC" && len(e.Unread) != 1 {
			t.Errorf("its certificate with a negative serial number: %v", e.Unread)
		}
	}
}

// By the BLOB of the conformance tools, which knows none of these models, nothing is genuine.
func TestJudge_byConformanceBLOB(t *testing.T) {
	b := beside(t, "certs", "fido-conformance-mds3-fake-root.pem")
	block, _ := pem.Decode(b)
	roots := []*x509.Certificate{parse(t, block.Bytes)}
	c := collected(t, "mds3-fake-conformance-no42-2022.jwt", roots, fakeTime)
	if c.No != 42 || len(c.Entries) != 100 {
		t.Errorf("number %d, %d entries, skipped %v", c.No, len(c.Entries), c.Skipped)
	}
	statuses := map[attest.Status]int{}
	for _, e := range c.Entries {
		for _, r := range e.Undesired(fakeTime, nil, "", nil) {
			statuses[r.Status]++
		}
	}
	if statuses["USER_KEY_REMOTE_COMPROMISE"] == 0 || statuses["USER_VERIFICATION_BYPASS"] == 0 || statuses["ATTESTATION_KEY_COMPROMISE"] == 0 {
		t.Errorf("undesired statuses: %v", statuses)
	}
	judgeCollection(t, c, fakeTime, nil, 0)
	if _, err := attest.OpenBLOB(beside(t, "mds", "mds3-fake-conformance-no42-2022.jwt"), attest.MDSRoots(), fakeTime); !errors.Is(err, attest.ErrBLOBRoot) {
		t.Errorf("by the real roots: %v", err)
	}
}

func judgeCollection(t *testing.T, c *attest.Catalog, at time.Time, want map[string]string, genuine int) {
	t.Helper()
	judge := attest.NewJudge(attest.Trust{Catalog: c}, at)
	for name := range vectors {
		e := vector(t, name)
		j := judge.Judge(e)
		if reasons, listed := want[name]; listed && codes(j) != reasons {
			t.Errorf("%s: %q, want %q", name, codes(j), reasons)
		}
		if plain := !strings.HasPrefix(name, "real-key"); plain && j.Verdict == attest.Genuine || j.Metadata != c.No {
			t.Errorf("%s is %s by metadata %d", name, j.Verdict, j.Metadata)
		}
		if strings.Contains(codes(j), "certificate-aaguid") != (j.Verdict == attest.Refused) {
			t.Errorf("%s is %s for %q", name, j.Verdict, codes(j))
		}
		if j.Verdict == attest.Genuine {
			genuine--
		}
	}
	if genuine != 0 {
		t.Errorf("%d vectors more should be genuine", genuine)
	}
}

func collected(t *testing.T, name string, roots []*x509.Certificate, at time.Time) *attest.Catalog {
	t.Helper()
	c, err := attest.OpenBLOB(beside(t, "mds", name), roots, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// beside reads a file of the collection beside the repository; the test is skipped where that is missing.
func beside(t *testing.T, folder, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("The collection of BLOBs is not beside the repository; TestJudge_trust and TestOpenBLOB judge by ones of our own.")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}
