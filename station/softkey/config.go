package softkey

import (
	"slices"

	"keystation/station/ctap"
)

// config is authenticatorConfig (CTAP 2.1 §6.11).
func (a *authenticator) config(body []byte) ([]byte, error) {
	var req ctap.ConfigRequest
	if err := ctap.DecodeRequest(body, &req); err != nil {
		return nil, err
	}
	subcommands := map[ctap.ConfigSubcommand]func([]byte) error{
		ctap.ConfigEnableEnterpriseAttestation: a.enableEnterprise,
		ctap.ConfigToggleAlwaysUV:              a.toggleAlwaysUV,
		ctap.ConfigSetMinPINLength:             a.setMinPINLength,
	}
	if req.Subcommand == 0 {
		return nil, ctap.ErrMissingParameter
	}
	run, ok := subcommands[req.Subcommand]
	if !ok || !a.configures(req.Subcommand) {
		return nil, ctap.ErrInvalidParameter // step 2
	}
	if err := a.mayConfigure(req); err != nil {
		return nil, err
	}
	return nil, run(req.Params)
}

// configures reports whether the model has the subcommand: by its options, and by the list of CTAP 2.3 if it has one.
func (a *authenticator) configures(sub ctap.ConfigSubcommand) bool {
	if list := a.model.GetInfo.AuthenticatorConfigCommands; list != nil && !slices.Contains(list, uint64(sub)) {
		return false
	}
	options := map[ctap.ConfigSubcommand]string{ctap.ConfigEnableEnterpriseAttestation: ctap.OptionEP,
		ctap.ConfigToggleAlwaysUV: ctap.OptionAlwaysUV, ctap.ConfigSetMinPINLength: ctap.OptionSetMinPINLength}
	return a.has(options[sub])
}

// mayConfigure is steps 3 and 4: without a PIN and without alwaysUv anybody may
// configure, and so may whoever turns an alwaysUv off that came without a PIN.
func (a *authenticator) mayConfigure(req ctap.ConfigRequest) error {
	toggles := req.Subcommand == ctap.ConfigToggleAlwaysUV
	if !a.protected() && (!a.state.AlwaysUV || toggles && !a.model.Quirks.AlwaysUVByPIN) {
		return nil
	}
	if req.PINUVAuthParam == nil {
		return ctap.ErrPUATRequired
	}
	p, err := a.protocol(req.PINUVAuthProtocol)
	if err != nil {
		return err
	}
	message := ctap.ConfigAuthMessage(req.Subcommand, req.Params)
	return a.authorize(p, message, req.PINUVAuthParam, ctap.PermAuthenticatorConfig)
}

// enableEnterprise is CTAP 2.1 §6.11.1; only a reset disables.
func (a *authenticator) enableEnterprise([]byte) error {
	a.state.Enterprise = true
	return nil
}

// toggleAlwaysUV is CTAP 2.1 §6.11.2. makeCredUvNotRqd follows it, see options.
func (a *authenticator) toggleAlwaysUV([]byte) error {
	if a.state.AlwaysUV && a.model.Quirks.AlwaysUVStays {
		return ctap.ErrOperationDenied
	}
	a.state.AlwaysUV = !a.state.AlwaysUV
	return nil
}

// setMinPINLength is CTAP 2.1 §6.11.4. All is checked before anything is changed.
func (a *authenticator) setMinPINLength(params []byte) error {
	var req ctap.SetMinPINLengthParams
	if len(params) > 0 {
		if err := ctap.DecodeRequest(params, &req); err != nil {
			return err
		}
	}
	length := a.state.MinPIN
	if req.NewMinPINLength != nil {
		length = *req.NewMinPINLength
	}
	switch {
	case length < a.state.MinPIN || length > a.model.GetInfo.MaxPIN(): // it only rises
		return ctap.ErrPINPolicyViolation
	case req.ForceChangePIN && !a.protected():
		return ctap.ErrPINNotSet
	case len(req.MinPINLengthRPIDs) > a.maxRPIDs():
		return ctap.ErrKeyStoreFull
	}
	a.state.MinPIN = length
	if req.MinPINLengthRPIDs != nil { // the list replaces the one before
		a.state.MinPINRPIDs = slices.Clone(req.MinPINLengthRPIDs)
	}
	if req.ForceChangePIN || a.protected() && a.state.PINLength < length {
		a.state.ForceChange = true
		a.token = token{} // resetPinUvAuthToken for both protocols
	}
	return nil
}

// maxRPIDs is how many RP IDs setMinPINLength takes (CTAP 2.1 §6.4); a key that does not say takes none.
func (a *authenticator) maxRPIDs() int {
	n := a.model.GetInfo.MaxRPIDsForSetMinPINLength
	if n == nil {
		return 0
	}
	return *n
}
