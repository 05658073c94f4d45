package usb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"keystation/station"
)

// Bus finds ports. It is a [station.Bus] and holds no state, so it is safe for concurrent use.
type Bus struct {
	List  func(ctx context.Context) ([]string, error) // paths of the FIDO nodes that are plugged in; nil: none
	Sysfs string                                      // where sysfs is mounted; empty: /sys
}

var _ station.Bus = Bus{}

// Attached lists the ports with a key in them, in the order of List.
func (b Bus) Attached(ctx context.Context) ([]station.Port, error) {
	if b.List == nil {
		return nil, ctx.Err()
	}
	paths, err := b.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list ports: %w", err)
	}
	ports := make([]station.Port, 0, len(paths))
	for _, path := range paths {
		p, err := b.port(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list ports: %w", err)
		}
		ports = append(ports, p)
	}
	return ports, nil
}

// At gives what is plugged in at the port id now, under whatever path it has now.
func (b Bus) At(ctx context.Context, id string) (station.Port, error) {
	if strings.HasPrefix(id, "/") {
		p, err := b.Find(ctx, id)
		if err == nil && p.ID != id { // the node's name went to a key at another port
			err = station.NothingAt(id)
		}
		return p, err
	}
	ports, err := b.Attached(ctx)
	if err != nil {
		return station.Port{}, err
	}
	for _, p := range ports {
		if p.ID == id {
			return p, nil
		}
	}
	return station.Port{}, station.NothingAt(id)
}

// Find gives the port of the node at path, which need not be in the list: a hidraw node, a link to one, or a
// pseudo-terminal.
func (b Bus) Find(ctx context.Context, path string) (station.Port, error) {
	if err := ctx.Err(); err != nil {
		return station.Port{}, fmt.Errorf("find port: %w", err)
	}
	p, err := b.port(path)
	if errors.Is(err, fs.ErrNotExist) {
		return station.Port{}, station.NothingAt(path)
	}
	if err != nil {
		return station.Port{}, fmt.Errorf("find port: %w", err)
	}
	return p, nil
}

// port reads one port. It is fs.ErrNotExist when the node is not there.
func (b Bus) port(path string) (station.Port, error) {
	if _, err := os.Stat(path); err != nil {
		return station.Port{}, err
	}
	hid, err := hidDevice(cmp.Or(b.Sysfs, "/sys"), path)
	if errors.Is(err, fs.ErrNotExist) {
		return station.Port{ID: path, Path: path}, nil // not a hidraw node
	}
	if err != nil {
		return station.Port{}, err
	}
	if p, ok := usbPort(hid); ok {
		p.Path = path
		return p, nil
	}
	p := barePort(hid)
	p.ID, p.Path = path, path
	return p, nil
}
