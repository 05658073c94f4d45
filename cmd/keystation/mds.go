package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/station/attest"
	"keystation/station/ctap"
)

const mdsLong = `What the FIDO Alliance and vendors say about models of keys: who made them, by
which roots they prove it, how they are certified, and what went wrong since.

It comes as one signed file, the BLOB of the FIDO Metadata Service, which is
verified here without asking anybody. Download it on a machine with internet
from https://mds3.fidoalliance.org/ (read its terms there) and import it; do so
every month. None is shipped with keystation.`

func newMDS() *cobra.Command {
	c := &cobra.Command{
		Use:   "mds",
		Short: "metadata of models: import, look up, how old",
		Long:  mdsLong,
		Example: `  keystation mds import blob.jwt --db keys.db
  keystation mds show 'yubikey 5' --db keys.db
  keystation mds status --db keys.db`,
		Args: knownCommand, RunE: noCommand,
	}
	c.AddCommand(newMDSImport(), newMDSShow(), newMDSStatus(), newMDSFetch())
	return c
}

const mdsImportLong = `Verifies a BLOB of the FIDO Metadata Service by the roots that are built in, and
keeps it in the place of the one before. A BLOB with a lower number than the one
that is here is refused, and so is one that was changed, that somebody else
signed, or whose certificates are not valid now.

Then every key of the inventory is judged again from the attestation that was
kept of it. What came to something else than before is listed.`

func newMDSImport() *cobra.Command {
	c := &cobra.Command{
		Use:   "import FILE --db FILE",
		Short: "verify a BLOB, keep it, and judge every key again",
		Long:  mdsImportLong,
		Example: `  keystation mds import blob.jwt --db keys.db
  keystation mds import blob.jwt --db keys.db --json`,
		Args: cobra.ExactArgs(1),
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	at := c.Flags().String("at", "", "verify it as of a `TIME`, such as 2023-09-15: for old BLOBs in a laboratory")
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, args []string) error {
		when, err := parseAt(*at)
		if err != nil {
			return err
		}
		blob, err := readBLOB(args[0])
		if err != nil {
			return err
		}
		return withDesk(c, func(ctx context.Context, d *desk) error {
			did, err := d.keepMetadata(ctx, osActor(), blob, when)
			if err != nil {
				return err
			}
			return d.tell(ctx, osActor(), did, importOutput{c.OutOrStdout(), c.ErrOrStderr(), *asJSON})
		})
	}
	return c
}

// largestBLOB is far more than any BLOB: they have some megabytes.
const largestBLOB = 64 << 20

func readBLOB(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.NotFound, Err: err, Msg: fmt.Sprintf("%s cannot be read (%s): check its name.", file, reason(err))}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, largestBLOB+1))
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.Unavailable, Err: err, Msg: fmt.Sprintf("%s cannot be read (%s): check what it is.", file, reason(err))}
	}
	if len(b) > largestBLOB {
		return nil, inventory.Refuse(inventory.Invalid, "%s is larger than any metadata BLOB: check its name.", file)
	}
	return b, nil
}

// parseAt reads a time as people give it: a day or a moment; nothing is the zero time.
func parseAt(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("--at %q is no time: write 2026-12-01 or 2026-12-01T08:00:00Z.", text)
}

// importOutput is where an import says what it did.
type importOutput struct {
	out, err io.Writer
	json     bool
}

// metadataOf is what is kept of a BLOB that was verified.
func metadataOf(c *attest.Catalog, blob []byte) inventory.Metadata {
	return inventory.Metadata{No: c.No, NextUpdate: c.NextUpdate, SHA256: c.SHA256, Signer: c.Signer, Entries: len(c.Entries), Blob: blob}
}

// imported is what an import came to, as JSON.
type imported struct {
	inventory.Metadata
	Same    bool              `json:"same"`
	Skipped []attest.Skipped  `json:"skipped"`
	Overdue bool              `json:"overdue"`
	Review  *inventory.Review `json:"review"`
}

