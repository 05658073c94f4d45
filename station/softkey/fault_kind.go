package softkey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The kinds there are, beside a status code, which is answered instead of doing the step.
const (
	Vanish            Kind = "vanish"
	Unplugged         Kind = "unplug"
	VanishAtKeepalive Kind = "vanish-at-keepalive"
	UnplugAtKeepalive Kind = "unplug-at-keepalive"
	Dead              Kind = "dead"
	Stuck             Kind = "stuck"
	Late              Kind = "late"
	Twice             Kind = "twice"
	WrongChannel      Kind = "wrong-channel"
	OutOfSequence     Kind = "out-of-sequence"
	Truncated         Kind = "truncated"
	Oversized         Kind = "oversized"
	Garbage           Kind = "garbage"
	Forget            Kind = "forget"
	WrongSignature    Kind = "wrong-signature"
	WrongAAGUID       Kind = "wrong-aaguid"
	Swap              Kind = "swap"
)

// FaultKind is a kind as a person reads of it.
type FaultKind struct {
	Kind Kind
	Form string // how it is written, with its value
	Says string // what happens, in a line
}

type kindRow struct {
	FaultKind
	value value
	at    places
}

// places are the steps at which a kind makes sense; StepAny is always one.
type places int

const (
	atCommands   places = iota // CTAP2 commands
	atAnswers                  // and INIT and WINK, which are answered as well
	atAnything                 // and when power comes
	atSignatures               // where the key signs
	atModels                   // where the key says which model it is
)

// kinds is the table that ParseFault, the key and the help text go by.
var kinds = []kindRow{
	{FaultKind{Vanish, "vanish[=N]", "the step is done; its answer never comes, or ends after N bytes"}, bytesValue, atAnswers},
	{FaultKind{Unplugged, "unplug[=N]", "the step is done; the key is out before its answer, or N bytes into it"}, bytesValue, atAnswers},
	{FaultKind{VanishAtKeepalive, "vanish-at-keepalive=N", "the step is done; after N keepalives nothing more is said of it"}, keepalives, atCommands},
	{FaultKind{UnplugAtKeepalive, "unplug-at-keepalive=N", "the key is out after N keepalives; a touch not yet given never was"}, keepalives, atCommands},
	{FaultKind{Dead, "dead", "the step is done; then the key says nothing until its power is cycled"}, none, atAnything},
	{FaultKind{Stuck, "stuck", "the step is not done; keepalives come for ever, and CANCEL does not help"}, none, atCommands},
	{FaultKind{Late, "late[=TIME]", "the step is done; its answer comes after TIME (5s) of keepalives"}, delay, atCommands},
	{FaultKind{Twice, "twice", "the answer comes twice"}, none, atAnswers},
	{FaultKind{WrongChannel, "wrong-channel", "the answer comes on a channel that nobody has"}, none, atAnswers},
	{FaultKind{OutOfSequence, "out-of-sequence", "the answer's last packet has the wrong number"}, none, atAnswers},
	{FaultKind{Truncated, "truncated", "the answer is a whole message, but its second half is missing"}, none, atAnswers},
	{FaultKind{Oversized, "oversized", "the answer claims to be longer than any message can be"}, none, atAnswers},
	{FaultKind{Garbage, "garbage", "the answer is OK and then bytes that are no CBOR"}, none, atAnswers},
	{FaultKind{Forget, "forget", "the answer says that it was done, and it was not"}, none, atCommands},
	{FaultKind{WrongSignature, "wrong-signature", "the signature does not verify"}, none, atSignatures},
	{FaultKind{WrongAAGUID, "wrong-aaguid", "getInfo, or the attestation's certificate, names another model"}, none, atModels},
	{FaultKind{Swap, "swap[=PROFILE]", "after the answer a blank key of this profile, or PROFILE, is in its place"}, profileValue, atAnything},
}

// FaultKinds lists the kinds there are, beside a status code.
func FaultKinds() []FaultKind {
	var out []FaultKind
	for _, r := range kinds {
		out = append(out, r.FaultKind)
	}
	return out
}

// EveryFault gives each step with each kind that can strike there, always, with the
// least value that the kind takes. Status codes are left to the caller.
func EveryFault() []Fault {
	var out []Fault
	for _, s := range steps {
		for _, r := range kinds {
			f := Fault{Step: s, Kind: r.Kind}
			if r.value.needed {
				f.N = 1
			}
			if f.fits() {
				out = append(out, f)
			}
		}
	}
	return out
}

func rowOf(k Kind) (kindRow, bool) {
	i := slices.IndexFunc(kinds, func(r kindRow) bool { return r.Kind == k })
	if i < 0 {
		return kindRow{}, false
	}
	return kinds[i], true
}

func kindNames() string {
	var out []string
	for _, r := range kinds {
		out = append(out, string(r.Kind))
	}
	return strings.Join(out, ", ")
}

// fits reports whether the fault can show at its step.
func (f Fault) fits() bool {
	at := atAnswers // a status
	if row, ok := rowOf(f.Kind); ok {
		at = row.at
	}
	switch at {
	case atSignatures:
		return slices.Contains([]Step{StepAny, StepMakeCredential, StepGetAssertion, StepNextAssertion}, f.Step)
	case atModels:
		return slices.Contains([]Step{StepAny, StepGetInfo, StepMakeCredential}, f.Step)
	}
	switch f.Step {
	case StepPowerUp:
		return at == atAnything
	case StepInit, StepWink, StepVendor, StepU2F:
		return at == atAnswers || at == atAnything
	}
	return true
}

// value is what stands behind the = of a kind.
type value struct {
	needed bool
	read   func(*Fault, string) error
	show   func(Fault) string
}

var (
	none         = value{read: func(_ *Fault, s string) error { return fmt.Errorf("nothing is due after the =, not %q", s) }}
	bytesValue   = value{read: readN, show: showN}
	keepalives   = value{needed: true, read: readN, show: showN}
	delay        = value{read: readDelay, show: showDelay}
	profileValue = value{read: readProfile, show: func(f Fault) string { return f.Profile }}
)

// mostN keeps a fault at a keepalive from waiting for ever: ten minutes of them.
const mostN = 6000

func readN(f *Fault, s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > mostN {
		return fmt.Errorf("a number from 1 to %d is due after the =, not %q", mostN, s)
	}
	f.N = n
	return nil
}

func showN(f Fault) string {
	if f.N == 0 {
		return ""
	}
	return strconv.Itoa(f.N)
}

func readDelay(f *Fault, s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return fmt.Errorf("a time such as 300ms or 90s is due after the =, not %q", s)
	}
	f.Delay = d
	return nil
}

func showDelay(f Fault) string {
	if f.Delay == 0 {
		return ""
	}
	return f.Delay.String()
}

func readProfile(f *Fault, s string) error {
	if _, ok := ProfileModel(s); !ok {
		return fmt.Errorf("there is no profile %q; the profiles are %s", s, profileNames())
	}
	f.Profile = s
	return nil
}
