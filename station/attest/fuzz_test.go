package attest

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"testing"
	"time"
)

// What a BLOB says is somebody else's text, signed or not: it never gets half a catalog, and nothing in it can be found
// that is not whole.
func FuzzReadPayload(f *testing.F) {
	f.Add([]byte(`{"no":1,"nextUpdate":"2026-12-15","entries":[{"aaguid":"d00d0102-0304-0506-0708-090a0b0c0d0e","metadataStatement":{"description":"x","attestationRootCertificates":["AAAA"],"icon":"data:image/png;base64,AA=="},"statusReports":[{"status":"REVOKED","effectiveDate":"2026-01-01"}]}]}`))
	f.Add([]byte(`{"no":1,"nextUpdate":"2026-12-15","entries":[{"attestationCertificateKeyIdentifiers":["1434d2f277fe479c35ddf6aa4d08a07cbce99dd7"],"statusReports":null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := readPayload(b)
		if (c == nil) != (err != nil) {
			t.Fatalf("catalog %v with error %v", c != nil, err)
		}
		if c == nil {
			return
		}
		for _, e := range c.Entries {
			if e.AAGUID.IsZero() && len(e.KeyIDs) == 0 {
				t.Error("an entry names no model")
			}
			_, _, _ = e.Level(time.Unix(0, 0)), e.Maker(), e.Undesired(time.Unix(1<<31, 0), nil, "5.4.3", nil)
		}
		_ = c.Find("a")
	})
}

// Any bytes as a BLOB: there is a catalog or an error, never both, and none that these roots did not sign.
func FuzzOpenBLOB(f *testing.F) {
	f.Add([]byte("eyJhbGciOiJSUzI1NiIsIng1YyI6WyJBQUFBIl19.eyJubyI6MX0.AAAA"), int64(1700000000))
	f.Add([]byte("..."), int64(0))
	roots := MDSRoots()
	f.Fuzz(func(t *testing.T, b []byte, at int64) {
		if c, err := OpenBLOB(b, roots, time.Unix(at, 0)); c != nil || err == nil {
			t.Fatal("a BLOB was taken that nobody signed")
		}
	})
}

// Extensions of a certificate are read whole or not at all.
func FuzzCertificateExtensions(f *testing.F) {
	f.Add([]byte{0x04, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, uint8(0))
	f.Add([]byte{0x03, 0x02, 0x05, 0x20}, uint8(2))
	f.Add([]byte{0x04, 0x02, 0x05, 0x20}, uint8(2))
	f.Add([]byte("1.3.6.1.4.1.41482.1.7"), uint8(3))
	f.Add([]byte{0x04, 0x03, 5, 4, 2}, uint8(5))
	oids := [][]int{oidAAGUID, oidSerial, oidTransports, oidYubicoDevice, oidYubicoFIPS, oidYubicoFirmware}
	f.Fuzz(func(t *testing.T, value []byte, which uint8) {
		oid := oids[int(which)%len(oids)]
		facts := factsOf(&x509.Certificate{Extensions: []pkix.Extension{{Id: oid, Value: value}}})
		if facts.AAGUID != nil && len(value) != 18 {
			t.Errorf("an AAGUID was read out of %d bytes", len(value))
		}
		if len(facts.Transports) > 32 || len(facts.YubicoDevice) > 64 || len(facts.EnterpriseSerial) > 2*len(value) {
			t.Errorf("more was read than there is: %+v", facts)
		}
		_ = packedCertificateFaults(&x509.Certificate{Extensions: []pkix.Extension{{Id: oid, Value: value}}}, [16]byte{1})
	})
}

// BenchmarkOpenBLOB verifies and reads the real BLOB where it is beside the repository.
func BenchmarkOpenBLOB(b *testing.B) {
	blob, err := os.ReadFile("../../../shared/vectors/mds/mds3-real-no31-2023-09.jwt")
	if err != nil {
		b.Skip("The real BLOB is not beside the repository.")
	}
	at := time.Date(2023, 9, 15, 0, 0, 0, 0, time.UTC)
	b.SetBytes(int64(len(blob)))
	for b.Loop() {
		if _, err := OpenBLOB(blob, MDSRoots(), at); err != nil {
			b.Fatal(err)
		}
	}
}