// keepMetadata verifies a BLOB and keeps it. when is the time to verify as of; zero: now.
func (d *desk) keepMetadata(ctx context.Context, by inventory.Actor, blob []byte, when time.Time) (imported, error) {
	catalog, err := d.openBLOB(blob, when)
	if err != nil {
		return imported{}, err
	}
	m := metadataOf(catalog, blob)
	if !when.IsZero() {
		m.ImportedAt = inventory.Instant(when)
	}
	kept, same, err := d.store.ImportMetadata(ctx, by, m)
	return imported{Metadata: kept, Same: same, Skipped: append([]attest.Skipped{}, catalog.Skipped...), Overdue: kept.Overdue(time.Now())}, err
}

// tell says what was imported, and judges every key by it.
func (d *desk) tell(ctx context.Context, by inventory.Actor, did imported, o importOutput) (err error) {
	if !o.json {
		did.say(o)
	}
	if did.Review, err = d.judgeAgain(ctx, by, fmt.Sprintf("metadata no. %d were imported", did.No), o); err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(o.out).Encode(did)
	}
	return nil
}

func (i imported) say(o importOutput) {
	verb := "is imported"
	if i.Same {
		verb = "was here already"
	}
	fmt.Fprintf(o.out, "Metadata no. %d %s: %d models, signed by %s, next update due %s.\n", i.No, verb, i.Entries, i.Signer, i.NextUpdate.Format(time.DateOnly))
	for _, s := range i.Skipped {
		fmt.Fprintf(o.err, "Left out: %s, since %s.\n", s.What, s.Why)
	}
	if i.Overdue {
		fmt.Fprintln(o.err, "It is old already: a newer one should be at https://mds3.fidoalliance.org/.")
	}
}

// openBLOB verifies a BLOB by the pinned roots and those of the configuration.
func (d *desk) openBLOB(blob []byte, when time.Time) (*attest.Catalog, error) {
	roots, err := d.cfg.metadataRoots()
	if err != nil {
		return nil, err
	}
	return openBLOB(blob, roots, when)
}

// openBLOB verifies a BLOB as of a time; zero: now. What is wrong with it has a sentence.
func openBLOB(blob []byte, roots []*x509.Certificate, when time.Time) (*attest.Catalog, error) {
	if when.IsZero() {
		when = time.Now()
	}
	catalog, err := attest.OpenBLOB(blob, roots, when)
	if f, ok := errors.AsType[*attest.Fault](err); ok {
		return nil, &inventory.Error{Kind: inventory.Invalid, Msg: f.Sentence, Err: errors.New(string(f.Code))}
	}
	return catalog, err
}

func newMDSShow() *cobra.Command {
	c := &cobra.Command{
		Use:   "show AAGUID|MODEL --db FILE",
		Short: "what the metadata say about a model",
		Example: `  keystation mds show 'yubikey 5' --db keys.db
  keystation mds show cb69481e-8ff7-4039-93ec-0a2729a154a8 --db keys.db --json`,
		Args: cobra.ExactArgs(1),
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	asJSON := c.Flags().Bool("json", false, "one JSON object per model, each on its own line")
	c.RunE = func(c *cobra.Command, args []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error { return d.showModels(ctx, c.OutOrStdout(), args[0], *asJSON) })
	}
	return c
}

