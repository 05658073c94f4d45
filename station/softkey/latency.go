package softkey

import (
	"slices"
	"time"

	"keystation/station/ctap"
)

// realLatency is how long a command takes on a hardware key beside the touch. The
// figures are round numbers of the order that owners of present USB keys see: a P-256
// key pair plus an attestation signature a quarter of a second, one signature and a
// counter write less, key agreement with a precomputed key little, erasing flash most.
// They are for planning and for benches that compare, not measurements of any model.
var realLatency = map[ctap.Command]time.Duration{
	ctap.CmdGetInfo:          20 * time.Millisecond,
	ctap.CmdMakeCredential:   250 * time.Millisecond,
	ctap.CmdGetAssertion:     150 * time.Millisecond,
	ctap.CmdGetNextAssertion: 150 * time.Millisecond,
	ctap.CmdClientPIN:        150 * time.Millisecond,
	ctap.CmdConfig:           100 * time.Millisecond,
	ctap.CmdReset:            400 * time.Millisecond,
	ctap.CmdSelection:        10 * time.Millisecond,

	ctap.CmdCredentialManagement:        50 * time.Millisecond,
	ctap.CmdCredentialManagementPreview: 50 * time.Millisecond,
}

// realPINLatency refines clientPIN: two of its subcommands do no scalar multiplication
// against the platform's key and write no flash.
var realPINLatency = map[ctap.PINSubcommand]time.Duration{
	ctap.PINGetRetries:      20 * time.Millisecond,
	ctap.PINGetUVRetries:    20 * time.Millisecond,
	ctap.PINGetKeyAgreement: 40 * time.Millisecond,
}

// latency is how long the command takes on this key beside the touch: as its model was measured, or as usual.
func (a *authenticator) latency(cmd ctap.Command, body []byte) time.Duration {
	if a.cfg.Latency == Instant {
		return 0
	}
	for _, s := range slices.Backward(stepsOf(cmd, body)) { // the closest name is the last
		if ms, ok := a.model.Timing.Steps[s]; ok {
			return time.Duration(ms) * time.Millisecond
		}
	}
	if t, ok := realPINLatency[ctap.PINSubcommand(subcommand(cmd, body))]; ok && cmd == ctap.CmdClientPIN {
		return t
	}
	return realLatency[cmd]
}
