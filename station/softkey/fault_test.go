package softkey_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

func faulty(t *testing.T, specs ...string) (*softkey.Key, *host) {
	t.Helper()
	var faults []softkey.Fault
	for _, s := range specs {
		f, err := softkey.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		if f.String() != s {
			t.Errorf("%q reads back as %q", s, f)
		}
		faults = append(faults, f)
	}
	return start(t, softkey.Config{Faults: faults})
}

func TestParseFault_refusals(t *testing.T) {
	for _, s := range []string{"", "reset", "nothing:vanish", "reset:explode", "reset#0:vanish", "reset#x:vanish", "reset:0x100", "reset:0x00"} {
		if f, err := softkey.ParseFault(s); err == nil {
			t.Errorf("%q was taken for %+v", s, f)
		}
	}
}

// A status instead of the step, at the n-th time it comes.
func TestFault_status(t *testing.T) {
	_, h := faulty(t, "reset#2:0x30", "toggle-always-uv:0x27")
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.want(ctap.ErrNotAllowed, ctap.CmdReset, nil)
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.wantErr(ctap.ErrOperationDenied, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigEnableEnterpriseAttestation, nil))
}

// "forget" says OK and did nothing.
func TestFault_forget(t *testing.T) {
	_, h := faulty(t, "set-pin#1:forget", "reset#1:forget", "enable-ep:forget", "force-pin:forget")
	m := h.mustMake(creation())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	if h.info().HasPIN() {
		t.Error("a forgotten PIN is set")
	}
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(m.data.Credential.ID))
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigEnableEnterpriseAttestation, nil))
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{ForceChangePIN: true}))
	if info := h.info(); info.EnterpriseAttest() || info.ForcePINChange || !info.HasPIN() {
		t.Errorf("forgotten: %+v", info)
	}
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, probe(m.data.Credential.ID))
}

// "vanish" does the step and drops the answer.
func TestFault_vanish(t *testing.T) {
	_, h := faulty(t, "enable-ep:vanish")
	b, err := ctap.Encode(ctap.ConfigRequest{Subcommand: ctap.ConfigEnableEnterpriseAttestation})
	if err != nil {
		t.Fatal(err)
	}
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.CBOR, Data: append([]byte{byte(ctap.CmdConfig)}, b...)})
	if !h.info().EnterpriseAttest() { // the next answer is getInfo's
		t.Error("the step whose answer vanished was not done")
	}
}

// "late" does the step and answers five seconds later, with keepalives meanwhile.
func TestFault_late(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepGetInfo, Kind: softkey.Late}}})
		defer key.Close()
		began := time.Now()
		h.info()
		if took := time.Since(began); took != 5*time.Second || len(h.seen) < 40 {
			t.Errorf("the answer came after %v with %d keepalives", took, len(h.seen))
		}
	})
}

// A canceled command that has not asked for its touch yet ends when it would ask.
func TestTouch_canceledBeforehand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{Latency: softkey.Real})
		defer key.Close()
		h.begin(ctap.CmdReset, nil)
		h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Cancel})
		h.wantErr(ctap.ErrKeepaliveCancel, h.end(nil))
	})
}

func TestFault_unplug(t *testing.T) {
	key, h := faulty(t, "make-credential:unplug")
	h.begin(ctap.CmdMakeCredential, creation())
	if _, err := h.receive(); err == nil {
		t.Error("an unplugged key answered")
	}
	if err := key.Plug(); err != nil {
		t.Fatal(err)
	}
	dial(t, key).info()
}

func TestFault_attestation(t *testing.T) {
	_, h := faulty(t, "make-credential#1:wrong-signature", "make-credential#2:wrong-aaguid", "get-assertion:wrong-signature")
	if err := verify(t, h.mustMake(creation())); !errors.Is(err, ctap.ErrSignature) {
		t.Errorf("wrong signature: %v", err)
	}
	m := h.mustMake(creation())
	if err := verify(t, m); err != nil {
		t.Errorf("wrong AAGUID: %v", err)
	}
	value, _ := extension(leafOf(t, m), 1, 3, 6, 1, 4, 1, 45724, 1, 1, 4)
	if ctap.AAGUID(value[2:]) == m.data.Credential.AAGUID {
		t.Error("the certificate names the right AAGUID")
	}
	if _, _, err := h.assert(probe(m.data.Credential.ID), m); !errors.Is(err, ctap.ErrSignature) {
		t.Errorf("wrong assertion: %v", err)
	}
}
