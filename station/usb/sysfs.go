package usb

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"keystation/station"
)

// hidDevice gives the sysfs folder of the HID device behind a hidraw node; fs.ErrNotExist when path is none.
func hidDevice(sysfs, path string) (string, error) {
	node, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(filepath.Join(sysfs, "class", "hidraw", filepath.Base(node), "device"))
}

// usbPort climbs from the HID device over its interface to the USB device. The name of that folder is the port path
// (Documentation/ABI/testing/sysfs-bus-usb of Linux).
func usbPort(hid string) (station.Port, bool) {
	for dir := hid; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		vendor := attribute(dir, "idVendor")
		if vendor == "" {
			continue
		}
		return station.Port{
			ID:     filepath.Base(dir),
			Plug:   attribute(dir, "busnum") + ":" + attribute(dir, "devnum"),
			Vendor: number(vendor),
			Model:  number(attribute(dir, "idProduct")),
			Maker:  attribute(dir, "manufacturer"),
			Name:   attribute(dir, "product"),
			Serial: attribute(dir, "serial"),
		}, true
	}
	return station.Port{}, false
}

// barePort reads a HID device without a USB device, such as one made through uhid. Its folder is named
// bus:vendor:product.instance, and the instance rises with each plugging-in.
func barePort(hid string) station.Port {
	p := station.Port{Plug: filepath.Base(hid)}
	uevent, err := os.ReadFile(filepath.Join(hid, "uevent"))
	if err != nil {
		return p
	}
	for line := range strings.Lines(string(uevent)) {
		key, value, _ := strings.Cut(printable(line), "=")
		switch key {
		case "HID_ID": // bus:vendor:product, in hex
			if ids := strings.Split(value, ":"); len(ids) == 3 {
				p.Vendor, p.Model = number(ids[1]), number(ids[2])
			}
		case "HID_NAME":
			p.Name = value
		case "HID_UNIQ":
			p.Serial = value
		}
	}
	return p
}

// attribute reads a small file of sysfs; empty when it is not there.
func attribute(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return printable(string(b))
}

// printable drops what a device must not put on a screen: it names itself.
func printable(s string) string {
	keep := func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}
	return strings.TrimSpace(strings.Map(keep, strings.ToValidUTF8(s, "")))
}

// number reads a USB id; 0 when it is none.
func number(hex string) uint16 {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || n > 0xFFFF {
		return 0
	}
	return uint16(n)
}

// contents reads a small file; nil when it is not there.
func contents(file string) []byte {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return b
}
