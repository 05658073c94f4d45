package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
	"keystation/station/softkey"
)

// When a reset is tried after power-up: between the windows of five and of ten seconds that keys have, and after both.
const (
	betweenWindows = 7 * time.Second
	afterWindows   = 12 * time.Second
)

// replugLimit is how long hands have for a replug.
const replugLimit = 2 * time.Minute

// wipe tries what destroys everything on the key, and leaves it blank, or says that it is not.
func (p *prober) wipe(ctx context.Context) error {
	if err := p.window(ctx); err != nil {
		return err
	}
	if err := p.reset(ctx); err != nil {
		return err
	}
	pin := inventory.PIN(rand.Text()[:16])
	defer pin.Wipe()
	err := p.use(ctx, pin)
	if last := p.reset(ctx); last != nil {
		return errors.Join(err, last, inventory.Refuse(inventory.Unavailable,
			"The key at %s is not blank: it has a PIN that nobody knows. Reset it before you use it.", p.port.Title()))
	}
	return err
}

// window finds out when the key takes no reset any more, and what it says then and when nobody touches it.
func (p *prober) window(ctx context.Context) error {
	early, err := p.untouched(ctx, betweenWindows)
	if err != nil {
		return err
	}
	m := &p.report.Model
	if early.refused() { // its window is the shorter one
		m.Timing.ResetWindow, m.Quirks.ResetLate = 5000, unlike(early.status, ctap.ErrNotAllowed)
		if early, err = p.untouched(ctx, 0); err != nil {
			return err
		}
	}
	switch {
	case early.waited:
		m.Quirks.ResetUntouched = unlike(early.status, ctap.ErrUserActionTimeout)
		if s := early.took.Round(time.Second); early.status != ctap.OK && s != 30*time.Second {
			m.Timing.TouchTimeout = int(s.Milliseconds())
		}
	case early.status == ctap.OK:
		m.Quirks.ResetWithoutTouch = true
	}
	if m.Timing.ResetWindow != 0 {
		return nil
	}
	if err := p.pause(ctx, afterWindows-betweenWindows); err != nil {
		return err
	}
	late, err := p.tryReset(ctx, "reset, twelve seconds or more after power-up", true)
	if err != nil {
		return err
	}
	if !late.refused() {
		m.Timing.ResetWindow = int(time.Hour.Milliseconds()) // none that we would wait for
		return nil
	}
	m.Quirks.ResetLate = unlike(late.status, ctap.ErrNotAllowed)
	return nil
}

// unlike is a status that differs from the standard's; zero when it does not, or when all went well.
func unlike(status, standard ctap.Status) softkey.StatusCode {
	if status == standard || status == ctap.OK {
		return 0
	}
	return softkey.StatusCode(status)
}

// attempt is what came of a reset.
type attempt struct {
	status ctap.Status
	waited bool // for a touch
	took   time.Duration
}

func (a attempt) refused() bool { return a.status != ctap.OK && !a.waited }

// untouched tries a reset that nobody touches for, some time after a replug.
func (p *prober) untouched(ctx context.Context, after time.Duration) (attempt, error) {
	p.say(replugLeave)
	if err := p.replugged(ctx); err != nil {
		return attempt{}, err
	}
	if err := p.pause(ctx, after); err != nil {
		return attempt{}, err
	}
	return p.tryReset(ctx, fmt.Sprintf("reset that nobody touches for, %v after power-up", after), false)
}

// tryReset resets the key, or only asks whether it would.
func (p *prober) tryReset(ctx context.Context, asked string, giveUp bool) (a attempt, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err = p.raw(ctx, func(r *fido2.Raw) error {
		r.Heard(func(k ctap.Keepalive) {
			p.heard(k)
			if giveUp && k == ctap.KeepaliveUPNeeded {
				cancel()
			}
		})
		start := time.Now()
		_, status, err := p.timed(asked, "", func() (ctap.Status, error) {
			status, _, err := r.Ask(ctx, ctap.CmdReset, nil)
			return status, err
		})
		a = attempt{status: status, waited: !p.asked.IsZero(), took: time.Since(start)}
		return err
	})
	return a, err
}

// replugged waits until the key has been plugged in again. Nothing tells it of a pseudo-terminal, whose hands were quick.
func (p *prober) replugged(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, replugLimit)
	defer cancel()
	for {
		now, err := p.bus.At(ctx, p.port.ID)
		switch {
		case err == nil && now.Path != "" && (now.Plug != p.port.Plug || now.Plug == ""):
			p.port = now
			return nil
		case err != nil && inventory.KindOf(err) != inventory.NotFound:
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return inventory.Refuse(inventory.Unavailable, "The key was not plugged in again at %s within %v.", p.port.Title(), replugLimit)
		}
	}
}

