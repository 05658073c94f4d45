package usb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"keystation/station"
)

// Bus finds ports. It is a [station.Hotplug] and holds no state but its Faults, so it is safe for concurrent use.
type Bus struct {
	List   func(ctx context.Context) ([]string, error) // paths of the FIDO nodes that are plugged in; nil: none
	Sysfs  string                                      // where sysfs is mounted; empty: /sys
	Dev    string                                      // where the nodes are; empty: /dev
	Faults *Faults                                     // what goes wrong at the ports; nil: nobody asks
}

// Attached lists the ports with a key in them, in the order of List, then those with a fault. A USB device is one key,
// however many of its interfaces speak FIDO: the first of them is the one that is opened.
func (b Bus) Attached(ctx context.Context) ([]station.Port, error) {
	ports, err := b.keys(ctx)
	if err != nil {
		return nil, err
	}
	return append(ports, b.faults(ports)...), nil
}

// keys lists the ports with a key in them.
func (b Bus) keys(ctx context.Context) ([]station.Port, error) {
	if b.List == nil {
		return nil, ctx.Err()
	}
	paths, err := b.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list ports: %w", err)
	}
	var found []node
	for _, path := range paths {
		n, err := b.node(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list ports: %w", err)
		}
		found = addNode(found, n)
	}
	ports := make([]station.Port, len(found))
	for i, n := range found {
		ports[i] = n.Port
	}
	return ports, nil
}

// node is what stands behind a path.
type node struct {
	station.Port
	hid string // sysfs folder of the HID device; empty: a pseudo-terminal
}

// addNode adds what was found. Of two nodes at one port the one of the lower interface stays: in sysfs its folder
// (1-2.3:1.0) comes first.
func addNode(found []node, n node) []node {
	i := slices.IndexFunc(found, func(m node) bool { return m.ID == n.ID })
	if i < 0 {
		return append(found, n)
	}
	if n.hid < found[i].hid {
		found[i] = n
	}
	return found
}

// At gives the key that is plugged in at the port id now, under whatever path it has now. At a port with a fault is none.
func (b Bus) At(ctx context.Context, id string) (station.Port, error) {
	if strings.HasPrefix(id, "/") {
		p, err := b.Find(ctx, id)
		if err == nil && p.ID != id { // the node's name went to a key at another port
			err = station.NothingAt(id)
		}
		return p, err
	}
	ports, err := b.keys(ctx)
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
	n, err := b.node(path)
	if errors.Is(err, fs.ErrNotExist) {
		return station.Port{}, station.NothingAt(path)
	}
	if err != nil {
		return station.Port{}, fmt.Errorf("find port: %w", err)
	}
	return n.Port, nil
}

// node reads what is at a path. It is fs.ErrNotExist when nothing is.
func (b Bus) node(path string) (node, error) {
	if _, err := os.Stat(path); err != nil {
		return node{}, err
	}
	hid, err := hidDevice(b.sysfs(), path)
	if errors.Is(err, fs.ErrNotExist) {
		return node{Port: station.Port{ID: path, Path: path}}, nil // not a hidraw node
	}
	if err != nil {
		return node{}, err
	}
	if p, ok := usbPort(hid); ok {
		p.Path = path
		return node{p, hid}, nil
	}
	p := barePort(hid)
	p.ID, p.Path = path, path
	return node{p, hid}, nil
}

func (b Bus) sysfs() string { return cmp.Or(b.Sysfs, "/sys") }

func (b Bus) dev() string { return cmp.Or(b.Dev, "/dev") }
