package attest

import (
	"fmt"
	"slices"
)

// Verdict is what a judgment comes to.
type Verdict string

// The three verdicts, best first.
const (
	Genuine Verdict = "genuine" // proven to be the model it names, by a root for that model
	Unknown Verdict = "unknown" // nothing proven, nothing against it
	Refused Verdict = "refused" // evidence against it
)

// Code names a reason for programs; it does not change between versions.
type Code string

// Evidence against a key.
const (
	NotAnAttestation   Code = "not-an-attestation-object"
	Truncated          Code = "truncated"
	NoCredential       Code = "no-credential"
	MalformedStatement Code = "malformed-statement"
	WrongSignature     Code = "wrong-signature"
	WrongAlgorithm     Code = "wrong-algorithm"
	WrongVersion       Code = "certificate-version"
	WrongSubject       Code = "certificate-subject"
	WrongOU            Code = "certificate-ou"
	IsCA               Code = "certificate-ca"
	WrongKey           Code = "certificate-key"
	WrongAAGUID        Code = "certificate-aaguid"
	CriticalAAGUID     Code = "certificate-aaguid-critical"
	CriticalSerial     Code = "certificate-serial-critical"
	WrongCredentialKey Code = "credential-key"
	StatementNotEmpty  Code = "statement-not-empty"
	RevokedModel       Code = "status-revoked"
	UndesiredStatus    Code = "status-undesired"
	Denied             Code = "model-denied"
	NotAllowed         Code = "model-not-allowed"
	OldFirmware        Code = "firmware-old"
	LowLevel           Code = "certification-low"
)

// No evidence.
const (
	NoneGiven             Code = "none"
	SelfSigned            Code = "self"
	UnknownFormat         Code = "format-unknown"
	NotChecked            Code = "signature-not-checked"
	UnreadableCertificate Code = "certificate-unreadable"
	UnknownRoot           Code = "root-unknown"
	OtherModelsRoot       Code = "root-of-another-model"
	UnknownFirmware       Code = "firmware-unknown"
	NoMetadata            Code = "metadata-missing"
	Expired               Code = "expired"
	NotYetValid           Code = "not-yet-valid"
)

// Evidence for a key, and remarks that change nothing.
const (
	RootReached   Code = "root-reached"
	Repaired      Code = "certificate-repaired"
	NotInMetadata Code = "model-not-in-metadata"
	Update        Code = "firmware-update"
	Overdue       Code = "metadata-overdue" // it comes with the day, not with the evidence
)

// What a reason makes of a judgment: the heaviest decides.
const (
	remark = iota
	proof
	noEvidence
	against
)

// weights holds every code that is not evidence against.
var weights = map[Code]int{
	Repaired: remark, NotInMetadata: remark, Update: remark, Overdue: remark,
	RootReached: proof,
	NoneGiven:   noEvidence, SelfSigned: noEvidence, UnknownFormat: noEvidence, NotChecked: noEvidence,
	UnreadableCertificate: noEvidence, UnknownRoot: noEvidence, OtherModelsRoot: noEvidence,
	UnknownFirmware: noEvidence, NoMetadata: noEvidence, Expired: noEvidence, NotYetValid: noEvidence,
}

func (c Code) weight() int {
	if w, ok := weights[c]; ok {
		return w
	}
	return against
}

// Reason is one thing that was found out about an attestation.
type Reason struct {
	Code     Code   `json:"code"`
	Sentence string `json:"sentence"`
}

func reason(code Code, format string, args ...any) Reason {
	return Reason{Code: code, Sentence: fmt.Sprintf(format, args...)}
}

// decide orders the reasons, heaviest first, and draws the verdict from them.
// Nothing is genuine by default: that takes a proof.
func decide(reasons []Reason) Verdict {
	slices.SortStableFunc(reasons, func(a, b Reason) int { return b.Code.weight() - a.Code.weight() })
	if len(reasons) == 0 {
		return Unknown
	}
	switch reasons[0].Code.weight() {
	case against:
		return Refused
	case proof:
		return Genuine
	}
	return Unknown
}
