package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// cupsConfig makes a scheduler of our own: on one port of this machine, with nobody to ask who comes.
const cupsConfig = `Listen %s
Browsing Off
DefaultAuthType None
WebInterface No
<Location />
Order allow,deny
Allow all
</Location>
<Location /admin>
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit All>
Order deny,allow
</Limit>
</Policy>
`

const cupsFiles = `ServerRoot %[1]s/root
RequestRoot %[1]s/spool
CacheDir %[1]s/cache
StateDir %[1]s/state
TempDir %[1]s/spool
ErrorLog %[1]s/log/error
AccessLog %[1]s/log/access
PageLog %[1]s/log/page
`

// cups runs a real scheduler with one queue, "keys", that sends what it is given to a printer in the network, which is
// the listener that comes back with its address.
func cups(t *testing.T) (server string, paper net.Listener) {
	t.Helper()
	for _, program := range []string{"cupsd", "lpadmin", "lp"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("Needs a real CUPS and there is no %s: install Debian's cups and cups-client to run this test.", program)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("Needs to be root: CUPS runs its back ends as another user.")
	}
	dir, err := os.MkdirTemp("", "keystation-cups-") // t.TempDir is closed to the user that CUPS prints as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	server = freeAddress(t)
	err = os.Chmod(dir, 0o755)
	for _, sub := range []string{"root", "spool", "cache", "state", "log"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, "cupsd.conf"), fmt.Appendf(nil, cupsConfig, server), 0o644),
		os.WriteFile(filepath.Join(dir, "files.conf"), fmt.Appendf(nil, cupsFiles, dir), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command("cupsd", "-f", "-c", filepath.Join(dir, "cupsd.conf"), "-s", filepath.Join(dir, "files.conf"))
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = daemon.Process.Kill(), daemon.Wait() })
	if paper, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = paper.Close() })
	untilAnswers(t, server)
	if out, err := exec.CommandContext(t.Context(), "lpadmin", "-h", server, "-p", "keys", "-E", "-v", "socket://"+paper.Addr().String(), "-m", "raw").CombinedOutput(); err != nil {
		t.Fatalf("lpadmin: %v: %s", err, out)
	}
	return server, paper
}

// freeAddress is one where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// untilAnswers waits until somebody listens there.
func untilAnswers(t *testing.T, address string) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	limit := time.After(20 * time.Second)
	for {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-again.C:
		case <-limit:
			t.Fatalf("nobody answers at %s: %v", address, err)
		}
	}
}

// printed is the next job that comes out of the printer.
func printed(t *testing.T, paper net.Listener) []byte {
	t.Helper()
	if err := paper.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	c, err := paper.Accept()
	if err != nil {
		t.Fatalf("nothing was printed: %v", err)
	}
	defer c.Close()
	job, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// TestPrint_cups makes a key with lp as the print command: what comes out of the printer is the packet, and a label
// printed the same way is the label.
func TestPrint_cups(t *testing.T) {
	t.Parallel()
	server, paper := cups(t)
	h := newHouse(t)
	h.asked()
	lp := []string{"lp", "-h", server, "-d", "keys"}
	h.configure(fmt.Sprintf("print_command = [%q, %q, %q, %q, %q]", lp[0], lp[1], lp[2], lp[3], lp[4]))
	k := stationtest.Key(t, softkey.Config{})
	if out, errs, code := call(t, "provision", "--db", h.db, "--device", k.Path(), "--yes", "--json"); code != exitDone {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	packets := h.packets()
	if len(packets) != 1 {
		t.Fatalf("packets %q", packets)
	}
	want, err := os.ReadFile(packets[0])
	h.must(err)
	if got := printed(t, paper); !bytes.Equal(got, want) {
		t.Errorf("%d bytes came out of the printer, the packet has %d", len(got), len(want))
	}
	label, err := keyLabel("7KQM-3XWM", true)
	h.must(err)
	file := filepath.Join(t.TempDir(), "label.pdf")
	h.must(os.WriteFile(file, label, 0o600))
	p := printer{desk: h.open()}
	h.must(p.command(t.Context(), p.desk.cfg.Bench.PrintCommand, file))
	if got := printed(t, paper); !bytes.Equal(got, label) {
		t.Errorf("%d bytes came out of the printer, the label has %d", len(got), len(label))
	}
}

// TestPrint_cupsRefuses: a queue that does not exist is said with the words of lp.
func TestPrint_cupsRefuses(t *testing.T) {
	t.Parallel()
	server, _ := cups(t)
	p := printer{desk: &desk{}}
	err := p.command(t.Context(), []string{"lp", "-h", server, "-d", "nowhere"}, "/dev/null")
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte("does not exist")) {
		t.Errorf("got %v", err)
	}
}
