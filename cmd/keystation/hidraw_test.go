package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestHidraw_found wants a key on USB to be found where it is plugged in, with what it says of itself.
func TestHidraw_found(t *testing.T) {
	m := newMetalKey(t, 3, softkey.Config{})
	p := at(t, newBus(), m.port)
	if p.Vendor != gadgetVendor || p.Model != gadgetProduct || p.Maker != "Keystation" || p.Name != "Software key" ||
		p.Serial != "serial-3" || p.Plug == "" || p.Fault != "" {
		t.Errorf("the port is %+v", p)
	}
	a := stationtest.Open(t, p.Path, nil)
	info, err := a.Info(t.Context())
	if err != nil || info.AAGUID != m.key.AAGUID() {
		t.Errorf("the key says %+v, %v", info, err)
	}
}

// TestHidraw_marked wants udev to mark the node as a key, and the rule of the README to let in whom it names.
func TestHidraw_marked(t *testing.T) {
	m := newMetalKey(t, 0, softkey.Config{})
	group := m.install(readmeRule(t))
	p := at(t, newBus(), m.port)
	until(t, func() error {
		return marked(p.Path, "E: ID_FIDO_TOKEN=1", "E: ID_SECURITY_TOKEN=1", "E: TAGS=.*:uaccess:")
	})
	until(t, func() error { return mayOpen(p.Path, group) })
	if err := mayOpen(p.Path, 64999); err == nil || !strings.Contains(err.Error(), "Permission denied") {
		t.Errorf("a stranger may open %s: %v", p.Path, err)
	}
	if found := checkKeys(t.Context(), Config{}); !found.pass {
		t.Errorf("doctor says %+v", found)
	}
}

// marked asks udev what it knows of a node.
func marked(path string, marks ...string) error {
	out, err := exec.Command("udevadm", "info", path).Output()
	if err != nil {
		return err
	}
	for _, mark := range marks {
		if !regexp.MustCompile("(?m)^" + mark).Match(out) {
			return fmt.Errorf("udev does not say %s of %s:\n%s", mark, path, out)
		}
	}
	return nil
}

// readmeRule is the udev rule that the README gives to paste.
func readmeRule(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	rule := regexp.MustCompile("(?s)<<'RULE'\n(.*?)RULE").FindSubmatch(b)
	if err != nil || rule == nil {
		t.Fatal("the README has no udev rule", err)
	}
	return string(rule[1])
}

// install puts a rule where udev reads it, and makes the group it names.
func (m *metalKey) install(rule string) (group uint32) {
	m.Helper()
	const gid = 4711
	name := regexp.MustCompile(`GROUP="(\w+)"`).FindStringSubmatch(rule)
	file, err := os.OpenFile("/etc/group", os.O_APPEND|os.O_WRONLY, 0)
	m.must(err)
	_, err = fmt.Fprintf(file, "%s:x:%d:\n", name[1], gid)
	m.must(errors.Join(err, file.Close()))
	m.must(os.MkdirAll("/etc/udev/rules.d", 0o755))
	m.must(os.WriteFile("/etc/udev/rules.d/70-keystation.rules", []byte(rule), 0o644))
	m.must(exec.Command("udevadm", "control", "--reload").Run())
	m.must(exec.Command("udevadm", "trigger", "--subsystem-match=hidraw").Run())
	return gid
}

// mayOpen opens a node as a user who is in one group alone.
func mayOpen(path string, group uint32) error {
	c := exec.Command("sh", "-c", `exec 3<>"$0"`, path)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: benchUID, Gid: group}}
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// TestHidraw_renumbered pulls two keys and plugs them in the other way round: each has the node of the other then, and
// its own port still.
func TestHidraw_renumbered(t *testing.T) {
	a, b := newMetalKey(t, 0, softkey.Config{}), newMetalKey(t, 1, softkey.Config{Profile: "fido20"})
	bus := newBus()
	attached(t, bus, 2)
	wasA, wasB := at(t, bus, a.port), at(t, bus, b.port)
	a.pull()
	gone(t, bus, a.port)
	b.pull()
	gone(t, bus, b.port)
	b.plug()
	isB := at(t, bus, b.port)
	a.plug()
	isA := at(t, bus, a.port)
	if slices.Min([]string{wasA.Path, wasB.Path}) != isB.Path || isA.Path == isB.Path {
		t.Errorf("were %s and %s, are %s and %s: the numbers did not move", wasA.Path, wasB.Path, isA.Path, isB.Path)
	}
	if isA.ID != wasA.ID || isB.ID != wasB.ID || isA.Plug == wasA.Plug || isB.Plug == wasB.Plug {
		t.Errorf("before %+v\n       %+v\nafter  %+v\n       %+v", wasA, wasB, isA, isB)
	}
	for path, want := range map[string]*metalKey{isA.Path: a, isB.Path: b} {
		info, err := stationtest.Open(t, path, nil).Info(t.Context())
		if err != nil || info.AAGUID != want.key.AAGUID() {
			t.Errorf("behind %s is %v, %v", path, info.AAGUID, err)
		}
	}
}

