package station

import (
	"context"
	"errors"
	"fmt"

	"keystation/inventory"
	"keystation/station/ctap"
)

// openKey opens what is plugged in at the run's port and asks it what it is. The bench has at most one handle per key.
func (r *run) openKey(ctx context.Context) error {
	r.closeKey()
	port, err := r.b.cfg.Bus.At(ctx, r.port.ID)
	if err != nil {
		return fmt.Errorf("look at port %s: %w", r.port.ID, err)
	}
	if r.b.cfg.Policy.never(port) { // what the bus says of the key that is opened, not of one that was there before
		return refuse("This port or key is on the list of those that are never touched. It was not even asked what it is.")
	}
	if err := r.readSerial(ctx, port); err != nil {
		return fmt.Errorf("open key: %w", err)
	}
	if r.b.cfg.Policy.neverNumber(r.read.Number) {
		return refuse("This key is on the list of those that are never touched. It was asked for its serial number and for nothing else.")
	}
	auth, err := r.open(ctx, port)
	if err != nil {
		return fmt.Errorf("open key: %w", err)
	}
	info, err := auth.Info(ctx)
	if err != nil {
		_ = auth.Close() // the fault that is told is the first one
		return fmt.Errorf("ask key: %w", err)
	}
	r.anew = port.Plug == "" || port.Plug != r.port.Plug
	r.port, r.auth, r.info = port, auth, info
	r.long.Store(info.LongTouchForReset)
	return nil
}

func (r *run) open(ctx context.Context, port Port) (Authenticator, error) {
	node := r.b.node(port.Path)
	node.Lock()
	defer node.Unlock()
	return r.b.cfg.Open(ctx, port.Path, r.listener())
}

// closeKey gives the key back. What Close has to say changes nothing: the handle is gone either way.
func (r *run) closeKey() {
	if r.auth == nil {
		return
	}
	if err := r.auth.Close(); err != nil {
		r.log("close key", err)
	}
	r.auth = nil
}

// listener shows that the key waits for a touch, and that it has it. What it gives is called while the key works, from
// any goroutine, and does not block. A key that asks for a touch while a replug is asked for has been replugged; until
// then its work is that of being asked if it came.
func (r *run) listener() func(ctap.Keepalive) {
	b, port := r.b, r.port.ID
	return func(k ctap.Keepalive) {
		if k != ctap.KeepaliveUPNeeded {
			if !r.polling.Load() {
				r.wants(wantWork)
			}
			b.heard(port, ctap.KeepaliveProcessing)
			return
		}
		r.wants(wantTouch)
		if r.polling.Swap(false) {
			b.replugged(port)
		}
		if r.long.Load() {
			b.heard(port, longTouch(k))
			return
		}
		b.heard(port, k)
	}
}

// wants notes what the run waits for, if it has a turn with the hands. It may be called from any goroutine.
func (r *run) wants(w want) {
	if a := r.asks.Load(); a != nil {
		a.want(w)
	}
}

// reopened confirms an act on a fresh handle: what a key answered on the old one is not believed, and it must be the same
// key. What it answered for its tag comes with it; empty: it was not asked.
func (r *run) reopened(ctx context.Context, ok func(ctap.Info) bool, otherwise string) (tagAnswer, error) {
	if err := r.openKey(ctx); err != nil {
		return "", err
	}
	answer, err := r.stillSame(ctx)
	if err == nil && !ok(r.info) {
		err = aside(otherwise, "Plug it in again and make it anew; if it happens again, return it to the supplier.")
	}
	return answer, err
}

// stillSame refuses to go on when a fresh handle shows another key than the one that the run began with: another make,
// or, where it may have been plugged in anew, one that does not hold the tag. A key whose PIN change is forced is the one
// that was told so, even if it denies its tag. Until the reset is done nothing may be wiped but the very key that was
// let go.
func (r *run) stillSame(ctx context.Context) (tagAnswer, error) {
	if !r.sameMake(r.began) {
		return "", r.another()
	}
	if r.tagReg == nil && !r.erased {
		return "", r.sameKey(ctx, r.began)
	}
	if r.tagReg == nil || !r.anew {
		return "", nil
	}
	answer, err := r.answersTag(ctx, *r.tagReg, nil)
	if err == nil && answer == tagGone && !r.info.ForcePINChange {
		err = r.another()
	}
	return answer, err
}

