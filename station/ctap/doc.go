// Package ctap holds the words and bytes of the Client to Authenticator Protocol:
// status codes, commands, the answer to authenticatorGetInfo, authenticator data,
// attestation objects, COSE keys, the PIN/UV auth protocols, and the requests and
// responses of each command group, one file per group, with the clause they obey.
//
// Most readers need two things. [Status] is the byte on the wire and an error at
// once, so errors.Is(err, ctap.ErrNotAllowed) works on anything that came from a
// key. [ParseInfo] reads what an authenticator says about itself, including the
// members that an old libfido2 hides.
//
// What it guarantees: decoding is lenient where real keys are (order of keys,
// unknown members, indefinite lengths) and strict about types and limits; a parse
// that fails returns the zero value, never half of one; no input makes it panic;
// bytes that somebody may want to hash are kept as received. It opens nothing,
// reads no clock and knows no transport: packets are package ctaphid's, trust in a
// statement is package attest's.
//
// Clauses are those of CTAP 2.1 (FIDO Alliance, Proposed Standard, June 2021)
// unless another version is named, of WebAuthn Level 3 and of RFC 9052 and 9053.
package ctap
