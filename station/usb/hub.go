package usb

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// portNames are the names that Linux gives to the ports of hubs: 1-2-port3 is port 3 of the hub at 1-2, usb1-port3 that
// of the root hub of bus 1 (drivers/usb/core/port.c).
var portNames = regexp.MustCompile(`^(usb([0-9]+)|[0-9]+-[0-9]+(?:\.[0-9]+)*)-port([0-9]+)$`)

// devicePaths are the port paths that Linux names USB devices by.
var devicePaths = regexp.MustCompile(`^[0-9]+-[0-9]+(\.[0-9]+)*$`)

// portOf gives the path of a port of a hub, which is what a device there would be named.
func portOf(name string) (id string, ok bool) {
	m := portNames.FindStringSubmatch(name)
	switch {
	case m == nil:
		return "", false
	case m[2] != "":
		return m[2] + "-" + m[3], true
	}
	return m[1] + "." + m[3], true
}

// hubOf splits a port path into the path of its hub, which is the bus alone for a root hub, and the number of the port.
func hubOf(id string) (hub, port string) {
	i := strings.LastIndexAny(id, "-.")
	if i < 0 {
		return "", ""
	}
	return id[:i], id[i+1:]
}

// portFolder is where sysfs keeps a port.
func portFolder(sysfs, id string) string {
	hub, port := hubOf(id)
	devices := filepath.Join(sysfs, "bus", "usb", "devices")
	if strings.Contains(hub, "-") {
		return filepath.Join(devices, hub+":1.0", hub+"-port"+port)
	}
	return filepath.Join(devices, hub+"-0:1.0", "usb"+hub+"-port"+port)
}

// hardwired tells if a port is one that nobody can plug anything into: that of a camera in the lid.
func hardwired(sysfs, id string) bool {
	return attribute(portFolder(sysfs, id), "connect_type") == "hardwired"
}

// usb2Side gives the name that a port has for a key. A socket of a USB 3 hub is two ports, one on a bus for SuperSpeed;
// keys are on the other.
func usb2Side(sysfs, id string) string {
	bus, _, _ := strings.Cut(id, "-")
	speed, err := strconv.ParseFloat(attribute(filepath.Join(sysfs, "bus", "usb", "devices", "usb"+bus), "speed"), 64)
	if err != nil || speed <= 480 { // Mbit/s; 1.5 is one too
		return id
	}
	peer, err := os.Readlink(filepath.Join(portFolder(sysfs, id), "peer"))
	if err != nil {
		return id
	}
	if other, ok := portOf(filepath.Base(peer)); ok {
		return other
	}
	return id
}
