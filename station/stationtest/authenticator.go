package stationtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
)

// Authenticator runs the suite over a key, which is wiped. What the key cannot do is skipped with a sentence.
func Authenticator(t *testing.T, s Subject) {
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			b := lay(t, s)
			if b.info().AlwaysUV() && c.name != "says what it is" { // CTAP 2.1 §6.1.2 step 6
				t.Skip("This test makes credentials before there is a PIN, which a key with alwaysUv does not.")
			}
			if c.needs != nil {
				if lacks := c.needs(b.info()); lacks != "" {
					t.Skip("This test needs a key " + lacks + ".")
				}
			}
			c.run(b)
		})
	}
}

// suite is what every authenticator must do. needs names what a key lacks for it, or nothing.
var suite = []struct {
	name  string
	needs func(ctap.Info) string
	run   func(*bed)
}{
	{"says what it is", nil, (*bed).saysWhatItIs},
	{"makes a tag", nil, (*bed).makesATag},
	{"answers for its tag, in silence and by touch", nil, (*bed).answersForItsTag},
	{"does not know a stranger's credential", nil, (*bed).knowsNoStranger},
	{"makes no second credential against an exclude list", nil, (*bed).obeysTheExcludeList},
	{"forgets everything in a reset", nil, (*bed).forgetsInReset},
	{"stops waiting when canceled", nil, (*bed).stopsWhenCanceled},
	{"does nothing for a context that has ended", nil, (*bed).doesNothingLate},
	{"says when it is closed", nil, (*bed).saysWhenClosed},
	{"takes a PIN and answers with it", needsPIN, (*bed).takesAPIN},
	{"counts wrong PINs", needsPIN, (*bed).countsWrongPINs},
	{"blocks after three wrong PINs until replugged", needsPIN, (*bed).blocksAfterThree},
	{"changes its PIN", needsPIN, (*bed).changesItsPIN},
	{"protects a credential when asked to", needsProtection, (*bed).protects},
	{"makes a resident credential with a PIN", needsPIN, (*bed).makesAResident},
	{"raises the minimum PIN length", needsMinPIN, (*bed).raisesTheMinimum},
	{"forces a PIN change", needsMinPIN, (*bed).forcesAChange},
	{"turns alwaysUv on and off", needsAlwaysUV, (*bed).togglesAlwaysUV},
	{"turns enterprise attestation on", needsEnterprise, (*bed).attestsForEnterprises},
}

func needs(ok bool, lacking string) string {
	if ok {
		return ""
	}
	return lacking
}

func needsPIN(i ctap.Info) string { return needs(i.SupportsPIN(), "with clientPin") }

func needsMinPIN(i ctap.Info) string {
	return needs(i.SupportsPIN() && i.CanSetMinPINLength(), "with setMinPINLength")
}

func needsProtection(i ctap.Info) string {
	return needs(i.SupportsPIN() && i.Has(ctap.ExtCredProtect), "with credProtect")
}

func needsAlwaysUV(i ctap.Info) string {
	_, ok := i.Option(ctap.OptionAlwaysUV)
	return needs(ok && i.CanConfigure(), "with alwaysUv")
}

func needsEnterprise(i ctap.Info) string {
	return needs(i.CanEnterpriseAttest() && i.CanConfigure(), "with enterprise attestation")
}

// The PINs of the suite. They are long enough for any key's minimum.
var (
	pinA  = inventory.PIN("7h2k-Qx9r-ü5")
	pinB  = inventory.PIN("p4Vb-8mTz-ö2")
	wrong = inventory.PIN("not-the-PIN-0")
)

func (b *bed) saysWhatItIs() {
	info := b.info()
	if len(info.Versions) == 0 || len(info.Raw) == 0 {
		b.Fatalf("getInfo is %+v", info)
	}
	if again, err := ctap.ParseInfo(info.Raw); err != nil || again.AAGUID != info.AAGUID {
		b.Fatalf("the raw answer does not say the same: %v, %v", again.AAGUID, err)
	}
	if info.HasPIN() || info.ForcePINChange {
		b.Fatal("a key fresh from a reset has a PIN")
	}
}

func (b *bed) makesATag() {
	c := b.tag()
	object, err := ctap.ParseAttestationObject(c.Object)
	b.must(err)
	data, err := ctap.ParseAuthData(c.AuthData)
	b.must(err)
	if !bytes.Equal(object.AuthData, c.AuthData) || data.Credential == nil || !bytes.Equal(data.Credential.ID, c.CredentialID) {
		b.Fatal("the parts of the credential do not belong together")
	}
	if !bytes.Equal(data.RPIDHash[:], hash(rpID)) || !data.Flags.UP() || data.Credential.AAGUID != b.info().AAGUID {
		b.Fatalf("authenticator data are %+v", data)
	}
	if _, _, err := ctap.ParsePublicKey(c.PublicKey); err != nil {
		b.Fatal(err)
	}
}

