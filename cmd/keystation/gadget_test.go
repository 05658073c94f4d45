package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/usb"
)

// inGuest is set in the guest of `make test-hidraw`, whose kernel may be filled with USB gadgets.
const inGuest = "KEYSTATION_HIDRAW"

func needGuest(t *testing.T) {
	t.Helper()
	if os.Getenv(inGuest) != "1" {
		t.Skip("This test needs a kernel with USB gadgets to itself: make test-hidraw boots one.")
	}
}

const (
	gadgetVendor, gadgetProduct = 0x1209, 0xF1D0 // pid.codes; whoever tests may use its ids
	kernelFunctions             = 4              // HIDG_MINORS of the kernel's f_hid.c
)

// gadget is a USB device made by this kernel, which sees it as plugged into a controller of its own.
type gadget struct {
	*testing.T
	dir        string // in configfs
	controller string
	function   string // in dir
	node       string // its end of a function of the kernel; the number is its own as long as it lives
	user       *userFunction
	port       string // where the kernel's other half finds it
}

// newGadget makes number n, not yet plugged in, with a serial number of its own.
func newGadget(t *testing.T, n int) *gadget {
	t.Helper()
	needGuest(t)
	g := &gadget{T: t, dir: fmt.Sprintf("/sys/kernel/config/usb_gadget/key%d", n), controller: fmt.Sprintf("dummy_udc.%d", n)}
	g.mkdir("", "strings/0x409", "configs/c.1/strings/0x409")
	t.Cleanup(g.remove)
	g.write("idVendor", fmt.Sprintf("%#04x", gadgetVendor))
	g.write("idProduct", fmt.Sprintf("%#04x", gadgetProduct))
	g.write("strings/0x409/manufacturer", "Keystation\n")
	g.write("strings/0x409/product", "Software key\n")
	g.write("strings/0x409/serialnumber", fmt.Sprintf("serial-%d\n", n))
	if n < kernelFunctions {
		g.addKernelFunction()
	} else {
		g.user = g.addUserFunction(n)
	}
	g.must(os.Symlink(filepath.Join(g.dir, g.function), filepath.Join(g.dir, "configs/c.1/key")))
	g.port = fmt.Sprintf("%s-1", g.bus(n))
	return g
}

// addKernelFunction makes the HID function that the kernel has, with a node in /dev.
func (g *gadget) addKernelFunction() {
	g.Helper()
	g.function = "functions/hid.key"
	g.mkdir(g.function)
	for name, value := range map[string]string{"protocol": "0", "subclass": "0", "report_length": "64",
		"report_desc": string(softkey.ReportDescriptor())} {
		g.write(filepath.Join(g.function, name), value)
	}
	dev, err := os.ReadFile(filepath.Join(g.dir, g.function, "dev"))
	g.must(err)
	_, minor, _ := strings.Cut(strings.TrimSpace(string(dev)), ":")
	g.node = "/dev/hidg" + minor
}

// open opens the gadget's end, for a software key.
func (g *gadget) open() (softkey.Node, error) {
	if g.user != nil {
		return g.user.open()
	}
	return softkey.OpenHIDG(g.node)
}

// bus is the number of the bus whose controller is the gadget's.
func (g *gadget) bus(n int) string {
	g.Helper()
	found, err := filepath.Glob(fmt.Sprintf("/sys/devices/platform/dummy_hcd.%d/usb*/busnum", n))
	if err != nil || len(found) != 1 {
		g.Fatalf("the bus of controller %d is %q, %v", n, found, err)
	}
	b, err := os.ReadFile(found[0])
	g.must(err)
	return strings.TrimSpace(string(b))
}

func (g *gadget) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

func (g *gadget) mkdir(dirs ...string) {
	g.Helper()
	for _, dir := range dirs {
		g.must(os.MkdirAll(filepath.Join(g.dir, dir), 0o755))
	}
}

func (g *gadget) write(name, value string) {
	g.Helper()
	g.must(os.WriteFile(filepath.Join(g.dir, name), []byte(value), 0o600))
}

// plug puts the gadget into its port.
func (g *gadget) plug() { g.Helper(); g.write("UDC", g.controller+"\n") }

// pull takes it out. Whoever stands behind it has to let go of it before the next plug.
// A gadget that is out stays out.
func (g *gadget) pull() {
	g.Helper()
	udc, err := os.ReadFile(filepath.Join(g.dir, "UDC"))
	g.must(err)
	if len(bytes.TrimSpace(udc)) > 0 {
		g.write("UDC", "\n")
	}
}

// remove takes the device apart in the order that configfs demands.
func (g *gadget) remove() {
	g.pull()
	if g.user != nil {
		g.must(g.user.close())
	}
	for _, part := range []string{"configs/c.1/key", "configs/c.1/strings/0x409", "configs/c.1", g.function, "strings/0x409", ""} {
		if err := os.Remove(filepath.Join(g.dir, part)); err != nil {
			g.Error(err)
		}
	}
}

// metalKey is a software key as a USB device.
type metalKey struct {
	*gadget
	key *softkey.Key
}

// newMetalKey makes a key with a gadget, plugged in.
func newMetalKey(t *testing.T, n int, cfg softkey.Config) *metalKey {
	t.Helper()
	m := &metalKey{gadget: newGadget(t, n)}
	cfg.Unplugged, cfg.Open = true, m.open
	k, err := softkey.New(cfg)
	m.must(err)
	m.key = k
	t.Cleanup(func() {
		m.gadget.pull() // ends a read of a node in user space
		m.must(k.Close())
	})
	m.plug()
	return m
}

// plug puts the key in: it has power as soon as its gadget is bound.
func (m *metalKey) plug() {
	m.Helper()
	m.gadget.plug()
	until(m.T, func() error { return m.key.Plug() }) // its node is made by another thread of the kernel
}

// pull takes the key out.
func (m *metalKey) pull() {
	m.Helper()
	m.gadget.pull()
	m.key.Unplug()
}

func (m *metalKey) replug() { m.Helper(); m.pull(); m.plug() }

// until asks again until there is no error.
func until(t *testing.T, ask func() error) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-look.C {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// at waits until a key is at the port and its node may be opened.
func at(t *testing.T, bus usb.Bus, port string) (p station.Port) {
	t.Helper()
	until(t, func() error {
		var err error
		p, err = bus.At(t.Context(), port)
		return err
	})
	return p
}

// gone waits until nothing is at the port.
func gone(t *testing.T, bus usb.Bus, port string) {
	t.Helper()
	until(t, func() error {
		p, err := bus.At(t.Context(), port)
		switch {
		case inventory.KindOf(err) == inventory.NotFound:
			return nil
		case err == nil:
			return fmt.Errorf("%s is still at %s", p.Path, port)
		}
		return err
	})
}

// attached waits until as many keys are there.
func attached(t *testing.T, bus usb.Bus, n int) (ports []station.Port) {
	t.Helper()
	until(t, func() error {
		var err error
		if ports, err = bus.Attached(context.Background()); err != nil {
			return err
		}
		if len(ports) != n {
			return errors.New(fmt.Sprint(len(ports), " keys are attached, want ", n))
		}
		return nil
	})
	return ports
}

// become plugs the key in again with what its kind says of itself on USB.
func (m *metalKey) become(u softkey.USB) {
	m.Helper()
	m.pull()
	m.write("idVendor", fmt.Sprintf("%#04x", u.Vendor))
	m.write("idProduct", fmt.Sprintf("%#04x", u.Product))
	m.write("strings/0x409/serialnumber", u.Serial+"\n")
	m.plug()
}
