package usb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/usb"
)

// machine is a fake /dev and /sys.
type machine struct {
	t        *testing.T
	dev, sys string
	nodes    []string
}

func newMachine(t *testing.T) *machine {
	root := t.TempDir()
	return &machine{t: t, dev: filepath.Join(root, "dev"), sys: filepath.Join(root, "sys")}
}

func (m *machine) bus() usb.Bus {
	return usb.Bus{Sysfs: m.sys, Dev: m.dev, List: func(context.Context) ([]string, error) { return m.nodes, nil }}
}

func (m *machine) write(path string, text string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// hid makes a hidraw node whose HID device stands in the folder parent of /sys/devices.
func (m *machine) hid(node, parent, instance, uevent string) (path string) {
	m.t.Helper()
	device := filepath.Join(m.sys, "devices", parent, instance)
	m.write(filepath.Join(device, "uevent"), uevent)
	class := filepath.Join(m.sys, "class", "hidraw", node)
	if err := os.MkdirAll(class, 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink(device, filepath.Join(class, "device")); err != nil {
		m.t.Fatal(err)
	}
	path = filepath.Join(m.dev, node)
	m.write(path, "")
	m.nodes = append(m.nodes, path)
	return path
}

// plug puts a key into a USB port.
func (m *machine) plug(port, node, devnum string) (path string) {
	m.t.Helper()
	device := filepath.Join(m.sys, "devices", "pci0000:00", "usb1", port)
	for name, text := range map[string]string{
		"idVendor": "1050\n", "idProduct": "8407\n", "busnum": "1\n", "devnum": devnum + "\n",
		"manufacturer": "Yubico\n", "product": "YubiKey \x1b[2JFIDO\n", "serial": "0012345\n",
	} {
		m.write(filepath.Join(device, name), text)
	}
	return m.hid(node, filepath.Join("pci0000:00", "usb1", port, port+":1.0"), "0003:1050:8407.00"+devnum, "")
}

// unplug takes all keys out.
func (m *machine) unplug() {
	m.t.Helper()
	for _, dir := range []string{m.dev, filepath.Join(m.sys, "class"), filepath.Join(m.sys, "devices")} {
		if err := os.RemoveAll(dir); err != nil {
			m.t.Fatal(err)
		}
	}
	m.nodes = nil
}

func TestBus_Attached(t *testing.T) {
	m := newMachine(t)
	a, b := m.plug("1-2.3", "hidraw4", "17"), m.plug("1-1", "hidraw0", "18")
	m.nodes = append(m.nodes, filepath.Join(m.dev, "hidraw9")) // gone since it was listed
	have, err := m.bus().Attached(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := station.Port{Vendor: 0x1050, Model: 0x8407, Maker: "Yubico", Name: "YubiKey [2JFIDO", Serial: "0012345"}
	first, second := key, key
	first.ID, first.Path, first.Plug = "1-2.3", a, "1:17"
	second.ID, second.Path, second.Plug = "1-1", b, "1:18"
	if len(have) != 2 || have[0] != first || have[1] != second {
		t.Fatalf("have %+v\nwant %+v", have, []station.Port{first, second})
	}
}

// TestBus_At_afterReplug finds the key at its port although its node has another name and its old one another key.
func TestBus_At_afterReplug(t *testing.T) {
	m := newMachine(t)
	m.plug("1-2.3", "hidraw0", "17")
	before, err := m.bus().At(t.Context(), "1-2.3")
	if err != nil {
		t.Fatal(err)
	}
	m.unplug()
	if _, err := m.bus().At(t.Context(), "1-2.3"); inventory.KindOf(err) != inventory.NotFound {
		t.Fatal("an empty port:", err)
	}
	m.plug("1-4", "hidraw0", "18")
	moved := m.plug("1-2.3", "hidraw1", "19")
	after, err := m.bus().At(t.Context(), "1-2.3")
	if err != nil {
		t.Fatal(err)
	}
	if after.Path != moved || after.ID != before.ID || after.Plug == before.Plug {
		t.Fatalf("before %+v\nafter %+v", before, after)
	}
}

func TestBus_Find(t *testing.T) {
	m := newMachine(t)
	node := m.plug("1-2.3", "hidraw4", "17")
	link := filepath.Join(m.dev, "my-key")
	if err := os.Symlink(node, link); err != nil {
		t.Fatal(err)
	}
	pts := filepath.Join(m.dev, "pts", "3")
	m.write(pts, "")
	bare := m.hid("hidraw7", filepath.Join("virtual", "misc", "uhid"), "0003:1209:FFFE.0002",
		"DRIVER=hid-generic\nHID_ID=0003:00001209:0000FFFE\nHID_NAME=soft key\nHID_UNIQ=\n")
	for _, c := range []struct {
		name, path string
		want       station.Port
	}{
		{"a link", link, station.Port{ID: "1-2.3", Path: link, Plug: "1:17"}},
		{"a pseudo-terminal", pts, station.Port{ID: pts, Path: pts}},
		{"a node without USB", bare, station.Port{ID: bare, Path: bare, Plug: "0003:1209:FFFE.0002"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := m.bus().Find(t.Context(), c.path)
			if err != nil {
				t.Fatal(err)
			}
			if p.ID != c.want.ID || p.Path != c.want.Path || p.Plug != c.want.Plug {
				t.Fatalf("have %+v\nwant %+v", p, c.want)
			}
			again, err := m.bus().At(t.Context(), p.ID)
			if err != nil || again.ID != p.ID {
				t.Fatalf("at its port: %+v, %v", again, err)
			}
		})
	}
	if p, err := m.bus().Find(t.Context(), bare); err != nil || p.Vendor != 0x1209 || p.Model != 0xFFFE || p.Name != "soft key" {
		t.Fatalf("the bare node is %+v, %v", p, err)
	}
}

func TestBus_whenNothingIsThere(t *testing.T) {
	m := newMachine(t)
	gone := filepath.Join(m.dev, "pts", "9")
	if _, err := m.bus().At(t.Context(), gone); inventory.KindOf(err) != inventory.NotFound {
		t.Fatal(err)
	}
	if ports, err := (usb.Bus{}).Attached(t.Context()); err != nil || len(ports) != 0 {
		t.Fatal(ports, err)
	}
	node := m.plug("1-2.3", "hidraw4", "17")
	if _, err := m.bus().At(t.Context(), node); inventory.KindOf(err) != inventory.NotFound {
		t.Fatal("a node's name is no port of a USB key:", err)
	}
	broken := errors.New("no udev")
	b := usb.Bus{List: func(context.Context) ([]string, error) { return nil, broken }}
	if _, err := b.At(t.Context(), "1-2.3"); !errors.Is(err, broken) {
		t.Fatal(err)
	}
}

// TestBus_At_swapped: two keys come back at once and the kernel gives each the other's number.
func TestBus_At_swapped(t *testing.T) {
	m := newMachine(t)
	m.plug("1-1", "hidraw0", "17")
	m.plug("1-2", "hidraw1", "18")
	m.unplug()
	m.plug("1-2", "hidraw0", "19")
	m.plug("1-1", "hidraw1", "20")
	for port, want := range map[string]string{"1-1": "hidraw1", "1-2": "hidraw0"} {
		if p, err := m.bus().At(t.Context(), port); err != nil || p.ID != port || filepath.Base(p.Path) != want {
			t.Errorf("at %s: %+v, %v", port, p, err)
		}
	}
	ports, err := m.bus().Attached(t.Context())
	if err != nil || len(ports) != 2 || ports[0].ID == ports[1].ID {
		t.Errorf("%+v, %v", ports, err)
	}
}

// TestBus_Attached_composite: a key with a keyboard and two FIDO interfaces is one key at one port, whose first FIDO
// interface is opened whatever its node is called.
func TestBus_Attached_composite(t *testing.T) {
	m := newMachine(t)
	second := m.plug("1-2.3", "hidraw3", "17")
	inside := filepath.Join("pci0000:00", "usb1", "1-2.3")
	m.must(os.Remove(filepath.Join(m.sys, "class", "hidraw", "hidraw3", "device")))
	m.hid("hidraw3", filepath.Join(inside, "1-2.3:1.2"), "0003:1050:8407.0009", "")
	keyboard := m.hid("hidraw1", filepath.Join(inside, "1-2.3:1.0"), "0003:1050:8407.0007", "")
	first := m.hid("hidraw12", filepath.Join(inside, "1-2.3:1.1"), "0003:1050:8407.0008", "")
	for _, nodes := range [][]string{{second, first}, {first, second}} {
		m.nodes = nodes // libfido2 does not list the keyboard
		ports, err := m.bus().Attached(t.Context())
		if err != nil || len(ports) != 1 || ports[0].ID != "1-2.3" || ports[0].Path != first {
			t.Errorf("%+v, %v (the keyboard is %s)", ports, err, keyboard)
		}
	}
}
