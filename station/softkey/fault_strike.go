package softkey

import (
	"slices"

	"keystation/station/ctap"
)

// faults counts how often each step came.
type faults struct {
	list  []Fault
	life  map[Step]int // since the beginning
	power map[Step]int // since the latest power-up
	now   strikes      // those of the command in progress
	tell  func(Fault)  // of each that strikes
}

// strikes are the faults that strike one step.
type strikes []Fault

func newFaults(list []Fault, tell func(Fault)) faults {
	return faults{list: list, tell: tell, life: map[Step]int{}, power: map[Step]int{}}
}

// powerUp begins those counts anew that go by power-up.
func (f *faults) powerUp() { clear(f.power) }

// begin is count for a command, which faults may strike until it ends.
func (f *faults) begin(steps ...Step) strikes {
	f.now = f.count(steps...)
	return f.now
}

// count counts steps and finds what strikes them.
func (f *faults) count(steps ...Step) (struck strikes) {
	for _, s := range steps {
		f.life[s]++
		f.power[s]++
		for _, fault := range f.list {
			if fault.Step == s && f.due(fault) {
				struck = append(struck, fault)
				f.tell(fault)
			}
		}
	}
	return struck
}

func (f *faults) due(x Fault) bool {
	n := f.life[x.Step]
	if x.SincePowerUp {
		n = f.power[x.Step]
	}
	return x.Nth == 0 || x.Nth == n
}

func (f *faults) strikes(k Kind) bool { return f.now.has(k) }

func (s strikes) has(k Kind) bool {
	return slices.ContainsFunc(s, func(x Fault) bool { return x.Kind == k })
}

// status is what a fault answers in place of the command, or OK.
func (s strikes) status() ctap.Status {
	for _, x := range s {
		if x.Kind == "" {
			return x.Status
		}
	}
	return ctap.OK
}

var pinSteps = map[ctap.PINSubcommand]Step{
	ctap.PINGetRetries: StepGetRetries, ctap.PINGetKeyAgreement: StepKeyAgreement, ctap.PINSet: StepSetPIN,
	ctap.PINChange: StepChangePIN, ctap.PINGetToken: StepGetToken, ctap.PINGetTokenWithPermissions: StepGetToken,
}

var commandSteps = map[ctap.Command]Step{
	ctap.CmdGetInfo: StepGetInfo, ctap.CmdMakeCredential: StepMakeCredential, ctap.CmdGetAssertion: StepGetAssertion,
	ctap.CmdGetNextAssertion: StepNextAssertion, ctap.CmdReset: StepReset, ctap.CmdSelection: StepSelection,
	ctap.CmdCredentialManagement: StepCredentials, ctap.CmdCredentialManagementPreview: StepCredentials, ctap.CmdConfig: StepConfig,
}

// stepsOf names the steps that a request is.
func stepsOf(cmd ctap.Command, body []byte) []Step {
	out := []Step{StepAny}
	if s, ok := commandSteps[cmd]; ok {
		out = append(out, s)
	}
	switch cmd {
	case ctap.CmdClientPIN:
		if s, ok := pinSteps[ctap.PINSubcommand(subcommand(cmd, body))]; ok {
			out = append(out, s)
		}
	case ctap.CmdConfig:
		out = append(out, configSteps(body)...)
	}
	return out
}

func configSteps(body []byte) (out []Step) {
	var req ctap.ConfigRequest
	if ctap.DecodeRequest(body, &req) != nil {
		return nil
	}
	switch req.Subcommand {
	case ctap.ConfigEnableEnterpriseAttestation:
		return []Step{StepEnterprise}
	case ctap.ConfigToggleAlwaysUV:
		return []Step{StepAlwaysUV}
	case ctap.ConfigSetMinPINLength:
		var p ctap.SetMinPINLengthParams
		if ctap.DecodeRequest(req.Params, &p) == nil && p.ForceChangePIN {
			out = append(out, StepForcePIN)
		}
		if p.NewMinPINLength != nil || p.MinPINLengthRPIDs != nil {
			out = append(out, StepMinPIN)
		}
	}
	return out
}

// subcommand is the subcommand of a clientPIN request, or 0.
func subcommand(cmd ctap.Command, body []byte) int {
	if cmd != ctap.CmdClientPIN {
		return 0
	}
	var req ctap.ClientPINRequest
	if ctap.DecodeRequest(body, &req) != nil {
		return 0
	}
	return int(req.Subcommand)
}
