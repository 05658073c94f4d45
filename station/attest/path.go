package attest

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// follow looks for a chain from the attestation certificate to a root for this
// model (WebAuthn §7.1, "verify that the attestation is trustworthy"). A chain
// that is whole but for its dates is told apart from no chain.
func (h *hearing) follow(leaf *x509.Certificate, others [][]byte) {
	h.entry = h.trust.Catalog.Entry(h.AAGUID)
	if h.entry == nil && h.AAGUID.IsZero() {
		h.entry = h.trust.Catalog.EntryFor(leaf)
	}
	way := h.way(leaf, others)
	h.chain, h.Chain = way.chain, links(way.chain)
	if way.chain == nil {
		h.chain = []*x509.Certificate{leaf}
		h.Chain = links(h.chain)
	}
	switch {
	case way.err == nil || way.chain != nil && validAt(way.chain, h.made()):
		root := way.chain[len(way.chain)-1]
		h.Root, h.Maker = describe(root), makerOf(root)
		h.find(RootReached, "The certificate chain ends at the trusted root %s.", h.Root)
	case way.chain != nil:
		h.dates(way.chain)
	default:
		h.dates([]*x509.Certificate{leaf})
		h.noWay(leaf, way)
	}
}

// noWay says why there is no chain to a root for this model.
func (h *hearing) noWay(leaf *x509.Certificate, w way) {
	switch {
	case w.elsewhere != nil:
		h.find(OtherModelsRoot, "The certificate chain ends at %s, which the metadata name as a root of other models (%s), not of this one.",
			describe(w.elsewhere), names(h.trust.Catalog.sharing(w.elsewhere)))
	case isPlainlyUnknown(w.err):
		h.find(UnknownRoot, "The attestation certificate was issued by %q, for which no trusted root is given.", short(leaf.Issuer))
	default:
		h.find(UnknownRoot, "The certificate chain leads to no trusted root (%v).", w.err)
	}
}

// way is where the chain of a certificate leads.
type way struct {
	chain     []*x509.Certificate // to a root of the model; nil: there is none
	err       error               // why it does not count at the time of the judgment
	elsewhere *x509.Certificate   // a root of other models that it leads to
}

// way looks where the chain leads, once for all keys of a batch.
func (h *hearing) way(leaf *x509.Certificate, others [][]byte) way {
	return h.memo.way(leaf, others, h.AAGUID, func() way {
		p := newPath(leaf, others, h.trust.anchors(h.AAGUID, h.entry))
		chain, err := p.at(h.at)
		if err == nil {
			return way{chain: chain}
		}
		if whole := p.ever(); whole != nil {
			return way{chain: whole, err: err}
		}
		w := way{err: err}
		if c := h.trust.Catalog; c != nil {
			if chain := newPath(leaf, others, c.roots.forModel(h.AAGUID)).ever(); chain != nil {
				w.elsewhere = chain[len(chain)-1]
			}
		}
		return w
	})
}

// links are the certificates of a chain as people look at them.
func links(chain []*x509.Certificate) []Link {
	all := make([]Link, len(chain))
	for i, c := range chain {
		all[i] = Link{c.Subject.String(), c.Issuer.String(), c.NotBefore.UTC(), c.NotAfter.UTC(), fmt.Sprintf("%x", sha256.Sum256(c.Raw))}
	}
	return all
}

// made is the time at which certificates have to be valid.
func (h *hearing) made() time.Time {
	if m := h.evidence.Made; !m.IsZero() && m.Before(h.at) {
		return m
	}
	return h.at
}

func validAt(chain []*x509.Certificate, at time.Time) bool {
	return !slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return at.Before(c.NotBefore) || at.After(c.NotAfter) })
}

// dates names every certificate that is not valid when it has to be.
func (h *hearing) dates(certs []*x509.Certificate) {
	const day = "2006-01-02"
	at := h.made()
	for _, cert := range certs {
		if at.After(cert.NotAfter) {
			h.find(Expired, "The certificate %q expired on %s, before %s.",
				short(cert.Subject), cert.NotAfter.UTC().Format(day), at.UTC().Format(day))
		}
		if at.Before(cert.NotBefore) {
			h.find(NotYetValid, "The certificate %q is valid from %s, after %s.",
				short(cert.Subject), cert.NotBefore.UTC().Format(day), at.UTC().Format(day))
		}
	}
}

// isPlainlyUnknown reports that no issuer was found, with nothing more to say.
// A certificate out of its dates is reported so before an issuer is looked for.
func isPlainlyUnknown(err error) bool {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

// longestChain is how many certificates beside the first are looked at. Real
// keys send two; a hostile one could send hundreds to keep us busy.
const longestChain = 8

// path is the material a chain is built from.
type path struct {
	leaf           *x509.Certificate
	starts         []time.Time // the first days of every certificate in it
	between, roots *x509.CertPool
}

func newPath(leaf *x509.Certificate, others [][]byte, roots []*x509.Certificate) path {
	p := path{
		leaf:    leaf,
		starts:  []time.Time{leaf.NotBefore},
		between: x509.NewCertPool(),
		roots:   x509.NewCertPool(), // never nil, which would mean the system's
	}
	for _, der := range others[:min(len(others), longestChain)] {
		// One that cannot be read is passed over: it may not be needed.
		if cert, err := x509.ParseCertificate(der); err == nil {
			p.between.AddCert(cert)
			p.starts = append(p.starts, cert.NotBefore)
		}
	}
	for _, cert := range roots {
		p.roots.AddCert(cert)
		p.starts = append(p.starts, cert.NotBefore)
	}
	return p
}

// at gives a chain that is valid at a time, leaf first. No key usage is asked
// for: attestation has none of its own.
func (p path) at(when time.Time) ([]*x509.Certificate, error) {
	if when.IsZero() {
		when = when.Add(1) // Verify would read the clock
	}
	chains, err := p.leaf.Verify(x509.VerifyOptions{
		CurrentTime:   when,
		Roots:         p.roots,
		Intermediates: p.between,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, err
	}
	return chains[0], nil
}

// ever gives a chain that was or will be valid at some time, or nil. When all of
// a chain is valid at once, it is so from the latest of its first days on, so
// those are the only times to try.
func (p path) ever() []*x509.Certificate {
	for _, start := range p.starts {
		if chain, err := p.at(start); err == nil {
			return chain
		}
	}
	return nil
}
