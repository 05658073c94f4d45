package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/stationtest"
)

// wantSafe holds the books and the folder for packets against what has to be true at any moment, also of what a program
// leaves that was killed: every ready key has one PIN that somebody can release, no key has two live credentials, and
// packets are of ready keys only.
func (h house) wantSafe() {
	h.Helper()
	for _, never := range []struct{ what, query string }{
		{"ready keys without exactly one sealed PIN", `SELECT count(*) FROM keys k WHERE state = 'ready' AND
			(SELECT count(*) FROM seals s WHERE s.key_id = k.id AND s.state <> 'void') <> 1`},
		{"ready keys that no run made", `SELECT count(*) FROM keys k WHERE state = 'ready' AND
			NOT EXISTS (SELECT 1 FROM runs r WHERE r.key_id = k.id AND r.ended = 'ready')`},
		{"keys with two live credentials", "SELECT count(*) FROM (SELECT 1 FROM registrations WHERE revoked_at IS NULL GROUP BY key_id HAVING count(*) > 1)"},
		{"lines made by a key that is not ready", "SELECT count(*) FROM lines WHERE state = 'made' AND key_id NOT IN (SELECT id FROM keys WHERE state = 'ready')"},
		{"packets written down of keys that are not ready", `SELECT count(*) FROM parcels WHERE packet_sha256 <> '' AND
			key_id NOT IN (SELECT id FROM keys WHERE state = 'ready')`},
		{"runs that ended without a ready key and without a reason", `SELECT count(*) FROM runs WHERE ended NOT IN ('', 'ready', 'stocked') AND
			reasons = '[]' AND id NOT IN (SELECT run FROM entries WHERE note <> '')`},
	} {
		if n := h.count(never.query); n != 0 {
			h.Errorf("%d %s", n, never.what)
		}
	}
	for _, path := range h.packets() {
		tag := packetTag(path)
		if n := h.count("SELECT count(*) FROM keys WHERE state = 'ready' AND asset_tag = ?", tag); n != 1 {
			h.Errorf("%s is a packet, and %d keys with its tag are ready", path, n)
		}
	}
}

// packetTag reads the asset tag out of the name of a packet: R-1001-1-K-1234.pdf.
func packetTag(path string) string {
	parts := strings.SplitN(strings.TrimSuffix(filepath.Base(path), ".pdf"), "-", 4)
	return parts[len(parts)-1]
}

// wantTold wants everybody to know of every key: nothing is unfinished, every key at the paths was reported or is as the
// report before said, and every packet that is due is on the disk as it is in the books.
func (h house) wantTold(made []provisioned) {
	h.Helper()
	h.wantSafe()
	if n := h.count("SELECT count(*) FROM runs WHERE ended_at IS NULL"); n != 0 {
		h.Errorf("%d runs have no end", n)
	}
	if n := h.count("SELECT count(*) FROM keys"); n != len(made) {
		h.Errorf("%d keys are in the books and %d were told", n, len(made))
	}
	if n := h.count("SELECT count(*) FROM keys k WHERE state = 'ready' AND line IS NOT NULL AND NOT EXISTS (SELECT 1 FROM parcels p WHERE p.key_id = k.id AND p.line = k.line AND p.packet_sha256 <> '')"); n != 0 {
		h.Errorf("%d ready keys miss their packet", n)
	}
	for _, m := range made {
		if m.Packet == "" {
			continue
		}
		b, err := os.ReadFile(m.Packet)
		h.must(err)
		sum := sha256.Sum256(b)
		if n := h.count("SELECT count(*) FROM parcels WHERE key_id = ? AND packet_sha256 = ?", string(m.Key), hex.EncodeToString(sum[:])); n != 1 {
			h.Errorf("%s is not what the books say", m.Packet)
		}
	}
}

// wantKey holds the key at a path against the books: it answers its only credential, and its PIN is the sealed one, which
// is changed as its holder will.
func (h house) wantKey(path string, m provisioned) {
	h.Helper()
	d := h.open()
	defer d.close()
	regs, err := d.store.Registrations(h.Context(), m.Key)
	h.must(err)
	if len(regs) != 1 {
		h.Errorf("%s has %d live credentials, want one", m.Tag, len(regs))
	}
	wantPIN(h.T, h, path, m.Key)
}

// wantPIN changes the PIN of the key with the one that is sealed for it.
func wantPIN(t *testing.T, h house, path string, id inventory.KeyID) {
	t.Helper()
	a := stationtest.Open(t, path, nil)
	defer a.Close()
	if err := a.SetPIN(t.Context(), inventory.PIN("83926174"), h.pinOf(id)); err != nil {
		t.Errorf("the sealed PIN is not the one on the key: %v", err)
	}
}

// stockAt makes the key at a path for stock, in this process.
func (h house) stockAt(path string) {
	h.Helper()
	cfg, err := loadConfig(configInput{flags: map[string]any{"database.path": h.db}})
	h.must(err)
	d, err := openDesk(h.Context(), cfg)
	h.must(err)
	defer d.close()
	h.must(d.withOwner(func(owner string) error {
		cfg, err := d.benchConfig(h.Context())
		if err != nil {
			return err
		}
		cfg.Owner, cfg.Operator = owner, osActor()
		cfg.Hub = inventory.Hub{Host: "bench", Ports: []inventory.HubPort{{ID: path}}}
		b, err := station.New(cfg)
		if err != nil {
			return err
		}
		if err := b.OpenSession(h.Context(), osActor(), true); err != nil {
			return err
		}
		rep, err := b.Make(context.WithoutCancel(h.Context()), station.Port{ID: path, Path: path}, inventory.Want{})
		if err == nil && rep.End != inventory.RunStocked {
			err = errors.New("the key is not stocked: " + strings.Join(rep.Reasons, " "))
		}
		return err
	}))
}