// reset takes the key back to factory state, with hands, and notes what it says of itself then.
func (p *prober) reset(ctx context.Context) error {
	p.say(replugPress)
	if err := p.replugged(ctx); err != nil {
		return err
	}
	return p.raw(ctx, func(r *fido2.Raw) error {
		_, status, err := p.timed("reset", softkey.StepReset, func() (ctap.Status, error) {
			status, _, err := r.Ask(ctx, ctap.CmdReset, nil)
			return status, err
		})
		if err != nil {
			return err
		}
		if status != ctap.OK {
			return inventory.Refuse(inventory.Unavailable, "The key was not reset, but says %s: run the probe again, plug the key in anew when you are asked to, and touch it when it blinks.", status.Name())
		}
		_, raw, err := r.Ask(ctx, ctap.CmdGetInfo, nil)
		if err != nil {
			return err
		}
		raw, _, err = blankInfo(raw)
		if err != nil {
			return err
		}
		return p.learn(raw)
	})
}

// use takes the key through its life: a credential, a PIN, settings, a PIN that must be changed.
func (p *prober) use(ctx context.Context, pin inventory.PIN) error {
	a, err := fido2.Open(ctx, p.port.Path, p.heard)
	if err != nil {
		return err
	}
	t := &tried{prober: p, ctx: ctx, key: a, pin: pin, factory: p.report.Model.GetInfo}
	t.blank()
	t.withPIN()
	t.always()
	t.forced()
	return errors.Join(t.err, a.Close())
}

// tried is a blank key that things are tried on. The first fault of the connection ends it; a refusal is what we want to know.
type tried struct {
	*prober
	ctx     context.Context
	key     station.Authenticator
	pin     inventory.PIN
	factory ctap.Info
	tag     station.Credential
	speaks  bool // with a PIN on the key, the tag answers without it
	err     error
}

// try does one thing and gives the status that the key answered.
func (t *tried) try(asked string, step softkey.Step, do func() error) (status ctap.Status) {
	if t.err != nil {
		return ctap.ErrOther
	}
	_, status, t.err = t.timed(asked, step, func() (ctap.Status, error) {
		err := do()
		said := ctap.OK
		if errors.As(err, &said) {
			return said, nil
		}
		return ctap.OK, err
	})
	return status
}

func (t *tried) configure(asked string, step softkey.Step, s station.Setting, pin inventory.PIN) ctap.Status {
	return t.try(asked, step, func() error { return t.key.Configure(t.ctx, s, pin) })
}

// info is what the key says now; the zero Info after a fault.
func (t *tried) info() (info ctap.Info) {
	if t.err == nil {
		info, t.err = t.key.Info(t.ctx)
	}
	return info
}

// silent asks for an assertion without a touch.
func (t *tried) silent(when string, pin inventory.PIN) ctap.Status {
	if t.tag.CredentialID == nil {
		return ctap.ErrNoCredentials
	}
	step := softkey.Step("")
	if pin == nil {
		step = softkey.StepGetAssertion
	}
	return t.try("silent assertion "+when, step, func() error {
		_, err := t.key.Assert(t.ctx, station.RequestOptions{RPID: nobody, ClientDataHash: make([]byte, 32),
			AllowCredential: [][]byte{t.tag.CredentialID}}, pin)
		return err
	})
}

// make makes a credential that is not kept on the key.
func (t *tried) make(when string, pin inventory.PIN) {
	t.say(press)
	t.try("credential "+when, softkey.StepMakeCredential, func() error {
		made, err := t.key.MakeCredential(t.ctx, station.CreationOptions{RPID: nobody, RPName: "probe", UserID: []byte{1}, UserName: "probe",
			ClientDataHash: make([]byte, 32)}, pin)
		if err == nil {
			t.tag = made
			t.report.Attested, err = attested(made.Object)
		}
		return err
	})
	if a := t.report.Attested; a != nil {
		t.report.Model.Attestation.Format = a.modelFormat()
	}
}

// blank tries what needs no PIN.
func (t *tried) blank() {
	t.make("without a PIN on the key", nil)
	t.silent("without a PIN on the key", nil)
	if !t.factory.AlwaysUV() {
		return
	}
	if t.configure("toggle alwaysUv without a PIN", "", station.Setting{ToggleAlwaysUV: true}, nil) != ctap.OK {
		t.report.Model.Quirks.AlwaysUVByPIN = true
	} else if t.err == nil && !t.info().AlwaysUV() {
		t.configure("toggle alwaysUv back", "", station.Setting{ToggleAlwaysUV: true}, nil)
	}
}

