package fido2_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/fido2"
	"keystation/station/softkey"
)

// softkeyProcess turns the test program into a software key: it prints its path and lives until its input ends.
const softkeyProcess = "KEYSTATION_TEST_SOFTKEY"

func TestMain(m *testing.M) {
	if os.Getenv(softkeyProcess) == "" {
		os.Exit(m.Run())
	}
	k, err := softkey.New(softkey.Config{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(k.Path())
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = k.Close()
}

// elsewhere starts a software key in a process of its own.
func elsewhere(t *testing.T) (path string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), softkeyProcess+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// mask hides what a test looks for from the test's own search.
const mask = 0xA5

// newPIN makes a PIN in place, so that no second copy is left behind, and what to look for later.
func newPIN(t *testing.T) (pin inventory.PIN, masked []byte) {
	t.Helper()
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	pin, masked = make(inventory.PIN, 48), make([]byte, 48)
	if _, err := rand.Read(pin); err != nil {
		t.Fatal(err)
	}
	for i, b := range pin {
		pin[i] = letters[int(b)%len(letters)]
		masked[i] = pin[i] ^ mask
	}
	return pin, masked
}

// inMemory counts where this process's writable memory holds what is masked.
func inMemory(t *testing.T, masked []byte) (found int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skipf("This test needs /proc/self/maps: %v", err)
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skipf("This test needs /proc/self/mem: %v", err)
	}
	defer mem.Close()
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(mode, "rw") {
			found += search(mem, int64(from), int64(to), masked)
		}
	}
	return found
}

// page is where memory is read to. It is emptied before the next read, or the search would find itself.
var page [1 << 20]byte

func search(mem io.ReaderAt, from, to int64, masked []byte) (found int) {
	overlap := int64(len(masked) - 1)
	for at := from; at < to; at += int64(len(page)) - overlap {
		n, _ := mem.ReadAt(page[:min(int64(len(page)), to-at)], at)
		for rest := page[:n]; ; {
			i := bytes.IndexByte(rest, masked[0]^mask)
			if i < 0 {
				break
			}
			if rest = rest[i:]; holds(rest, masked) {
				found++
			}
			rest = rest[1:]
		}
		clear(page[:n])
	}
	return found
}

func holds(b, masked []byte) bool {
	if len(b) < len(masked) {
		return false
	}
	for i, m := range masked {
		if b[i]^mask != m {
			return false
		}
	}
	return true
}

// TestPIN_leavesMemory looks through the whole process after a PIN went through every call that takes one.
func TestPIN_leavesMemory(t *testing.T) {
	a, err := fido2.Open(t.Context(), elsewhere(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	first, lookFirst := newPIN(t)
	pin, look := newPIN(t)
	if inMemory(t, look) == 0 {
		t.Fatal("the search does not find a PIN that is there")
	}
	useEverywhere(t, a, first, pin)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	first.Wipe()
	pin.Wipe()
	for name, masked := range map[string][]byte{
		"the first PIN": lookFirst, "the PIN": look,
		"its first block": look[:16], "its second block": look[16:32], "its third block": look[32:],
		"the first PIN's second block": lookFirst[16:32],
	} {
		if n := inMemory(t, masked); n != 0 {
			t.Errorf("%s is still in memory, %d times", name, n)
		}
	}
}

func useEverywhere(t *testing.T, a station.Authenticator, first, pin inventory.PIN) {
	t.Helper()
	c, err := a.MakeCredential(t.Context(), creation(), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := station.RequestOptions{RPID: "example.com", ClientDataHash: make([]byte, 32), AllowCredential: [][]byte{c.CredentialID}}
	for _, err := range []error{
		a.SetPIN(t.Context(), first, nil),
		second(a.Assert(t.Context(), o, first)),
		a.SetPIN(t.Context(), pin, first),
		second(a.MakeCredential(t.Context(), creation(), pin)),
		a.Configure(t.Context(), station.Setting{MinPINLength: 12}, pin),
		second(a.Assert(t.Context(), o, pin)),
		a.Configure(t.Context(), station.Setting{ForcePINChange: true}, pin),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if second(a.Assert(t.Context(), o, first)) == nil {
		t.Fatal("the old PIN is accepted")
	}
}
