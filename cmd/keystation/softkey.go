package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"keystation/station/softkey"
)

const softkeyAbout = `Plugs in security keys made of software, prints the path of each on a line of
its own, and runs until it is interrupted. Any program built on libfido2 can
use a path as it uses a hidraw node.

A line on standard input touches, with --touch manual, the first key that is
waiting for a touch, or the key of that number. A touch that no key waits for
does nothing. SIGUSR1 takes every key's power for a moment: the window in which
it may be reset opens again, at the same path. SIGUSR2 unplugs every key and
plugs it in again: its new path is printed.

With --hidg a key stands behind the HID function of a USB gadget (64-byte
reports, the report descriptor of FIDO) instead: whatever the gadget is plugged
into sees a USB key. The gadget's controller is the hand then: bound to it the
key is plugged in, and its path is printed; unbound it is out. Give it a moment
before it is bound again. SIGUSR2 only takes the power, as SIGUSR1 does.

The keys are good for tests and for nothing else: the certificate authority
that vouches for them is no secret. Their AAGUIDs are no vendor's.`

// softkeyFlags are the flags of keystation softkey, as they were typed.
type softkeyFlags struct {
	profile, state, latency, touch string
	hidg                           string
	count                          int
	faults                         []string
	root, verbose                  bool
}

