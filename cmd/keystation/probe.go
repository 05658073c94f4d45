package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/usb"
)

const probeLong = `Asks one key what kind of key it is and writes that to a file from which
everybody can make a software key that is like it:

  keystation softkey --profile FILE

Without --wipe nothing on the key is changed and it needs no touch. With --wipe
it is reset, given a PIN that nobody keeps, made to show what it does when it
must change that PIN, and reset again: everything on it is lost, it has to be
plugged in anew a few times and touched, and at the end it is blank.

The report holds no serial, no credential, no PIN and no certificate. It says
what model and firmware the key is. Read it before you send it to anybody.`

// probeFlags are the flags of keystation keys probe.
type probeFlags struct {
	report, device string
	wipe, yes      bool
}

func newProbe() *cobra.Command {
	var f probeFlags
	c := &cobra.Command{
		Use:   "probe --report FILE",
		Short: "report what kind of key this is, so that software can be like it",
		Long:  probeLong,
		Example: `  keystation keys probe --report mykey.json
  keystation keys probe --report mykey.json --device /dev/hidraw3 --wipe`,
		Args: cobra.NoArgs,
	}
	c.Flags().StringVar(&f.report, "report", "", "write the report to `FILE`, which must not exist")
	c.Flags().StringVar(&f.device, "device", "", "the key's `PATH`; needed when several keys are attached, and for a software key")
	c.Flags().BoolVar(&f.wipe, "wipe", false, "also do what destroys everything on the key")
	c.Flags().BoolVar(&f.yes, "yes", false, "with --wipe: do not ask again whether the key named by --device may be wiped")
	c.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case f.report == "":
			return usagef("Say where the report goes: --report FILE.")
		case f.yes && (!f.wipe || f.device == ""):
			return usagef("--yes answers only for --wipe of a key named by --device: name it.")
		}
		return runProbe(c, f)
	}
	return c
}

func runProbe(c *cobra.Command, f probeFlags) error {
	bus := newBus()
	port, err := probedPort(c.Context(), bus, f.device)
	if err != nil {
		return err
	}
	p := newProber(bus, port, func(h hands) { tellHands(c, port, h) })
	if f.wipe && !f.yes {
		if err := confirmWipe(c, port); err != nil {
			return err
		}
	}
	out, err := os.OpenFile(f.report, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return inventory.Refuse(inventory.Conflict, "%s exists already: name another file for the report.", f.report)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	err = p.probe(c.Context(), f.wipe)
	// What was learned before something went wrong is worth having.
	b, failed := json.MarshalIndent(p.report, "", "  ")
	if failed == nil {
		_, failed = out.Write(append(b, '\n'))
	}
	return errors.Join(err, failed, out.Close())
}

// tellHands says what to do. Nothing tells when a software key on a pseudo-terminal was plugged in again, so whoever did
// it says so.
func tellHands(c *cobra.Command, p station.Port, h hands) {
	fmt.Fprintln(c.ErrOrStderr(), handsSay[h])
	if p.Plug == "" && h != press {
		fmt.Fprintln(c.ErrOrStderr(), "A software key is plugged in again by SIGUSR1. Then press Enter.")
		_, _ = fmt.Fscanln(c.InOrStdin()) // the end of the input says it as well
	}
}

// probedPort is the port of the key that is meant: the one named, or the only one.
func probedPort(ctx context.Context, bus usb.Bus, device string) (station.Port, error) {
	if device != "" {
		return bus.Find(ctx, device)
	}
	ports, err := bus.Attached(ctx)
	if err != nil {
		return station.Port{}, err
	}
	switch len(ports) {
	case 0:
		return station.Port{}, inventory.Refuse(inventory.NotFound, "No key is attached: plug one in, or name the path of a software key with --device.")
	case 1:
		return ports[0], nil
	}
	return station.Port{}, inventory.Refuse(inventory.Invalid, "%d keys are attached: leave one in, or say which with --device.", len(ports))
}

// confirmWipe asks for the key by name, so that nobody says yes by habit.
func confirmWipe(c *cobra.Command, p station.Port) error {
	fmt.Fprintf(c.ErrOrStderr(), "Everything on the key at %s (%s %s) will be lost: accounts that it opens, and its PIN.\nType %s to go on: ",
		p.ID, dash(p.Maker), dash(p.Name), p.ID)
	var typed string
	if _, err := fmt.Fscanln(c.InOrStdin(), &typed); err != nil || typed != p.ID {
		return inventory.Refuse(inventory.Invalid, "The key was not touched: to wipe it, type %s.", p.ID)
	}
	return nil
}

// hands is what a probe needs somebody for.
type hands int

const (
	press       hands = iota // touch the key when it blinks
	replugPress              // unplug it, plug it in again, then as press
	replugLeave              // unplug it, plug it in again, and do not touch it
)

var handsSay = map[hands]string{
	press:       "Touch the key when it blinks.",
	replugPress: "Unplug the key, plug it in again at the same port, and touch it when it blinks.",
	replugLeave: "Unplug the key, plug it in again at the same port, and do not touch it, whatever it does. This takes a minute.",
}

// prober asks one key.
type prober struct {
	bus    station.Bus
	port   station.Port
	say    func(hands)
	pause  func(context.Context, time.Duration) error
	report probeReport

	asked, touchable time.Time // when the key first and last asked for a touch in the command in progress
}

func newProber(bus station.Bus, port station.Port, say func(hands)) *prober {
	return &prober{bus: bus, port: port, say: say, pause: pause}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *prober) heard(k ctap.Keepalive) {
	if k != ctap.KeepaliveUPNeeded {
		return
	}
	p.touchable = time.Now()
	if p.asked.IsZero() {
		p.asked = p.touchable
	}
}

// timed runs one command and notes what came: how long it took, and how long of that it waited for a touch.
func (p *prober) timed(asked string, step softkey.Step, do func() (ctap.Status, error)) (*probeAnswer, ctap.Status, error) {
	p.asked, p.touchable = time.Time{}, time.Time{}
	start := time.Now()
	status, err := do()
	if err != nil {
		return nil, 0, err
	}
	return p.report.answered(asked, step, time.Since(start), p.touchable.Sub(p.asked), status), status, nil
}

// raw has one command answered over a connection of its own.
func (p *prober) raw(ctx context.Context, do func(*fido2.Raw) error) error {
	r, err := fido2.OpenRaw(ctx, p.port.Path, p.heard)
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.Close())
}

