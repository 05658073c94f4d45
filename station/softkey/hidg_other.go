//go:build !linux

package softkey

import (
	"context"
	"errors"
)

var errNoGadget = errors.New("the HID function of a USB gadget needs Linux")

// OpenHIDG says that there are no gadgets here.
func OpenHIDG(string) (Node, error) { return nil, errNoGadget }

// WatchHIDG says that there are no gadgets here.
func WatchHIDG(context.Context, string, func(there bool) error) error { return errNoGadget }
