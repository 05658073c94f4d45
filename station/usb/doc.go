// Package usb tells what is plugged in where, when that changes and what goes wrong there, and switches the power of a
// port where the hub can. It opens no key.
//
// What it knows: how a hidraw node hangs on a USB port, and that the number in /dev/hidraw3 says nothing, because it
// goes to the next key after a replug; what the kernel logs and counts of bad cables and greedy devices, and what that
// means to whoever stands at the bench. Which nodes are FIDO keys at all is left to whoever fills [Bus.List].
//
// Most readers need three things. A port's ID is the USB port path, such as 1-2.3 (bus 1, port 2, port 3 of the hub
// there), which stays as long as the cables do; [Bus.At] finds the node that is there now. One USB device is one key at
// one port, however many of its interfaces speak FIDO: the lowest is the one that is opened. A pseudo-terminal, behind
// which a software key stands, is a port of its own with its path as ID, and so is a node without a USB device.
//
// Port.Plug is the kernel's bus and device number, which is given anew at each plugging-in. A pseudo-terminal has
// none: a software key that loses power keeps its terminal, so nothing in the system tells.
//
// Changes come from inotify (fsnotify) on /dev rather than from udev's netlink socket: it needs no C and no daemon, and
// it also tells when udev gives a node to a group, before which nobody can open it. It tells nothing of ports without a
// key, so whoever listens looks by themselves now and then.
//
// Nothing in Linux tells when something is unplugged that never got so far as to be a device. A port is therefore
// called faulty for a minute after the last that was said of it, or until a key works there.
//
// Guarantees: nothing is written, nothing is opened but small files of sysfs and, where it may be, the kernel's log;
// what a device calls itself has no control characters left; a key that goes away while it is looked at is left out and
// no error. Power that was taken from a port is given back, whoever goes away meanwhile.
//
// Sources: Documentation/ABI/testing/{sysfs-bus-usb,dev-kmsg} and drivers/usb/core of Linux, README of uhubctl.
package usb