// probe fills the report.
func (p *prober) probe(ctx context.Context, wipe bool) error {
	speaks, pins := false, false
	err := p.raw(ctx, func(r *fido2.Raw) error {
		p.report.describe(p.port, r.Hello)
		if speaks = r.Hello.Capabilities&ctaphid.CapCBOR != 0; !speaks {
			return nil
		}
		if err := p.identify(ctx, r); err != nil {
			return err
		}
		pins = p.report.Model.GetInfo.SupportsPIN()
		return p.harmless(ctx, r)
	})
	if err != nil || !wipe {
		return err
	}
	if !speaks || !pins {
		return inventory.Refuse(inventory.Invalid, "The key was not wiped: it can have no PIN, so there is nothing more to learn.")
	}
	p.report.Wiped = true
	return p.wipe(ctx)
}

// identify asks what the key is.
func (p *prober) identify(ctx context.Context, r *fido2.Raw) error {
	var raw []byte
	_, status, err := p.timed("getInfo", softkey.StepGetInfo, func() (status ctap.Status, err error) {
		status, raw, err = r.Ask(ctx, ctap.CmdGetInfo, nil)
		return status, err
	})
	if err != nil {
		return err
	}
	if status != ctap.OK {
		return inventory.Refuse(inventory.Invalid, "The key does not say what it is, but %s.", status.Name())
	}
	raw, blanked, err := blankInfo(raw)
	if err != nil {
		return err
	}
	if p.report.GetInfo, err = reportInfo(raw, blanked); err != nil {
		return err
	}
	return p.learn(raw)
}

// learn makes the model's getInfo of the key's, which is blanked already.
func (p *prober) learn(raw []byte) (err error) {
	if p.report.Model.GetInfo, err = freshInfo(raw); err != nil {
		return err
	}
	p.report.LeftOut = p.report.Model.LeftOut()
	return nil
}

// nobody is a relying party that does not exist, and a credential that no key has made.
const nobody = "probe.keystation.invalid"

// harmless asks what changes nothing and needs no touch.
func (p *prober) harmless(ctx context.Context, r *fido2.Raw) error {
	info := p.report.Model.GetInfo
	size := 64
	if most := info.MaxCredentialIDLength; most > 0 {
		size = min(size, most)
	}
	questions := []struct {
		name    string
		step    softkey.Step
		command ctap.Command
		params  any
		unless  bool
	}{
		{"a silent assertion for a credential that it has not", "", ctap.CmdGetAssertion, ctap.GetAssertionRequest{
			RPID: nobody, ClientDataHash: make([]byte, 32), Options: map[string]bool{ctap.OptionUP: false},
			AllowList: []ctap.Descriptor{{Type: ctap.PublicKeyCredential, ID: make([]byte, size)}}}, false},
		{"PIN tries left", softkey.StepGetRetries, ctap.CmdClientPIN, ctap.ClientPINRequest{Subcommand: ctap.PINGetRetries,
			PINUVAuthProtocol: firstProtocol(info)}, !info.SupportsPIN()},
		{"key agreement", softkey.StepKeyAgreement, ctap.CmdClientPIN, ctap.ClientPINRequest{Subcommand: ctap.PINGetKeyAgreement,
			PINUVAuthProtocol: firstProtocol(info)}, !info.SupportsPIN()},
		{"a command that no standard has", "", noCommand3F, nil, false},
	}
	for _, q := range questions {
		if q.unless {
			continue
		}
		var params []byte
		if q.params != nil {
			var err error
			if params, err = ctap.Encode(q.params); err != nil {
				return fmt.Errorf("ask for %s: %w", q.name, err)
			}
		}
		_, status, err := p.timed(q.name, q.step, func() (ctap.Status, error) {
			status, _, err := r.Ask(ctx, q.command, params)
			return status, err
		})
		if refused := ctaphid.Error(0); errors.As(err, &refused) {
			p.report.Answers = append(p.report.Answers, probeAnswer{Asked: q.name, Status: refused.Name()})
			continue
		}
		if err != nil {
			return err
		}
		if q.command == noCommand3F && status != ctap.ErrInvalidCommand {
			p.report.Model.Quirks.UnknownCommand = softkey.StatusCode(status)
		}
	}
	return nil
}

// noCommand3F is neither the standard's nor in the range of vendors, 0x40 to 0xBF (CTAP 2.1 §6).
const noCommand3F ctap.Command = 0x3F

func firstProtocol(i ctap.Info) int {
	if len(i.PINUVAuthProtocols) == 0 {
		return int(ctap.PINProtocolOne)
	}
	return i.PINUVAuthProtocols[0]
}