// TestHidraw_suite takes a key through what every authenticator is held to, with real power-ups.
func TestHidraw_suite(t *testing.T) {
	m := newMetalKey(t, 0, softkey.Config{Touch: softkey.TouchManual})
	bus := newBus()
	stationtest.Authenticator(t, stationtest.Subject{
		Open: func(t testing.TB, heard func(ctap.Keepalive)) station.Authenticator {
			t.Helper()
			p, err := bus.At(t.Context(), m.port)
			if err != nil {
				t.Fatal(err)
			}
			return stationtest.Open(t, p.Path, heard)
		},
		Replug: func(t testing.TB) { m.replug(); at(m.T, bus, m.port) },
		Touch:  m.key.Touch,
	})
}

// TestHidraw_pulled takes a key out while it waits for a touch.
func TestHidraw_pulled(t *testing.T) {
	m := newMetalKey(t, 0, softkey.Config{Touch: softkey.TouchNever})
	p := at(t, newBus(), m.port)
	asked := make(chan struct{}, 100)
	a := stationtest.Open(t, p.Path, func(ctap.Keepalive) { asked <- struct{}{} })
	reset := make(chan error, 1)
	go func() { reset <- a.Reset(t.Context()) }()
	<-asked
	m.pull()
	if err := <-reset; err == nil || inventory.KindOf(err) != inventory.NotFound && inventory.KindOf(err) != inventory.Unavailable {
		t.Errorf("the key was pulled, and the reset says %v", err)
	}
	gone(t, newBus(), m.port)
	if _, err := fido2.Open(t.Context(), p.Path, nil); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("opening what is gone: %v", err)
	}
}

// TestHidraw_twoPrograms: libfido2's own tools and ours keep each other out, on a node as on a terminal.
func TestHidraw_twoPrograms(t *testing.T) {
	m := newMetalKey(t, 0, softkey.Config{})
	p := at(t, newBus(), m.port)
	if out, err := exec.Command("fido2-token", "-L").CombinedOutput(); err != nil ||
		!strings.HasPrefix(string(out), p.Path+": vendor=0x1209, product=0xf1d0 (Keystation Software key)") {
		t.Errorf("fido2-token -L: %v\n%s", err, out)
	}
	if out, err := exec.Command("fido2-token", "-I", p.Path).CombinedOutput(); err != nil || !strings.Contains(string(out), "FIDO_2_1") {
		t.Errorf("fido2-token -I: %v\n%s", err, out)
	}
	a := stationtest.Open(t, p.Path, nil)
	if _, err := fido2.Open(t.Context(), p.Path, nil); inventory.KindOf(err) != inventory.Unavailable || !strings.Contains(err.Error(), "Another program") {
		t.Errorf("a second program gets %v", err)
	}
	m.must(a.Close())
	stationtest.Open(t, p.Path, nil)
}

