package softkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"sync"
	"time"

	"keystation/station/ctap"
)

// rootSeed is where the CA's private key comes from. It is public on purpose: whoever
// trusts this CA trusts everybody.
const rootSeed = "keystation software key CA: not a secret, not for production"

const rootName = "keystation software key CA (not for production)"

// Extensions of attestation certificates (WebAuthn §8.2.1, FIDO id-fido-gen-ce).
var (
	oidAAGUID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}
	oidSerial = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 2}
)

// repeatable signs as RFC 6979 says, so that certificates are the same in every process.
type repeatable struct{ *ecdsa.PrivateKey }

func (k repeatable) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, opts)
}

// derived is the CA's key, or the attestation key of a model.
func derived(purpose string) (repeatable, error) {
	b, err := hkdf.Key(sha256.New, []byte(rootSeed), nil, purpose, scalarSize)
	if err != nil {
		return repeatable{}, fmt.Errorf("derive key: %w", err)
	}
	key, err := scalar(b)
	if err != nil {
		return repeatable{}, fmt.Errorf("derive key: %w", err)
	}
	return repeatable{key}, nil
}

func validity() (from, to time.Time) {
	return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2075, 1, 1, 0, 0, 0, 0, time.UTC)
}

// keyID is RFC 7093 method 1; named here so that no version of Go decides it.
func keyID(pub *ecdsa.PublicKey) []byte {
	point, err := pub.Bytes()
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(point)
	return sum[:20]
}

type root struct {
	key  repeatable
	cert *x509.Certificate
	err  error
}

var theRoot = sync.OnceValue(func() root {
	key, err := derived("root")
	if err != nil {
		return root{err: err}
	}
	from, to := validity()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: rootName, Organization: []string{"keystation"}},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: keyID(&key.PublicKey),
		SignatureAlgorithm: x509.ECDSAWithSHA256,
	}
	der, err := x509.CreateCertificate(nil, template, template, &key.PublicKey, key)
	if err != nil {
		return root{err: fmt.Errorf("make root certificate: %w", err)}
	}
	cert, err := x509.ParseCertificate(der)
	return root{key: key, cert: cert, err: err}
})

// RootPEM is the root certificate that the attestations of all software keys chain to.
// A configuration that names it trusts keys that anybody can forge: for tests and the
// demo only.
func RootPEM() []byte {
	r := theRoot()
	if r.err != nil {
		return nil // the root is made of constants
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.cert.Raw})
}

// attester signs the attestations of a model.
type attester struct {
	model Model
	key   repeatable
	leaf  []byte // the batch certificate
}

func newAttester(m Model) (attester, error) {
	key, err := derived("attestation of " + m.Name)
	if err != nil {
		return attester{}, err
	}
	a := attester{model: m, key: key}
	a.leaf, err = a.certificate(m.GetInfo.AAGUID, nil)
	return a, err
}

// certificate makes an attestation certificate as WebAuthn §8.2.1 demands it. With a
// serial it is one for enterprise attestation.
func (a attester) certificate(aaguid ctap.AAGUID, serial []byte) ([]byte, error) {
	ca := theRoot()
	if ca.err != nil {
		return nil, ca.err
	}
	from, to := validity()
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(append([]byte{1}, append(aaguid[:8:8], serial...)...)),
		Subject: pkix.Name{Country: []string{"ZZ"}, Organization: []string{"keystation"},
			OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: a.model.Product},
		NotBefore: from, NotAfter: to, BasicConstraintsValid: true, // CA:FALSE
		SubjectKeyId: keyID(&a.key.PublicKey), SignatureAlgorithm: x509.ECDSAWithSHA256,
	}
	if a.model.speaksCTAP2() { // a key of U2F only has no AAGUID
		if err := addExtension(template, oidAAGUID, aaguid[:]); err != nil {
			return nil, err
		}
	}
	if serial != nil {
		if err := addExtension(template, oidSerial, serial); err != nil {
			return nil, err
		}
	}
	der, err := x509.CreateCertificate(nil, template, ca.cert, &a.key.PublicKey, ca.key)
	if err != nil {
		return nil, fmt.Errorf("make attestation certificate: %w", err)
	}
	return der, nil
}

// addExtension adds an extension whose value is an OCTET STRING; it must not be critical.
func addExtension(c *x509.Certificate, oid asn1.ObjectIdentifier, value []byte) error {
	der, err := asn1.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode extension: %w", err)
	}
	c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oid, Value: der})
	return nil
}
