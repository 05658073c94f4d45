package attest

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"keystation/station/ctap"
)

// Roots are the trust anchors of a judgment: certificates, each for certain
// models or for any. Its zero value trusts nothing, so nothing is genuine. An
// anchor need not be a certification authority; it may be the attestation
// certificate itself. Fill it before use, then share it: Judge only reads.
type Roots struct {
	anchors []anchor
}

type anchor struct {
	cert   *x509.Certificate
	models []ctap.AAGUID // empty: any model
}

// ParseRoots reads the certificates of a PEM file as anchors for the given
// models, or for any model when none is given. Text between the blocks is
// passed over; a block that is no certificate is an error, since a private key in
// this file would be a mistake worth hearing of.
func ParseRoots(pemFile []byte, models ...ctap.AAGUID) (Roots, error) {
	var r Roots
	for n := 1; ; n++ {
		var block *pem.Block
		if block, pemFile = pem.Decode(pemFile); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return Roots{}, fmt.Errorf("read trust anchors: block %d is a %s, not a certificate", n, block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return Roots{}, fmt.Errorf("read trust anchors: certificate %d: %w", n, err)
		}
		r.Add(cert, models...)
	}
	if len(r.anchors) == 0 {
		return Roots{}, errors.New("read trust anchors: no certificate in PEM form was found")
	}
	return r, nil
}

// Add makes cert an anchor for these models, or for any model when none is given.
func (r *Roots) Add(cert *x509.Certificate, models ...ctap.AAGUID) {
	r.anchors = append(slices.Clip(r.anchors), anchor{cert, slices.Clone(models)})
}

// AddAll takes over the anchors of other, with their models.
func (r *Roots) AddAll(other Roots) {
	r.anchors = append(slices.Clip(r.anchors), other.anchors...)
}

// Certificates are the anchors for any model.
func (r Roots) Certificates() []*x509.Certificate {
	var certs []*x509.Certificate
	for _, a := range r.anchors {
		if len(a.models) == 0 {
			certs = append(certs, a.cert)
		}
	}
	return certs
}

// Len is how many anchors there are.
func (r Roots) Len() int { return len(r.anchors) }

// forModel gives the anchors that count for a model.
func (r Roots) forModel(model ctap.AAGUID) []*x509.Certificate {
	var certs []*x509.Certificate
	for _, a := range r.anchors {
		if len(a.models) == 0 || slices.Contains(a.models, model) {
			certs = append(certs, a.cert)
		}
	}
	return certs
}

// describe names a root so that a record can be compared years later.
func describe(cert *x509.Certificate) string {
	return fmt.Sprintf("%s (SHA-256 %x)", cert.Subject, sha256.Sum256(cert.Raw))
}

// Names lists the roots with their SHA-256 digests, sorted, so that a policy can say which ones it trusts.
func (r Roots) Names() []string {
	names := make([]string, 0, len(r.anchors))
	for _, a := range r.anchors {
		names = append(names, describe(a.cert))
	}
	slices.Sort(names)
	return names
}
