package main

import (
	"context"
	"errors"
	"io"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/fido2"
	"keystation/station/serial"
)

// readSerial reads the serial number of the key at a port before anybody opens it: by its maker's command, else from its
// USB descriptor.
func readSerial(ctx context.Context, p station.Port) (station.SerialReading, error) {
	c, err := serial.Find(serial.Device{Vendor: p.Vendor, Product: p.Model}, p.Serial, func(do func(io.ReadWriter) error) error {
		return fido2.Exchange(ctx, p.Path, do)
	})
	r := station.SerialReading{Number: c.Number, Whole: c.Info != nil && c.Info.ResetBlocked}
	if c.Suffix {
		r.Number = inventory.Suffix(c.Number)
	}
	if r.Number != "" {
		r.Source = inventory.SerialVendor
	}
	if c.USB {
		r.Source = inventory.SerialUSB
	}
	if err != nil && !errors.Is(err, station.ErrBusy) {
		err = &inventory.Error{Kind: inventory.Unavailable, Err: err, Msg: "The key " + serial.Why(err) + "."}
	}
	return r, err
}
