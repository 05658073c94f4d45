package usb_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystation/station"
	"keystation/station/usb"
)

// troubled is a machine whose kernel complains.
type troubled struct {
	*machine
	faults *usb.Faults
	now    time.Duration
}

func newTroubled(t *testing.T) *troubled {
	m := &troubled{machine: newMachine(t), now: time.Hour}
	m.faults = &usb.Faults{
		Log:    filepath.Join(m.sys, "kmsg"),
		Clock:  func() time.Duration { return m.now },
		IsFIDO: func(d []byte) bool { return string(d) == "FIDO" },
	}
	m.write(m.faults.Log, "")
	return m
}

func (m *troubled) bus() usb.Bus {
	b := m.machine.bus()
	b.Faults = m.faults
	return b
}

// says is one record of the kernel's log, as it is read from /dev/kmsg.
func (m *troubled) says(text string) {
	m.t.Helper()
	m.logs(fmt.Sprintf("3,1234,%d,-;%s\n SUBSYSTEM=usb\n DEVICE=+usb:1-2.3\n", m.now.Microseconds(), text))
}

func (m *troubled) logs(raw string) {
	m.t.Helper()
	f, err := os.OpenFile(m.faults.Log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := f.WriteString(raw); err != nil {
		m.t.Fatal(err)
	}
	m.must(f.Close())
}

// wrong gives what is wrong where.
func (m *troubled) wrong() map[string]string {
	m.t.Helper()
	ports, err := m.bus().Attached(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	wrong := map[string]string{}
	for _, p := range ports {
		if p.Fault == "" {
			continue
		}
		if p.Path != "" {
			m.t.Errorf("port %s has a fault and a path", p.ID)
		}
		wrong[p.ID] = p.Fault
	}
	return wrong
}

// wants holds the one fault against how it begins; empty: there shall be none.
func (m *troubled) wants(port, begins string) {
	m.t.Helper()
	wrong := m.wrong()
	if begins == "" {
		if len(wrong) > 0 {
			m.t.Errorf("have %q, want none", wrong)
		}
		return
	}
	if len(wrong) != 1 || !strings.HasPrefix(wrong[port], begins) {
		m.t.Errorf("have %q, want only %s: %s", wrong, port, begins)
	}
}

const (
	deaf    = "Something is plugged in at this port, but it does not get through."
	sick    = "This port does not work with what is plugged in."
	greedy  = "This port was switched off: too much current is drawn here."
	foreign = "What is plugged in at this port is no FIDO key: "
	locked  = "The key at this port may not be opened by this user"
)

// TestFaults_kernelLog reads what Linux 6 logs of ports, each line at a port that nothing was said of.
func TestFaults_kernelLog(t *testing.T) {
	for _, tt := range []struct{ text, port, begins string }{
		{"usb 1-2.3: device descriptor read/64, error -71", "1-2.3", deaf},
		{"usb 1-2.3: device descriptor read/all, error -110", "1-2.3", deaf},
		{"usb 3-1: device not accepting address 20, error -71", "3-1", deaf},
		{"usb 1-3: Device not responding to setup address.", "1-3", deaf},
		{"usb 1-3: can't set config #1, error -32", "1-3", deaf},
		{"usb 1-1.5: unable to read config index 0 descriptor/start: -71", "1-1.5", deaf},
		{"usb 1-2-port3: unable to enumerate USB device", "1-2.3", deaf},
		{"usb 1-2.4-port3: unable to enumerate USB device", "1-2.4.3", deaf},
		{"usb usb1-port14: unable to enumerate USB device", "1-14", deaf},
		{"usb 1-1-port1: Cannot enable. Maybe the USB cable is bad?", "1-1.1", deaf},
		{"usb usb2-port1: cannot reset (err = -32)", "2-1", sick},
		{"usb 1-1.1.3-port4: over-current condition", "1-1.1.3.4", greedy},
		{"usb 1-2.3: new full-speed USB device number 18 using xhci_hcd", "", ""},
		{"usb 1-2-port3: attempt power cycle", "", ""},
		{"hub 1-0:1.0: USB hub found", "", ""},
		{"usb 1-2.3 device descriptor read/64, error -71", "", ""},
		{"usb ../../etc: device descriptor read/64, error -71", "", ""},
		{"myapp: usb 1-2.3: device descriptor read/64, error -71", "", ""},
		{"", "", ""},
	} {
		t.Run(tt.text, func(t *testing.T) {
			m := newTroubled(t)
			m.says(tt.text)
			m.wants(tt.port, tt.begins)
		})
	}
}

// TestFaults_ofNobody: what a program wrote into the log, and what is no record, are none of the kernel's.
func TestFaults_ofNobody(t *testing.T) {
	m := newTroubled(t)
	const text = "usb 1-2.3: device descriptor read/64, error -71"
	for _, raw := range []string{
		"11,1234,3600000000,-;" + text, // facility 1: a user's
		"3,1234,-1,-;" + text,
		"3,1234,99999999999999999999,-;" + text,
		"x,1234,3600000000,-;" + text,
		"3,1234;" + text,
		";", ",,,;", text, " " + text, "",
	} {
		m.logs(raw + "\n")
	}
	m.wants("", "")
	m.logs("3,1235,3600000000,c,caller=T1;" + text + "\n") // a field of a later kernel
	m.wants("1-2.3", deaf)
}

// TestFaults_end: a fault is over when the device comes through after all, when the port gives a key, when it is pulled
// after it came so far as to be a device, or when nothing more was said of it for a minute.
func TestFaults_end(t *testing.T) {
	for name, end := range map[string]func(*troubled){
		"it comes through": func(m *troubled) { m.says("usb 1-2.3: New USB device found, idVendor=1050, idProduct=0407") },
		"a key is there":   func(m *troubled) { m.plug("1-2.3", "hidraw4", "17") },
		"it is pulled":     func(m *troubled) { m.says("usb 1-2.3: USB disconnect, device number 17") },
		"time passes":      func(m *troubled) { m.now += time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			m := newTroubled(t)
			m.says("usb 1-2-port3: unable to enumerate USB device")
			m.wants("1-2.3", deaf)
			m.now += 30 * time.Second
			m.says("usb 1-2.3: device descriptor read/64, error -71")
			m.now += 59 * time.Second
			m.wants("1-2.3", deaf)
			end(m)
			m.wants("", "")
			m.unplug()
			m.wants("", "")
		})
	}
}

// TestFaults_before: what was complained of long before the program started is not told; a moment before, it is.
func TestFaults_before(t *testing.T) {
	m := newTroubled(t)
	m.says("usb 1-1: device descriptor read/64, error -71")
	m.now += 10 * time.Minute
	m.says("usb 1-2: device descriptor read/64, error -71")
	m.wants("1-2", deaf)
}

// TestFaults_withoutALog: a log that may not be read tells nothing, and whoever asks doctor hears why.
func TestFaults_withoutALog(t *testing.T) {
	m := newTroubled(t)
	m.must(os.Remove(m.faults.Log))
	m.wants("", "")
	if err := usb.ReadsLog(m.faults.Log); err == nil {
		t.Error("a log that is not there can be read")
	}
	m.write(m.faults.Log, "")
	if err := usb.ReadsLog(m.faults.Log); err != nil {
		t.Error(err)
	}
	var nobody usb.Bus
	nobody.Expect([]string{"1-1"}) // without faults it is nobody's business
}

// port makes a port of a hub in sysfs with a file in it.
func (m *troubled) port(hubInterface, name, file, text string) string {
	m.t.Helper()
	dir := filepath.Join(m.sys, "bus", "usb", "devices", hubInterface, name)
	m.write(filepath.Join(dir, file), text+"\n")
	return dir
}

// TestFaults_overCurrent: a count that rises while the program runs is a fault; what it was before is not.
func TestFaults_overCurrent(t *testing.T) {
	m := newTroubled(t)
	count := func(n string) { m.port("1-2:1.0", "1-2-port3", "over_current_count", n) }
	m.port("1-0:1.0", "usb1-port2", "over_current_count", "7")
	count("4")
	m.wants("", "")
	count("5")
	m.wants("1-2.3", greedy)
	m.says("usb 1-2-port3: unable to enumerate USB device") // follows from it
	m.wants("1-2.3", greedy)
	m.now += time.Minute
	m.wants("", "")
	count("0") // the hub was plugged in anew, or four thousand million were counted
	m.wants("1-2.3", greedy)
	m.plug("1-2.3", "hidraw4", "17")
	m.wants("", "")
	count("1")
	m.wants("", "") // there is a key, and it works
	m.port("1-0:1.0", "usb1-port2", "over_current_count", "8")
	m.wants("1-2", greedy)
}

// TestFaults_hardwired leaves the camera in the lid alone.
func TestFaults_hardwired(t *testing.T) {
	m := newTroubled(t)
	m.port("1-0:1.0", "usb1-port7", "connect_type", "hardwired")
	m.port("1-0:1.0", "usb1-port2", "connect_type", "hotplug")
	m.says("usb 1-7: device descriptor read/64, error -71")
	m.wants("", "")
	m.says("usb 1-2: device descriptor read/64, error -71")
	m.wants("1-2", deaf)
}

// TestFaults_superSpeed: a socket of a USB 3 hub is two ports; the tile is that of the one where keys are.
func TestFaults_superSpeed(t *testing.T) {
	m := newTroubled(t)
	m.write(filepath.Join(m.sys, "bus", "usb", "devices", "usb2", "speed"), "10000\n")
	m.write(filepath.Join(m.sys, "bus", "usb", "devices", "usb1", "speed"), "480\n")
	dir := m.port("2-3:1.0", "2-3-port4", "over_current_count", "0")
	m.must(os.Symlink("../../../../usb1/1-3/1-3:1.0/1-3-port4", filepath.Join(dir, "peer")))
	m.says("usb 2-3-port4: Cannot enable. Maybe the USB cable is bad?")
	m.wants("1-3.4", deaf)
}

// device plugs something in that is no key.
func (m *troubled) device(port, maker, product string) {
	m.t.Helper()
	dir := filepath.Join(m.sys, "bus", "usb", "devices", port)
	for name, text := range map[string]string{"idVendor": "046d", "idProduct": "c077", "busnum": "1", "devnum": "9",
		"manufacturer": maker, "product": product} {
		m.write(filepath.Join(dir, name), text+"\n")
	}
}

// TestFaults_stranger: a mouse at a port for keys is a fault, once it had the time to turn out to be a key; at any other
// port it is nobody's business.
func TestFaults_stranger(t *testing.T) {
	m := newTroubled(t)
	m.device("1-2.3", "Logitech", "USB Optical Mouse")
	m.now += time.Hour
	m.wants("", "")
	m.bus().Expect([]string{"1-2.1", "1-2.3"})
	m.wants("", "")
	m.now += 2 * time.Second
	m.wants("1-2.3", foreign+"Logitech USB Optical Mouse (046d:c077).")
	m.plug("1-2.3", "hidraw4", "17")
	m.wants("", "")
	m.unplug()
	m.must(os.RemoveAll(filepath.Join(m.sys, "bus")))
	m.wants("", "")
	m.device("1-2.1", "", "\x1b[2J")
	m.wants("", "")
	m.now += 2 * time.Second
	m.wants("1-2.1", foreign+"[2J (046d:c077).")
	m.bus().Expect(nil)
	m.wants("", "")
}

// TestFaults_shut: a key that this user may not open is not listed by whoever lists keys by opening them.
func TestFaults_shut(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may open every key: this needs another user")
	}
	m := newTroubled(t)
	for _, n := range []struct{ port, node, descriptor string }{{"1-2.3", "hidraw4", "FIDO"}, {"1-2.4", "hidraw5", "keyboard"}} {
		path := m.plug(n.port, n.node, "17")
		m.write(filepath.Join(m.sys, "class", "hidraw", n.node, "device", "report_descriptor"), n.descriptor)
		m.must(os.Chmod(path, 0))
	}
	listed := m.nodes
	m.nodes = nil
	m.wants("", "") // udev may be about to give it away
	before := time.Now().Add(-time.Minute)
	for _, path := range listed {
		m.must(os.Chtimes(path, before, before))
	}
	m.wants("1-2.3", locked)
	m.must(os.Chmod(listed[0], 0o600))
	m.wants("", "")
}

// TestBus_At_aFault: at a port with a fault is no key.
func TestBus_At_aFault(t *testing.T) {
	m := newTroubled(t)
	m.says("usb 1-2.3: device descriptor read/64, error -71")
	m.wants("1-2.3", deaf)
	if p, err := m.bus().At(t.Context(), "1-2.3"); err == nil || err.Error() != station.NothingAt("1-2.3").Error() {
		t.Errorf("%+v, %v", p, err)
	}
}
