package main

import (
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/station/attest"
)

func newAttest() *cobra.Command {
	c := &cobra.Command{
		Use:     "attest",
		Short:   "judge attestations that are in files",
		Example: `  keystation attest verify key.cbor --mds blob.jwt`,
		Args:    knownCommand, RunE: noCommand,
	}
	c.AddCommand(newAttestVerify())
	return c
}

const attestVerifyLong = `Judges attestation objects, each in a file of its own, as the bench judges keys:
genuine, unknown or refused, and why. No database is needed, nothing is kept and
nobody is asked.

A file holds an attestation object in CBOR, as WebAuthn or CTAP write it, or JSON
with attestation_object_b64url and client_data_hash_hex or
client_data_json_b64url. Without the client data hash no signature can be
checked, and nothing is genuine.

Prints one line per file. Exit code 3 means that at least one is refused.`

// verifyFlags is what attest verify was told.
type verifyFlags struct {
	mds      string
	mdsRoots []string
	roots    []string
	at, hash string
	json     bool
}

func newAttestVerify() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify FILE...",
		Short: "one verdict per file",
		Long:  attestVerifyLong,
		Example: `  keystation attest verify key.cbor --client-data-hash 9f86d081… --mds blob.jwt
  keystation attest verify *.json --mds blob.jwt --at 2023-09-15 --json`,
		Args: cobra.MinimumNArgs(1),
	}
	c.Flags().StringVar(&f.mds, "mds", "", "a metadata BLOB, a `FILE`: the roots of each model and what is said of it")
	c.Flags().StringArrayVar(&f.mdsRoots, "mds-root", nil, "a root that the BLOB may be signed below, a PEM `FILE`, beside those of the FIDO Alliance; repeatable")
	c.Flags().StringArrayVar(&f.roots, "root", nil, "roots that make any model genuine, a PEM `FILE`; repeatable")
	c.Flags().StringVar(&f.at, "at", "", "judge as of a `TIME`, such as 2023-09-15 (else: now)")
	c.Flags().StringVar(&f.hash, "client-data-hash", "", "what was signed with objects in CBOR: 64 hexadecimal `DIGITS`")
	c.Flags().BoolVar(&f.json, "json", false, "one JSON object per file, each on its own line")
	c.RunE = func(c *cobra.Command, files []string) error { return f.verify(files, c.OutOrStdout(), c.ErrOrStderr()) }
	return c
}

// judgedFile is one verdict, and one object of the JSON.
type judgedFile struct {
	File string `json:"file"`
	attest.Judgment
}

func (f verifyFlags) verify(files []string, out, stderr io.Writer) error {
	at, err := parseAt(f.at)
	if err != nil {
		return err
	}
	if at.IsZero() {
		at = time.Now()
	}
	hash, err := f.clientDataHash()
	if err != nil {
		return err
	}
	trust, err := f.trust(at)
	if err != nil {
		return err
	}
	judge, code := attest.NewJudge(trust, at), exitDone
	for _, file := range files {
		e, err := readEvidence(file, hash)
		if err != nil {
			fmt.Fprintln(stderr, inventory.Sentence(err))
			code = exitFailure
			continue
		}
		j := judgedFile{file, judge.Judge(e)}
		if j.Verdict == attest.Refused && code == exitDone {
			code = exitKeys
		}
		if err := j.say(out, f.json); err != nil {
			return err
		}
	}
	if code != exitDone {
		return exitError{code: code}
	}
	return nil
}

func (j judgedFile) say(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(j)
	}
	model := j.Model
	if model == "" && !j.AAGUID.IsZero() {
		model = j.AAGUID.String()
	}
	_, err := fmt.Fprintf(out, "%s  %s  %s  %s\n", j.File, j.Verdict, dash(model), j.Reasons[0].Sentence)
	return err
}

func (f verifyFlags) clientDataHash() ([]byte, error) {
	b, err := hex.DecodeString(f.hash)
	if err != nil || len(b) != 0 && len(b) != 32 {
		return nil, usagef("--client-data-hash %q is no SHA-256: give 64 hexadecimal digits.", f.hash)
	}
	return b, nil
}

// trust is what the files are judged by.
func (f verifyFlags) trust(at time.Time) (attest.Trust, error) {
	var t attest.Trust
	for _, file := range f.roots {
		certs, err := readCertificates(file)
		if err != nil {
			return t, err
		}
		for _, cert := range certs {
			t.Roots.Add(cert)
		}
	}
	if f.mds == "" {
		return t, nil
	}
	blob, err := readBLOB(f.mds)
	if err != nil {
		return t, err
	}
	roots, err := f.blobRoots()
	if err != nil {
		return t, err
	}
	t.Catalog, err = openBLOB(blob, roots, at)
	return t, err
}

func (f verifyFlags) blobRoots() ([]*x509.Certificate, error) {
	roots := attest.MDSRoots()
	for _, file := range f.mdsRoots {
		certs, err := readCertificates(file)
		if err != nil {
			return nil, err
		}
		roots = append(roots, certs...)
	}
	return roots, nil
}

// largestEvidence is far more than any attestation object: with a long chain they have some kilobytes.
const largestEvidence = 1 << 20

// readEvidence reads a file. hash is for objects that come without one.
func readEvidence(file string, hash []byte) (attest.Evidence, error) {
	info, err := os.Stat(file)
	if err == nil && info.Size() > largestEvidence {
		err = errors.New("it is larger than any attestation")
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(file)
	}
	if err != nil {
		return attest.Evidence{}, &inventory.Error{Kind: inventory.NotFound, Err: err, Msg: fmt.Sprintf("%s cannot be read (%s): check its name.", file, reason(err))}
	}
	e, err := attest.ParseInput(b)
	if err != nil {
		return e, &inventory.Error{Kind: inventory.Invalid, Err: err, Msg: fmt.Sprintf("%s is no attestation (%v): give a CBOR object, or JSON with attestation_object_b64url.", file, err)}
	}
	if e.ClientDataHash == nil {
		e.ClientDataHash = hash
	}
	return e, nil
}