// TestHidraw_softkey is what people type: the key's end is a program of its own, and the gadget is the hand.
func TestHidraw_softkey(t *testing.T) {
	a, b := newGadget(t, 0), newGadget(t, 1)
	p := program(t, nil, "softkey", "--hidg", a.node, "--count", "2").start()
	bus := newBus()
	b.plug()
	p.await(&p.out, b.node+"\n")
	port := at(t, bus, b.port)
	b.pull()
	gone(t, bus, b.port)
	a.plug()
	p.await(&p.out, b.node+"\n"+a.node+"\n")
	port = at(t, bus, a.port)
	out, errs, code := call(t, "keys", "--json")
	keys := listed(t, out, port.Path)
	if code != exitDone || len(keys) != 1 || keys[0].Port != a.port || keys[0].Vendor != "1209" || keys[0].Product != "f1d0" ||
		keys[0].USBSerial != "serial-0" || keys[0].PIN != "none" {
		t.Fatalf("exit code %d, want one key\n%s%s", code, out, errs)
	}
	b.plug()
	p.await(&p.out, strings.Join([]string{b.node, a.node, b.node, ""}, "\n"))
	attached(t, bus, 2)
	a.must(p.cmd.Process.Signal(os.Interrupt))
	if code := p.end(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
}

// slow is the reset window of keys in an emulated machine, in which sixteen keys take ten seconds to say who they are.
const slow = 5 * time.Minute

// TestHidraw_run makes a key that may be reset only after a replug, and that has another node after it, while a
// stranger's key has its old one.
func TestHidraw_run(t *testing.T) {
	h := newHouse(t)
	h.asked()
	var late atomic.Int64
	m := newMetalKey(t, 0, softkey.Config{
		ResetWindow: slow,
		Now:         func() time.Time { return time.Now().Add(time.Duration(late.Load())) },
	})
	bus := newBus()
	was := at(t, bus, m.port)
	late.Store(int64(2 * slow)) // it has been in for too long
	p := h.provision(nil, was.Path, "--wait", "60s").start()
	p.await(&p.err, "REPLUG")
	m.pull()
	gone(t, bus, m.port)
	stranger := newMetalKey(t, 1, softkey.Config{OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Working && e.Command != ctap.CmdGetInfo {
			t.Errorf("the stranger's key was asked for %v", e)
		}
	}})
	if q := at(t, bus, stranger.port); q.Path != was.Path {
		t.Errorf("the stranger's key has %s, want %s for this test", q.Path, was.Path)
	}
	m.plug()
	is := at(t, bus, m.port)
	wantWhole(t, h, p, is.Path)
}

