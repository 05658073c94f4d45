package inventory

import "time"

// RegistrationKind tells the credentials of a key apart. A tag credential never signs anybody in.
type RegistrationKind string

// The kinds of registration.
const (
	TagCredential    RegistrationKind = "tag"    // the station's own, to know the key again
	SignInCredential RegistrationKind = "signin" // at an identity provider
)

// Registration is a credential of a key at a relying party. For a tag credential it carries the attestation and what
// it was judged with, so that the key can be judged again.
type Registration struct {
	ID             RegistrationID   `json:"id"`
	Key            KeyID            `json:"key"`
	Run            RunID            `json:"run"`
	Kind           RegistrationKind `json:"kind"`
	RPID           string           `json:"rp_id"`
	CredentialID   []byte           `json:"credential_id"`
	PublicKey      []byte           `json:"public_key"`       // COSE_Key (RFC 9052 §7)
	Attestation    []byte           `json:"attestation"`      // WebAuthn attestation object, as received
	ClientDataHash []byte           `json:"client_data_hash"` // what it signed
	MethodID       string           `json:"method_id"`        // the provider's name for it
	RegisteredAt   time.Time        `json:"registered_at"`
	RevokedAt      *time.Time       `json:"revoked_at"`
	RevokedWhy     string           `json:"revoked_why"`
	Info           []byte           `json:"info,omitempty"` // what getInfo said then (CBOR, CTAP 2.1 §6.4)
}
