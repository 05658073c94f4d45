package softkey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"keystation/station/ctap"
)

// Step is a place where a fault can strike: a command, or a subcommand that has a name
// of its own.
type Step string

// The steps there are.
const (
	StepGetInfo        Step = "get-info"
	StepMakeCredential Step = "make-credential"
	StepGetAssertion   Step = "get-assertion"
	StepReset          Step = "reset"
	StepSelection      Step = "selection"
	StepGetRetries     Step = "get-retries"
	StepKeyAgreement   Step = "key-agreement"
	StepSetPIN         Step = "set-pin"
	StepChangePIN      Step = "change-pin"
	StepGetToken       Step = "get-token"
	StepConfig         Step = "config" // any subcommand of authenticatorConfig
	StepEnterprise     Step = "enable-ep"
	StepAlwaysUV       Step = "toggle-always-uv"
	StepMinPIN         Step = "set-min-pin"
	StepForcePIN       Step = "force-pin"
)

var steps = []Step{StepGetInfo, StepMakeCredential, StepGetAssertion, StepReset, StepSelection, StepGetRetries,
	StepKeyAgreement, StepSetPIN, StepChangePIN, StepGetToken, StepConfig, StepEnterprise, StepAlwaysUV,
	StepMinPIN, StepForcePIN}

// Kind is what goes wrong.
type Kind string

// The kinds there are, beside a status code, which is answered instead of doing the step.
const (
	Vanish         Kind = "vanish"          // the step is done, its answer never comes
	Late           Kind = "late"            // the step is done, its answer comes 5 s late
	Forget         Kind = "forget"          // the answer says it was done, and it was not
	Unplugged      Kind = "unplug"          // the step is done, then the key is out
	WrongSignature Kind = "wrong-signature" // make-credential, get-assertion: the signature does not verify
	WrongAAGUID    Kind = "wrong-aaguid"    // make-credential: the certificate names another AAGUID
)

var kinds = []Kind{Vanish, Late, Forget, Unplugged, WrongSignature, WrongAAGUID}

// lateBy is longer than an impatient program waits.
const lateBy = 5 * time.Second

// Fault is something that goes wrong at a step.
type Fault struct {
	Step   Step
	Kind   Kind        // empty: Status
	Status ctap.Status // what is answered instead, when Kind is empty
	Nth    int         // only the n-th time the step comes, counted from 1; 0: always
}

// ParseFault reads STEP:KIND or STEP#N:KIND, where KIND is one of the kinds or a status
// code in hexadecimal: reset:forget, get-token#2:0x31.
func ParseFault(s string) (Fault, error) {
	step, kind, ok := strings.Cut(s, ":")
	if !ok {
		return Fault{}, fmt.Errorf("parse fault: %q is not of the form STEP:KIND", s)
	}
	f := Fault{Kind: Kind(kind)}
	name, nth, counted := strings.Cut(step, "#")
	f.Step = Step(name)
	if !slices.Contains(steps, f.Step) {
		return Fault{}, fmt.Errorf("parse fault: there is no step %q; the steps are %v", name, steps)
	}
	if counted {
		n, err := strconv.Atoi(nth)
		if err != nil || n < 1 {
			return Fault{}, fmt.Errorf("parse fault: %q is not a number from 1 on", nth)
		}
		f.Nth = n
	}
	if slices.Contains(kinds, f.Kind) {
		return f, nil
	}
	code, err := strconv.ParseUint(strings.TrimPrefix(kind, "0x"), 16, 8)
	if err != nil || code == 0 {
		return Fault{}, fmt.Errorf("parse fault: %q is neither one of %v nor a status code such as 0x30", kind, kinds)
	}
	f.Kind, f.Status = "", ctap.Status(code)
	return f, nil
}

// String is what ParseFault reads.
func (f Fault) String() string {
	s := string(f.Step)
	if f.Nth > 0 {
		s += "#" + strconv.Itoa(f.Nth)
	}
	if f.Kind != "" {
		return s + ":" + string(f.Kind)
	}
	return fmt.Sprintf("%s:0x%02X", s, byte(f.Status))
}

// faults counts how often each step came.
type faults struct {
	list []Fault
	seen map[Step]int
	now  []Fault // those that strike the command in progress
}

// begin counts the steps that a command is and finds what strikes it.
func (f *faults) begin(steps []Step) {
	f.now = f.now[:0]
	for _, s := range steps {
		f.seen[s]++
		for _, fault := range f.list {
			if fault.Step == s && (fault.Nth == 0 || fault.Nth == f.seen[s]) {
				f.now = append(f.now, fault)
			}
		}
	}
}

func (f *faults) strikes(k Kind) bool {
	return slices.ContainsFunc(f.now, func(x Fault) bool { return x.Kind == k })
}

// status is what a fault answers in place of the command, or OK.
func (f *faults) status() ctap.Status {
	for _, x := range f.now {
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
	ctap.CmdReset: StepReset, ctap.CmdSelection: StepSelection,
}

// stepsOf names the steps that a request is.
func stepsOf(cmd ctap.Command, body []byte) []Step {
	switch cmd {
	case ctap.CmdClientPIN:
		if s, ok := pinSteps[ctap.PINSubcommand(subcommand(cmd, body))]; ok {
			return []Step{s}
		}
		return nil
	case ctap.CmdConfig:
		return configSteps(body)
	}
	if s, ok := commandSteps[cmd]; ok {
		return []Step{s}
	}
	return nil
}

func configSteps(body []byte) []Step {
	out := []Step{StepConfig}
	var req ctap.ConfigRequest
	if ctap.DecodeRequest(body, &req) != nil {
		return out
	}
	switch req.Subcommand {
	case ctap.ConfigEnableEnterpriseAttestation:
		return append(out, StepEnterprise)
	case ctap.ConfigToggleAlwaysUV:
		return append(out, StepAlwaysUV)
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
