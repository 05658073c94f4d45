package ctap

// GetAssertionRequest is CTAP 2.1 §6.2.
type GetAssertionRequest struct {
	RPID              string                 `cbor:"1,keyasint"`
	ClientDataHash    []byte                 `cbor:"2,keyasint"`
	AllowList         []Descriptor           `cbor:"3,keyasint,omitempty"`
	Extensions        GetAssertionExtensions `cbor:"4,keyasint,omitzero"`
	Options           map[string]bool        `cbor:"5,keyasint,omitempty"`
	PINUVAuthParam    *[]byte                `cbor:"6,keyasint,omitempty"`
	PINUVAuthProtocol int                    `cbor:"7,keyasint,omitempty"`
}

// GetAssertionExtensions are the extension inputs of getAssertion that this package knows (CTAP 2.1 §12).
type GetAssertionExtensions struct {
	HMACSecret *HMACSecretInput `cbor:"hmac-secret,omitempty"`
}

// GetAssertionOutputs are the extension outputs in the authenticator data.
type GetAssertionOutputs struct {
	HMACSecret []byte `cbor:"hmac-secret,omitempty"` // encrypted as the salts were
}

// GetAssertionResponse is CTAP 2.1 §6.2.2, table of the response; getNextAssertion
// answers with the same members.
type GetAssertionResponse struct {
	Credential          *Descriptor `cbor:"1,keyasint,omitempty"`
	AuthData            []byte      `cbor:"2,keyasint"`
	Signature           []byte      `cbor:"3,keyasint"`
	User                *UserEntity `cbor:"4,keyasint,omitempty"`
	NumberOfCredentials int         `cbor:"5,keyasint,omitempty"`
}
