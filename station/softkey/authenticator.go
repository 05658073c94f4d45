package softkey

import (
	"errors"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keystation/station/ctap"
)

// authenticator is the CTAP2 side of a key. Like the device it stands on, it belongs to
// the goroutine that owns the key.
type authenticator struct {
	model   Model                     // without what a software key cannot do
	factory map[int64]cbor.RawMessage // the members of its getInfo fresh from a reset
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
	listing    listing
	asked      time.Time // when U2F first asked for the touch that it still wants
}

func newAuthenticator(cfg Config, m Model) (*authenticator, error) {
	a := &authenticator{cfg: cfg, store: store{path: cfg.StateFile}}
	a.faults = newFaults(cfg.Faults, func(f Fault) { cfg.OnEvent(Event{Kind: Struck, Fault: f}) })
	if err := a.be(m); err != nil {
		return nil, err
	}
	var err error
	if a.state, err = a.store.load(a.model, cfg.Rand); err != nil {
		return nil, err
	}
	return a, nil
}

// be makes the key one of this model, without a state.
func (a *authenticator) be(m Model) error {
	m = m.honest()
	factory, err := factoryMembers(m)
	if err != nil {
		return err
	}
	attest, err := newAttester(m)
	if err != nil {
		return err
	}
	a.model, a.factory, a.attest = m, factory, attest
	return nil
}

// powerUp forgets what power kept.
func (a *authenticator) powerUp() {
	a.poweredAt = a.cfg.Now()
	a.wrongTries = 0
	a.agreement, a.token, a.pending, a.listing = agreementKeys{}, token{}, pendingAssertions{}, listing{}
	a.asked = time.Time{}
	a.device.waiting.Store(false)
}

// commands are the commands that some key knows (CTAP 2.1 §6).
var commands = map[ctap.Command]func(*authenticator, []byte) ([]byte, error){
	ctap.CmdGetInfo:          (*authenticator).getInfo,
	ctap.CmdMakeCredential:   (*authenticator).makeCredential,
	ctap.CmdGetAssertion:     (*authenticator).getAssertion,
	ctap.CmdGetNextAssertion: (*authenticator).getNextAssertion,
	ctap.CmdClientPIN:        (*authenticator).clientPIN,
	ctap.CmdReset:            (*authenticator).reset,
	ctap.CmdSelection:        (*authenticator).selection,
	ctap.CmdConfig:           (*authenticator).config,

	ctap.CmdCredentialManagement:        (*authenticator).credentialManagement,
	ctap.CmdCredentialManagementPreview: (*authenticator).previewedManagement,
}

// knows reports whether the model has the command at all.
func (a *authenticator) knows(cmd ctap.Command) bool {
	switch cmd {
	case ctap.CmdClientPIN:
		return a.has(ctap.OptionClientPIN)
	case ctap.CmdConfig:
		return a.model.GetInfo.CanConfigure()
	case ctap.CmdCredentialManagement:
		return a.model.GetInfo.Options[ctap.OptionCredMgmt]
	case ctap.CmdCredentialManagementPreview:
		return a.model.GetInfo.Options[ctap.OptionCredMgmtPreview]
	case ctap.CmdSelection: // CTAP 2.1 §6.9, not in 2.0
		return a.model.since21()
	}
	return true
}

// answer runs a command, with its latency, its faults and the saving of what changed.
func (a *authenticator) answer(cmd ctap.Command, body []byte) ([]byte, error) {
	run, ok := commands[cmd]
	if !ok || !a.knows(cmd) {
		return nil, a.model.Quirks.UnknownCommand.or(ctap.ErrInvalidCommand)
	}
	if len(body) >= a.model.maxMessage() { // CTAP 2.1 §6.4, maxMsgSize
		return nil, ctap.ErrRequestTooLarge
	}
	if err := a.device.pause(a.latency(cmd, body)); err != nil {
		return nil, err
	}
	if a.faults.strikes(Stuck) {
		return nil, a.device.hang()
	}
	if s := a.faults.now.status(); s != ctap.OK {
		return nil, s
	}
	a.endSequences(cmd)
	before, swaps := a.state.clone(), a.swaps
	out, err := run(a, body)
	if swaps != a.swaps { // another key stands here by now, and was asked nothing
		return nil, errNoAnswer
	}
	return a.settle(before, out, err)
}

// endSequences forgets what a command does not go on with (CTAP 2.1 §6, stateful commands).
func (a *authenticator) endSequences(cmd ctap.Command) {
	if cmd != ctap.CmdGetNextAssertion { // §6.3
		a.pending = pendingAssertions{}
	}
	if cmd != ctap.CmdCredentialManagement && cmd != ctap.CmdCredentialManagementPreview { // §6.8
		a.listing = listing{}
	}
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
		return nil, a.model.Quirks.ResetLate.or(ctap.ErrNotAllowed)
	}
	if !a.model.Quirks.ResetWithoutTouch {
		if err := a.touch(a.model.Quirks.ResetUntouched.or(ctap.ErrUserActionTimeout)); err != nil {
			return nil, err
		}
	}
	s, err := blank(a.model, a.state.Serial, a.cfg.Rand)
	if err != nil {
		return nil, ctap.ErrOther
	}
	a.state = s // the new device secret voids every credential
	a.token, a.agreement, a.wrongTries = token{}, agreementKeys{}, 0
	return nil, nil
}
