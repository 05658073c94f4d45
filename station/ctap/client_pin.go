package ctap

import "github.com/fxamacker/cbor/v2"

// PINSubcommand is a subcommand of authenticatorClientPIN (CTAP 2.1 §6.5.5).
type PINSubcommand int

// The subcommands of CTAP 2.1 §6.5.5.
const (
	PINGetRetries              PINSubcommand = 0x01
	PINGetKeyAgreement         PINSubcommand = 0x02
	PINSet                     PINSubcommand = 0x03
	PINChange                  PINSubcommand = 0x04
	PINGetToken                PINSubcommand = 0x05
	PINGetTokenUsingUV         PINSubcommand = 0x06
	PINGetUVRetries            PINSubcommand = 0x07
	PINGetTokenWithPermissions PINSubcommand = 0x09
)

// Permission is a bit of a pinUvAuthToken's permissions (CTAP 2.1 §6.5.5.7).
type Permission int

// The permissions of CTAP 2.1 §6.5.5.7; pcmr is CTAP 2.2's.
const (
	PermMakeCredential       Permission = 0x01
	PermGetAssertion         Permission = 0x02
	PermCredentialManagement Permission = 0x04
	PermBioEnrollment        Permission = 0x08
	PermLargeBlobWrite       Permission = 0x10
	PermAuthenticatorConfig  Permission = 0x20
	PermPersistentReadOnly   Permission = 0x40
)

// Limits of CTAP 2.1 §6.5.1.
const (
	PINRetries         = 8  // tries before only a reset helps
	PINTriesPerPowerUp = 3  // wrong tries before a replug is needed
	PaddedPINLength    = 64 // what a new PIN is padded to
)

// ClientPINRequest is CTAP 2.1 §6.5.5, table of the request.
type ClientPINRequest struct {
	PINUVAuthProtocol int             `cbor:"1,keyasint,omitempty"`
	Subcommand        PINSubcommand   `cbor:"2,keyasint"`
	KeyAgreement      cbor.RawMessage `cbor:"3,keyasint,omitempty"`
	PINUVAuthParam    []byte          `cbor:"4,keyasint,omitempty"`
	NewPINEnc         []byte          `cbor:"5,keyasint,omitempty"`
	PINHashEnc        []byte          `cbor:"6,keyasint,omitempty"`
	Permissions       *Permission     `cbor:"9,keyasint,omitempty"`
	RPID              string          `cbor:"10,keyasint,omitempty"`
}

// ClientPINResponse is CTAP 2.1 §6.5.5, table of the response.
type ClientPINResponse struct {
	KeyAgreement   cbor.RawMessage `cbor:"1,keyasint,omitempty"`
	PINUVAuthToken []byte          `cbor:"2,keyasint,omitempty"`
	PINRetries     *int            `cbor:"3,keyasint,omitempty"`
	PowerCycle     *bool           `cbor:"4,keyasint,omitempty"`
	UVRetries      *int            `cbor:"5,keyasint,omitempty"`
}
