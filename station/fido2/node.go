package fido2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/station"
)

// lockPatience is how long another program may have a key before it is told of: one that lets it blink, or looks what it
// is, is done by then.
const lockPatience = 200 * time.Millisecond

// lockPoll is how often the lock is tried meanwhile.
const lockPoll = 5 * time.Millisecond

// openNode opens and locks what is at path and makes sure that a FIDO key may be behind it. Nothing is written. A key that
// somebody else has open is waited for as long as patience says.
func openNode(path string, patience time.Duration) (int, error) {
	if err := charDevice(path); err != nil {
		return -1, err
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, noEntry(path, err)
	}
	if err := claim(fd, path, patience); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// charDevice looks before it opens: opening alone can do things to a device.
func charDevice(path string) error {
	if path == "" {
		return sentence(inventory.Invalid, nil, "No path was given: name the hidraw node of a key.")
	}
	about, err := os.Stat(path)
	if err != nil {
		return noEntry(path, err)
	}
	if about.Mode()&os.ModeCharDevice == 0 {
		return notFIDO(path, errors.New("not a character device"))
	}
	return nil
}

// lock takes the lock that every program on libfido2 takes.
func lock(fd int, patience time.Duration) error {
	for until := time.Now().Add(patience); ; time.Sleep(lockPoll) {
		err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(until) {
			return err
		}
	}
}

// claim locks what was opened and looks at it.
func claim(fd int, path string, patience time.Duration) error {
	if err := lock(fd, patience); err != nil {
		return busy(path, err)
	}
	desc, err := reportDescriptor(fd)
	if err == nil && !UsesFIDO(desc) {
		return notFIDO(path, errors.New("the HID report descriptor has no FIDO usage page"))
	}
	if err == nil {
		return nil
	}
	return rawTerminal(fd, path)
}

// rawTerminal accepts the slave of a pseudo-terminal with a software key behind it, which is in raw mode. What a
// dead program left unread is dropped, as a newly opened hidraw node would have none.
func rawTerminal(fd int, path string) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return notFIDO(path, errors.New("neither a hidraw node nor a pseudo-terminal"))
	}
	if t.Lflag&(unix.ICANON|unix.ECHO) != 0 {
		return notFIDO(path, errors.New("a terminal that is not in raw mode"))
	}
	if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		return noEntry(path, err)
	}
	return nil
}

func reportDescriptor(fd int) ([]byte, error) {
	n, err := unix.IoctlGetUint32(fd, unix.HIDIOCGRDESCSIZE)
	if err != nil {
		return nil, err
	}
	d := unix.HIDRawReportDescriptor{Size: n}
	if err := unix.IoctlHIDGetDesc(fd, &d); err != nil {
		return nil, err
	}
	return d.Value[:min(int(n), len(d.Value))], nil
}

// UsesFIDO tells if a HID device is a key: it looks for the usage page of FIDO, 0xF1D0 (CTAP 2.1 §11.2.8.2), among the
// items of its report descriptor (Device Class Definition for HID 1.11 §6.2.2).
func UsesFIDO(desc []byte) bool {
	const (
		longItem, usagePage, tagAndType = 0xFE, 0x04, 0xFC
		fido                            = 0xF1D0
	)
	for len(desc) > 0 {
		n := 1 + [4]int{0, 1, 2, 4}[desc[0]&3]
		if desc[0] == longItem && len(desc) > 1 {
			n = 3 + int(desc[1])
		}
		if n > len(desc) {
			return false
		}
		if desc[0]&tagAndType == usagePage && n == 3 && binary.LittleEndian.Uint16(desc[1:]) == fido {
			return true
		}
		desc = desc[n:]
	}
	return false
}

func noEntry(path string, err error) error {
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return sentence(inventory.Forbidden, err,
			"This user may not open %s: install the udev rule, or run as a member of its group.", path)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), unplugged(err):
		return sentence(inventory.NotFound, err, "Nothing is at %s: plug the key in or check the path.", path)
	case errors.Is(err, unix.EBUSY):
		return busy(path, err)
	}
	return sentence(inventory.Unavailable, err, "%s cannot be opened: unplug the key and plug it in again.", path)
}

func notFIDO(path string, err error) error {
	return sentence(inventory.Invalid, err,
		"%s is no FIDO device: name the hidraw node of a key or the pseudo-terminal of a software key.", path)
}

func busy(path string, err error) error {
	return sentence(inventory.Unavailable, fmt.Errorf("%w: %w", station.ErrBusy, err), "Another program uses the key at %s: close it and try again.", path)
}

// unplugged tells errors of a node whose device has gone.
func unplugged(err error) bool {
	for _, gone := range []error{unix.EIO, unix.ENODEV, unix.ENXIO, unix.EPIPE, unix.ESHUTDOWN} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

func sentence(kind inventory.Kind, err error, format string, args ...any) error {
	return &inventory.Error{Kind: kind, Msg: fmt.Sprintf(format, args...), Err: err}
}
