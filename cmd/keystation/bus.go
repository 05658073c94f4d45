package main

import (
	"context"

	"keystation/station/fido2"
	"keystation/station/usb"
)

// newBus finds the keys of this machine: libfido2 says which nodes are keys,
// sysfs where they are plugged in.
func newBus() usb.Bus {
	return usb.Bus{List: func(ctx context.Context) ([]string, error) {
		found, err := fido2.Attached(ctx)
		if err != nil {
			return nil, err
		}
		paths := make([]string, len(found))
		for i, f := range found {
			paths[i] = f.Path
		}
		return paths, nil
	}}
}
