package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
)

// listedKey is one key of `keystation keys`, and one object of its JSON.
type listedKey struct {
	Port      string   `json:"port"`
	Device    string   `json:"device"`
	Vendor    string   `json:"vendor"` // USB ids as four hexadecimal digits; empty: not on USB
	Product   string   `json:"product"`
	Maker     string   `json:"maker"`
	Name      string   `json:"name"`
	USBSerial string   `json:"usb_serial"` // a claim of the USB descriptor, and sometimes a dummy
	AAGUID    string   `json:"aaguid"`
	Versions  []string `json:"versions"`
	Firmware  string   `json:"firmware"`
	PIN       string   `json:"pin"` // set, none, change-forced, unsupported
	MinPIN    int      `json:"min_pin_length"`
	AlwaysUV  bool     `json:"always_uv"`
	Error     string   `json:"error,omitempty"` // why it could not be asked
}

func newKeys() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "which keys are attached",
		Long: `Lists the keys that are attached and what each says about itself, and the USB
ports at which something is wrong. No key is changed and none asks for a touch.
A software key is not found by itself: name its pseudo-terminal.

A model that nobody has reported yet? keystation keys probe makes a report of
it, from which everybody can make a software key.`,
		Example: `  keystation keys
  keystation keys --json
  keystation keys --device /dev/pts/7`,
		Args: cobra.NoArgs,
	}
	devices := c.Flags().StringArray("device", nil, "list the key at `PATH` too, a pseudo-terminal for instance; repeatable")
	asJSON := c.Flags().Bool("json", false, "one JSON object per key, each on its own line")
	c.AddCommand(newProbe())
	c.RunE = func(c *cobra.Command, _ []string) error {
		keys, err := listKeys(c.Context(), *devices)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			_, err := fmt.Fprintln(c.ErrOrStderr(), "No key is attached: plug one in, or name the path of a software key with --device.")
			return err
		}
		write := writeKeyTable
		if *asJSON {
			write = writeKeyLines
		}
		if err := write(c.OutOrStdout(), keys); err != nil {
			return err
		}
		return mute(c.ErrOrStderr(), keys)
	}
	return c
}

// listKeys asks all keys at the same time, so that one that does not answer
// holds nobody up.
func listKeys(ctx context.Context, devices []string) ([]listedKey, error) {
	bus := newBus()
	ports, err := bus.Attached(ctx)
	if err != nil {
		return nil, err
	}
	for _, path := range devices {
		p, err := bus.Find(ctx, path)
		if err != nil {
			p = station.Port{ID: path, Path: path} // opening it will say what is wrong
		}
		if !slices.ContainsFunc(ports, func(q station.Port) bool { return q.ID == p.ID }) {
			ports = append(ports, p)
		}
	}
	keys := make([]listedKey, len(ports))
	var all sync.WaitGroup
	for i, p := range ports {
		all.Go(func() { keys[i] = listKey(ctx, p) })
	}
	all.Wait()
	return keys, ctx.Err()
}

func listKey(ctx context.Context, p station.Port) listedKey {
	k := listedKey{Port: p.ID, Device: p.Path, Maker: p.Maker, Name: p.Name, USBSerial: p.Serial, Versions: []string{}}
	if p.Vendor != 0 {
		k.Vendor, k.Product = fmt.Sprintf("%04x", p.Vendor), fmt.Sprintf("%04x", p.Model)
	}
	if p.Fault != "" {
		k.Error = "Port " + p.ID + ": " + p.Fault
		return k
	}
	info, err := askInfo(ctx, p.Path)
	if err != nil {
		k.Error = inventory.Sentence(err)
		return k
	}
	k.AAGUID, k.Versions, k.Firmware = info.AAGUID.String(), info.Versions, info.Firmware()
	k.PIN, k.MinPIN, k.AlwaysUV = pinWord(info), info.MinPIN(), info.AlwaysUV()
	return k
}

func askInfo(ctx context.Context, path string) (ctap.Info, error) {
	k, err := fido2.Open(ctx, path, nil)
	if err != nil {
		return ctap.Info{}, err
	}
	defer k.Close()
	return k.Info(ctx)
}

func pinWord(info ctap.Info) string {
	switch {
	case !info.SupportsPIN():
		return "unsupported"
	case info.ForcePINChange:
		return "change-forced"
	case info.HasPIN():
		return "set"
	}
	return "none"
}

func writeKeyLines(w io.Writer, keys []listedKey) error {
	out := json.NewEncoder(w)
	for _, k := range keys {
		if err := out.Encode(k); err != nil {
			return err
		}
	}
	return nil
}

func writeKeyTable(w io.Writer, keys []listedKey) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORT\tDEVICE\tMODEL\tAAGUID\tFIRMWARE\tPIN")
	for _, k := range keys {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Port, dash(k.Device), dash(k.Name), dash(k.AAGUID), dash(k.Firmware), dash(k.PIN))
	}
	return t.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// mute says which keys could not be asked. Some is not all: then the list is
// worth something, and the exit code says so.
func mute(stderr io.Writer, keys []listedKey) error {
	n := 0
	for _, k := range keys {
		if k.Error != "" {
			n++
			fmt.Fprintln(stderr, k.Error)
		}
	}
	switch n {
	case 0:
		return nil
	case len(keys):
		return exitError{code: exitFailure}
	}
	return exitError{code: exitKeys}
}