func (b *bed) answersForItsTag() {
	c := b.tag()
	b.reopen()
	flags, err := b.silent(c, nil)
	b.must(err)
	if flags.UP() || flags.UV() {
		b.Fatalf("a silent answer has the flags %#x", flags)
	}
	flags, err = b.assert(c, nil, true)
	b.must(err)
	if !flags.UP() {
		b.Fatal("a touch is not in the answer")
	}
}

func (b *bed) knowsNoStranger() {
	c := b.tag()
	c.CredentialID = bytes.Clone(c.CredentialID)
	c.CredentialID[len(c.CredentialID)-1] ^= 1
	_, err := b.silent(c, nil)
	b.refused(err, ctap.ErrNoCredentials)
	b.info() // a refusal leaves the connection whole
}

func (b *bed) obeysTheExcludeList() {
	c := b.tag()
	_, err := b.make(station.CreationOptions{ExcludeCredential: [][]byte{c.CredentialID}}, nil)
	b.refused(err, ctap.ErrCredentialExcluded)
	_, err = b.make(station.CreationOptions{ExcludeCredential: [][]byte{{1, 2, 3, 4}}}, nil)
	b.must(err)
}

func (b *bed) forgetsInReset() {
	c := b.tag()
	if b.info().SupportsPIN() {
		b.must(b.key.SetPIN(b.Context(), pinA, nil))
	}
	b.must(b.key.Close())
	b.subject.Replug(b.T)
	b.open()
	b.must(b.key.Reset(b.Context()))
	b.reopen()
	if b.info().HasPIN() {
		b.Fatal("the PIN outlived the reset")
	}
	_, err := b.silent(c, nil)
	b.refused(err, ctap.ErrNoCredentials)
}

func (b *bed) stopsWhenCanceled() {
	if b.subject.Touch == nil {
		b.Skip("This test needs a key that nobody touches.")
	}
	ctx, cancel := context.WithCancel(b.Context())
	b.handOn(cancel)
	o := station.CreationOptions{RPID: rpID, UserID: []byte{1}, ClientDataHash: hash("make")}
	_, err := b.key.MakeCredential(ctx, o, nil)
	if !errors.Is(err, context.Canceled) {
		b.Fatal(err)
	}
	b.refused(err, ctap.ErrKeepaliveCancel)
	b.handOn(b.subject.Touch)
	b.tag() // the connection is whole, and no late answer is in it
}

func (b *bed) doesNothingLate() {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	if err := b.key.Reset(ctx); !errors.Is(err, context.Canceled) {
		b.Fatal(err)
	}
	b.tag()
}

func (b *bed) saysWhenClosed() {
	b.must(b.key.Close())
	b.must(b.key.Close())
	if _, err := b.key.Info(b.Context()); err == nil {
		b.Fatal("a closed key answers")
	}
	b.open()
	b.info()
}

func (b *bed) takesAPIN() {
	c := b.tag()
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	b.reopen()
	if !b.info().HasPIN() {
		b.Fatal("no PIN is set")
	}
	flags, err := b.silent(c, pinA)
	b.must(err)
	if flags.UP() || !flags.UV() {
		b.Fatalf("a silent answer with the PIN has the flags %#x", flags)
	}
	_, err = b.silent(c, nil)
	b.must(err)
}

// wrongPIN gives a wrong PIN and wants to hear how many tries are left.
func (b *bed) wrongPIN(c station.Credential, want ctap.Status, left int) {
	b.Helper()
	_, err := b.silent(c, wrong)
	b.refused(err, want)
	e, ok := errors.AsType[*ctap.PINError](err)
	if !ok || e.Retries != left {
		b.Fatalf("have %v, want %d tries left", err, left)
	}
}

func (b *bed) countsWrongPINs() {
	c := b.tag()
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	b.wrongPIN(c, ctap.ErrPINInvalid, ctap.PINRetries-1)
	b.wrongPIN(c, ctap.ErrPINInvalid, ctap.PINRetries-2)
	_, err := b.silent(c, pinA) // gives all tries back
	b.must(err)
	b.wrongPIN(c, ctap.ErrPINInvalid, ctap.PINRetries-1)
}

