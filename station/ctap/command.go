package ctap

import "fmt"

// Command is the first byte of a CTAP2 request (CTAP 2.1 §8.1).
type Command byte

// The authenticator API of CTAP 2.1 §6.
const (
	CmdMakeCredential       Command = 0x01
	CmdGetAssertion         Command = 0x02
	CmdGetInfo              Command = 0x04
	CmdClientPIN            Command = 0x06
	CmdReset                Command = 0x07
	CmdGetNextAssertion     Command = 0x08
	CmdBioEnrollment        Command = 0x09
	CmdCredentialManagement Command = 0x0A
	CmdSelection            Command = 0x0B
	CmdLargeBlobs           Command = 0x0C
	CmdConfig               Command = 0x0D

	// CmdCredentialManagementPreview is credential management as keys of FIDO_2_1_PRE have it.
	CmdCredentialManagementPreview Command = 0x41
)

var commandNames = map[Command]string{
	CmdMakeCredential:       "authenticatorMakeCredential",
	CmdGetAssertion:         "authenticatorGetAssertion",
	CmdGetInfo:              "authenticatorGetInfo",
	CmdClientPIN:            "authenticatorClientPIN",
	CmdReset:                "authenticatorReset",
	CmdGetNextAssertion:     "authenticatorGetNextAssertion",
	CmdBioEnrollment:        "authenticatorBioEnrollment",
	CmdCredentialManagement: "authenticatorCredentialManagement",
	CmdSelection:            "authenticatorSelection",
	CmdLargeBlobs:           "authenticatorLargeBlobs",
	CmdConfig:               "authenticatorConfig",

	CmdCredentialManagementPreview: "authenticatorCredentialManagement (preview)",
}

// String is the command's name in the standard.
func (c Command) String() string {
	if n, ok := commandNames[c]; ok {
		return n
	}
	return fmt.Sprintf("command 0x%02X", byte(c))
}

// Keepalive is the byte an authenticator sends about every 100 ms while a command
// runs (CTAP 2.1 §11.2.9.1.7).
type Keepalive byte

// What a keepalive says: still busy, or somebody has to touch the authenticator.
const (
	KeepaliveProcessing Keepalive = 1
	KeepaliveUPNeeded   Keepalive = 2
)

// Option names in getInfo and in requests (CTAP 2.1 §6.4).
const (
	OptionRK               = "rk"
	OptionUP               = "up"
	OptionUV               = "uv"
	OptionPlatform         = "plat"
	OptionClientPIN        = "clientPin"
	OptionPINUVAuthToken   = "pinUvAuthToken"
	OptionNoMcGaWithPIN    = "noMcGaPermissionsWithClientPin"
	OptionLargeBlobs       = "largeBlobs"
	OptionEP               = "ep"
	OptionBioEnroll        = "bioEnroll"
	OptionCredMgmt         = "credMgmt"
	OptionAuthnrCfg        = "authnrCfg"
	OptionCredMgmtPreview  = "credentialMgmtPreview" // of FIDO_2_1_PRE
	OptionUVAcfg           = "uvAcfg"
	OptionSetMinPINLength  = "setMinPINLength"
	OptionMakeCredUVNotRqd = "makeCredUvNotRqd"
	OptionAlwaysUV         = "alwaysUv"
)

// Names of versions in getInfo (CTAP 2.1 §6.4).
const (
	VersionU2F     = "U2F_V2"
	VersionFIDO20  = "FIDO_2_0"
	VersionFIDO21P = "FIDO_2_1_PRE"
	VersionFIDO21  = "FIDO_2_1"
	VersionFIDO22  = "FIDO_2_2"
	VersionFIDO23  = "FIDO_2_3"
)

// Extension identifiers (CTAP 2.1 §12).
const (
	ExtCredProtect  = "credProtect"
	ExtCredBlob     = "credBlob"
	ExtLargeBlobKey = "largeBlobKey"
	ExtMinPINLength = "minPinLength"
	ExtHMACSecret   = "hmac-secret"
)

// PublicKeyCredential is the only credential type there is (WebAuthn §5.8.2).
const PublicKeyCredential = "public-key"
