package softkey

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"time"

	"keystation/station/ctap"
)

// u2fAllowed reports whether CTAP1 is served now: alwaysUv turns it off, because U2F knows no PIN (CTAP 2.1 §7.2).
func (a *authenticator) u2fAllowed() bool { return a.model.speaksU2F() && !a.state.AlwaysUV }

// u2f answers a CTAP1 message (FIDO U2F Raw Message Formats v1.2). The only error is errNoAnswer.
func (a *authenticator) u2f(message []byte) ([]byte, error) {
	a.endSequences(0)
	before, swaps := a.state.clone(), a.swaps
	out, err := a.u2fCommand(message)
	if swaps != a.swaps { // another key stands here by now, and was asked nothing
		return nil, errNoAnswer
	}
	if out, err = a.settle(before, out, err); errors.Is(err, errNoAnswer) {
		return nil, err
	}
	status := ctap.U2FNoError
	if err != nil {
		out, status = nil, ctap.U2FOther
		errors.As(err, &status)
	}
	return status.Append(out), nil
}

func (a *authenticator) u2fCommand(message []byte) ([]byte, error) {
	req, err := ctap.ParseU2FRequest(message)
	if err != nil {
		return nil, err
	}
	switch {
	case req.Instruction == ctap.U2FVersion && len(req.Data) > 0:
		return nil, ctap.U2FWrongLength
	case req.Instruction == ctap.U2FVersion:
		return []byte(ctap.VersionU2F), nil
	case req.Instruction != ctap.U2FRegister && req.Instruction != ctap.U2FAuthenticate:
		return nil, ctap.U2FInstructionUnknown
	case !a.u2fAllowed():
		return nil, ctap.U2FNotAllowed
	case req.Instruction == ctap.U2FRegister:
		return a.u2fRegister(req)
	}
	return a.u2fAuthenticate(req)
}

// u2fRegister is a registration (§4): a new key pair for the application, attested.
func (a *authenticator) u2fRegister(req ctap.U2FRequest) ([]byte, error) {
	if len(req.Data) != 2*sha256.Size {
		return nil, ctap.U2FWrongLength
	}
	challenge, application := req.Data[:sha256.Size], [sha256.Size]byte(req.Data[sha256.Size:])
	if !a.present() {
		return nil, ctap.U2FConditionsNotSatisfied
	}
	if err := a.device.pause(a.latency(ctap.CmdMakeCredential, nil)); err != nil {
		return nil, err
	}
	c, err := a.state.newCredential(application, ctap.UVOptional, false, a.cfg.Rand)
	if err != nil {
		return nil, err
	}
	point, err := c.key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	const reserved, reservedToSign = 0x05, 0x00
	sig, err := sign(a.attest.key.PrivateKey, bytes.Join([][]byte{{reservedToSign}, application[:], challenge, c.id, point}, nil))
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{{reserved}, point, {byte(len(c.id))}, c.id, a.attest.leaf, sig}, nil), nil
}

// u2fAuthenticate is an authentication (§5), with each of its three control bytes.
func (a *authenticator) u2fAuthenticate(req ctap.U2FRequest) ([]byte, error) {
	const head = 2*sha256.Size + 1
	if len(req.Data) < head || len(req.Data) != head+int(req.Data[head-1]) {
		return nil, ctap.U2FWrongLength
	}
	challenge, application := req.Data[:sha256.Size], [sha256.Size]byte(req.Data[sha256.Size:])
	c, ok := a.state.open(req.Data[head:], application)
	if !ok || c.protect == ctap.UVRequired { // CTAP 2.1 §12.1: not without user verification, which U2F has none of
		return nil, ctap.U2FWrongData
	}
	var flags ctap.Flags
	switch req.P1 {
	case ctap.U2FCheckOnly: // §5.1: this status says that the handle is good
		return nil, ctap.U2FConditionsNotSatisfied
	case ctap.U2FEnforce:
		if !a.present() {
			return nil, ctap.U2FConditionsNotSatisfied
		}
		flags = ctap.FlagUP
	case ctap.U2FDontEnforce:
	default:
		return nil, ctap.U2FWrongParameter
	}
	if err := a.device.pause(a.latency(ctap.CmdGetAssertion, nil)); err != nil {
		return nil, err
	}
	signed := ctap.AuthData{RPIDHash: application, Flags: flags, Counter: a.count()}.Encode() // the same bytes as §5.4
	sig, err := sign(c.key, append(bytes.Clone(signed), challenge...))
	if err != nil {
		return nil, err
	}
	return append(signed[sha256.Size:], sig...), nil
}

// wantedFor is how long a touch is wanted for after U2F last asked for it.
const wantedFor = 10 * time.Second

// present is the test of user presence in U2F, which does not wait: the platform asks again until somebody has touched
// the key (§3.3, SW_CONDITIONS_NOT_SATISFIED).
func (a *authenticator) present() bool {
	d, now := a.device, time.Now()
	fresh := a.asked.IsZero() || now.Sub(a.asked) > max(wantedFor, 2*time.Duration(a.cfg.Touch))
	if fresh {
		select {
		case <-d.touches: // left over from a wait that ended otherwise
		default:
		}
		a.asked = now
		d.waiting.Store(true)
		d.cfg.OnEvent(Event{Kind: WaitingForTouch, U2F: true})
	}
	if !a.touchedSince(a.asked, now) {
		return false
	}
	a.asked = time.Time{}
	d.waiting.Store(false)
	d.cfg.OnEvent(Event{Kind: Touched, U2F: true})
	return true
}

// touchedSince reports whether a touch has come after the key asked for one.
func (a *authenticator) touchedSince(asked, now time.Time) bool {
	if a.cfg.Touch >= 0 {
		return now.Sub(asked) >= time.Duration(a.cfg.Touch)
	}
	if a.cfg.Touch == TouchNever {
		return false
	}
	select {
	case <-a.device.touches:
		return true
	default:
		return false
	}
}