func newSoftkey() *cobra.Command {
	var f softkeyFlags
	c := &cobra.Command{
		Use:   "softkey",
		Short: "plug in security keys made of software, for tests",
		Long:  softkeyAbout + "\n\n" + profilesAbout() + "\n\n" + faultsAbout(),
		Example: `  keystation softkey
  keystation softkey --count 2 --state keys --touch manual
  keystation softkey --hidg /dev/hidg0
  fido2-token -I /dev/pts/5
  keystation softkey --fault 'set-pin:forget' --fault 'any#7:unplug=70'
  keystation softkey --fault 'get-token~2:0x31' --fault 'power-up#2:swap=fido20'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.root {
				_, err := c.OutOrStdout().Write(softkey.RootPEM())
				return err
			}
			return runSoftkeys(c, f)
		},
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.profile, "profile", "", "which key to be: a `NAME` from above, or the path of a report by keystation keys probe")
	flags.IntVar(&f.count, "count", 1, "plug in `N` keys")
	flags.StringVar(&f.state, "state", "", "keep the key's state in `FILE`; with --count in FILE.1, FILE.2 and so on")
	flags.StringVar(&f.touch, "touch", "auto", "how touches come, `auto|MS|manual|never`: at once, after MS milliseconds, by a line on standard input, not at all")
	flags.StringVar(&f.latency, "latency", "instant", "`instant|real`: answer at once, or as slowly as a hardware key")
	flags.StringArrayVar(&f.faults, "fault", nil, "go wrong at a step, as `STEP:KIND`, see above; may be given again")
	flags.StringVar(&f.hidg, "hidg", "", "stand behind the USB gadget's node at `PATH`, such as /dev/hidg0; with --count N there and at the next N-1 numbers")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "say on standard error what the keys do")
	flags.BoolVar(&f.root, "root", false, "print the root certificate of all software keys (PEM) and exit")
	return c
}

// profilesAbout is the list of profiles for the help, each with what sets it apart.
func profilesAbout() string {
	var b strings.Builder
	b.WriteString("NAME of --profile is one of these; the first is the default:")
	for _, p := range softkey.Profiles() {
		fmt.Fprintf(&b, "\n  %-24s %s", p.Name, p.About)
	}
	return b.String()
}

// config makes one of the configurations that the flags ask for: that of key
// n, counted from 1.
func (f softkeyFlags) config(n int, log io.Writer) (softkey.Config, error) {
	c := softkey.Config{StateFile: f.state}
	if err := f.chooseModel(&c); err != nil {
		return c, err
	}
	if f.state != "" && f.count > 1 {
		c.StateFile = fmt.Sprintf("%s.%d", f.state, n)
	}
	switch f.latency {
	case "instant":
	case "real":
		c.Latency = softkey.Real
	default:
		return c, usagef("--latency cannot be %q: say instant or real.", f.latency)
	}
	var err error
	if c.Touch, err = touchMode(f.touch); err != nil {
		return c, err
	}
	for _, word := range f.faults {
		fault, err := softkey.ParseFault(word)
		if err != nil {
			return c, usagef("--fault: %w", err)
		}
		c.Faults = append(c.Faults, fault)
	}
	if f.hidg != "" {
		path, err := nodeAfter(f.hidg, n-1)
		if err != nil {
			return c, err
		}
		c.Unplugged, c.Open = true, func() (softkey.Node, error) { return softkey.OpenHIDG(path) }
	}
	if f.verbose {
		c.OnEvent = func(e softkey.Event) { fmt.Fprintf(log, "key %d: %v\n", n, e) }
	}
	return c, nil
}

func touchMode(word string) (softkey.TouchMode, error) {
	switch word {
	case "auto":
		return softkey.TouchAuto(0), nil
	case "manual":
		return softkey.TouchManual, nil
	case "never":
		return softkey.TouchNever, nil
	}
	ms, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		return 0, usagef("--touch cannot be %q: say auto, a number of milliseconds, manual or never.", word)
	}
	return softkey.TouchAuto(time.Duration(ms) * time.Millisecond), nil
}

// runSoftkeys plugs the keys in and serves the signals until the context ends.
func runSoftkeys(c *cobra.Command, f softkeyFlags) (err error) {
	if f.count < 1 {
		return usagef("--count cannot be %d: say 1 or more.", f.count)
	}
	// Listened to before the first path is out: by default they would end us.
	hands := make(chan os.Signal, 1)
	signal.Notify(hands, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(hands)

	var keys []*softkey.Key
	defer func() {
		for _, k := range keys {
			err = errors.Join(err, k.Close())
		}
	}()
	for n := 1; n <= f.count; n++ {
		config, err := f.config(n, c.ErrOrStderr())
		if err != nil {
			return err
		}
		k, err := softkey.New(config)
		if err != nil {
			return err
		}
		keys = append(keys, k)
	}
	if f.touch == "manual" {
		// Not waited for: nothing ends a read of a terminal but the program's end.
		go touchByLine(c.InOrStdin(), keys)
	}
	if f.hidg != "" {
		return serveGadgets(c, f, hands, keys)
	}
	if err := printPaths(c.OutOrStdout(), keys); err != nil {
		return err
	}
	return serveHands(c.Context(), c.OutOrStdout(), hands, keys)
}

func printPaths(out io.Writer, keys []*softkey.Key) error {
	for _, k := range keys {
		if _, err := fmt.Fprintln(out, k.Path()); err != nil {
			return fmt.Errorf("print the path: %w", err)
		}
	}
	return nil
}

// serveHands does to the keys what signals ask for.
func serveHands(ctx context.Context, out io.Writer, hands <-chan os.Signal, keys []*softkey.Key) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-hands:
			if s == syscall.SIGUSR1 {
				for _, k := range keys {
					k.PowerCycle()
				}
				continue
			}
			for _, k := range keys {
				k.Unplug()
				if err := k.Plug(); err != nil {
					return err
				}
			}
			if err := printPaths(out, keys); err != nil {
				return err
			}
		}
	}
}

// touchByLine takes each line for a touch: of the key of that number, else of
// the first that is waiting for one.
func touchByLine(in io.Reader, keys []*softkey.Key) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if n, err := strconv.Atoi(strings.TrimSpace(lines.Text())); err == nil && n >= 1 && n <= len(keys) {
			keys[n-1].Touch()
			continue
		}
		for _, k := range keys {
			if k.Waiting() {
				k.Touch()
				break
			}
		}
	}
}
