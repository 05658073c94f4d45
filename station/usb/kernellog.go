package usb

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kernelLog reads the kernel's log from its oldest record on, never waiting for one. It stays open, since that is how
// the kernel knows what was read.
type kernelLog struct {
	file *os.File
	shut bool // it may not be read
}

// recordSize is more than a record can be long (PRINTK_MESSAGE_MAX of Linux).
const recordSize = 8192

// read gives the lines that came since the last call.
func (l *kernelLog) read(path string) []string {
	if l.file == nil && !l.shut {
		l.open(path)
	}
	if l.shut {
		return nil
	}
	var lines []string
	buf := make([]byte, recordSize)
	for {
		n, err := l.readOne(buf)
		if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.EINTR) {
			continue // what was not read in time is lost; the rest follows
		}
		if n <= 0 || err != nil {
			return lines
		}
		for line := range strings.Lines(string(buf[:n])) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
}

func (l *kernelLog) open(path string) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		l.shut = true
		return
	}
	l.file = os.NewFile(uintptr(fd), path)
}

// readOne reads without the runtime's poller, which would wait.
func (l *kernelLog) readOne(buf []byte) (n int, err error) {
	raw, err := l.file.SyscallConn()
	if err != nil {
		return 0, err
	}
	e := raw.Read(func(fd uintptr) bool {
		n, err = unix.Read(int(fd), buf)
		return true
	})
	return n, errors.Join(err, e)
}

// ReadsLog tells why this user may not read the kernel's log, in which cables and hubs are complained of; nil: they may.
func ReadsLog(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read kernel log: %w", err)
	}
	return f.Close()
}

// record is one line of the kernel's own in its log.
type record struct {
	at   time.Duration // since the machine started
	text string
}

// parseRecord reads "6,1234,5678901,-;text" (Documentation/ABI/testing/dev-kmsg of Linux): priority, sequence number,
// microseconds, flags and whatever a later kernel adds. What programs wrote there is none of the kernel's, and neither
// are the lines after a record that begin with a space.
func parseRecord(line string) (record, bool) {
	head, text, ok := strings.Cut(line, ";")
	fields := strings.Split(head, ",")
	if !ok || len(fields) < 4 {
		return record{}, false
	}
	priority, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil || priority>>3 != 0 { // the facility: 0 is the kernel
		return record{}, false
	}
	micro, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || micro < 0 || micro > int64(1<<62)/1000 {
		return record{}, false
	}
	return record{time.Duration(micro) * time.Microsecond, text}, true
}

// What ports say that give no key.
const (
	overCurrent  = "This port was switched off: too much current is drawn here. Unplug what is in it; if another key does the same, change the cable, then the port."
	unreadable   = "Something is plugged in at this port, but it does not get through. Change the cable, then the port; if it is the same everywhere, put the key aside."
	portTroubled = "This port does not work with what is plugged in. Change the cable, then the port; if other ports fail too, unplug the hub and plug it in again."
)

// tells is what the hub driver of Linux logs of a device or a port (drivers/usb/core/hub.c, config.c), by how it begins,
// and what that means to a person. Nothing to say means that all is well again.
var tells = []struct{ begins, say string }{
	{"device descriptor read/", unreadable},
	{"device not accepting address ", unreadable},
	{"Device not responding to setup address", unreadable},
	{"unable to read config index ", unreadable},
	{"can't read configurations, error ", unreadable},
	{"can't set config #", unreadable},
	{"unable to enumerate USB device", unreadable},
	{"Cannot enable. Maybe the USB cable is bad?", unreadable},
	{"connect-debounce failed", unreadable},
	{"cannot reset (err = ", portTroubled},
	{"cannot disable (err = ", portTroubled},
	{"config error", portTroubled},
	{"over-current condition", overCurrent},
	{"New USB device found", ""},
	{"USB disconnect", ""},
}

// tellsOf reads what the kernel says of a USB port: "usb 1-2.3: device descriptor read/64, error -71" of the device
// that is there, "usb 1-2-port3: unable to enumerate USB device" of the port.
func tellsOf(text string) (id, say string, ok bool) {
	rest, usb := strings.CutPrefix(text, "usb ")
	name, what, said := strings.Cut(rest, ": ")
	if !usb || !said {
		return "", "", false
	}
	id, isPort := portOf(name)
	if !isPort {
		if !devicePaths.MatchString(name) {
			return "", "", false
		}
		id = name
	}
	for _, t := range tells {
		if strings.HasPrefix(what, t.begins) {
			return id, t.say, true
		}
	}
	return "", "", false
}
