package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// Fault is why a BLOB of the metadata service is not taken. Two faults of one code are the same to errors.Is.
type Fault struct {
	Code     Code
	Sentence string // for a person
}

// Error gives the sentence.
func (f *Fault) Error() string { return f.Sentence }

// Is tells if other is a fault of the same code.
func (f *Fault) Is(other error) bool {
	o, ok := other.(*Fault)
	return ok && o.Code == f.Code
}

// The faults of a BLOB, to be asked for with errors.Is.
var (
	ErrBLOBTruncated = &Fault{Code: "blob-truncated"}
	ErrBLOBMalformed = &Fault{Code: "blob-malformed"}
	ErrBLOBAlgorithm = &Fault{Code: "blob-algorithm"}
	ErrBLOBSignature = &Fault{Code: "blob-signature"}
	ErrBLOBRoot      = &Fault{Code: "blob-root"}
	ErrBLOBExpired   = &Fault{Code: "blob-expired"}
	ErrBLOBRollback  = &Fault{Code: "blob-rollback"}
)

func fault(kind *Fault, format string, args ...any) error {
	return &Fault{Code: kind.Code, Sentence: fmt.Sprintf(format, args...)}
}

// OpenBLOB verifies a BLOB of the FIDO Metadata Service and reads it (FIDO Metadata Service v3.0 §3.1.7 and §3.2): a JWS
// in compact form (RFC 7515 §3.1), signed below one of the roots by a certificate that was valid at the given time. It
// asks nobody if a certificate was revoked, since the bench has no network. On any error there is no catalog.
func OpenBLOB(blob []byte, roots []*x509.Certificate, at time.Time) (*Catalog, error) {
	j, err := splitJWS(bytes.TrimSpace(blob))
	if err != nil {
		return nil, err
	}
	chain, err := j.chain(roots, at)
	if err != nil {
		return nil, err
	}
	if err := j.verify(chain[0]); err != nil {
		return nil, err
	}
	c, err := readPayload(j.payload)
	if err != nil {
		return nil, err
	}
	c.Signer = fmt.Sprintf("%s, below %s", short(chain[0].Subject), chain[len(chain)-1].Subject)
	sum := sha256.Sum256(blob)
	c.SHA256 = fmt.Sprintf("%x", sum)
	return c, nil
}

// jws is a signed object in its parts (RFC 7515 §7.1).
type jws struct {
	header struct {
		Alg string   `json:"alg"`
		X5C [][]byte `json:"x5c"` // standard base64, as encoding/json reads bytes (RFC 7515 §4.1.6)
		X5U string   `json:"x5u"`
	}
	payload, signature []byte
	signed             []byte // header and payload as they came
}

// splitJWS takes the parts apart. One that ends early is told from one that is none.
func splitJWS(blob []byte) (jws, error) {
	var j jws
	parts := bytes.Split(blob, []byte("."))
	begins := bytes.HasPrefix(blob, []byte("eyJ")) // {" in base64url
	switch {
	case !begins && len(blob) > 2:
		return j, fault(ErrBLOBMalformed, "This is no metadata BLOB: it is not a signed object (JWS). Download it from https://mds3.fidoalliance.org/.")
	case len(parts) < 3:
		return j, fault(ErrBLOBTruncated, "The metadata BLOB ends in the middle after %d bytes: download it again.", len(blob))
	case len(parts) > 3:
		return j, fault(ErrBLOBMalformed, "The metadata BLOB has %d parts instead of three: download it again.", len(parts))
	}
	raw := make([][]byte, 3)
	for i, part := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(string(part))
		if err != nil && i == 2 {
			return j, fault(ErrBLOBTruncated, "The signature of the metadata BLOB is cut off: download it again.")
		}
		if err != nil {
			return j, fault(ErrBLOBMalformed, "The metadata BLOB is not base64url (%v): download it again.", err)
		}
		raw[i] = b
	}
	if err := json.Unmarshal(raw[0], &j.header); err != nil {
		return j, fault(ErrBLOBMalformed, "The header of the metadata BLOB cannot be read (%v).", err)
	}
	j.payload, j.signature = raw[1], raw[2]
	j.signed = blob[:len(parts[0])+1+len(parts[1])]
	return j, nil
}

