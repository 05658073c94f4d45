package attest_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"

	"keystation/station/attest"
	"keystation/station/ctap"
)

func TestPacked_certificateRules(t *testing.T) {
	ca := newAuthority(t, "Root", nil)
	roots := rootsOf(nil, ca.cert)
	for name, tt := range map[string]struct {
		change  func(*x509.Certificate)
		verdict attest.Verdict
		reasons string
	}{
		"all kept":           {func(*x509.Certificate) {}, attest.Genuine, "root-reached"},
		"no AAGUID in it":    {func(c *x509.Certificate) { c.ExtraExtensions = nil }, attest.Genuine, "root-reached"},
		"no constraints":     {func(c *x509.Certificate) { c.BasicConstraintsValid = false }, attest.Genuine, "root-reached"},
		"is an authority":    {func(c *x509.Certificate) { c.IsCA = true }, attest.Refused, "certificate-ca root-reached"},
		"other unit":         {func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"Attestation"} }, attest.Refused, "certificate-ou root-reached"},
		"no unit":            {func(c *x509.Certificate) { c.Subject.OrganizationalUnit = nil }, attest.Refused, "certificate-ou root-reached"},
		"no country":         {func(c *x509.Certificate) { c.Subject.Country = nil }, attest.Refused, "certificate-subject root-reached"},
		"country in words":   {func(c *x509.Certificate) { c.Subject.Country = []string{"Kosovo"} }, attest.Refused, "certificate-subject root-reached"},
		"no organization":    {func(c *x509.Certificate) { c.Subject.Organization = nil }, attest.Refused, "certificate-subject root-reached"},
		"no common name":     {func(c *x509.Certificate) { c.Subject.CommonName = "" }, attest.Refused, "certificate-subject root-reached"},
		"other AAGUID":       {func(c *x509.Certificate) { c.ExtraExtensions[0] = aaguidExtension(ctap.AAGUID{1}) }, attest.Refused, "certificate-aaguid root-reached"},
		"AAGUID not wrapped": {func(c *x509.Certificate) { c.ExtraExtensions[0].Value = model[:] }, attest.Refused, "certificate-aaguid root-reached"},
		"critical AAGUID":    {func(c *x509.Certificate) { c.ExtraExtensions[0].Critical = true }, attest.Refused, "certificate-aaguid-critical root-unknown"},
		"critical serial": {func(c *x509.Certificate) {
			ext := octetExtension(oidSerial, []byte{1})
			ext.Critical = true
			c.ExtraExtensions = append(c.ExtraExtensions, ext)
		}, attest.Refused, "certificate-serial-critical root-unknown"},
		"two faults": {func(c *x509.Certificate) { c.IsCA, c.Subject.OrganizationalUnit = true, nil }, attest.Refused, "certificate-ou certificate-ca root-reached"},
	} {
		t.Run(name, func(t *testing.T) {
			tmpl, signer := leafTemplate(), newKey(t)
			tt.change(tmpl)
			k := newPacked(t, signer, ca.sign(t, tmpl, signer.Public()))
			expect(t, k.evidence(), roots, now, tt.verdict, tt.reasons)
		})
	}
}

var oidSerial = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 2}

func TestPacked_certificateOfAnOlderVersion(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	der := ca.sign(t, leafTemplate(), signer.Public())
	v2 := bytes.Replace(der, []byte{0xa0, 3, 2, 1, 2}, []byte{0xa0, 3, 2, 1, 1}, 1)
	expect(t, newPacked(t, signer, v2).evidence(), rootsOf(nil, ca.cert), now,
		attest.Refused, "certificate-version root-unknown")
}

func TestPacked_signature(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	roots, der := rootsOf(nil, ca.cert), ca.sign(t, leafTemplate(), signer.Public())
	for name, tt := range map[string]struct {
		change  func(*key)
		verdict attest.Verdict
		reasons string
	}{
		"by another key":     {func(k *key) { k.signer = newKey(t) }, attest.Refused, "wrong-signature root-reached"},
		"garbage":            {func(k *key) { k.signer, k.statement["sig"] = nil, []byte("sig") }, attest.Refused, "wrong-signature root-reached"},
		"alg of another key": {func(k *key) { k.statement["alg"] = ctap.AlgRS256 }, attest.Refused, "wrong-signature root-reached"},
		"alg not supported":  {func(k *key) { k.statement["alg"] = -47 }, attest.Unknown, "signature-not-checked root-reached"},
		"no signature":       {func(k *key) { k.signer = nil }, attest.Refused, "malformed-statement"},
		"no algorithm":       {func(k *key) { delete(k.statement, "alg") }, attest.Refused, "malformed-statement"},
		"alg is text":        {func(k *key) { k.statement["alg"] = "ES256" }, attest.Refused, "malformed-statement"},
		"empty x5c":          {func(k *key) { k.statement["x5c"] = [][]byte{} }, attest.Refused, "malformed-statement"},
		"x5c is text":        {func(k *key) { k.statement["x5c"] = "cert" }, attest.Refused, "malformed-statement"},
		"x5c is null":        {func(k *key) { k.statement["x5c"] = nil }, attest.Refused, "malformed-statement"},
		"x5c is noise":       {func(k *key) { k.statement["x5c"] = [][]byte{[]byte("noise")} }, attest.Refused, "malformed-statement"},
		"x5c cut short":      {func(k *key) { k.statement["x5c"] = [][]byte{der[:99]} }, attest.Refused, "malformed-statement"},
		"unknown members":    {func(k *key) { k.statement["ver"] = "2.0" }, attest.Genuine, "root-reached"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newPacked(t, signer, der)
			tt.change(k)
			expect(t, k.evidence(), roots, now, tt.verdict, tt.reasons)
		})
	}
}

