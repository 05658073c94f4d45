package stationtest

import (
	"context"
	"errors"
	"io"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
	"keystation/station/serial"
	"keystation/station/softkey"
)

// Key starts a software key and takes it out when the test ends.
func Key(t testing.TB, cfg softkey.Config) *softkey.Key {
	t.Helper()
	k, err := softkey.New(cfg)
	if err != nil {
		t.Fatalf("start software key: %v", err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Errorf("take software key out: %v", err)
		}
	})
	return k
}

// Port is a port at which a software key is plugged in, with what USB would say of a real one.
func Port(id string, k *softkey.Key) station.Port {
	u := k.USB()
	return station.Port{ID: id, Path: k.Path(), Vendor: u.Vendor, Model: u.Product, Maker: u.Maker, Name: u.Name, Serial: u.Serial}
}

// Serial reads the serial number of the key at a port, as the program does.
func Serial(ctx context.Context, p station.Port) (station.SerialReading, error) {
	c, err := serial.Find(serial.Device{Vendor: p.Vendor, Product: p.Model}, p.Serial, func(do func(io.ReadWriter) error) error {
		return fido2.Exchange(ctx, p.Path, do)
	})
	r := station.SerialReading{Number: c.Number, Whole: c.Info != nil && c.Info.ResetBlocked}
	switch {
	case c.USB:
		r.Source = inventory.SerialUSB
	case c.Suffix:
		r.Number, r.Source = inventory.Suffix(c.Number), inventory.SerialVendor
	case c.Number != "":
		r.Source = inventory.SerialVendor
	}
	if err != nil && !errors.Is(err, station.ErrBusy) {
		err = &inventory.Error{Kind: inventory.Unavailable, Err: err, Msg: "The key " + serial.Why(err) + "."}
	}
	return r, err
}

// Open opens the key at path through libfido2 and closes it when the test ends, if the test has not. heard may be nil. A
// key that is slower than libfido2's second, on a machine that is busy with other tests, is opened again.
func Open(t testing.TB, path string, heard func(ctap.Keepalive)) station.Authenticator {
	t.Helper()
	a, err := fido2.Open(t.Context(), path, heard)
	for n := 0; n < 4 && inventory.KindOf(err) == inventory.Unavailable; n++ {
		a, err = fido2.Open(t.Context(), path, heard)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// Subject is a key under test and the hands beside it.
type Subject struct {
	// Open opens the key, which nobody else has open.
	Open func(t testing.TB, heard func(ctap.Keepalive)) station.Authenticator
	// Replug gives the key new power while it is closed, so that it takes a reset.
	Replug func(t testing.TB)
	// Touch touches the key; it is called when a keepalive asks for it, and must not block. nil: somebody else does,
	// and what needs a key that waits is skipped.
	Touch func()
}

// Soft is a software key as a subject, through libfido2. Make it with softkey.TouchManual.
func Soft(k *softkey.Key) Subject {
	return Subject{
		Open: func(t testing.TB, heard func(ctap.Keepalive)) station.Authenticator {
			t.Helper()
			return Open(t, k.Path(), heard)
		},
		Replug: func(testing.TB) { k.PowerCycle() },
		Touch:  k.Touch,
	}
}
