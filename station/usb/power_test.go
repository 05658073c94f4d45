package usb_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keystation/station/usb"
)

// twoHubs is what uhubctl 2.5 prints of a USB 3 hub, which is two, and of a root hub that switches its ports; then of
// two hubs that cannot, as it does when it is forced to.
const twoHubs = `Current status for hub 2-1.4 [2109:0817 VIA Labs, Inc. USB3.0 Hub, USB 3.00, 4 ports, ppps]
  Port 2: 02a0 power 5gbps Rx.Detect
Current status for hub 1-1.4 [2109:2817 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]
  Port 1: 0503 power highspeed enable connect [1050:0407 Yubico YubiKey OTP+FIDO+CCID]
  Port 2: 0100 power
Current status for hub 3 [1d6b:0002 Linux 6.1.0 xhci-hcd xHCI Host Controller 0000:00:14.0, USB 2.00, 12 ports, ppps]
  Port 12: 0000 off
Current status for hub 4-1 [05e3:0608 USB2.0 Hub, USB 2.10, 4 ports, ganged]
  Port 1: 0100 power
Current status for hub 4-2 [05e3:0608 USB2.0 Hub, USB 2.10, 4 ports, nops]
  Port 1: 0100 power
`

// cycled is what it prints of a port that it switched off and on.
const cycled = `Current status for hub 1-1.4 [2109:2817 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]
  Port 1: 0503 power highspeed enable connect [1050:0407 Yubico YubiKey OTP+FIDO+CCID]
Sent power off request
New status for hub 1-1.4 [2109:2817 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]
  Port 1: 0000 off
Current status for hub 1-1.4 [2109:2817 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]
  Port 1: 0000 off
Sent power on request
New status for hub 1-1.4 [2109:2817 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]
  Port 1: 0100 power
`

const (
	noHub = "No compatible devices detected!\nRun with -h to get usage info.\n"
	noWay = "There were permission problems while accessing USB.\nFollow https://git.io/JIB2Z for a fix!\n" + noHub
	stuck = "Failed to control port power!\n: Operation timed out\n"
)

// program is a uhubctl of the test's own, which notes how it was called.
type program struct {
	t   *testing.T
	dir string
}

// newProgram makes one that lists, and cycles, in these words.
func newProgram(t *testing.T) program {
	p := program{t, t.TempDir()}
	p.prints("list", twoHubs, "", 0)
	p.prints("cycle", cycled, "", 0)
	p.prints("on", "Sent power on request\n", "", 0)
	script := `#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >>calls
what=list
case "$*" in *cycle*) what=cycle ;; *"-a on"*) what=on ;; esac
cat "$what.out"
cat "$what.err" >&2
exit $(cat "$what.code")
`
	if err := os.WriteFile(p.path(), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p program) path() string { return filepath.Join(p.dir, "uhubctl") }

func (p program) prints(what, out, err string, code byte) {
	p.t.Helper()
	for name, text := range map[string]string{"out": out, "err": err, "code": string('0' + code)} {
		if err := os.WriteFile(filepath.Join(p.dir, what+"."+name), []byte(text), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p program) calls() []string {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, "calls"))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func TestUhubctl_Can(t *testing.T) {
	for _, tt := range []struct {
		name     string
		out, err string
		code     byte
		want     []string
		why      error
	}{
		{"two hubs and a root hub", twoHubs, "", 0, []string{"1-1.4.1", "1-1.4.2", "2-1.4.2", "3-12"}, nil},
		{"an old version", "Current status for hub 1-2 [0409:005a, USB 2.00, 4 ports]\n  Port 3: 0100 power\n", "", 0, []string{"1-2.3"}, nil},
		{"no hub", "", noHub, 1, nil, nil},
		{"no rights", "", noWay, 1, nil, usb.ErrNoRights},
		{"nonsense", "  Port 1: x\nCurrent status for hub\n  Port 2\nCurrent status for hub ../x [a]\n  Port 1: 0100 power\n", "", 0, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProgram(t)
			p.prints("list", tt.out, tt.err, tt.code)
			can, err := usb.Uhubctl{Program: p.path()}.Can(t.Context())
			if !errors.Is(err, tt.why) || err == nil && !slices.Equal(slices.Sorted(maps.Keys(can)), tt.want) {
				t.Errorf("have %v, %v\nwant %v, %v", can, err, tt.want, tt.why)
			}
		})
	}
	if _, err := (usb.Uhubctl{Program: filepath.Join(t.TempDir(), "uhubctl")}).Can(t.Context()); !errors.Is(err, usb.ErrNoUhubctl) {
		t.Error("a program that is not there:", err)
	}
	p := newProgram(t)
	p.prints("list", "", "Cannot enumerate USB devices!\n", 1)
	if can, err := (usb.Uhubctl{Program: p.path()}).Can(t.Context()); err == nil || !strings.Contains(err.Error(), "Cannot enumerate") {
		t.Errorf("a program that fails: %v, %v", can, err)
	}
}

func TestUhubctl_Cycle(t *testing.T) {
	const cycle, on = "-l 1-1.4 -p 1 -a cycle -d 2", "-l 1-1.4 -p 1 -a on"
	for _, tt := range []struct {
		name, port string
		out, err   string
		code       byte
		calls      []string // after the first, which lists
		says       string   // empty: done
	}{
		{"done", "1-1.4.1", cycled, "", 0, []string{cycle}, ""},
		{"the last port of a root hub", "3-12", cycled, "", 0, []string{"-l 3 -p 12 -a cycle -d 2"}, ""},
		{"a port of another hub", "1-1.3", cycled, "", 0, nil, usb.ErrNotSwitched.Error()},
		{"a pseudo-terminal", "/dev/pts/3", cycled, "", 0, nil, usb.ErrNotSwitched.Error()},
		{"the hub does not obey", "1-1.4.1", cycled, stuck, 0, []string{cycle, on}, "Failed to control port power"},
		{"it only went off", "1-1.4.1", "Sent power off request\n", "", 0, []string{cycle, on}, "does not say that it did"},
		{"it fails", "1-1.4.1", "", "Error initializing USB!\n", 1, []string{cycle, on}, "Error initializing USB!"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProgram(t)
			p.prints("cycle", tt.out, tt.err, tt.code)
			err := usb.Uhubctl{Program: p.path()}.Cycle(t.Context(), tt.port)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("have %v, want %s", err, tt.says)
			}
			if calls := p.calls()[1:]; !slices.Equal(calls, tt.calls) {
				t.Errorf("it was called %q, want %q", calls, tt.calls)
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	p := newProgram(t)
	if err := (usb.Uhubctl{Program: p.path()}).Cycle(ctx, "1-1.4.1"); err == nil {
		t.Error("a port was switched for somebody who had gone")
	}
}
