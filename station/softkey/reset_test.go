package softkey_test

import (
	"testing"
	"testing/synctest"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// A reset takes everything: PIN, tries, policy, options, credentials of either kind.
func TestReset_clearsEverything(t *testing.T) {
	_, h := start(t, softkey.Config{})
	rk := creation()
	rk.Options = map[string]bool{ctap.OptionRK: true}
	stored, wrapped := h.mustMake(rk), h.mustMake(creation())
	blank := h.info()
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigEnableEnterpriseAttestation, nil))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, minPIN(8)))
	before := h.info()
	h.want(ctap.OK, ctap.CmdReset, nil)
	after := h.info()
	if after.HasPIN() || after.ForcePINChange || after.MinPINLength != 4 || after.EnterpriseAttest() || *after.RemainingDiscoverableCredentials != 25 {
		t.Errorf("after a reset: %+v", after)
	}
	if before.Fingerprint() != after.Fingerprint() || before.Fingerprint() != blank.Fingerprint() {
		t.Error("the fingerprint of getInfo did not survive PIN, configuration and reset")
	}
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, probe(stored.data.Credential.ID))
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, probe(wrapped.data.Credential.ID))
}

// CTAP 2.1 §6.6: only within 10 s of power-up; a power cycle opens the window again.
func TestReset_window(t *testing.T) {
	now := time.Now()
	key, h := start(t, softkey.Config{Now: func() time.Time { return now }})
	now = now.Add(11 * time.Second)
	h.want(ctap.ErrNotAllowed, ctap.CmdReset, nil)
	path := key.Path()
	key.PowerCycle()
	if key.Path() != path {
		t.Error("a power cycle changed the path")
	}
	h.open()
	h.want(ctap.OK, ctap.CmdReset, nil)
}

// Nobody touches: each command ends after 30 s with the status of its clause.
func TestTouch_never(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{Touch: softkey.TouchNever, Now: time.Now})
		defer key.Close()
		for cmd, want := range map[ctap.Command]ctap.Status{
			ctap.CmdReset: ctap.ErrUserActionTimeout, ctap.CmdSelection: ctap.ErrUserActionTimeout, ctap.CmdMakeCredential: ctap.ErrOperationDenied,
		} {
			key.PowerCycle()
			h.open()
			began := time.Now()
			var req any
			if cmd == ctap.CmdMakeCredential {
				req = creation()
			}
			h.want(want, cmd, req)
			if took := time.Since(began); took != 30*time.Second {
				t.Errorf("%v gave up after %v", cmd, took)
			}
			if len(h.seen) < 290 || h.seen[0] != ctap.KeepaliveUPNeeded {
				t.Errorf("%v: %d keepalives in 30 s", cmd, len(h.seen))
			}
		}
	})
}

// CTAP 2.1 §11.2.9.1.5: CANCEL ends the wait with KEEPALIVE_CANCEL and nothing is done.
func TestTouch_canceled(t *testing.T) {
	key, h := start(t, softkey.Config{Touch: softkey.TouchManual})
	m := waitFor(t, key, h, ctap.CmdMakeCredential, creation())
	key.Touch()
	var resp ctap.MakeCredentialResponse
	h.wantErr(ctap.OK, h.end(&resp))
	waitFor(t, key, h, ctap.CmdReset, nil)
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Cancel})
	h.wantErr(ctap.ErrKeepaliveCancel, h.end(nil))
	if key.Waiting() {
		t.Error("still waiting after CANCEL")
	}
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Cancel}) // with nothing to cancel: no answer
	data, err := ctap.ParseAuthData(resp.AuthData)
	if err != nil {
		t.Fatal(err)
	}
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(data.Credential.ID))
	if m != ctap.KeepaliveUPNeeded {
		t.Errorf("the first keepalive is %d", m)
	}
}

// waitFor begins a command and returns with its first keepalive.
func waitFor(t *testing.T, key *softkey.Key, h *host, cmd ctap.Command, req any) ctap.Keepalive {
	t.Helper()
	h.begin(cmd, req)
	var r [ctaphid.Report]byte
	if _, err := h.wire.Read(r[:]); err != nil {
		t.Fatal(err)
	}
	p, err := ctaphid.ParsePacket(r[:])
	if err != nil || p.Command != ctaphid.Keepalive {
		t.Fatalf("not a keepalive: %+v, %v", p, err)
	}
	if !key.Waiting() {
		t.Error("the key does not say that it waits")
	}
	return ctap.Keepalive(p.Data[0])
}

func TestTouch_auto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []softkey.Event
		key, h := startOnPipe(t, softkey.Config{Touch: softkey.TouchAuto(1500 * time.Millisecond), OnEvent: func(e softkey.Event) { events = append(events, e) }})
		began := time.Now()
		h.want(ctap.OK, ctap.CmdSelection, nil)
		if took := time.Since(began); took != 1500*time.Millisecond {
			t.Errorf("the touch came after %v", took)
		}
		key.Close()
		want := []softkey.EventKind{softkey.Powered, softkey.Working, softkey.WaitingForTouch, softkey.Touched, softkey.Done, softkey.Unpowered}
		for i, e := range events {
			if i >= len(want) || e.Kind != want[i] || e.String() == "" {
				t.Fatalf("events %v", events)
			}
		}
	})
}
