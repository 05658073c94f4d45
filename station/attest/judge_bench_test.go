package attest_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"keystation/station/attest"
)

// BenchmarkJudge judges a key of a batch: alone, as one of many, and beside that the one verification of a signature that
// no key can be spared.
func BenchmarkJudge(b *testing.B) {
	vendor, signer := newAuthority(b, "Vendor Root", nil), newKey(b)
	middle := newAuthority(b, "Vendor batch authority", vendor)
	e := newPacked(b, signer, middle.sign(b, leafTemplate(), signer.Public()), middle.cert.Raw).evidence()
	trust := attest.Trust{Catalog: newService(b).open(payload(1, entryOf("Key One", model, nil, vendor.cert)))}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			if j := attest.Judge(e, trust, now); j.Verdict != attest.Genuine {
				b.Fatal(j.Reasons)
			}
		}
	})
	b.Run("one-of-many", func(b *testing.B) {
		judge := attest.NewJudge(trust, now)
		for b.Loop() {
			if j := judge.Judge(e); j.Verdict != attest.Genuine {
				b.Fatal(j.Reasons)
			}
		}
	})
	b.Run("bare-signature", func(b *testing.B) {
		digest := sha256.Sum256([]byte("x"))
		sig, err := ecdsa.SignASN1(rand.Reader, signer, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if !ecdsa.VerifyASN1(&signer.PublicKey, digest[:], sig) {
				b.Fatal("wrong")
			}
		}
	})
}
