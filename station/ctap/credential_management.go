package ctap

import "github.com/fxamacker/cbor/v2"

// CredentialSubcommand is a subcommand of authenticatorCredentialManagement (CTAP 2.1 §6.8).
type CredentialSubcommand int

// The subcommands of CTAP 2.1 §6.8. The preview command of FIDO_2_1_PRE has all but the last.
const (
	CredentialsMetadata     CredentialSubcommand = 0x01
	EnumerateRPsBegin       CredentialSubcommand = 0x02
	EnumerateRPsNext        CredentialSubcommand = 0x03
	EnumerateCredsBegin     CredentialSubcommand = 0x04
	EnumerateCredsNext      CredentialSubcommand = 0x05
	DeleteCredential        CredentialSubcommand = 0x06
	UpdateUserInformation   CredentialSubcommand = 0x07
	lastPreviewedSubcommand                      = DeleteCredential
)

// InPreview reports whether the preview command of FIDO_2_1_PRE has the subcommand.
func (s CredentialSubcommand) InPreview() bool { return s <= lastPreviewedSubcommand }

// CredentialManagementRequest is CTAP 2.1 §6.8, table of the request. Params stay raw: the pinUvAuthParam is over their
// bytes.
type CredentialManagementRequest struct {
	Subcommand        CredentialSubcommand `cbor:"1,keyasint"`
	Params            cbor.RawMessage      `cbor:"2,keyasint,omitempty"`
	PINUVAuthProtocol int                  `cbor:"3,keyasint,omitempty"`
	PINUVAuthParam    []byte               `cbor:"4,keyasint,omitempty"`
}

// CredentialManagementParams is CTAP 2.1 §6.8, table of the subCommandParams.
type CredentialManagementParams struct {
	RPIDHash   []byte      `cbor:"1,keyasint,omitempty"`
	Credential *Descriptor `cbor:"2,keyasint,omitempty"`
	User       *UserEntity `cbor:"3,keyasint,omitempty"`
}

// CredentialManagementResponse is CTAP 2.1 §6.8, table of the response. Counts are nil where an answer does not have
// them, because none is a count too.
type CredentialManagementResponse struct {
	Existing         *int            `cbor:"1,keyasint,omitempty"`
	Remaining        *int            `cbor:"2,keyasint,omitempty"`
	RP               *RelyingParty   `cbor:"3,keyasint,omitempty"`
	RPIDHash         []byte          `cbor:"4,keyasint,omitempty"`
	TotalRPs         *int            `cbor:"5,keyasint,omitempty"`
	User             *UserEntity     `cbor:"6,keyasint,omitempty"`
	Credential       *Descriptor     `cbor:"7,keyasint,omitempty"`
	PublicKey        cbor.RawMessage `cbor:"8,keyasint,omitempty"`
	TotalCredentials *int            `cbor:"9,keyasint,omitempty"`
	CredProtect      CredProtect     `cbor:"10,keyasint,omitempty"`
}

// CredentialManagementAuthMessage is what a pinUvAuthParam for authenticatorCredentialManagement is computed over
// (CTAP 2.1 §6.8.2 to §6.8.6): uint8(subCommand) || subCommandParams.
func CredentialManagementAuthMessage(sub CredentialSubcommand, params []byte) []byte {
	return append([]byte{byte(sub)}, params...)
}
