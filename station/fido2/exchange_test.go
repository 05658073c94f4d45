package fido2_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctaphid"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// ping asks for a channel and sends a message of several packets there and back.
func ping(node io.ReadWriter) error {
	c, err := ctaphid.Dial(node, [ctaphid.NonceSize]byte{1})
	if err != nil {
		return err
	}
	want := bytes.Repeat([]byte{0xAB}, 200)
	got, err := c.Transact(ctaphid.Ping, want)
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("something else came back")
	}
	return err
}

// TestExchange talks to a key before libfido2 does, which notices nothing of it, and not while somebody has it open.
func TestExchange(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	if err := fido2.Exchange(t.Context(), k.Path(), ping); err != nil {
		t.Fatal(err)
	}
	a := stationtest.Open(t, k.Path(), nil)
	if err := fido2.Exchange(t.Context(), k.Path(), ping); !errors.Is(err, station.ErrBusy) || inventory.KindOf(err) != inventory.Unavailable {
		t.Errorf("a key that is in use: %v", err)
	}
	if info, err := a.Info(t.Context()); err != nil || info.AAGUID != k.AAGUID() {
		t.Errorf("its user was disturbed: %v", err)
	}
	said := errors.New("said")
	if err := fido2.Exchange(t.Context(), "/dev/null", ping); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("no key: %v", err)
	}
	_ = a.Close()
	if err := fido2.Exchange(t.Context(), k.Path(), func(io.ReadWriter) error { return said }); !errors.Is(err, said) {
		t.Errorf("what went wrong is not told: %v", err)
	}
}

// TestExchange_silent gives a key up that does not answer, and one that is called off; what it says later disturbs nobody.
func TestExchange_silent(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepVendor, Kind: softkey.Vanish}}, Profile: "uuid-like"})
	ask := func(node io.ReadWriter) error {
		c, err := ctaphid.Dial(node, [ctaphid.NonceSize]byte{1})
		if err != nil {
			return err
		}
		_, err = c.Transact(0xE2, nil)
		return err
	}
	if err := fido2.Exchange(t.Context(), k.Path(), ask); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silence: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fido2.Exchange(gone, k.Path(), ask); !errors.Is(err, context.Canceled) {
		t.Errorf("when it was called off: %v", err)
	}
	if info, err := stationtest.Open(t, k.Path(), nil).Info(t.Context()); err != nil || info.AAGUID != k.AAGUID() {
		t.Errorf("afterwards: %v", err)
	}
}