// TestHidraw_sixteen makes sixteen keys at the same time.
func TestHidraw_sixteen(t *testing.T) {
	h := newHouse(t)
	for n := range 16 {
		newMetalKey(t, n, softkey.Config{ResetWindow: slow})
	}
	bus := newBus()
	args := []string{"provision", "--db", h.db, "--touch-slots", "16", "--yes", "--json"}
	seen := map[string]bool{}
	for _, p := range attached(t, bus, 16) {
		args = append(args, "--device", p.Path)
		seen[p.ID], seen[p.Serial] = true, true
	}
	if len(seen) != 32 {
		t.Errorf("ports and serials are not all different: %v", seen)
	}
	p := program(t, nil, args...).start()
	if code := p.end(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
	made := reports(t, p.out.String())
	ready := h.count("SELECT count(*) FROM keys WHERE state = 'ready'")
	if len(made) != 16 || ready != 16 {
		t.Errorf("%d reports, %d ready keys, want 16", len(made), ready)
	}
}

// TestHidraw_serials makes one key of each maker that has a command for its serial, and one that has it from USB alone:
// the kernel's node takes the command, and the number in the inventory is the one on the key.
func TestHidraw_serials(t *testing.T) {
	h := newHouse(t)
	args := []string{"provision", "--db", h.db, "--yes", "--json"}
	want := map[string]inventory.SerialSource{}
	bus := newBus()
	for n, profile := range []string{"yubikey-like", "uuid-like", "suffix-like", "modern"} {
		m := newMetalKey(t, n, softkey.Config{Profile: profile, ResetWindow: slow})
		m.become(m.key.USB())
		p := at(t, bus, m.port)
		args = append(args, "--device", p.Path)
		switch said := strings.ToUpper(m.key.Serial()); profile {
		case "suffix-like":
			want["…"+said[len(said)-8:]] = inventory.SerialVendor
		case "modern":
			want[said] = inventory.SerialUSB
		default:
			want[said] = inventory.SerialVendor
		}
	}
	p := program(t, nil, args...).start()
	if code := p.end(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
	for serial, source := range want {
		if n := h.count("SELECT count(*) FROM keys WHERE state = 'ready' AND upper(serial) = ? AND serial_source = ?", serial, string(source)); n != 1 {
			t.Errorf("%d ready keys have the serial %s from %s", n, serial, source)
		}
	}
	if t.Failed() {
		t.Log(p.out.String())
	}
}

// TestHidraw_grantedLate: the kernel makes a node for root alone, and udev gives it to the bench a moment later. Who looks
// in between must not find a key that may not be opened.
func TestHidraw_grantedLate(t *testing.T) {
	m := newMetalKey(t, 0, softkey.Config{})
	group := m.install(readmeRule(t))
	ctx, stop := context.WithCancel(t.Context())
	var opened, refused atomic.Int64
	var looking sync.WaitGroup
	looking.Go(func() {
		becomeBench(t, group)
		for bus := newBus(); ctx.Err() == nil; {
			ports, err := bus.Attached(ctx)
			if err != nil {
				continue // it went away meanwhile
			}
			for _, p := range ports {
				f, err := os.OpenFile(p.Path, os.O_RDWR, 0)
				switch {
				case err == nil:
					opened.Add(1)
					_ = f.Close() // nothing was written
				case errors.Is(err, os.ErrPermission):
					refused.Add(1)
				}
			}
		}
	})
	for range 6 {
		m.replug()
		before := opened.Load()
		until(t, func() error {
			if opened.Load() == before {
				return errors.New("the bench may not open the key")
			}
			return nil
		})
	}
	stop()
	looking.Wait()
	if n := refused.Load(); n > 0 {
		t.Errorf("%d times the bench was shown a key that it may not open yet", n)
	}
}

// becomeBench makes this goroutine's thread, and no other, a user who is in one group alone. The thread ends with it.
func becomeBench(t *testing.T, group uint32) {
	runtime.LockOSThread()
	gid := uintptr(group)
	for _, call := range [][4]uintptr{{unix.SYS_SETGROUPS}, {unix.SYS_SETRESGID, gid, gid, gid}, {unix.SYS_SETRESUID, benchUID, benchUID, benchUID}} {
		if _, _, err := unix.RawSyscall(call[0], call[1], call[2], call[3]); err != 0 {
			t.Error("become another user:", err)
		}
	}
}

// TestHidraw_shut: a key that this user may not open is no key to libfido2, and a port with a sentence on the bench.
func TestHidraw_shut(t *testing.T) {
	m := newMetalKey(t, 0, softkey.Config{})
	at(t, newBus(), m.port)
	shown := make(chan []station.Port, 1)
	go func() {
		becomeBench(t, 64999)
		bus, look := newBus(), time.NewTicker(50*time.Millisecond)
		defer look.Stop()
		for { // it takes a moment: udev might still let this user in
			ports, err := bus.Attached(t.Context())
			if err != nil || len(ports) > 0 {
				shown <- ports
				return
			}
			<-look.C
		}
	}()
	ports := <-shown
	if len(ports) != 1 || ports[0].ID != m.port || ports[0].Path != "" || !strings.Contains(ports[0].Fault, "udev rule") {
		t.Errorf("the bench is shown %+v", ports)
	}
}

// TestHidraw_hotplug is told of every plugging-in and out, and finds the bus changed when it looks.
func TestHidraw_hotplug(t *testing.T) {
	m := newMetalKey(t, 0, softkey.Config{})
	bus := newBus()
	changes, err := bus.Changes(t.Context())
	m.must(err)
	looks := func(want int) {
		t.Helper()
		limit := time.After(30 * time.Second)
		for {
			ports, err := bus.Attached(t.Context())
			if err == nil && len(ports) == want {
				return
			}
			select {
			case <-changes:
			case <-limit:
				t.Fatalf("nothing was told any more, and %d keys are attached (%v), want %d", len(ports), err, want)
			}
		}
	}
	looks(1)
	for range 3 {
		m.pull()
		looks(0)
		m.plug()
		looks(1)
	}
	second := newMetalKey(t, 1, softkey.Config{})
	looks(2)
	second.pull()
	looks(1)
}

// TestHidraw_probe probes a key that is really plugged in again each time, and leaves it blank.
func TestHidraw_probe(t *testing.T) {
	k := &probedKey{}
	m := newMetalKey(t, 0, k.config(softkey.Config{Profile: "mute-when-forced", ResetWindow: slow}))
	k.Key = m.key
	bus := newBus()
	p := k.prober(bus, at(t, bus, m.port), m.replug)
	m.must(p.probe(t.Context(), true))
	b, err := json.Marshal(p.report)
	m.must(err)
	model, err := readModel(b)
	if err != nil || !model.Quirks.MuteWhenForced || model.USB.Vendor != gadgetVendor || !p.report.USB.Serial || strings.Contains(string(b), "serial-0") {
		t.Errorf("%v\n%s", err, b)
	}
	info, err := stationtest.Open(t, at(t, bus, m.port).Path, nil).Info(t.Context())
	if err != nil || info.HasPIN() {
		t.Errorf("the key is not blank: %+v, %v", info, err)
	}
}
