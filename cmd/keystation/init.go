package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/inventory/ledger"
	"keystation/inventory/seal"
	"keystation/inventory/sqlite"
)

// The files that init makes. Those in the secrets folder are the server's alone; the bench reads its own folder and
// can neither open a PIN nor sign for the ledger.
const (
	pinIdentityFile     = "pin-identity.txt"     // secrets: opens sealed PINs
	ledgerKeyFile       = "ledger-key.txt"       // secrets: signs checkpoints
	addressIdentityFile = "address-identity.txt" // bench: opens addresses, for packets
	configFile          = "keystation.toml"      // bench
	locksDir            = "runs"                 // bench, writable: lock files of processes that make keys
)

const initLong = `Makes the database and, beside it, FILE.secrets (the server's alone) and
FILE.bench (what the bench may read). Nothing that exists is overwritten.

The relying party id is part of every key's tag credential and cannot change
while one such key lives. It is the host of --public-url, the address that
people will type to say that their key arrived, or a domain above it. Without
--public-url the database is for trying things out: it binds its keys to
localhost, and everything says TEST KEY.`

func newInit() *cobra.Command {
	c := &cobra.Command{
		Use:   "init --db FILE",
		Short: "make a database, its secrets and its configuration",
		Long:  initLong,
		Example: `  keystation init --db keys.db --public-url https://keys.example.com
  keystation init --db try.db`,
		Args: cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database to make, a `FILE`")
	publicURL := c.Flags().String("public-url", "", "the `ADDRESS` that people will type, https://…")
	rpID := c.Flags().String("rp-id", "", "bind keys to this `DOMAIN`, a parent of the public URL's host")
	group := c.Flags().String("group", "", "the bench's system `GROUP`, where it runs as another user")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := commandConfig(c)
		if err != nil {
			return err
		}
		if *group != "" {
			cfg.Database.Group = *group
		}
		if cfg.Database.Path == "" {
			return usagef("Say which database to make: keystation init --db FILE.")
		}
		s, err := initialize(c.Context(), cfg, *publicURL, *rpID)
		if err != nil {
			return err
		}
		return sayInit(c, cfg, s)
	}
	return c
}

func sayInit(c *cobra.Command, cfg Config, s inventory.Settings) error {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "Made %s.\n  Keys are bound to  %s\n  Secrets, yours     %s\n  For the bench      %s\n  Configuration      %s\n",
		cfg.Database.Path, s.RPID, cfg.Secrets.Dir, cfg.Bench.Dir, filepath.Join(cfg.Bench.Dir, configFile))
	if s.Test() {
		fmt.Fprintln(out, "Every key it makes is a TEST KEY: give --public-url for keys that people will use.")
	}
	if folder := filepath.Dir(cfg.Database.Path); cfg.Database.Group != "" && !groupWrites(folder, cfg.Database.Group) {
		fmt.Fprintf(out, "Let the group %s write in %s too: SQLite keeps two files beside the database.\n", cfg.Database.Group, folder)
	}
	return nil
}

// initialize makes database, secrets and bench folder, all or none: what this call made is taken away again when a later
// part fails. What was there before, or what another init made meanwhile, is never touched.
func initialize(ctx context.Context, cfg Config, publicURL, rpID string) (s inventory.Settings, err error) {
	if s.RPID, err = inventory.RPIDFor(publicURL, rpID); err != nil {
		return s, err
	}
	for _, path := range []string{cfg.Database.Path, cfg.Secrets.Dir, cfg.Bench.Dir} {
		_, err := os.Lstat(path)
		if err == nil {
			err = fs.ErrExist
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return s, inTheWay(path, err)
		}
	}
	var m made
	defer func() {
		if err != nil {
			err = errors.Join(err, m.undo())
		}
	}()
	s.PublicURL, s.CreatedAt = publicURL, inventory.Instant(time.Now())
	if err := m.writeSecrets(cfg, &s); err != nil {
		return s, err
	}
	return s, m.database(ctx, cfg, s)
}

// database makes the database, with the configuration's rules as its first policy and a first signed checkpoint.
func (m *made) database(ctx context.Context, cfg Config, s inventory.Settings) error {
	store, err := sqlite.Init(ctx, cfg.Database.Path, cfg.storeOptions(), s, osActor())
	if err != nil {
		return err // it took its own file away
	}
	m.paths = append(m.paths, cfg.Database.Path, cfg.Database.Path+"-wal", cfg.Database.Path+"-shm")
	if _, err = store.NotePolicy(ctx, osActor(), cfg.rules()); err == nil {
		_, err = sign(ctx, store, cfg)
	}
	return errors.Join(err, store.Close())
}

// freshKeys are the keys of a new database, as the files that hold them.
type freshKeys struct{ pinIdentity, addressIdentity, signing string }

// makeKeys makes the keys of a new database. s learns their public halves.
func makeKeys(s *inventory.Settings) (k freshKeys, err error) {
	if k.pinIdentity, s.Recipient, err = seal.NewIdentity(); err != nil {
		return k, err
	}
	if k.addressIdentity, _, err = seal.NewIdentity(); err != nil {
		return k, err
	}
	s.Origin = "keystation/" + s.RPID
	k.signing, s.Verifier, err = ledger.NewSigningKey(rand.Reader, s.Origin)
	return k, err
}

// writeSecrets makes the folders beside the database and the keys in them.
func (m *made) writeSecrets(cfg Config, s *inventory.Settings) error {
	k, err := makeKeys(s)
	if err != nil {
		return err
	}
	gid, err := groupID(cfg.Database.Group)
	if err != nil {
		return err
	}
	folders := []struct {
		path  string
		mode  os.FileMode
		group int
	}{
		{cfg.Secrets.Dir, 0o700, -1},
		{cfg.Bench.Dir, 0o750, gid},
		{filepath.Join(cfg.Bench.Dir, locksDir), benchFolder(gid), gid},
		{cfg.Bench.Packets, benchFolder(gid), gid},
	}
	for _, f := range folders {
		if _, err := os.Stat(f.path); err == nil && f.path == cfg.Bench.Packets {
			continue // packets may go where other papers lie
		}
		if err := m.folder(f.path, f.mode, f.group); err != nil {
			return err
		}
	}
	files := []struct {
		path, text string
		mode       os.FileMode
		group      int
	}{
		{filepath.Join(cfg.Secrets.Dir, pinIdentityFile), k.pinIdentity, 0o600, -1},
		{filepath.Join(cfg.Secrets.Dir, ledgerKeyFile), k.signing, 0o600, -1},
		{filepath.Join(cfg.Bench.Dir, addressIdentityFile), k.addressIdentity, 0o640, gid},
		{filepath.Join(cfg.Bench.Dir, configFile), configFor(cfg), 0o640, gid},
	}
	for _, f := range files {
		if err := m.file(f.path, f.text, f.mode, f.group); err != nil {
			return err
		}
	}
	return nil
}

// benchFolder is the mode of a folder that the bench writes to: with a group, new files in it are the group's.
func benchFolder(gid int) os.FileMode {
	if gid < 0 {
		return 0o700
	}
	return 0o770 | os.ModeSetgid
}

// configFor is the configuration file of a new database: the commented defaults, with what init was told uncommented.
func configFor(cfg Config) string {
	text := configTemplate
	if cfg.Database.Group != "" {
		text = uncomment(text, "group", cfg.Database.Group)
	}
	return text
}
