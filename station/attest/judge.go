package attest

import (
	"crypto/x509"
	"errors"
	"io"
	"time"

	"keystation/station/ctap"
)

// Evidence is what a key handed over when it made a credential. Keep it: it can
// be judged again.
type Evidence struct {
	Object         []byte // the attestation object as received, WebAuthn's or CTAP's form
	ClientDataHash []byte // the 32 bytes that were signed with it; without them no signature is checked
	Firmware       string // what getInfo said; empty: not known

	// Made is when the keeper saw it made. A certificate that was valid then proves what it proved, however long ago it
	// expired: keys do not stop being genuine on the same day. The zero time: at the time of the judgment.
	Made time.Time
}

// Attestation types, in the words of the FIDO metadata service. Basic and
// attestation CA look alike on the wire (WebAuthn §6.5.3); only the metadata of
// the model tells, so a statement with certificates is called basic_full here.
const (
	TypeBasicFull = "basic_full"
	TypeSelf      = "self"
	TypeNone      = "none"
)

// Judgment is what Judge found. Members other than Verdict and Reasons say what
// the evidence claims; they are proven only when the Verdict is Genuine.
type Judgment struct {
	Verdict      Verdict          `json:"verdict"`
	Reasons      []Reason         `json:"reasons"` // at least one, the one that decided first
	Format       string           `json:"format"`  // "" when the bytes are no attestation object
	Type         string           `json:"type"`    // basic_full, self, none, or "" when not known
	AAGUID       ctap.AAGUID      `json:"aaguid"`
	CredentialID []byte           `json:"credential_id"`
	PublicKey    []byte           `json:"public_key"` // the COSE key as received
	Root         string           `json:"root"`       // subject and SHA-256 of the root that was reached, else ""
	Model        string           `json:"model"`      // as the metadata call it, else ""
	Maker        string           `json:"maker"`      // as the root that was reached says, else as the metadata do, else ""
	Metadata     int64            `json:"metadata"`   // number of the BLOB that was looked at; 0: none
	Facts        CertificateFacts `json:"certificate"`
	Chain        []Link           `json:"chain"` // from the attestation certificate to the root, as far as it goes
}

// Link is one certificate of a chain.
type Link struct {
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Fingerprint string    `json:"fingerprint"` // SHA-256, hexadecimal
}

// Judge weighs the evidence as of a time, which decides which certificates had
// expired and which statuses are in effect. It is safe for use by many
// goroutines. To judge many keys, see [NewJudge].
func Judge(e Evidence, t Trust, at time.Time) Judgment {
	return (&hearing{evidence: e, trust: t, at: at}).hear()
}

// hearing is one Judgment being reached.
type hearing struct {
	Judgment
	evidence  Evidence
	trust     Trust
	at        time.Time
	memo      *memo // nil: nothing is remembered
	object    ctap.AttestationObject
	auth      ctap.AuthData
	statement statement
	entry     *Entry              // of the model; nil: it is not in the metadata
	chain     []*x509.Certificate // that was followed, leaf first; nil: there is none
}

func (h *hearing) hear() Judgment {
	if h.trust.Catalog != nil {
		h.Metadata = h.trust.Catalog.No
	}
	if h.open() {
		h.weigh()
		h.about()
	}
	h.Verdict = decide(h.Reasons)
	return h.Judgment
}

// about says what is known of the model, and what policy has to say to it.
func (h *hearing) about() {
	if h.entry == nil {
		h.entry = h.trust.Catalog.Entry(h.AAGUID)
	}
	if h.entry != nil {
		h.Model = h.entry.Description
	}
	if h.Root == "" {
		h.Maker = h.entry.Maker()
	}
	h.rules()
}

// formats are the attestation statement formats of WebAuthn §8 that are verified.
var formats = map[string]func(*hearing){
	"packed":   (*hearing).packed,
	"fido-u2f": (*hearing).fidoU2F,
	"none":     (*hearing).none,
}

func (h *hearing) find(code Code, format string, args ...any) {
	h.Reasons = append(h.Reasons, reason(code, format, args...))
}

// open reads the object down to its statement; false when there is nothing to weigh.
func (h *hearing) open() bool {
	var err error
	if h.object, err = ctap.ParseAttestationObject(h.evidence.Object); err != nil {
		h.unreadable(err)
		return false
	}
	h.Format = h.object.Format
	if h.auth, err = ctap.ParseAuthData(h.object.AuthData); err != nil {
		h.find(NotAnAttestation, "The authenticator data in this attestation cannot be read (%v).", err)
		return false
	}
	made := h.auth.Credential
	if made == nil {
		h.find(NoCredential, "The authenticator data name no credential, so there is nothing that could be attested.")
		return false
	}
	h.AAGUID, h.CredentialID, h.PublicKey = made.AAGUID, made.ID, made.PublicKey
	return true
}

func (h *hearing) unreadable(err error) {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		h.find(Truncated, "The attestation ends in the middle: %d bytes arrived and more were announced.", len(h.evidence.Object))
		return
	}
	h.find(NotAnAttestation, "These bytes are not an attestation object (%v).", err)
}

func (h *hearing) weigh() {
	verify, known := formats[h.Format]
	if !known {
		h.find(UnknownFormat, "The attestation format %q is not one that is checked here, so it proves nothing.", h.Format)
		return
	}
	verify(h)
}

// checkable reports whether there is a client data hash to check signatures with.
func (h *hearing) checkable() bool {
	n := len(h.evidence.ClientDataHash)
	if n == 32 {
		return true
	}
	h.find(NotChecked, "The signature was not checked, because the client data hash has %d bytes instead of 32.", n)
	return false
}

// signature checks sig over what was signed, with key and algorithm alg.
func (h *hearing) signature(key any, alg int, signed []byte) {
	err := ctap.VerifyWith(key, alg, signed, h.statement.Sig)
	switch {
	case err == nil:
	case errors.Is(err, ctap.ErrAlgorithm):
		h.find(NotChecked, "The signature was not checked, because %s is not supported.", ctap.AlgorithmName(alg))
	case errors.Is(err, ctap.ErrSignature):
		h.find(WrongSignature, "The signature of the attestation is wrong: it was made by another key, or something was changed on the way.")
	default:
		h.find(WrongSignature, "The signature of the attestation cannot be right (%v).", err)
	}
}
