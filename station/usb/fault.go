package usb

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"keystation/station"
)

const (
	// troubleStays is how long a port is called faulty after the last trouble at it: nothing in the system tells that
	// something was unplugged that never got so far as to be a device.
	troubleStays = time.Minute
	// settles is how long something may be plugged in before it is said to be no key: the nodes of a key come one after
	// the other, and udev gives them away a moment later.
	settles = 2 * time.Second
)

// Faults knows what goes wrong at the ports, as the kernel and its log tell it, and says so to a [Bus]. It is safe for
// concurrent use. Its zero value asks this machine.
type Faults struct {
	Log    string                       // the kernel's log; empty: /dev/kmsg. One that may not be read tells nothing
	IsFIDO func(descriptor []byte) bool // if a HID report descriptor is a key's; nil: nodes that may not be opened are not told
	Clock  func() time.Duration         // since the machine started, as the kernel's log counts; nil: the system's

	mu       sync.Mutex
	log      kernelLog
	troubles map[string]trouble       // by port
	currents map[string]uint64        // over-current counts of the ports as last seen
	since    map[string]time.Duration // by what: when something that should not be was first seen
	making   map[string]bool          // ports at which there should be keys
}

// trouble is what was said of a port, and when.
type trouble struct {
	say string
	at  time.Duration
}

// Expect says which ports are there for keys: what else is plugged in at one of them is a fault.
func (f *Faults) Expect(ports []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.making = map[string]bool{}
	for _, id := range ports {
		f.making[id] = true
	}
}

// Expect says which ports are there for keys.
func (b Bus) Expect(ports []string) {
	if b.Faults != nil {
		b.Faults.Expect(ports)
	}
}

// faults gives the ports at which something is wrong. Where there is a key, nothing is.
func (b Bus) faults(keys []station.Port) []station.Port {
	if b.Faults == nil {
		return nil
	}
	f := b.Faults
	f.mu.Lock()
	defer f.mu.Unlock()
	now, sysfs := f.now(), b.sysfs()
	f.listen(sysfs)
	f.countCurrents(sysfs, now)
	for _, p := range keys {
		f.fine(p.ID)
	}
	wrong := f.strangers(sysfs, now)
	maps.Copy(wrong, f.shut(b, keys))
	for id, t := range f.troubles {
		if now-t.at >= troubleStays {
			f.fine(id)
			continue
		}
		wrong[id] = t.say
	}
	for _, p := range keys {
		delete(wrong, p.ID)
	}
	return faulty(sysfs, wrong)
}

// faulty makes ports of what is wrong where.
func faulty(sysfs string, wrong map[string]string) []station.Port {
	var ports []station.Port
	for _, id := range slices.Sorted(maps.Keys(wrong)) {
		p, _ := usbPort(filepath.Join(sysfs, "bus", "usb", "devices", id))
		p.ID, p.Fault = id, wrong[id]
		ports = append(ports, p)
	}
	return ports
}

func (f *Faults) now() time.Duration {
	if f.Clock != nil {
		return f.Clock()
	}
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0 // Linux has this clock
	}
	return time.Duration(t.Nano())
}

// fine forgets what was wrong at a port.
func (f *Faults) fine(id string) { delete(f.troubles, id) }

// trouble notes what is wrong at a port. Too much current is what all else that is said of the port follows from.
func (f *Faults) trouble(id, say string, at time.Duration) {
	if f.troubles == nil {
		f.troubles = map[string]trouble{}
	}
	if t, is := f.troubles[id]; is && t.say == overCurrent && at-t.at < troubleStays {
		say = overCurrent
	}
	f.troubles[id] = trouble{say, at}
}

// listen reads what the kernel has logged since it was last asked.
func (f *Faults) listen(sysfs string) {
	for _, line := range f.log.read(cmp.Or(f.Log, "/dev/kmsg")) {
		r, ok := parseRecord(line)
		if !ok {
			continue
		}
		id, say, ok := tellsOf(r.text)
		if !ok || hardwired(sysfs, id) {
			continue
		}
		if id = usb2Side(sysfs, id); say == "" {
			f.fine(id)
			continue
		}
		f.trouble(id, say, r.at)
	}
}

// countCurrents looks at how often each port was switched off because what is plugged in drew too much
// (Documentation/ABI/testing/sysfs-bus-usb of Linux, over_current_count).
func (f *Faults) countCurrents(sysfs string, now time.Duration) {
	if f.currents == nil {
		f.currents = map[string]uint64{}
	}
	files, err := filepath.Glob(filepath.Join(sysfs, "bus", "usb", "devices", "*:1.0", "*-port*", "over_current_count"))
	if err != nil {
		return // the pattern is ours and good
	}
	for _, file := range files {
		id, ok := portOf(filepath.Base(filepath.Dir(file)))
		if !ok || hardwired(sysfs, id) {
			continue
		}
		n, err := strconv.ParseUint(attribute(filepath.Dir(file), "over_current_count"), 10, 32)
		if err != nil {
			continue // the hub was pulled
		}
		before, known := f.currents[id]
		f.currents[id] = n
		if known && n != before {
			f.trouble(usb2Side(sysfs, id), overCurrent, now)
		}
	}
}

// strangers are devices at the ports for keys that are none.
func (f *Faults) strangers(sysfs string, now time.Duration) map[string]string {
	wrong := map[string]string{}
	for id := range f.making {
		p, there := usbPort(filepath.Join(sysfs, "bus", "usb", "devices", id))
		if !there || p.ID != id {
			f.gone("stranger at " + id)
			continue
		}
		if f.settled("stranger at "+id, now) {
			wrong[id] = fmt.Sprintf("What is plugged in at this port is no FIDO key: %s. Unplug it and plug a key in.", whatIs(p))
		}
	}
	return wrong
}

// shut are ports whose key this user may not open: whoever lists keys by opening them does not see those. A node is
// udev's for a moment first.
func (f *Faults) shut(b Bus, keys []station.Port) map[string]string {
	wrong := map[string]string{}
	if f.IsFIDO == nil {
		return wrong
	}
	nodes, err := filepath.Glob(filepath.Join(b.sysfs(), "class", "hidraw", "*"))
	if err != nil {
		return wrong // the pattern is ours and good
	}
	for _, dir := range nodes {
		path := filepath.Join(b.dev(), filepath.Base(dir))
		info, err := os.Stat(path)
		listed := slices.ContainsFunc(keys, func(p station.Port) bool { return p.Path == path })
		if err != nil || listed || time.Since(info.ModTime()) < settles || unix.Access(path, unix.R_OK|unix.W_OK) != unix.EACCES {
			continue
		}
		if n, err := b.node(path); err == nil && f.IsFIDO(contents(filepath.Join(n.hid, "report_descriptor"))) {
			wrong[n.ID] = "The key at this port may not be opened by this user: install the udev rule of the README, then plug the key in again."
		}
	}
	return wrong
}

// settled tells if something has been seen for longer than a key takes to be ready.
func (f *Faults) settled(what string, now time.Duration) bool {
	if f.since == nil {
		f.since = map[string]time.Duration{}
	}
	if _, seen := f.since[what]; !seen {
		f.since[what] = now
	}
	return now-f.since[what] >= settles
}

func (f *Faults) gone(what string) { delete(f.since, what) }

// whatIs names a device for people.
func whatIs(p station.Port) string {
	name := strings.TrimSpace(p.Maker + " " + p.Name)
	if name == "" {
		name = "a device without a name"
	}
	return fmt.Sprintf("%s (%04x:%04x)", name, p.Vendor, p.Model)
}