func (b *bed) blocksAfterThree() {
	c := b.tag()
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	for n := 1; n < ctap.PINTriesPerPowerUp; n++ {
		b.wrongPIN(c, ctap.ErrPINInvalid, ctap.PINRetries-n)
	}
	b.wrongPIN(c, ctap.ErrPINAuthBlocked, ctap.PINRetries-ctap.PINTriesPerPowerUp)
	_, err := b.silent(c, pinA)
	b.refused(err, ctap.ErrPINAuthBlocked)
	b.must(b.key.Close())
	b.subject.Replug(b.T)
	b.open()
	_, err = b.silent(c, pinA)
	b.must(err)
}

func (b *bed) changesItsPIN() {
	c := b.tag()
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	b.refused(b.key.SetPIN(b.Context(), pinB, wrong), ctap.ErrPINInvalid)
	b.must(b.key.SetPIN(b.Context(), pinB, pinA))
	b.reopen()
	_, err := b.silent(c, pinA)
	b.refused(err, ctap.ErrPINInvalid)
	_, err = b.silent(c, pinB)
	b.must(err)
}

func (b *bed) protects() {
	c, err := b.make(station.CreationOptions{CredProtect: 3}, nil)
	b.must(err)
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	_, err = b.silent(c, nil)
	b.refused(err, ctap.ErrNoCredentials)
	_, err = b.silent(c, pinA)
	b.must(err)
}

func (b *bed) makesAResident() {
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	_, err := b.make(station.CreationOptions{Resident: true}, nil)
	b.refused(err, ctap.ErrPUATRequired, ctap.ErrPINAuthInvalid)
	c, err := b.make(station.CreationOptions{Resident: true, UserVerification: true}, pinA)
	b.must(err)
	data, err := ctap.ParseAuthData(c.AuthData)
	b.must(err)
	if !data.Flags.UV() {
		b.Fatal("the PIN is not in the answer")
	}
}

func (b *bed) raisesTheMinimum() {
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	before := b.info().MinPIN()
	b.must(b.key.Configure(b.Context(), station.Setting{MinPINLength: before + 2}, pinA))
	b.reopen()
	if info := b.info(); info.MinPIN() != before+2 || info.ForcePINChange {
		b.Fatalf("the minimum is %d, a change is forced: %v", info.MinPIN(), info.ForcePINChange)
	}
	err := b.key.Configure(b.Context(), station.Setting{MinPINLength: before}, pinA)
	b.refused(err, ctap.ErrPINPolicyViolation)
	short := inventory.PIN(fmt.Sprintf("%0*d", before, 7))
	b.refused(b.key.SetPIN(b.Context(), short, pinA), ctap.ErrPINPolicyViolation)
}

func (b *bed) forcesAChange() {
	c := b.tag()
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	b.must(b.key.Configure(b.Context(), station.Setting{ForcePINChange: true}, pinA))
	b.reopen()
	if !b.info().ForcePINChange {
		b.Fatal("no change is forced")
	}
	_, err := b.silent(c, pinA)
	b.refused(err, ctap.ErrPINPolicyViolation, ctap.ErrPINInvalid) // CTAP 2.1 §6.5.5.7.1, §6.5.5.7.3
	if _, err := b.silent(c, nil); err != nil {
		b.Logf("the tag is mute while a change is forced: %v", err)
	}
	b.must(b.key.SetPIN(b.Context(), pinB, pinA))
	b.reopen()
	if b.info().ForcePINChange {
		b.Fatal("a change is forced although the PIN was changed")
	}
	_, err = b.silent(c, pinB)
	b.must(err)
}

func (b *bed) togglesAlwaysUV() {
	c := b.tag()
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	before := b.info().AlwaysUV()
	for _, want := range []bool{!before, before} {
		b.must(b.key.Configure(b.Context(), station.Setting{ToggleAlwaysUV: true}, pinA))
		b.reopen()
		if b.info().AlwaysUV() != want {
			b.Fatalf("alwaysUv is not %v", want)
		}
		_, err := b.silent(c, nil) // CTAP 2.1 §6.2.2 step 5: up=false passes alwaysUv
		b.must(err)
	}
}

func (b *bed) attestsForEnterprises() {
	b.must(b.key.SetPIN(b.Context(), pinA, nil))
	b.must(b.key.Configure(b.Context(), station.Setting{EnterpriseAttestation: true}, pinA))
	b.reopen()
	if !b.info().EnterpriseAttest() {
		b.Fatal("enterprise attestation is off")
	}
}
