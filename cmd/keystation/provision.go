package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/usb"
)

const provisionLong = `Takes each key through the whole run: identify, reset, tag credential with
attestation, sealed PIN, PIN on the key, configuration, proof, forced PIN
change, record. Each key takes the oldest approved line, or one of --for. No key
tells which connector it has: the line's is shown, look that the key has it.

A key that the inventory does not expect is somebody's until a person says
otherwise: --yes says so for the keys named by --device, and for those only.
Without --device, every attached key is made that needs no such answer.

Prints one line per key; with --json one object per key.`

// provisionFlags is what provision was told beyond the configuration.
type provisionFlags struct {
	devices  []string
	operator string
	forWhom  string
	yes      bool
	json     bool
}

func newProvision(s seams) *cobra.Command {
	var f provisionFlags
	c := &cobra.Command{
		Use:   "provision --db FILE [--device PATH]...",
		Short: "make keys: reset, tag, PIN, proof, record, packet",
		Long:  provisionLong,
		Example: `  keystation provision --db keys.db --operator 'Grace Hopper'
  keystation provision --db keys.db --device /dev/hidraw3 --for R-1001 --yes --json`,
		Args: cobra.NoArgs,
	}
	c.Flags().StringArrayVar(&f.devices, "device", nil, "a key's `PATH`: a hidraw node or a pseudo-terminal; may be repeated")
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	c.Flags().StringVar(&f.operator, "operator", "", "the `NAME` of who stands at the bench; it is recorded as claimed (else: the system user)")
	c.Flags().StringVar(&f.forWhom, "for", "", "make lines of this `REQUISITION` only, such as R-1001")
	c.Flags().Duration("wait", 0, "how long to wait for a replug or a touch (default 60s, or as configured)")
	c.Flags().Int("touch-slots", 0, "how many keys may ask for hands at once (default 2, or as configured)")
	c.Flags().BoolVar(&f.yes, "yes", false, "wipe the keys named by --device, whatever they are, and accept unproven models")
	c.Flags().BoolVar(&f.json, "json", false, "one JSON object per key, each on its own line")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if f.yes && len(f.devices) == 0 {
			return usagef("--yes answers only for keys named by --device: name them.")
		}
		return withSeamed(c, s, func(_ context.Context, d *desk) error {
			return d.withOwner(func(owner string) error { return provision(c, d, owner, f, s) })
		})
	}
	return c
}

// provision makes the keys and prints what came of each.
func provision(c *cobra.Command, d *desk, owner string, f provisionFlags, s seams) error {
	ctx := c.Context()
	if f.forWhom != "" {
		if err := d.store.Makeable(ctx, f.forWhom); err != nil {
			return err
		}
	}
	p := newProvisioning(c, f)
	bench, err := d.newBench(p, owner)
	if err != nil {
		return err
	}
	watch := p.watch(ctx, bench.feed)
	err = p.run(ctx, bench)
	watch()
	if s.made != nil {
		s.made()
	}
	if err != nil {
		return err
	}
	return p.exit()
}

// madeBench is a bench with the feed that it publishes to.
type madeBench struct {
	*station.Bench
	feed *station.Feed
	bus  usb.Bus
}

// newBench wires a bench for the terminal.
func (d *desk) newBench(p *provisioning, owner string) (madeBench, error) {
	feed := station.NewFeed()
	p.settle(d, feed)
	cfg, err := d.benchConfig(p.c.Context())
	if err != nil {
		return madeBench{}, err
	}
	if err := writable(d.cfg.Bench.Packets); err != nil {
		return madeBench{}, err
	}
	cfg.Printer = &printer{desk: d}
	cfg.Owner, cfg.Operator, cfg.Ask, cfg.Feed = owner, p.operator(), p.ask, feed
	b, err := station.New(cfg)
	return madeBench{b, cfg.Feed, newBus()}, err
}

