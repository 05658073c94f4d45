// Package attest judges attestations: is this key the model it says it is?
//
// It knows the statement formats packed, fido-u2f and none of WebAuthn Level 3
// §8, the rules for their certificates, and how to follow a chain to a trust
// anchor that the caller names. It is given bytes, Roots and a time, and gives a
// Judgment. It reads no clock, no file and no network, so the same evidence
// judged twice gives the same answer; store the Evidence and judge it again when
// the roots change.
//
// There are three verdicts. Genuine needs a certificate, a good signature, every
// certificate rule kept and a chain to a root for that model at that time.
// Refused is evidence against: a wrong signature, a broken rule, bytes that are
// no attestation. All else is Unknown, for instance no statement at all, self
// attestation, a root we were not given, or a certificate that had expired: a
// genuine old key must not be called forged because its vendor's certificate ran
// out. What happens to an unknown key is for policy to say, not for this package.
//
// Beside roots from files there is the metadata of the FIDO Alliance: [OpenBLOB]
// verifies a BLOB offline, by pinned roots and a given time, and gives a Catalog of
// models, with their roots, certifications and status reports.
//
// Judge never panics and always answers; what it met stands in Reasons, each
// with a Code for programs and a Sentence for people, the one that decided first.
// Signatures are checked over the bytes as received, and CBOR is read leniently,
// because real keys send keys in other orders than the standard asks for.
//
// Each format has its file. What single devices do wrong stands in the quirk
// files, one quirk each, with device and evidence.
package attest
