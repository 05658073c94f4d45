package attest

import (
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"time"

	"keystation/station/ctap"
)

// A Judger judges many keys by the same trust as of one time. Keys of a batch share their attestation certificate (there
// are 100,000 of one or more, FIDO Metadata Statements v3.0 §3.7), so what was found out about a certificate is
// remembered; what it comes to is what [Judge] says. It is safe for use by several goroutines.
type Judger struct {
	trust Trust
	at    time.Time
	memo  *memo
}

// NewJudge makes a [Judger]. What it is given must not change any more.
func NewJudge(t Trust, at time.Time) *Judger {
	return &Judger{t, at, &memo{leaves: map[[32]byte]leafFound{}, ways: map[wayKey]way{}}}
}

// Judge weighs the evidence.
func (j *Judger) Judge(e Evidence) Judgment {
	return (&hearing{evidence: e, trust: j.trust, at: j.at, memo: j.memo}).hear()
}

// memo remembers certificates. A nil one remembers nothing.
type memo struct {
	mu     sync.Mutex
	leaves map[[32]byte]leafFound
	ways   map[wayKey]way
}

type leafFound struct {
	cert  *x509.Certificate
	facts CertificateFacts
	err   error
}

// wayKey is all that a way depends on, beside the trust.
type wayKey struct {
	certs [32]byte // of the whole x5c
	model ctap.AAGUID
}

// enough is how many certificates are remembered. Where each key has its own (enterprise attestation), remembering them
// would be of no use and without end.
const enough = 2048

// leaf reads an attestation certificate.
func (m *memo) leaf(der []byte) (*x509.Certificate, CertificateFacts, error) {
	read := func() leafFound {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return leafFound{err: err}
		}
		return leafFound{cert, factsOf(cert), nil}
	}
	if m == nil {
		f := read()
		return f.cert, f.facts, f.err
	}
	f := remember(&m.mu, m.leaves, sha256.Sum256(der), read)
	return f.cert, f.facts, f.err
}

// way gives where a chain leads, as look finds it.
func (m *memo) way(leaf *x509.Certificate, others [][]byte, model ctap.AAGUID, look func() way) way {
	if m == nil {
		return look()
	}
	h := sha256.New()
	for _, der := range append([][]byte{leaf.Raw}, others...) {
		sum := sha256.Sum256(der)
		h.Write(sum[:])
	}
	return remember(&m.mu, m.ways, wayKey{[32]byte(h.Sum(nil)), model}, look)
}

// remember gives what is known under k, or finds it out. Two that ask at once both find out.
func remember[K comparable, V any](mu *sync.Mutex, known map[K]V, k K, find func() V) V {
	mu.Lock()
	v, there := known[k]
	mu.Unlock()
	if there {
		return v
	}
	v = find()
	mu.Lock()
	defer mu.Unlock()
	if len(known) >= enough {
		clear(known)
	}
	known[k] = v
	return v
}
