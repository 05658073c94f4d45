package ctap

import "github.com/fxamacker/cbor/v2"

// ConfigSubcommand is a subcommand of authenticatorConfig (CTAP 2.1 §6.11).
type ConfigSubcommand int

// The subcommands of CTAP 2.1 §6.11.
const (
	ConfigEnableEnterpriseAttestation ConfigSubcommand = 0x01
	ConfigToggleAlwaysUV              ConfigSubcommand = 0x02
	ConfigSetMinPINLength             ConfigSubcommand = 0x03
	ConfigVendorPrototype             ConfigSubcommand = 0xFF
)

// ConfigRequest is CTAP 2.1 §6.11, table of the request. Params stay raw: the
// pinUvAuthParam is over their bytes.
type ConfigRequest struct {
	Subcommand        ConfigSubcommand `cbor:"1,keyasint"`
	Params            cbor.RawMessage  `cbor:"2,keyasint,omitempty"`
	PINUVAuthProtocol int              `cbor:"3,keyasint,omitempty"`
	PINUVAuthParam    []byte           `cbor:"4,keyasint,omitempty"`
}

// SetMinPINLengthParams is CTAP 2.1 §6.11.4.
type SetMinPINLengthParams struct {
	NewMinPINLength   *int     `cbor:"1,keyasint,omitempty"`
	MinPINLengthRPIDs []string `cbor:"2,keyasint,omitempty"`
	ForceChangePIN    bool     `cbor:"3,keyasint,omitempty"`
}

// ConfigAuthMessage is what a pinUvAuthParam for authenticatorConfig is computed over.
// CTAP 2.1 §6.11: 32×0xff || 0x0d || uint8(subCommand) || subCommandParams.
func ConfigAuthMessage(sub ConfigSubcommand, params []byte) []byte {
	m := make([]byte, 32, 34+len(params))
	for i := range m {
		m[i] = 0xFF
	}
	m = append(m, byte(CmdConfig), byte(sub))
	return append(m, params...)
}
