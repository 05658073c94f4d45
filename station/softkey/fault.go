package softkey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"keystation/station/ctap"
)

// Step is a place where a fault can strike: a command, a subcommand that has a name of
// its own, or something that the transport does.
type Step string

// The steps there are.
const (
	StepAny            Step = "any" // every CTAP2 command
	StepGetInfo        Step = "get-info"
	StepMakeCredential Step = "make-credential"
	StepGetAssertion   Step = "get-assertion"
	StepNextAssertion  Step = "get-next-assertion"
	StepReset          Step = "reset"
	StepSelection      Step = "selection"
	StepGetRetries     Step = "get-retries"
	StepKeyAgreement   Step = "key-agreement"
	StepSetPIN         Step = "set-pin"
	StepChangePIN      Step = "change-pin"
	StepGetToken       Step = "get-token"
	StepCredentials    Step = "credential-management" // any of its subcommands
	StepConfig         Step = "config"                // any subcommand of authenticatorConfig
	StepEnterprise     Step = "enable-ep"
	StepAlwaysUV       Step = "toggle-always-uv"
	StepMinPIN         Step = "set-min-pin"
	StepForcePIN       Step = "force-pin"
	StepInit           Step = "init"     // CTAPHID_INIT, how a program begins
	StepWink           Step = "wink"     // CTAPHID_WINK
	StepVendor         Step = "vendor"   // a command that only this vendor's keys know
	StepU2F            Step = "u2f"      // CTAPHID_MSG
	StepPowerUp        Step = "power-up" // being plugged in or power-cycled
)

var steps = []Step{StepAny, StepGetInfo, StepMakeCredential, StepGetAssertion, StepNextAssertion, StepReset, StepSelection,
	StepGetRetries, StepKeyAgreement, StepSetPIN, StepChangePIN, StepGetToken, StepCredentials, StepConfig, StepEnterprise,
	StepAlwaysUV, StepMinPIN, StepForcePIN, StepInit, StepWink, StepVendor, StepU2F, StepPowerUp}

// FaultSteps lists the steps at which a fault can strike.
func FaultSteps() []Step { return slices.Clone(steps) }

func stepNames() string {
	var out []string
	for _, s := range steps {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// Fault is something that goes wrong at a step.
type Fault struct {
	Step   Step
	Kind   Kind        // empty: Status
	Status ctap.Status // what is answered instead, when Kind is empty; a CTAPHID error where the step is CTAPHID's
	Nth    int         // only the n-th time the step comes, counted from 1; 0: always

	SincePowerUp bool // Nth counts from the latest power-up, else from the key's beginning

	N       int           // bytes of Vanish and Unplugged; keepalives of VanishAtKeepalive and UnplugAtKeepalive
	Delay   time.Duration // of Late; 0: 5 s
	Profile string        // of Swap: which key comes; empty: one of the same profile
}

// ParseFault reads STEP:KIND, STEP#N:KIND or STEP~N:KIND, where KIND is one of the kinds,
// with =VALUE where it takes one, or a status code in hexadecimal: reset:forget,
// any#7:unplug=70, get-token~2:0x31. #N counts from the key's beginning, ~N from its
// latest power-up.
func ParseFault(s string) (Fault, error) {
	f, err := parseFault(s)
	if err != nil {
		return Fault{}, fmt.Errorf("parse fault %q: %w", s, err)
	}
	return f, nil
}

func parseFault(s string) (Fault, error) {
	place, kind, ok := strings.Cut(s, ":")
	if !ok {
		return Fault{}, fmt.Errorf("say STEP:KIND, such as reset:forget")
	}
	f, err := parsePlace(place)
	if err != nil {
		return f, err
	}
	word, value, valued := strings.Cut(kind, "=")
	row, ok := rowOf(Kind(word))
	if !ok {
		f.Status, err = parseStatus(kind)
		return f, orNotHere(f, err)
	}
	if f.Kind = row.Kind; valued || row.value.needed {
		err = row.value.read(&f, value)
	}
	return f, orNotHere(f, err)
}

// parsePlace reads STEP, STEP#N and STEP~N.
func parsePlace(s string) (Fault, error) {
	var f Fault
	name, nth := s, ""
	if at := strings.IndexAny(s, "#~"); at >= 0 {
		name, nth, f.SincePowerUp = s[:at], s[at+1:], s[at] == '~'
		n, err := strconv.Atoi(nth)
		if err != nil || n < 1 {
			return f, fmt.Errorf("%q is not a number from 1 on", nth)
		}
		f.Nth = n
	}
	if f.Step = Step(name); !slices.Contains(steps, f.Step) {
		return f, fmt.Errorf("there is no step %q; the steps are %s", name, stepNames())
	}
	return f, nil
}

func parseStatus(s string) (ctap.Status, error) {
	code, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 8)
	if err != nil || code == 0 {
		return 0, fmt.Errorf("%q is neither a status code such as 0x30 nor one of the kinds, which are %s", s, kindNames())
	}
	return ctap.Status(code), nil
}

// orNotHere refuses a fault that would do nothing at its step.
func orNotHere(f Fault, err error) error {
	if err == nil && !f.fits() {
		return fmt.Errorf("%q cannot strike at %s", f.what(), f.Step)
	}
	return err
}

// String is what ParseFault reads.
func (f Fault) String() string {
	place := string(f.Step)
	if f.Nth > 0 && f.SincePowerUp {
		place += "~" + strconv.Itoa(f.Nth)
	} else if f.Nth > 0 {
		place += "#" + strconv.Itoa(f.Nth)
	}
	return place + ":" + f.what()
}

func (f Fault) what() string {
	if f.Kind == "" {
		return fmt.Sprintf("0x%02X", byte(f.Status))
	}
	if row, ok := rowOf(f.Kind); ok && row.value.show != nil {
		if v := row.value.show(f); v != "" {
			return string(f.Kind) + "=" + v
		}
	}
	return string(f.Kind)
}