// identity is what a key is held against when it comes back from a replug or a reset.
type identity struct {
	fingerprint string // model, firmware and capabilities; what a reset changes is left out
	serial      string // USB iSerial as found, dummy or not
	number      string // what it said by its maker's command; empty: nothing
	named       bool   // it says a serial that is no dummy
	hasPIN      bool
	tag         *inventory.Registration // that it answered to; nil: none is known
}

func (r *run) identity() identity {
	return identity{r.info.Fingerprint(), r.port.Serial, r.makersNumber(), r.read.Number != "" && !r.series, r.info.HasPIN(), r.answered}
}

// sameKey refuses to go on with another key than the one that the run began with. Two keys of a model that carry neither
// serial nor tag can be told apart by their port only; a serial, a PIN or a tag that does not fit is another key.
func (r *run) sameKey(ctx context.Context, was identity) error {
	same := r.sameMake(was) && r.info.HasPIN() == was.hasPIN
	if same && was.tag != nil {
		answer, err := r.answersTag(ctx, *was.tag, nil)
		if err != nil {
			return err
		}
		same = answer == tagHeld
	}
	if same {
		return nil
	}
	return r.another()
}

// sameMake is as much of [run.sameKey] as survives a reset.
func (r *run) sameMake(was identity) bool {
	return r.info.Fingerprint() == was.fingerprint && r.port.Serial == was.serial && r.makersNumber() == was.number && !r.b.cfg.Policy.never(r.port)
}

// another ends the run since another key is in its port. Its own key comes back by its tag, by its serial or, blank, by
// this port; one that has a PIN and may answer to neither is put aside, since nobody could tell what it is.
func (r *run) another() error {
	r.swapped = true
	where := r.port.Title()
	if r.key.ID == "" {
		return waited("Another key was plugged in at %s and was left as it is. Plug the first one in again, or pull this one and start over.", where)
	}
	r.b.tell(r.port.ID, fmt.Sprintf("%s was pulled out here before it was finished: find it and plug it in again.", r.key.Tag))
	forced := r.tile.Step == string(inventory.Force)
	if r.pinned && !r.began.named && (r.tagReg == nil || forced) {
		return aside(fmt.Sprintf("%s was pulled out of %s after its PIN was set, and may not answer when it is asked who it is.", r.key.Tag, where),
			"Find it, plug it in, and say yes when it asks to be wiped.")
	}
	return waited("Another key was plugged in at %s and was left as it is. %s is not finished and has no PIN that counts: plug it in again to make it.", where, r.key.Tag)
}

// tell keeps what the next key at a port shall say about the one before it.
func (b *Bench) tell(port, sentence string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told[port] = sentence
}

func (b *Bench) takeTold(port string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	sentence := b.told[port]
	delete(b.told, port)
	return sentence
}

// tagAnswer is what a key says when it is asked in silence for a credential.
type tagAnswer string

const (
	tagHeld      tagAnswer = "held"      // it signed: this is the key
	tagGone      tagAnswer = "gone"      // NO_CREDENTIALS: another key, or reset since
	tagMute      tagAnswer = "mute"      // it answers nothing of the kind in its present state
	tagUndecided tagAnswer = "undecided" // its signature does not verify: neither proof nor swap
)

// answersTag asks the key for a tag credential without a touch. A key that is busy is an error: it said nothing.
func (r *run) answersTag(ctx context.Context, reg inventory.Registration, pin inventory.PIN) (tagAnswer, error) {
	hash, err := r.b.nonce()
	if err != nil {
		return tagUndecided, err
	}
	a, err := r.auth.Assert(ctx, RequestOptions{RPID: reg.RPID, ClientDataHash: hash, AllowCredential: [][]byte{reg.CredentialID}}, pin)
	switch {
	case errors.Is(err, ctap.ErrNoCredentials):
		return tagGone, nil
	case err != nil && (!refusedByKey(err) || errors.Is(err, ctap.ErrChannelBusy)):
		return tagUndecided, fmt.Errorf("ask for the tag: %w", err)
	case err != nil:
		return tagMute, nil
	case verifies(reg, a, hash):
		return tagHeld, nil
	}
	return tagUndecided, nil
}

// verifies checks an assertion with the public key of its registration (WebAuthn §7.2 steps 15 and 20).
func verifies(reg inventory.Registration, a Assertion, hash []byte) bool {
	data, err := ctap.ParseAuthData(a.AuthData)
	if err != nil || data.RPIDHash != rpIDHash(reg.RPID) {
		return false
	}
	return ctap.VerifySignature(reg.PublicKey, append(append([]byte{}, a.AuthData...), hash...), a.Signature) == nil
}