// withPIN sets the PIN, twice.
func (t *tried) withPIN() {
	t.try("first PIN", softkey.StepSetPIN, func() error { return t.key.SetPIN(t.ctx, t.pin, nil) })
	again := t.try("first PIN once more", "", func() error { return t.key.SetPIN(t.ctx, t.pin, nil) })
	t.report.Model.Quirks.SetPINAgain = unlike(again, ctap.ErrPINAuthInvalid)
	if t.tag.CredentialID == nil {
		t.make("with the PIN", t.pin)
	}
	t.speaks = t.silent("with a PIN on the key, without giving it", nil) == ctap.OK
	t.silent("with the PIN", t.pin)
}

// always toggles alwaysUv twice, as far as the key has it.
func (t *tried) always() {
	if _, has := t.factory.Option(ctap.OptionAlwaysUV); !has {
		return
	}
	toggle := station.Setting{ToggleAlwaysUV: true}
	status := t.configure("toggle alwaysUv", softkey.StepAlwaysUV, toggle, t.pin)
	now := t.info().AlwaysUV()
	if t.factory.AlwaysUV() && now {
		t.report.Model.Quirks.AlwaysUVStays, t.report.Model.Quirks.AlwaysUVByPIN = true, false
	}
	t.silent(fmt.Sprintf("with alwaysUv %v, without giving the PIN", now), nil)
	if status == ctap.OK {
		t.configure("toggle alwaysUv again", softkey.StepAlwaysUV, toggle, t.pin)
	}
}

// forced raises the minimum PIN length, tries to lower it, and forces a PIN change.
func (t *tried) forced() {
	if on, _ := t.factory.Option(ctap.OptionSetMinPINLength); !on {
		return
	}
	t.configure("raise minPINLength", softkey.StepMinPIN, station.Setting{MinPINLength: t.factory.MinPIN() + 1}, t.pin)
	t.configure("lower minPINLength", "", station.Setting{MinPINLength: t.factory.MinPIN()}, t.pin)
	if t.configure("force a PIN change", softkey.StepForcePIN, station.Setting{ForcePINChange: true}, t.pin) != ctap.OK || !t.info().ForcePINChange {
		return
	}
	t.report.Model.Quirks.MuteWhenForced = t.silent("while a PIN change is forced", nil) != ctap.OK && t.speaks
	token := t.silent("with the right PIN while a change is forced", t.pin)
	if on, _ := t.factory.Option(ctap.OptionPINUVAuthToken); on { // an older key has no choice (CTAP 2.1 §6.5.5.7.1)
		t.report.Model.Quirks.ForcedToken = unlike(token, ctap.ErrPINPolicyViolation)
	}
}

// aaguidExtension is id-fido-gen-ce-aaguid (WebAuthn §8.2.1).
var aaguidExtension = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}

// attested says of an attestation what does not depend on which key gave it.
func attested(object []byte) (*probedAttest, error) {
	o, err := ctap.ParseAttestationObject(object)
	if err != nil {
		return nil, err
	}
	a := &probedAttest{Format: o.Format}
	var s ctap.PackedStatement
	if err := ctap.Decode(o.Statement, &s); err != nil || o.Format != "packed" {
		return a, nil
	}
	a.Algorithm, a.Certificates, a.AAGUID = ctap.AlgorithmName(s.Alg), len(s.X5C), "absent"
	if len(s.X5C) == 0 {
		return a, nil
	}
	leaf, err := x509.ParseCertificate(s.X5C[0])
	if err != nil {
		a.Issuer = "a certificate that cannot be read"
		return a, nil
	}
	a.Issuer = leaf.Issuer.CommonName
	data, err := ctap.ParseAuthData(o.AuthData)
	if err != nil {
		return nil, err
	}
	for _, e := range leaf.Extensions {
		var id []byte
		if !e.Id.Equal(aaguidExtension) {
			continue
		}
		a.AAGUID = "differs"
		if _, err := asn1.Unmarshal(e.Value, &id); err == nil && data.Credential != nil && string(id) == string(data.Credential.AAGUID[:]) {
			a.AAGUID = "matches"
		}
	}
	return a, nil
}

// modelFormat is what a software key calls such an attestation.
func (a probedAttest) modelFormat() string {
	switch {
	case a.Format == "packed" && a.Certificates == 0:
		return "self"
	case a.Format == "none":
		return "none"
	}
	return "packed"
}
