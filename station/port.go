package station

import (
	"context"

	"keystation/inventory"
)

// Port is where on the bench a key is plugged in.
type Port struct {
	ID     string // stays while the bench stands: a USB port path such as "1-2.3", or the path of a pseudo-terminal
	Label  string // what the tile says; empty: ID
	Path   string // what libfido2 opens now; a replug may change it
	Plug   string // changes with every plugging-in, where the system can tell; else empty
	Vendor uint16 // USB idVendor; 0 unknown
	Model  uint16 // USB idProduct
	Maker  string // USB manufacturer string
	Name   string // USB product string
	Serial string // USB iSerial as found; may be a dummy
	Fault  string // why nothing can be spoken to here, as a sentence; Path is empty then. Empty: nothing is wrong
}

// Title is what a person calls the port.
func (p Port) Title() string {
	if p.Label != "" {
		return p.Label
	}
	return p.ID
}

// Bus tells what is plugged in where, without touching it.
type Bus interface {
	// Attached lists the keys that are plugged in now.
	Attached(ctx context.Context) ([]Port, error)
	// At gives what is plugged in at the port id now. The error is of kind [inventory.NotFound] when nothing is.
	At(ctx context.Context, id string) (Port, error)
}

// Hotplug is a [Bus] that tells when something was plugged in or out, so that it need not be looked at again and again.
type Hotplug interface {
	Bus
	// Changes gives a channel that receives after every change, several together as one. It is closed when ctx ends or when
	// the system tells no more; whoever reads it looks at the bus every quarter of a second then.
	Changes(ctx context.Context) (<-chan struct{}, error)
}

// NothingAt is the answer of a [Bus] for a port with nothing in it.
func NothingAt(port string) error {
	return inventory.Refuse(inventory.NotFound, "Nothing is plugged in at %s: plug the key in, or check the path.", port)
}
