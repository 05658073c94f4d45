package softkey

import (
	"errors"
	"time"

	"keystation/station/ctap"
)

// authenticator is the CTAP2 side of a key. Like the device it stands on, it belongs to
// the goroutine that owns the key.
type authenticator struct {
	profile profile
	cfg     Config
	store   store
	state   state
	faults  faults
	attest  attester
	device  *device
	swaps   int // by a fault: how often this became another key

	poweredAt  time.Time
	wrongTries int // wrong PINs in this power-up
	agreement  agreementKeys
	token      token
	pending    pendingAssertions
}

func newAuthenticator(cfg Config, p profile) (*authenticator, error) {
	a := &authenticator{profile: p, cfg: cfg, store: store{path: cfg.StateFile}}
	a.faults = newFaults(cfg.Faults)
	var err error
	if a.state, err = a.store.load(p.name, cfg.Rand); err != nil {
		return nil, err
	}
	if a.attest, err = newAttester(p); err != nil {
		return nil, err
	}
	return a, nil
}

// powerUp forgets what power kept.
func (a *authenticator) powerUp() {
	a.poweredAt = a.cfg.Now()
	a.wrongTries = 0
	a.agreement, a.token, a.pending = agreementKeys{}, token{}, pendingAssertions{}
}

// commands are the commands a key of this kind knows (CTAP 2.1 §6).
var commands = map[ctap.Command]func(*authenticator, []byte) ([]byte, error){
	ctap.CmdGetInfo:          (*authenticator).getInfo,
	ctap.CmdMakeCredential:   (*authenticator).makeCredential,
	ctap.CmdGetAssertion:     (*authenticator).getAssertion,
	ctap.CmdGetNextAssertion: (*authenticator).getNextAssertion,
	ctap.CmdClientPIN:        (*authenticator).clientPIN,
	ctap.CmdReset:            (*authenticator).reset,
	ctap.CmdSelection:        (*authenticator).selection,
	ctap.CmdConfig:           (*authenticator).config,
}

// knows reports whether the profile has the command at all.
func (a *authenticator) knows(cmd ctap.Command) bool {
	switch cmd {
	case ctap.CmdClientPIN:
		return a.profile.pin
	case ctap.CmdConfig:
		return a.profile.config
	case ctap.CmdSelection: // CTAP 2.1 §6.9, not in 2.0
		return a.profile.since21()
	}
	return true
}

// answer runs a command, with its latency, its faults and the saving of what changed.
func (a *authenticator) answer(cmd ctap.Command, body []byte) ([]byte, error) {
	run, ok := commands[cmd]
	if !ok || !a.knows(cmd) {
		return nil, ctap.ErrInvalidCommand
	}
	if len(body) >= maxMessage { // CTAP 2.1 §6.4, maxMsgSize
		return nil, ctap.ErrRequestTooLarge
	}
	if err := a.device.pause(a.cfg.Latency.of(cmd, subcommand(cmd, body))); err != nil {
		return nil, err
	}
	if a.faults.strikes(Stuck) {
		return nil, a.device.hang()
	}
	if s := a.faults.now.status(); s != ctap.OK {
		return nil, s
	}
	if cmd != ctap.CmdGetNextAssertion { // CTAP 2.1 §6.3: any other command ends the sequence
		a.pending = pendingAssertions{}
	}
	before, swaps := a.state.clone(), a.swaps
	out, err := run(a, body)
	if swaps != a.swaps { // another key stands here by now, and was asked nothing
		return nil, errNoAnswer
	}
	return a.settle(before, out, err)
}

// settle saves what a command changed.
func (a *authenticator) settle(before state, out []byte, err error) ([]byte, error) {
	if errors.Is(err, errNoAnswer) || a.faults.strikes(Forget) {
		a.state = before
	}
	if saving := a.store.save(a.state); saving != nil {
		a.state = before
		return nil, ctap.ErrOther
	}
	return out, err
}

// touch asks for a touch; late is what the command answers when none comes.
func (a *authenticator) touch(late ctap.Status) error {
	err := a.device.awaitTouch()
	if errors.Is(err, errNoTouch) {
		return late
	}
	return err
}

// protected is "protected by some form of user verification" (CTAP 2.1 §2): these keys
// have no fingerprint reader, so it means that a PIN is set.
func (a *authenticator) protected() bool { return a.state.PINHash != nil }

// selection is authenticatorSelection (CTAP 2.1 §6.9): a touch says "this one".
func (a *authenticator) selection([]byte) ([]byte, error) {
	return nil, a.touch(ctap.ErrUserActionTimeout)
}

// reset is authenticatorReset (CTAP 2.1 §6.6).
func (a *authenticator) reset([]byte) ([]byte, error) {
	// Keys without a display refuse later than 10 s after power-up.
	if a.cfg.Now().Sub(a.poweredAt) > a.cfg.ResetWindow {
		return nil, ctap.ErrNotAllowed
	}
	if err := a.touch(ctap.ErrUserActionTimeout); err != nil {
		return nil, err
	}
	s, err := blank(a.state.Profile, a.state.Serial, a.cfg.Rand)
	if err != nil {
		return nil, ctap.ErrOther
	}
	a.state = s // the new device secret voids every credential
	a.token, a.agreement, a.wrongTries = token{}, agreementKeys{}, 0
	return nil, nil
}
