package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// typist is somebody at a terminal of their own.
type typist struct {
	*os.File          // what is typed, and what the terminal shows
	line     *os.File // the program's side
}

func newTypist(t *testing.T) typist {
	t.Helper()
	master, path := pseudoTerminal(t)
	line, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	return typist{master, line}
}

// at lets the typist sit before the process.
func (w typist) at(p *process) *process {
	p.Helper()
	p.cmd.Stdin = w.line
	return p.start()
}

// types types lines, with what it does to the program left to it.
func (w typist) types(t *testing.T, text string) {
	t.Helper()
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// TestProvision_asks asks about two keys that nobody expected, one after the other. All lines are typed at the first
// question: a yes counts only with the number of its own question, so that none can be about another key. What is no
// answer is asked about once more.
func TestProvision_asks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := stationtest.Key(t, softkey.Config{}), stationtest.Key(t, softkey.Config{})
	w := newTypist(t)
	p := w.at(program(t, nil, "provision", "--db", h.db, "--json", "--device", a.Path(), "--device", b.Path()))
	p.await(&p.err, "[y1/N] ")
	w.types(t, "y\nn\ny1\ny\n") // none is a yes to the question that it reaches
	if code := p.end(); code != exitKeys || strings.Count(p.err.String(), "/N] ") != 4 {
		t.Errorf("exit code %d, want %d and two questions, each twice\n%s%s", code, exitKeys, p.err.String(), p.out.String())
	}
	for _, want := range []string{"Type y1 to answer question 1 with yes. [y1/N] ", "Type y2 to answer question 2 with yes. [y2/N] "} {
		if strings.Count(p.err.String(), want) != 1 {
			t.Errorf("%q is not said once\n%s", want, p.err.String())
		}
	}
	for _, r := range reports(t, p.out.String()) {
		if len(r.Reasons) == 0 || !strings.Contains(r.Reasons[0], "It was left as it is.") {
			t.Errorf("%s: %q", r.Device, r.Reasons)
		}
	}
	h.wantNothingMade()
}

// TestProvision_asksForNamedKeys: at a terminal, too, a key that was not named is not asked about.
func TestProvision_asksForNamedKeys(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetIn(newTypist(t).line)
	var said strings.Builder
	c.SetErr(&said)
	p := newProvisioning(c, provisionFlags{})
	_, err := p.ask(t.Context(), station.Question{Port: station.Port{ID: "1-2", Label: "Port 2", Path: "/dev/hidraw3"}, Text: "Wipe it?"})
	if want := "Port 2: to be asked about this key, run again with --device /dev/hidraw3.\n"; !errors.Is(err, station.ErrNoAnswer) || said.String() != want {
		t.Errorf("%v, said %q; want no answer and %q", err, said.String(), want)
	}
}

// TestOSActor_id is a number: ids stand in the ledger in the clear and for good.
func TestOSActor_id(t *testing.T) {
	t.Parallel()
	if a, want := osActor(), fmt.Sprintf("os:%d", os.Getuid()); a.ID != want || a.Name == "" {
		t.Errorf("got %+v, want the id %s and a name", a, want)
	}
}

// TestProvision_interruptedAtQuestion ends at once when it is told to, and wipes nothing.
func TestProvision_interruptedAtQuestion(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			k := stationtest.Key(t, softkey.Config{})
			before := look(t, k)
			p := newTypist(t).at(program(t, nil, "provision", "--db", h.db, "--device", k.Path()))
			p.await(&p.err, "[y1/N] ")
			if err := p.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if code := p.end(); code == exitDone || code < 0 {
				t.Errorf("exit code %d\n%s%s", code, p.err.String(), p.out.String())
			}
			before.wantUntouched(t, k)
			h.wantNothingMade()
		})
	}
}

// TestModelName: an AAGUID of all zero is said by keys of every maker that has none, and names no model.
func TestModelName(t *testing.T) {
	t.Parallel()
	for aaguid, want := range map[string]bool{
		"00000000-0000-0000-0000-000000000000": false, "": false, softkey.Profiles()[0].AAGUID.String(): true,
	} {
		if name := modelName(aaguid); (name != "") != want {
			t.Errorf("%q is called %q", aaguid, name)
		}
	}
}

// TestProvision_asksAgain: somebody who typed the yes without its number can still say it.
func TestProvision_asksAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := stationtest.Key(t, softkey.Config{})
	w := newTypist(t)
	p := w.at(program(t, nil, "provision", "--db", h.db, "--device", k.Path()))
	p.await(&p.err, "[y1/N] ")
	w.types(t, "yes\nY1\n")
	p.await(&p.err, "[y2/N] ") // the key was wiped, and nothing proves its model
	w.types(t, "\n")
	if code := p.end(); code != exitKeys || strings.Count(p.err.String(), "/N] ") != 3 {
		t.Errorf("exit code %d, want %d and three prompts\n%s%s", code, exitKeys, p.err.String(), p.out.String())
	}
}
