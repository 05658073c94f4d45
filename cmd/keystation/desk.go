package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/inventory/seal"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
	"keystation/station/softkey"
)

// storeOptions is how the database is opened: with the bench's group, and with the identity that opens addresses when
// this user may read it.
func (c Config) storeOptions() sqlite.Options {
	o := sqlite.Options{Group: c.Database.Group, Locks: filepath.Join(c.Bench.Dir, locksDir), Entitlement: inventory.Entitlement(c.Asked)}
	opener, sealer, err := c.addresses()
	if err != nil {
		return o // whoever needs an address is told then
	}
	o.OpenAddress, o.SealAddress = opener.OpenAddress, sealer.SealAddress
	return o
}

// addresses gives both halves of what closes addresses. The bench has both, since it prints them; PINs have another
// identity, which it has not.
func (c Config) addresses() (seal.Opener, seal.Sealer, error) {
	identity, err := readSecret(c.Bench.Dir, addressIdentityFile)
	if err != nil {
		return seal.Opener{}, seal.Sealer{}, err
	}
	opener, err := seal.NewOpener(identity)
	if err != nil {
		return seal.Opener{}, seal.Sealer{}, err
	}
	sealer, err := seal.NewSealer(opener.Recipient())
	return opener, sealer, err
}

// desk is an opened database with what belongs to it.
type desk struct {
	cfg      Config
	store    *sqlite.Store
	settings inventory.Settings
	log      *slog.Logger
	grounds  *grounds
	seams    seams
	judging  sync.Mutex // held while this process judges the fleet
}

// openDesk opens the database that the configuration names.
func openDesk(ctx context.Context, cfg Config) (*desk, error) {
	return openSeamed(ctx, cfg, seams{})
}

func openSeamed(ctx context.Context, cfg Config, s seams) (*desk, error) {
	if cfg.Database.Path == "" {
		return nil, usagef("Say which database: --db FILE.")
	}
	options := cfg.storeOptions()
	options.Commit = s.commit
	store, err := sqlite.Open(ctx, cfg.Database.Path, options)
	if err != nil {
		return nil, err
	}
	settings, err := store.Settings(ctx)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	d := &desk{cfg: cfg, store: store, settings: settings, log: newLog(os.Stderr, cfg.Log.Level), seams: s}
	d.grounds = &grounds{desk: d}
	return d, nil
}

func (d *desk) close() error { return d.store.Close() }

// withDesk opens the desk that a command was told of, and closes it however do ends.
func withDesk(c *cobra.Command, do func(context.Context, *desk) error) error {
	return withSeamed(c, seams{}, do)
}

func withSeamed(c *cobra.Command, s seams, do func(context.Context, *desk) error) (err error) {
	cfg, err := commandConfig(c)
	if err != nil {
		return err
	}
	d, err := openSeamed(c.Context(), cfg, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	return do(c.Context(), d)
}

// withOwner gives a process that makes keys its name in the journal, which is a lock that it holds until do ends.
func (d *desk) withOwner(do func(owner string) error) (err error) {
	owner, err := sqlite.NewOwner(d.cfg.storeOptions().Locks)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, owner.Close()) }()
	return do(owner.Name())
}

// newLog logs to w. The configuration has checked the level.
func newLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// benchConfig is a bench over real ports and this database. Whoever calls adds who stands there and what is printed.
func (d *desk) benchConfig(ctx context.Context) (station.Config, error) {
	if err := noCoreDumps(); err != nil {
		return station.Config{}, err
	}
	p, err := d.grounds.policy(ctx)
	if err != nil {
		return station.Config{}, err
	}
	sealer, err := seal.NewSealer(d.settings.Recipient)
	if err != nil {
		return station.Config{}, err
	}
	return station.Config{
		Open: fido2.Open, Serial: readSerial, Wink: fido2.Wink, Bus: newBus(), Journal: d.store, Books: d.store, Sealer: sealer, Policy: p, Current: d.grounds.current,
		TouchSlots: d.cfg.Bench.TouchSlots, Wait: d.cfg.Bench.Wait, Models: d.modelName, Log: d.log, Power: d.cfg.power(),
		Note: d.store.Note, SaveHub: d.store.SaveHub,
	}, nil
}

// noCoreDumps keeps the memory of a bench, in which PINs live for a moment, out of files that outlive it.
func noCoreDumps() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	return nil
}

// modelName names a model as the metadata do, else as our own software keys are called; empty: its USB strings have to do.
func (d *desk) modelName(aaguid string) string {
	a, err := ctap.ParseAAGUID(aaguid)
	if err != nil {
		return ""
	}
	if p, err := d.grounds.policy(context.Background()); err == nil {
		if e := p.Catalog.Entry(a); e != nil && e.Description != "" {
			return e.Description
		}
	}
	return modelName(aaguid)
}

// modelName names our own software keys.
func modelName(aaguid string) string {
	for _, p := range softkey.Profiles() {
		if !p.AAGUID.IsZero() && p.AAGUID.String() == aaguid { // a key that could not be asked has no model
			return p.Model
		}
	}
	return ""
}
