package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"keystation/station/softkey"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare output with")

// TestMain makes the test binary answer to the name keystation, so that the
// scripts run the whole program as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"keystation": main, seamed: mainSeamed})
}

// TestScript runs the manual: every file of testdata/script. Beside the usual
// commands of a script there are the hands at the bench: plug, hand, unplug.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      *update,
		RequireUniqueNames: true,
		Deadline:           time.Now().Add(15 * time.Minute), // a script that hangs says where, before the test is ended
		Setup: func(env *testscript.Env) error {
			env.Values["keys"] = &pluggedKeys{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"plug": plug, "hand": hand, "unplug": unplug, "metadata": metadata,
		},
	})
}

// pluggedKeys is a keystation softkey in the background of a script.
type pluggedKeys struct {
	cmd    *exec.Cmd
	lines  io.Writer
	paths  *bufio.Scanner
	events chan string // what --verbose says
	count  int
}

// plug [FLAG...] starts keystation softkey with the flags; the paths are then
// in $KEY1, $KEY2 and so on. Keys still plugged in at the end are pulled.
func plug(ts *testscript.TestScript, neg bool, args []string) {
	keys := ts.Value("keys").(*pluggedKeys)
	if neg || keys.cmd != nil {
		ts.Fatalf("usage: plug [FLAG...], once before unplug")
	}
	keys.count = 1
	if i := slices.Index(args, "--count"); i >= 0 && i+1 < len(args) {
		n, err := strconv.Atoi(args[i+1])
		ts.Check(err)
		keys.count = n
	}
	cmd := exec.Command("keystation", append([]string{"softkey", "--verbose"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	in, err := cmd.StdinPipe()
	ts.Check(err)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	says, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	keys.cmd, keys.lines, keys.paths = cmd, in, bufio.NewScanner(out)
	keys.events = make(chan string, 10_000)
	go func() {
		defer close(keys.events)
		for lines := bufio.NewScanner(says); lines.Scan(); {
			keys.events <- lines.Text()
		}
	}()
	keys.await(ts, "powered at", keys.count)
	keys.readPaths(ts)
}

func (keys *pluggedKeys) readPaths(ts *testscript.TestScript) {
	for n := 1; n <= keys.count; n++ {
		if !keys.paths.Scan() {
			ts.Fatalf("keystation softkey printed %d paths of %d", n-1, keys.count)
		}
		ts.Setenv(fmt.Sprintf("KEY%d", n), keys.paths.Text())
	}
}

// await reads what the keys say until the text has come n times.
func (keys *pluggedKeys) await(ts *testscript.TestScript, text string, n int) {
	for event := range keys.events {
		ts.Logf("%s", event)
		if strings.Contains(event, text) {
			n--
		}
		if n == 0 {
			return
		}
	}
	ts.Fatalf("the keys ended before they said %q", text)
}

// hand does what a hand would do to the keys: power-cycle, replug (the paths in
// $KEY1 and so on change), or touch [N], once a key asks for it.
func hand(ts *testscript.TestScript, neg bool, args []string) {
	keys := ts.Value("keys").(*pluggedKeys)
	if neg || len(args) == 0 || keys.cmd == nil {
		ts.Fatalf("usage: hand power-cycle | replug | touch [N], after plug")
	}
	switch args[0] {
	case "power-cycle":
		ts.Check(keys.cmd.Process.Signal(syscall.SIGUSR1))
		keys.await(ts, "powered at", keys.count)
	case "replug":
		ts.Check(keys.cmd.Process.Signal(syscall.SIGUSR2))
		keys.await(ts, "powered at", keys.count)
		keys.readPaths(ts)
	case "touch":
		keys.await(ts, "waiting for a touch", 1)
		_, err := fmt.Fprintln(keys.lines, append(args[1:], "")[0])
		ts.Check(err)
	default:
		ts.Fatalf("a hand cannot %s", args[0])
	}
}

// unplug interrupts the keystation softkey, which has to end well.
func unplug(ts *testscript.TestScript, neg bool, args []string) {
	keys := ts.Value("keys").(*pluggedKeys)
	if neg || len(args) > 0 || keys.cmd == nil {
		ts.Fatalf("usage: unplug, after plug")
	}
	ts.Check(keys.cmd.Process.Signal(os.Interrupt))
	for event := range keys.events {
		ts.Logf("%s", event)
	}
	ts.Check(keys.cmd.Wait())
	keys.cmd = nil
}

// metadata NO writes blob.jwt, metadata of the software keys with that number, and root.pem, which it is signed below.
func metadata(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: metadata NO")
	}
	no, err := strconv.Atoi(args[0])
	ts.Check(err)
	blob, err := softkey.Metadata(no, time.Now().AddDate(0, 1, 0), nil)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("blob.jwt"), blob, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("root.pem"), softkey.RootPEM(), 0o600))
}
