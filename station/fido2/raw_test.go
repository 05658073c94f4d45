package fido2_test

import (
	"context"
	"errors"
	"testing"

	"keystation/inventory"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

func openRaw(t *testing.T, path string, heard func(ctap.Keepalive)) *fido2.Raw {
	t.Helper()
	r, err := fido2.OpenRaw(t.Context(), path, heard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// TestRaw asks what libfido2 asks, and what it does not.
func TestRaw(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Profile: "deviant"})
	r := openRaw(t, k.Path(), nil)
	if r.Hello.Protocol != ctaphid.ProtocolVersion || r.Hello.Capabilities&ctaphid.CapCBOR == 0 {
		t.Errorf("INIT gave %+v", r.Hello)
	}
	status, raw, err := r.Ask(t.Context(), ctap.CmdGetInfo, nil)
	info, parsed := ctap.ParseInfo(raw)
	if err != nil || status != ctap.OK || parsed != nil || info.AAGUID != k.AAGUID() {
		t.Errorf("getInfo: %v, %x, %v, %v", status, raw, err, parsed)
	}
	if status, _, err := r.Ask(t.Context(), 0x3F, nil); err != nil || status != 0xF1 {
		t.Errorf("a command that nobody knows: %v, %v", status, err)
	}
	if _, err := fido2.Open(t.Context(), k.Path(), nil); inventory.KindOf(err) != inventory.Unavailable {
		t.Errorf("a second program gets %v", err)
	}
}

// TestRaw_cancel ends the waiting for a touch, and the key answers the next question.
func TestRaw_cancel(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchNever})
	ctx, cancel := context.WithCancel(t.Context())
	r := openRaw(t, k.Path(), func(a ctap.Keepalive) {
		if a == ctap.KeepaliveUPNeeded {
			cancel()
		}
	})
	if status, _, err := r.Ask(ctx, ctap.CmdReset, nil); err != nil || status != ctap.ErrKeepaliveCancel {
		t.Errorf("canceled: %v, %v", status, err)
	}
	if status, _, err := r.Ask(t.Context(), ctap.CmdGetInfo, nil); err != nil || status != ctap.OK {
		t.Errorf("afterwards: %v, %v", status, err)
	}
}

func TestRaw_faults(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Profile: "u2f-only"})
	r := openRaw(t, k.Path(), nil)
	if _, _, err := r.Ask(t.Context(), ctap.CmdGetInfo, nil); !errors.Is(err, ctaphid.ErrInvalidCommand) {
		t.Errorf("CTAP2 at a key of U2F: %v", err)
	}
	k.Unplug()
	if _, _, err := r.Ask(t.Context(), ctap.CmdGetInfo, nil); inventory.KindOf(err) != inventory.Unavailable {
		t.Errorf("unplugged: %v", err)
	}
	if _, err := fido2.OpenRaw(t.Context(), "/dev/null", nil); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("no key: %v", err)
	}
}
