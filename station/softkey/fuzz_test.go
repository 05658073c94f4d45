package softkey_test

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// mouth is a node that a fuzz target speaks into; of what the key says only the latest
// report is kept.
type mouth struct {
	*pipe
	latest chan [ctaphid.Report]byte
}

func newMouth() mouth {
	return mouth{newPipe(), make(chan [ctaphid.Report]byte, 1)}
}

func (m mouth) Write(b []byte) (int, error) {
	select {
	case <-m.latest:
	default:
	}
	m.latest <- [ctaphid.Report]byte(slices.Concat(b, make([]byte, ctaphid.Report-len(b))))
	return len(b), nil
}

// fuzzed is a key that goes through a program of bytes: two bytes of operation and
// length, then what the operation takes.
type fuzzed struct {
	t     *testing.T
	key   *softkey.Key
	mouth mouth
}

// The operations of a program.
const (
	opReport  = iota // a raw report
	opMessage        // channel, command, data
	opCommand        // channel, CTAP2 command, parameters
	opHello          // a new program asks for a channel
	opPower          // the power is cycled
	opReplug         // out, and in again, at another node
	opOut            // out
	opTouch          // a finger
	opTime           // time passes: up to eleven minutes
	ops
)

// FuzzSoftkey does anything in any order to a key of any profile, with any fault or none:
// reports, messages of several programs, commands, hands, hours. Nothing may panic or
// hang, what the key keeps stays small, no goroutine outlives it (the bubble sees to
// that), and a key without a fault talks to a new program afterwards.
func FuzzSoftkey(f *testing.F) {
	for i, program := range programs(f) {
		for fault := range len(softkey.EveryFault()) + 1 {
			f.Add(byte(i), uint16(fault), byte(i+fault), program)
		}
	}
	profiles, faults := softkey.Profiles(), softkey.EveryFault()
	f.Fuzz(func(t *testing.T, profile byte, fault uint16, touch byte, program []byte) {
		cfg := softkey.Config{Profile: profiles[int(profile)%len(profiles)].Name}
		if n := int(fault) % (len(faults) + 1); n > 0 {
			cfg.Faults = faults[n-1 : n]
		}
		cfg.Touch = []softkey.TouchMode{0, softkey.TouchManual, softkey.TouchNever, softkey.TouchAuto(time.Second)}[touch%4]
		synctest.Test(t, func(t *testing.T) { fuzzOne(t, cfg, program) })
	})
}

func fuzzOne(t *testing.T, cfg softkey.Config, program []byte) {
	x := &fuzzed{t: t}
	cfg.Open = func() (softkey.Node, error) {
		x.mouth = newMouth()
		return x.mouth, nil
	}
	var err error
	if x.key, err = softkey.New(cfg); err != nil {
		t.Fatal(err)
	}
	x.run(opHello, nil)
	for len(program) > 1 {
		op, n := program[0], min(int(program[1]), len(program)-2)
		x.run(op, program[2:2+n])
		program = program[2+n:]
	}
	synctest.Wait()
	if kept := x.key.Kept(); kept.Channels > softkey.MaxChannels || kept.Message > ctaphid.MaxMessage || kept.State > 256<<10 ||
		kept.Counts > 2*len(softkey.FaultSteps()) {
		t.Errorf("the key keeps %+v", kept)
	}
	if len(cfg.Faults) == 0 {
		x.alive()
	}
	if err := x.key.Close(); err != nil {
		t.Error(err)
	}
}

// alive wants an answer to INIT after the power was cycled.
func (x *fuzzed) alive() {
	x.run(opReplug, nil)
	x.run(opHello, nil)
	synctest.Wait()
	select {
	case r := <-x.mouth.latest:
		if p, err := ctaphid.ParsePacket(r[:]); err != nil || p.Command != ctaphid.Init || p.Length != 17 {
			x.t.Errorf("INIT is answered with %x", r)
		}
	default:
		x.t.Error("INIT is not answered")
	}
}

// run does one thing to the key.
func (x *fuzzed) run(op byte, arg []byte) {
	switch op % ops {
	case opReport:
		var r [ctaphid.Report]byte
		copy(r[:], arg)
		x.say(r)
	case opMessage:
		if len(arg) > 1 {
			x.message(ctaphid.Message{Channel: ctaphid.Channel(arg[0]), Command: ctaphid.Command(arg[1]), Data: arg[2:]})
		}
	case opCommand:
		if len(arg) > 0 {
			x.message(ctaphid.Message{Channel: ctaphid.Channel(arg[0]), Command: ctaphid.CBOR, Data: arg[1:]})
		}
	case opHello:
		x.say(initial(ctaphid.Broadcast, ctaphid.Init, ctaphid.NonceSize))
	case opTime:
		d := time.Duration(len(arg)) * time.Second
		for _, b := range arg {
			d += time.Duration(b) * 10 * time.Millisecond
		}
		time.Sleep(d)
	default:
		x.hand(op % ops)
	}
}

