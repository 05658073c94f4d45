package main

import (
	"context"
	"fmt"
	"slices"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/fido2"
	"keystation/station/usb"
)

// newBus finds the keys of this machine: libfido2 says which nodes are keys,
// sysfs where they are plugged in, the kernel what goes wrong there.
func newBus() usb.Bus {
	return usb.Bus{Faults: &usb.Faults{IsFIDO: fido2.UsesFIDO}, List: func(ctx context.Context) ([]string, error) {
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

// power is what replugs keys without hands; nil: nothing does.
func (c Config) power() station.Power {
	if c.Bench.Power == "" {
		return nil
	}
	return usb.Uhubctl{Program: c.Bench.Power}
}

// namedBus is a bus with ports that no discovery finds beside those that it does: the pseudo-terminals of software keys.
type namedBus struct {
	usb.Bus
	paths []string
}

// Changes tells of none when ports are named: nothing tells when a pseudo-terminal comes or goes, so that whoever asks has
// to look again and again.
func (b namedBus) Changes(ctx context.Context) (<-chan struct{}, error) {
	if len(b.paths) > 0 {
		return nil, fmt.Errorf("watch for keys: %d ports are named, of which nothing tells", len(b.paths))
	}
	return b.Bus.Changes(ctx)
}

// Attached lists the keys that are found, and what is at the named paths now.
func (b namedBus) Attached(ctx context.Context) ([]station.Port, error) {
	ports, err := b.Bus.Attached(ctx)
	if err != nil {
		return nil, err
	}
	for _, path := range b.paths {
		p, err := b.Find(ctx, path)
		if inventory.KindOf(err) == inventory.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(ports, func(q station.Port) bool { return q.ID == p.ID }) {
			ports = append(ports, p)
		}
	}
	return ports, nil
}
