package ctap

import "github.com/fxamacker/cbor/v2"

// RelyingParty is the rp member of makeCredential (WebAuthn §5.4.2).
type RelyingParty struct {
	ID   string `cbor:"id"`
	Name string `cbor:"name,omitempty"`
}

// UserEntity is WebAuthn's user (WebAuthn §5.4.3).
type UserEntity struct {
	ID          []byte `cbor:"id"`
	Name        string `cbor:"name,omitempty"`
	DisplayName string `cbor:"displayName,omitempty"`
}

// Descriptor names a credential in a list (WebAuthn §5.8.3).
type Descriptor struct {
	ID         []byte   `cbor:"id"`
	Type       string   `cbor:"type"`
	Transports []string `cbor:"transports,omitempty"`
}

// CredProtect is the level of the credProtect extension (CTAP 2.1 §12.1).
type CredProtect int

// The levels of CTAP 2.1 §12.1.
const (
	UVOptional                 CredProtect = 1 // what a credential without the extension has
	UVOptionalWithCredentialID CredProtect = 2 // found without verification only when named in the allow list
	UVRequired                 CredProtect = 3 // never without user verification
)

// MakeCredentialRequest is CTAP 2.1 §6.1. Pointers and nil slices are members that the
// platform left out; a pinUvAuthParam of length zero is present and means a selection.
type MakeCredentialRequest struct {
	ClientDataHash        []byte                   `cbor:"1,keyasint"`
	RP                    *RelyingParty            `cbor:"2,keyasint"`
	User                  *UserEntity              `cbor:"3,keyasint"`
	Parameters            []CredentialParameter    `cbor:"4,keyasint"`
	ExcludeList           []Descriptor             `cbor:"5,keyasint,omitempty"`
	Extensions            MakeCredentialExtensions `cbor:"6,keyasint,omitzero"`
	Options               map[string]bool          `cbor:"7,keyasint,omitempty"`
	PINUVAuthParam        *[]byte                  `cbor:"8,keyasint,omitempty"`
	PINUVAuthProtocol     int                      `cbor:"9,keyasint,omitempty"`
	EnterpriseAttestation *int                     `cbor:"10,keyasint,omitempty"`
	FormatsPreference     []string                 `cbor:"11,keyasint,omitempty"`
}

// MakeCredentialExtensions are the extension inputs of makeCredential that this
// package knows (CTAP 2.1 §12).
type MakeCredentialExtensions struct {
	CredProtect  *CredProtect `cbor:"credProtect,omitempty"`
	MinPINLength *bool        `cbor:"minPinLength,omitempty"`
	HMACSecret   *bool        `cbor:"hmac-secret,omitempty"`
}

// MakeCredentialOutputs are the extension outputs in the authenticator data.
type MakeCredentialOutputs struct {
	CredProtect  *CredProtect `cbor:"credProtect,omitempty"`
	MinPINLength *int         `cbor:"minPinLength,omitempty"`
	HMACSecret   bool         `cbor:"hmac-secret,omitempty"`
}

// MakeCredentialResponse is CTAP 2.1 §6.1.2, table of the response.
type MakeCredentialResponse struct {
	Format                string          `cbor:"1,keyasint"`
	AuthData              []byte          `cbor:"2,keyasint"`
	Statement             cbor.RawMessage `cbor:"3,keyasint"`
	EnterpriseAttestation bool            `cbor:"4,keyasint,omitempty"`
}

// EnterpriseAttested reads epAtt out of an answer to makeCredential (CTAP 2.1 §6.1.2): whether what it holds is an
// enterprise attestation. What cannot be read says no.
func EnterpriseAttested(answer []byte) bool {
	var resp struct {
		EnterpriseAttestation any `cbor:"4,keyasint"`
	}
	if err := Decode(answer, &resp); err != nil {
		return false
	}
	is, ok := resp.EnterpriseAttestation.(bool)
	return ok && is
}

// Enterprise attestation as asked for in makeCredential (CTAP 2.1 §7.1.1).
const (
	VendorFacilitated = 1
	PlatformManaged   = 2
)