func TestPacked_certificateGoCannotRead(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	der := ca.sign(t, leafTemplate(), signer.Public())
	negative := bytes.Replace(der, []byte{2, 1, 0x42}, []byte{2, 1, 0xc2}, 1) // as on some AuthenTrend keys
	expect(t, newPacked(t, signer, negative).evidence(), rootsOf(nil, ca.cert), now,
		attest.Unknown, "certificate-unreadable")
}

func TestPacked_withRSA(t *testing.T) {
	ca := newAuthority(t, "Root", nil)
	signer, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	k := newPacked(t, signer, ca.sign(t, leafTemplate(), signer.Public()))
	k.statement["alg"] = ctap.AlgRS256
	expect(t, k.evidence(), rootsOf(nil, ca.cert), now, attest.Genuine, "root-reached")
}

func TestPacked_self(t *testing.T) {
	credential := newKey(t)
	self := func() *key {
		k := newPacked(t, credential)
		k.auth.Credential.PublicKey = ctap.EncodeES256(&credential.PublicKey)
		return k
	}
	expect(t, self().evidence(), attest.Roots{}, now, attest.Unknown, "self")

	forged := self()
	forged.signer = newKey(t)
	expect(t, forged.evidence(), attest.Roots{}, now, attest.Refused, "wrong-signature self")

	other := self()
	other.statement["alg"] = ctap.AlgES384
	expect(t, other.evidence(), attest.Roots{}, now, attest.Refused, "wrong-algorithm self")

	broken := self()
	broken.auth.Credential.PublicKey = []byte{0xa0}
	expect(t, broken.evidence(), attest.Roots{}, now, attest.Unknown, "self signature-not-checked")

	noPoint := self()
	noPoint.auth.Credential.PublicKey[20] ^= 1
	expect(t, noPoint.evidence(), attest.Roots{}, now, attest.Refused, "credential-key self")
}

func TestPacked_enterpriseSerial(t *testing.T) {
	ca, signer, tmpl := newAuthority(t, "Root", nil), newKey(t), leafTemplate()
	tmpl.ExtraExtensions = append(tmpl.ExtraExtensions,
		octetExtension(oidSerial, []byte{0, 0x12, 0xab}),
		// The transports of AuthenTrend's keys: an octet string in place of a bit string.
		pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 2, 1, 1}, Value: []byte{4, 2, 5, 0x20}})
	j := expect(t, newPacked(t, signer, ca.sign(t, tmpl, signer.Public())).evidence(), rootsOf(nil, ca.cert), now,
		attest.Genuine, "root-reached")
	if j.Facts.EnterpriseSerial != "0012ab" {
		t.Errorf("serial %q, want 0012ab", j.Facts.EnterpriseSerial)
	}
	if len(j.Facts.Transports) != 1 || j.Facts.Transports[0] != "usb" {
		t.Errorf("transports %q, want usb", j.Facts.Transports)
	}
}

func TestJudge_saysWhatWasAttested(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	k := newPacked(t, signer, ca.sign(t, leafTemplate(), signer.Public()))
	j := attest.Judge(k.evidence(), attest.Trust{Roots: rootsOf(nil, ca.cert)}, now)
	c := k.auth.Credential
	if j.Format != "packed" || j.Type != attest.TypeBasicFull || j.AAGUID != c.AAGUID ||
		!bytes.Equal(j.CredentialID, c.ID) || !bytes.Equal(j.PublicKey, c.PublicKey) {
		t.Errorf("judgment %+v", j)
	}
	if !j.Facts.NotAfter.Equal(until) || j.Facts.Subject != "CN=Batch 7,OU=Authenticator Attestation,O=Keys that do not exist,C=XK" {
		t.Errorf("facts %+v", j.Facts)
	}
}

func TestJudge_takesTheAnswerOfTheKeyItself(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	k := newPacked(t, signer, ca.sign(t, leafTemplate(), signer.Public()))
	e := k.evidence() // signs
	e.Object = k.object(map[int]any{1: k.format, 2: k.auth.Encode(), 3: k.statement})
	expect(t, e, rootsOf(nil, ca.cert), now, attest.Genuine, "root-reached")
}

func TestJudge_atNoTime(t *testing.T) {
	ca, signer := newAuthority(t, "Root", nil), newKey(t)
	k := newPacked(t, signer, ca.sign(t, leafTemplate(), signer.Public()))
	expect(t, k.evidence(), rootsOf(nil, ca.cert), time.Time{}, attest.Unknown, "not-yet-valid not-yet-valid")
}