func (x *fuzzed) hand(op byte) {
	switch op {
	case opPower:
		x.key.PowerCycle()
	case opReplug, opOut:
		x.key.Unplug()
		if op == opReplug {
			if err := x.key.Plug(); err != nil {
				x.t.Error(err)
			}
		}
	case opTouch:
		synctest.Wait() // for the key to come to where it waits
		x.key.Touch()
	}
}

func (x *fuzzed) say(r [ctaphid.Report]byte) {
	select {
	case x.mouth.in <- r:
	case <-x.mouth.closed:
	}
}

func (x *fuzzed) message(m ctaphid.Message) {
	packets, err := ctaphid.Packets(m)
	if err != nil {
		return
	}
	for _, p := range packets {
		x.say(p)
	}
}

// FuzzParseModel reads what a person may have written for a model. A key that is made of
// it goes through every command.
func FuzzParseModel(f *testing.F) {
	every := programs(f)[0]
	for _, p := range softkey.Profiles() {
		m, _ := softkey.ProfileModel(p.Name)
		b, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := softkey.ParseModel(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := softkey.ParseModel(again); err != nil {
			t.Errorf("what was read is written as %s: %v", again, err)
		}
		synctest.Test(t, func(t *testing.T) { fuzzOne(t, softkey.Config{Model: &m, Latency: softkey.Real}, every) })
	})
}

// programs are what fuzzing begins with: every command, well made, for two programs and
// with all that hands can do in between.
func programs(f *testing.F) (out [][]byte) {
	do := func(op byte, arg ...byte) []byte { return append([]byte{op, byte(len(arg))}, arg...) }
	command := func(ch byte, cmd ctap.Command, request any) []byte {
		b, err := ctap.Encode(request)
		if err != nil {
			f.Fatal(err)
		}
		return do(opCommand, append([]byte{ch, byte(cmd)}, b...)...)
	}
	bare := func(ch byte, cmd ctap.Command) []byte { return do(opCommand, ch, byte(cmd)) }
	every := slices.Concat(
		bare(1, ctap.CmdGetInfo), command(1, ctap.CmdMakeCredential, creation()), do(opTouch),
		command(1, ctap.CmdGetAssertion, probe(make([]byte, 62))), bare(1, ctap.CmdGetNextAssertion), bare(1, ctap.CmdSelection), do(opTouch),
		command(1, ctap.CmdClientPIN, ctap.ClientPINRequest{Subcommand: ctap.PINGetRetries}),
		command(1, ctap.CmdClientPIN, ctap.ClientPINRequest{PINUVAuthProtocol: 2, Subcommand: ctap.PINGetKeyAgreement}),
		command(1, ctap.CmdConfig, ctap.ConfigRequest{Subcommand: ctap.ConfigToggleAlwaysUV}), bare(1, ctap.CmdReset), do(opTouch))
	return [][]byte{
		every,
		slices.Concat(do(opHello), bare(1, ctap.CmdReset), bare(2, ctap.CmdGetInfo), do(opMessage, 1, byte(ctaphid.Cancel)), do(opTime, 1, 2, 3), do(opPower), do(opHello), bare(3, ctap.CmdGetInfo)),
		slices.Concat(do(opReport, 0, 0, 0, 1, 0x86, 0, 8), do(opReport, 0, 0, 0, 1, 0x81, 0xFF, 0xFF), do(opReport, 0, 0, 0, 1, 0x81, 1, 0), do(opReport, 0, 0, 0, 1, 0), do(opTime, 255)),
		slices.Concat(do(opMessage, 1, byte(ctaphid.Lock), 9), do(opMessage, 1, byte(ctaphid.Ping), 1, 2, 3), do(opMessage, 1, byte(ctaphid.Wink)), do(opOut), do(opReplug), do(opHello), do(opTime, 200, 200)),
		slices.Concat(do(opMessage, 1, byte(ctaphid.Msg), 0, 3, 0, 0, 0, 0, 0), do(opMessage, 1, 0xC2, 0), do(opMessage, 1, 0xE2), every),
		slices.Concat(command(1, ctap.CmdCredentialManagement, ctap.CredentialManagementRequest{Subcommand: ctap.EnumerateRPsNext}),
			command(1, ctap.CmdCredentialManagementPreview, ctap.CredentialManagementRequest{Subcommand: ctap.CredentialsMetadata, PINUVAuthParam: []byte{1}}),
			command(1, ctap.CmdGetAssertion, askingForSecrets()),
			do(opMessage, append([]byte{1, byte(ctaphid.Msg)}, registering().Encode()...)...), do(opTouch),
			do(opMessage, append([]byte{1, byte(ctaphid.Msg)}, authenticating(ctap.U2FEnforce, make([]byte, 62)).Encode()...)...)),
	}
}

func askingForSecrets() ctap.GetAssertionRequest {
	req := probe(make([]byte, 62))
	req.Options = nil
	req.Extensions.HMACSecret = &ctap.HMACSecretInput{KeyAgreement: []byte{0xA0}, SaltEnc: make([]byte, 32), SaltAuth: make([]byte, 16)}
	return req
}