// chain finds the way from the certificate that signed to a root. Certificates are taken from the header only: to follow
// an address in it would let whoever wrote it choose them.
func (j jws) chain(roots []*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	if j.header.X5U != "" || len(j.header.X5C) == 0 {
		return nil, fault(ErrBLOBMalformed, "The metadata BLOB does not carry the certificates that it was signed with.")
	}
	leaf, err := x509.ParseCertificate(j.header.X5C[0])
	if err != nil {
		return nil, fault(ErrBLOBMalformed, "The certificate that the metadata BLOB was signed with cannot be read (%v).", err)
	}
	p := newPath(leaf, j.header.X5C[1:], roots)
	chain, err := p.at(at)
	if err == nil {
		return chain, nil
	}
	if whole := p.ever(); whole != nil {
		first, last := validity(whole)
		return nil, fault(ErrBLOBExpired, "The certificates of the metadata BLOB are valid from %s to %s, not on %s: import a newer BLOB, or mend the clock.",
			first.Format(time.DateOnly), last.Format(time.DateOnly), at.UTC().Format(time.DateOnly))
	}
	return nil, fault(ErrBLOBRoot, "The metadata BLOB was signed by %q, which is below none of the roots of the FIDO Metadata Service: it is not theirs.", short(leaf.Issuer))
}

// validity is the time in which all of a chain is valid.
func validity(chain []*x509.Certificate) (first, last time.Time) {
	first, last = chain[0].NotBefore, chain[0].NotAfter
	for _, c := range chain[1:] {
		if c.NotBefore.After(first) {
			first = c.NotBefore
		}
		if c.NotAfter.Before(last) {
			last = c.NotAfter
		}
	}
	return first.UTC(), last.UTC()
}

// jwsAlgorithms are those that a BLOB may be signed with (RFC 7518 §3.3, §3.4). "none" is not among them.
var jwsAlgorithms = map[string]func(signer *x509.Certificate, digest, sig []byte) (bool, error){
	"RS256": verifyRS256,
	"ES256": verifyES256,
}

func (j jws) verify(signer *x509.Certificate) error {
	verify, known := jwsAlgorithms[j.header.Alg]
	if !known {
		return fault(ErrBLOBAlgorithm, "The metadata BLOB is signed with %q: RS256 and ES256 are taken.", j.header.Alg)
	}
	digest := sha256.Sum256(j.signed)
	good, err := verify(signer, digest[:], j.signature)
	if err != nil {
		return err
	}
	if !good {
		return fault(ErrBLOBSignature, "The signature of the metadata BLOB is wrong: it was changed after it was signed.")
	}
	return nil
}

func verifyRS256(signer *x509.Certificate, digest, sig []byte) (bool, error) {
	key, ok := signer.PublicKey.(*rsa.PublicKey)
	if !ok {
		return false, otherKey(signer, "RS256")
	}
	if len(sig) < key.Size() {
		return false, fault(ErrBLOBTruncated, "The signature of the metadata BLOB is cut off: download it again.")
	}
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, sig) == nil, nil
}

// verifyES256 takes the signature as two numbers of 32 bytes (RFC 7518 §3.4).
func verifyES256(signer *x509.Certificate, digest, sig []byte) (bool, error) {
	key, ok := signer.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Params().BitSize != 256 {
		return false, otherKey(signer, "ES256")
	}
	if len(sig) < 64 {
		return false, fault(ErrBLOBTruncated, "The signature of the metadata BLOB is cut off: download it again.")
	}
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	return len(sig) == 64 && ecdsa.Verify(key, digest, r, s), nil
}

func otherKey(signer *x509.Certificate, alg string) error {
	return fault(ErrBLOBAlgorithm, "The metadata BLOB says that it is signed with %s, but the key of %q is for something else.", alg, short(signer.Subject))
}