func (d *desk) showModels(ctx context.Context, out io.Writer, text string, asJSON bool) error {
	p, err := d.lookPolicy(ctx)
	if err != nil {
		return err
	}
	if p.Catalog == nil {
		return inventory.Refuse(inventory.NotFound, "There are no metadata yet: import them with keystation mds import FILE.")
	}
	found := p.Catalog.Find(text)
	if len(found) == 0 {
		return inventory.Refuse(inventory.NotFound, "No model in the metadata has the name or AAGUID %q: give a part of its name, or the AAGUID that keystation keys shows.", text)
	}
	for i, e := range found {
		f := modelFacts(p.Catalog, e, time.Now())
		if asJSON {
			if err := json.NewEncoder(out).Encode(f); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		sayModel(out, f, len(found) > 5)
	}
	return nil
}

// modelFacts is what the metadata say of a model as of a time.
func modelFacts(c *attest.Catalog, e *attest.Entry, at time.Time) inventory.ModelFacts {
	f := inventory.ModelFacts{Name: e.Description, Maker: e.Maker(), Level: string(e.Level(at)), Metadata: c.No, Versions: append([]string{}, e.Versions...),
		Attestations: append([]string{}, e.Attestations...), Icon: e.IconType != "", Statuses: []inventory.ModelStatus{}, Roots: []string{}}
	if e.AAGUID != (ctap.AAGUID{}) {
		f.AAGUID = e.AAGUID.String()
	}
	bad := map[string]bool{}
	for _, r := range e.Undesired(at, nil, "", nil) {
		bad[r.String()] = true
	}
	for _, r := range e.InEffect(at) {
		f.Statuses = append(f.Statuses, inventory.ModelStatus{
			Status: string(r.Status), Since: r.Effective, Number: r.Number, URL: r.URL, Undesired: bad[r.String()], Update: r.Status == attest.UpdateAvailable,
		})
	}
	for _, root := range e.Roots {
		f.Roots = append(f.Roots, root.Subject.String())
	}
	return f
}

// sayModel tells a model in lines; in short its first only.
func sayModel(out io.Writer, f inventory.ModelFacts, short bool) {
	name := f.AAGUID
	if name == "" {
		name = "U2F"
	}
	fmt.Fprintf(out, "%s  %s\n", f.Name, name)
	if short {
		return
	}
	level := "not certified"
	if f.Level != "" {
		level = "FIDO certified, level " + f.Level
	}
	fmt.Fprintf(out, "  maker     %s\n  certified %s\n  speaks    %s\n", dash(f.Maker), level, dash(strings.Join(f.Versions, ", ")))
	for _, s := range f.Statuses {
		mark := " "
		if s.Undesired {
			mark = "!"
		}
		fmt.Fprintf(out, "%s status    %s since %s %s\n", mark, s.Status, s.Since.Format(time.DateOnly), strings.TrimSpace(s.Number+" "+s.URL))
	}
	for _, r := range f.Roots {
		fmt.Fprintf(out, "  root      %s\n", r)
	}
}

func newMDSStatus() *cobra.Command {
	c := &cobra.Command{
		Use:     "status --db FILE",
		Short:   "which metadata are here, and how old they are",
		Example: `  keystation mds status --db keys.db --json`,
		Args:    cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return withDesk(c, func(ctx context.Context, d *desk) error { return d.sayMetadata(ctx, c.OutOrStdout(), *asJSON) })
	}
	return c
}

func (d *desk) sayMetadata(ctx context.Context, out io.Writer, asJSON bool) error {
	m, err := d.store.MetadataInfo(ctx)
	if err != nil {
		return err
	}
	overdue := m.Overdue(time.Now())
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			inventory.Metadata
			Overdue bool `json:"overdue"`
		}{m, overdue})
	}
	if m.No == 0 {
		fmt.Fprintln(out, "There are no metadata: import them with keystation mds import FILE.")
		return nil
	}
	fmt.Fprintf(out, "Metadata no. %d: %d models, imported %s, signed by %s.\n", m.No, m.Entries, m.ImportedAt.Local().Format("2006-01-02 15:04"), m.Signer)
	say := "The next update is due %s.\n"
	if overdue {
		say = "They are old: the next update was due %s. Import it with keystation mds import FILE.\n"
	}
	fmt.Fprintf(out, say, m.NextUpdate.Format(time.DateOnly))
	return nil
}
