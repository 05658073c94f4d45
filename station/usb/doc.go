// Package usb tells what is plugged in where, from what Linux shows in sysfs. It opens no key.
//
// What it knows: how a hidraw node hangs on a USB port, and that the number in /dev/hidraw3 says nothing, because it
// goes to the next key after a replug. Which nodes are FIDO keys at all is left to whoever fills [Bus.List].
//
// Most readers need two things. A port's ID is the USB port path, such as 1-2.3 (bus 1, port 2, port 3 of the hub
// there), which stays as long as the cables do; [Bus.At] finds the node that is there now. A pseudo-terminal, behind
// which a software key stands, is a port of its own with its path as ID, and so is a node without a USB device.
//
// Port.Plug is the kernel's bus and device number, which is given anew at each plugging-in. A pseudo-terminal has
// none: a software key that loses power keeps its terminal, so nothing in the system tells.
//
// Guarantees: nothing is written, nothing is opened but small files of sysfs; what a device calls itself has no
// control characters left; a key that goes away while it is looked at is left out and no error.
package usb