// provisioning is one call of provision. Its reports are guarded: keys end in any order.
type provisioning struct {
	flags  provisionFlags
	c      *cobra.Command
	screen *screen // nil: no live lines

	reportsElsewhere bool // than on the screen

	mu        sync.Mutex
	out, err  io.Writer // of reports, of all else
	reports   []station.Report
	left      []string   // ports whose key could not be finished
	asking    sync.Mutex // one question at a time
	questions int        // asked so far; under asking
	typed     typed
}

func newProvisioning(c *cobra.Command, f provisionFlags) *provisioning {
	return &provisioning{flags: f, c: c, out: c.OutOrStdout(), err: c.ErrOrStderr()}
}

func (p *provisioning) operator() inventory.Actor {
	if p.flags.operator == "" {
		return osActor()
	}
	return inventory.Claimed(p.flags.operator)
}

// run finishes what an earlier process left, then makes a key at every port at the same time.
func (p *provisioning) run(ctx context.Context, b madeBench) error {
	if err := b.Recover(ctx); err != nil {
		return err
	}
	ports, err := p.ports(ctx, b.bus)
	if err != nil {
		return err
	}
	g, making := errgroup.WithContext(ctx)
	for _, port := range ports {
		g.Go(func() error {
			rep, err := b.Make(making, port, inventory.Want{Requisition: p.flags.forWhom})
			if err != nil {
				p.leaves(port)
				return err
			}
			return p.ended(rep)
		})
	}
	if err := g.Wait(); err != nil {
		return p.unfinished(err)
	}
	for _, rep := range b.Recovered() {
		if err := p.ended(rep); err != nil {
			return err
		}
	}
	return nil
}

// ports are those of the named devices, or every port with a key. A named device with nothing there is a port all the
// same: its run says what is wrong.
func (p *provisioning) ports(ctx context.Context, bus usb.Bus) ([]station.Port, error) {
	if len(p.flags.devices) == 0 {
		ports, err := bus.Attached(ctx)
		if err == nil && len(ports) == 0 {
			err = inventory.Refuse(inventory.NotFound, "No key is plugged in: plug one in, or name it with --device.")
		}
		return ports, err
	}
	var ports []station.Port
	seen := map[string]bool{}
	for _, path := range p.flags.devices {
		port, err := bus.Find(ctx, path)
		if err != nil {
			port = station.Port{ID: path, Path: path}
		}
		if seen[port.ID] {
			return nil, usagef("%s is named twice: name each key once.", path)
		}
		seen[port.ID] = true
		ports = append(ports, port)
	}
	return ports, nil
}

// leaves notes a port whose key could not be finished, since the inventory could not be written.
func (p *provisioning) leaves(port station.Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = append(p.left, port.Title())
}

// unfinished says beside what went wrong which keys it concerns.
func (p *provisioning) unfinished(err error) error {
	if len(p.left) == 0 {
		return err
	}
	slices.Sort(p.left)
	return &inventory.Error{
		Kind: inventory.KindOf(err), Err: err,
		Msg: fmt.Sprintf("%s Not finished: %s; leave it plugged in.", sentence(inventory.Sentence(err)), strings.Join(p.left, ", ")),
	}
}

// ended prints the report of one key.
func (p *provisioning) ended(rep station.Report) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reports = append(p.reports, rep)
	if p.flags.json {
		return json.NewEncoder(p.out).Encode(rep)
	}
	_, err := fmt.Fprintln(p.out, reportLine(rep))
	return err
}

// exit turns the reports into the exit code: a fault of a key is a failure, a key that is not ready for another reason
// is told apart.
func (p *provisioning) exit() error {
	code := exitDone
	for _, rep := range p.reports {
		switch rep.End {
		case inventory.RunReady, inventory.RunStocked:
		case inventory.RunFailed:
			return exitError{code: exitFailure}
		default:
			code = exitKeys
		}
	}
	if code == exitDone {
		return nil
	}
	return exitError{code: code}
}
