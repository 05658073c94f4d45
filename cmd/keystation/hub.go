package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
)

// hub is a USB hub with software keys for the demo: a [station.Bus] whose ports keep their numbers while keys come and
// go, and the hands that plug, pull and touch. The bench opens its keys through the same libfido2 as real ones. It is
// safe for concurrent use.
type hub struct {
	latency softkey.Latency

	plugging sync.Mutex // one key is made and plugged in at a time: a double click makes one

	mu     sync.Mutex
	slots  []slot
	plugNo int // counts pluggings-in
}

// slot is one port of the hub.
type slot struct {
	key  *softkey.Key // nil: no key lies here
	in   bool
	made bool // it is ready: pulled, it goes to its person, and the next one plugged in is new
	plug string
}

func newHub(ports int, latency softkey.Latency) *hub {
	return &hub{latency: latency, slots: make([]slot, ports)}
}

func hubPort(i int) string { return "demo-" + strconv.Itoa(i+1) }

// learned is the hub as if an operator had plugged a key in port by port.
func (h *hub) learned() inventory.Hub {
	l := inventory.Hub{Host: "demo"}
	for i := range h.slots {
		l.Ports = append(l.Ports, inventory.HubPort{ID: hubPort(i)})
	}
	return l
}

// Attached lists the ports that have a key.
func (h *hub) Attached(context.Context) ([]station.Port, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ports []station.Port
	for i, s := range h.slots {
		if s.in {
			ports = append(ports, s.port(i))
		}
	}
	return ports, nil
}

// At gives the key at a port.
func (h *hub) At(_ context.Context, id string) (station.Port, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, err := h.index(id)
	if err != nil {
		return station.Port{}, err
	}
	if !h.slots[i].in {
		return station.Port{}, station.NothingAt(id)
	}
	return h.slots[i].port(i), nil
}

func (s slot) port(i int) station.Port {
	u := s.key.USB()
	return station.Port{
		ID: hubPort(i), Label: "Port " + strconv.Itoa(i+1), Path: s.key.Path(), Plug: s.plug, Name: s.key.Model(),
		Vendor: u.Vendor, Model: u.Product, Serial: u.Serial,
	}
}

func (h *hub) index(id string) (int, error) {
	for i := range h.slots {
		if hubPort(i) == id {
			return i, nil
		}
	}
	return 0, inventory.Refuse(inventory.NotFound, "There is no port %q on the demo's hub.", id)
}

// put lays a new key of a profile at a port and plugs it in. A port that has a key already keeps it.
func (h *hub) put(i int, profile string, touch softkey.TouchMode) error {
	h.plugging.Lock()
	defer h.plugging.Unlock()
	if h.slot(i).key != nil {
		return nil
	}
	return h.lay(i, profile, touch)
}

func (h *hub) slot(i int) slot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.slots[i]
}

// lay makes the key of put. The caller holds plugging.
func (h *hub) lay(i int, profile string, touch softkey.TouchMode) error {
	k, err := softkey.New(softkey.Config{Profile: profile, Latency: h.latency, Touch: touch})
	if err != nil {
		return fmt.Errorf("make software key: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.plugNo++
	h.slots[i] = slot{key: k, in: true, plug: strconv.Itoa(h.plugNo)}
	return nil
}

// Plug plugs in what lies at the port: the key that was pulled there, or a new one that waits for the visitor's touch.
func (h *hub) Plug(_ context.Context, id string) error {
	i, err := h.index(id)
	if err != nil {
		return err
	}
	h.plugging.Lock()
	defer h.plugging.Unlock()
	s := h.slot(i)
	switch {
	case s.in:
		return inventory.Refuse(inventory.Conflict, "There is a key in this port already: pull it first.")
	case s.key == nil:
		return h.lay(i, "", softkey.TouchManual)
	}
	if err := s.key.Plug(); err != nil {
		return fmt.Errorf("plug software key: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.plugNo++
	h.slots[i].in, h.slots[i].plug = true, strconv.Itoa(h.plugNo)
	return nil
}

// Pull takes the key out. One that is made goes into its parcel, so that the next one plugged in is new.
func (h *hub) Pull(_ context.Context, id string) error {
	return h.with(id, func(s *slot) error {
		s.key.Unplug()
		s.in = false
		if !s.made {
			return nil
		}
		made := s.key
		*s = slot{}
		return made.Close()
	})
}

// Touch touches the key.
func (h *hub) Touch(_ context.Context, id string) error {
	return h.with(id, func(s *slot) error {
		if !s.key.Waiting() {
			return inventory.Refuse(inventory.Conflict, "This key does not ask for a touch now.")
		}
		s.key.Touch()
		return nil
	})
}

func (h *hub) with(id string, do func(*slot) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, err := h.index(id)
	if err != nil {
		return err
	}
	if !h.slots[i].in {
		return inventory.Refuse(inventory.Conflict, "There is no key in this port: plug one in first.")
	}
	return do(&h.slots[i])
}

// close takes all keys out and waits for their goroutines.
func (h *hub) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for i, s := range h.slots {
		if s.key != nil {
			errs = append(errs, s.key.Close())
		}
		h.slots[i] = slot{}
	}
	return errors.Join(errs...)
}
