package fido2

import (
	"context"
	"fmt"

	libfido2 "github.com/keys-pub/go-libfido2"
)

// Location is a key that is plugged in and may be opened.
type Location struct {
	Path    string // what [Open] takes
	Vendor  uint16 // USB idVendor
	Product uint16 // USB idProduct
	Maker   string
	Name    string
}

// Attached lists the keys that are plugged in, without opening any: libfido2 asks udev. Pseudo-terminals are not
// listed, though they can be opened.
func Attached(ctx context.Context) ([]Location, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	found, err := libfido2.DeviceLocations()
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	locations := make([]Location, 0, len(found))
	for _, f := range found {
		locations = append(locations, Location{
			Path:    f.Path,
			Vendor:  uint16(f.VendorID), // signed in libfido2, though ids go up to 0xFFFF
			Product: uint16(f.ProductID),
			Maker:   f.Manufacturer,
			Name:    f.Product,
		})
	}
	return locations, nil
}
