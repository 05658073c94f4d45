package softkey

import "keystation/station/ctap"

// Limits that getInfo names and the key keeps.
const (
	maxMessage    = 2048
	maxListLength = 16
	maxRPIDs      = 8 // for setMinPINLength
)

// getInfo is authenticatorGetInfo (CTAP 2.1 §6.4).
func (a *authenticator) getInfo([]byte) ([]byte, error) {
	p := a.profile
	info := ctap.Info{
		Versions: p.versions, Extensions: p.extensions, AAGUID: p.aaguid, Options: a.options(),
		MaxMsgSize: maxMessage, PINUVAuthProtocols: p.protocols,
	}
	if p.since21() {
		a.since21(&info)
	}
	return info.Encode()
}

// since21 fills in the members that CTAP 2.0 did not have.
func (a *authenticator) since21(info *ctap.Info) {
	info.MaxCredentialCountInList, info.MaxCredentialIDLength = maxListLength, credentialIDSize
	info.Transports = []string{"usb"}
	info.Algorithms = []ctap.CredentialParameter{{Type: ctap.PublicKeyCredential, Alg: ctap.AlgES256}}
	info.FirmwareVersion = a.profile.firmware
	left := a.profile.residents - len(a.state.Residents)
	info.RemainingDiscoverableCredentials = &left
	if !a.profile.pin {
		return
	}
	info.ForcePINChange, info.MinPINLength = a.state.ForceChange, a.state.MinPIN
	if a.profile.config {
		n := maxRPIDs
		info.MaxRPIDsForSetMinPINLength = &n
	}
}

// options are three-state (CTAP 2.1 §6.4): what is not named is not supported.
func (a *authenticator) options() map[string]bool {
	o := map[string]bool{ctap.OptionRK: true, ctap.OptionUP: true, ctap.OptionPlatform: false}
	if a.profile.pin {
		o[ctap.OptionClientPIN] = a.protected()
	}
	if a.profile.permissions {
		o[ctap.OptionPINUVAuthToken] = true
	}
	if a.profile.uvNotRequired { // §6.11.2: alwaysUv switches it off
		o[ctap.OptionMakeCredUVNotRqd] = !a.state.AlwaysUV
	}
	if a.profile.config {
		o[ctap.OptionAuthnrCfg], o[ctap.OptionSetMinPINLength] = true, true
		o[ctap.OptionAlwaysUV], o[ctap.OptionEP] = a.state.AlwaysUV, a.state.Enterprise
	}
	return o
}
