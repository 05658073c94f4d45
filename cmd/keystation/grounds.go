package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/attest"
)

// grounds are what keys are judged by: the policy in force and the metadata, read again when another process applied or
// imported something newer. It is safe for concurrent use.
type grounds struct {
	desk *desk

	mu      sync.Mutex
	read    bool
	no      int64 // of the metadata that were read
	version int64 // of the policy that was read
	now     station.Policy
}

// policy is the policy in force as of now.
func (g *grounds) policy(ctx context.Context) (station.Policy, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	no, version, err := g.desk.store.Grounds(ctx)
	if err != nil {
		return g.now, err
	}
	if g.read && no == g.no && version == g.version {
		return g.now, nil
	}
	p, err := g.desk.readPolicy(ctx)
	if err != nil {
		return g.now, err
	}
	g.read, g.no, g.version, g.now = true, no, p.Number, p
	return p, nil
}

// current is policy for a bench, which has nobody to tell what went wrong: it goes on with what it had.
func (g *grounds) current() station.Policy {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	p, err := g.policy(ctx)
	if err != nil {
		g.desk.log.Warn("the policy in force cannot be read", "err", err)
	}
	return p
}

// readPolicy reads the policy in force, the metadata, and what the configuration tells this machine beside. Rules of the
// configuration are written down, so that whatever is done by them names a version.
func (d *desk) readPolicy(ctx context.Context) (station.Policy, error) {
	if _, err := d.store.NotePolicy(ctx, osActor(), d.cfg.rules()); err != nil {
		return station.Policy{}, err
	}
	return d.lookPolicy(ctx)
}

// lookPolicy is readPolicy that writes nothing. Rules of the configuration that are not written down have no version.
func (d *desk) lookPolicy(ctx context.Context) (station.Policy, error) {
	p, err := d.localPolicy()
	if err != nil {
		return p, err
	}
	if p.Catalog, err = d.catalog(ctx); err != nil {
		return p, err
	}
	in, err := d.store.Policy(ctx)
	if err != nil {
		return p, err
	}
	if in.Source == inventory.PolicyConfigured && !in.Says(d.cfg.rules()) {
		return p, nil
	}
	if in.Version == 0 {
		return p, nil
	}
	return p.Follow(in), nil
}

// rules are those of the configuration, which hold until a policy is applied.
func (c Config) rules() inventory.TierRules {
	r := inventory.DefaultRules()
	r.Unknown, r.Force = inventory.Choice(c.Policy.Unknown), inventory.ForcePIN(c.Policy.ForcePINChange)
	r.PINLength, r.MinPINLength, r.EnterpriseAttestation = c.Policy.PINLength, c.Policy.MinPINLength, c.Policy.EnterpriseAttestation
	return inventory.SameRules(r)
}

// localPolicy is what the configuration tells this machine: roots beside the metadata's, models in stock, and what is
// never touched. Its rules are the configuration's.
func (d *desk) localPolicy() (station.Policy, error) {
	c := d.cfg.Policy
	p := station.DefaultPolicy(d.settings.RPID)
	p.Rules = d.cfg.rules().Standard
	p.Stock, p.NeverPorts, p.NeverSerials = c.Stock, c.NeverPorts, c.NeverSerials
	for _, file := range c.Roots {
		b, err := os.ReadFile(file)
		if err != nil {
			return p, fmt.Errorf("read root certificates: %w", err)
		}
		roots, err := attest.ParseRoots(b)
		if err != nil {
			return p, &inventory.Error{Kind: inventory.Invalid, Err: err, Msg: file + " holds no root certificates in PEM form: mend policy.roots."}
		}
		p.Roots.AddAll(roots)
	}
	return p, nil
}

// catalog opens the metadata that are kept, as of the time at which they were imported; nil when there are none.
func (d *desk) catalog(ctx context.Context) (*attest.Catalog, error) {
	m, err := d.store.Metadata(ctx)
	if err != nil || m.No == 0 {
		return nil, err
	}
	roots, err := d.cfg.metadataRoots()
	if err != nil {
		return nil, err
	}
	c, err := attest.OpenBLOB(m.Blob, roots, m.ImportedAt)
	if errors.Is(err, attest.ErrBLOBRoot) {
		return nil, &inventory.Error{Kind: inventory.Unavailable, Err: err,
			Msg: fmt.Sprintf("The metadata no. %d that are kept were signed by %s, whom nothing says to trust any more: name the root in mds.roots again, or import newer ones with keystation mds import FILE.", m.No, m.Signer)}
	}
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.Internal, Err: err,
			Msg: fmt.Sprintf("The metadata no. %d that are kept cannot be verified any more: import newer ones with keystation mds import FILE.", m.No)}
	}
	return c, nil
}

// metadataRoots are the pinned roots of the metadata service, and those of other services that the configuration trusts.
func (c Config) metadataRoots() ([]*x509.Certificate, error) {
	others, err := c.otherMetadataRoots()
	return append(attest.MDSRoots(), others...), err
}

// otherMetadataRoots are the roots of mds.roots.
func (c Config) otherMetadataRoots() ([]*x509.Certificate, error) {
	var roots []*x509.Certificate
	for _, file := range c.MDS.Roots {
		more, err := readCertificates(file)
		if err != nil {
			return nil, err
		}
		roots = append(roots, more...)
	}
	return roots, nil
}

func readCertificates(file string) ([]*x509.Certificate, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.NotFound, Err: err, Msg: fmt.Sprintf("The certificates in %s cannot be read (%s): check its name.", file, reason(err))}
	}
	var certs []*x509.Certificate
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &inventory.Error{Kind: inventory.Invalid, Err: err, Msg: file + " holds something that is no certificate: give a PEM file of root certificates."}
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, inventory.Refuse(inventory.Invalid, "%s holds no certificate in PEM form: give a PEM file of root certificates.", file)
	}
	return certs, nil
}
