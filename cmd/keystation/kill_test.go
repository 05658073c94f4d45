package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestProvision_killed kills the program at every write of the journal, before it reaches the disk and after, starts
// it again, and wants what the table of steps promises: one ready key with one live tag credential and one sealed PIN,
// which is the one on the key; no run without an end; the line made once, and a packet for the ready key only.
func TestProvision_killed(t *testing.T) {
	for _, profile := range []string{"modern", "mute-when-forced"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			writes := writesOf(t, profile)
			for n, what := range writes {
				for _, when := range []string{"before", "after"} {
					t.Run(fmt.Sprintf("%s %d %s", when, n+1, what), func(t *testing.T) {
						t.Parallel()
						killedRow(t, profile, fmt.Sprintf("%s %d", when, n+1))
					})
				}
			}
		})
	}
}

// writesOf lets a run go through and lists the writes of its journal.
func writesOf(t *testing.T, profile string) (writes []string) {
	t.Helper()
	h := newHouse(t)
	k := stationtest.Key(t, softkey.Config{Profile: profile})
	p := h.provision(nil, k.Path()).start()
	if code := p.end(); code != exitDone {
		t.Fatalf("exit code %d\n%s%s", code, p.err.String(), p.out.String())
	}
	for line := range strings.Lines(p.err.String()) {
		if _, what, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasPrefix(line, "write ") {
			writes = append(writes, what)
		}
	}
	if len(writes) < len(inventory.Steps)+1 { // the first intent, then an outcome for each step
		t.Fatalf("a run wrote only %q", writes)
	}
	return writes
}

// provision prepares the making of one key.
func (h house) provision(vars []string, path string, flags ...string) *process {
	h.Helper()
	return program(h.T, vars, append([]string{"provision", "--db", h.db, "--device", path,
		"--operator", "Grace Hopper", "--yes", "--json"}, flags...)...)
}

func killedRow(t *testing.T, profile, when string) {
	h := newHouse(t)
	h.asked()
	k := stationtest.Key(t, softkey.Config{Profile: profile})
	first := h.provision([]string{killedAt + "=" + when}, k.Path()).start()
	if code := first.end(); code != -1 {
		t.Fatalf("it was not killed, but ended with %d\n%s", code, first.err.String())
	}
	k.PowerCycle()
	second := h.provision(nil, k.Path()).start()
	wantWhole(t, h, k.Path(), second)
}

// wantWhole waits for the second start and holds what it left against the key.
func wantWhole(t *testing.T, h house, path string, p *process) {
	t.Helper()
	code := p.end()
	made := reports(t, p.out.String())
	if code != exitDone || len(made) != 1 || made[0].State != inventory.Ready {
		t.Fatalf("exit code %d, want one ready key\n%s%s", code, p.err.String(), p.out.String())
	}
	for _, want := range []struct {
		n           int
		what, query string
	}{
		{1, "keys", "SELECT count(*) FROM keys"},
		{1, "ready keys", "SELECT count(*) FROM keys WHERE state = 'ready'"},
		{1, "live credentials", "SELECT count(*) FROM registrations WHERE revoked_at IS NULL"},
		{1, "sealed PINs", "SELECT count(*) FROM seals WHERE state <> 'void'"},
		{0, "runs without an end", "SELECT count(*) FROM runs WHERE ended_at IS NULL"},
		{1, "lines made", "SELECT count(*) FROM lines WHERE state = 'made' AND key_id IN (SELECT id FROM keys WHERE state = 'ready')"},
		{1, "lines that still wait", "SELECT count(*) FROM lines WHERE state = 'open'"},
		{1, "open custodies", "SELECT count(*) FROM custody WHERE until IS NULL"},
	} {
		if n := h.count(want.query); n != want.n {
			t.Errorf("%d %s, want %d", n, want.what, want.n)
		}
	}
	packet := filepath.Join(h.bench(), "packets", fmt.Sprintf("R-1001-1-%s.pdf", made[0].Tag))
	if all := h.packets(); len(all) != 1 || all[0] != packet || made[0].Packet != packet {
		t.Errorf("the packets are %q and %q was told, want %s alone", all, made[0].Packet, packet)
	}
	wantPIN(t, h, path, made[0].Key)
	h.wantLedger()
}

// wantPIN changes the PIN of the key with the one that is sealed for it, as its holder will.
func wantPIN(t *testing.T, h house, path string, id inventory.KeyID) {
	t.Helper()
	a := stationtest.Open(t, path, nil)
	defer a.Close()
	if err := a.SetPIN(t.Context(), inventory.PIN("83926174"), h.pinOf(id)); err != nil {
		t.Errorf("the sealed PIN is not the one on the key: %v", err)
	}
}

// TestProvision_killedAndLate starts again when the key's reset window has passed: the tile asks for a replug, and the
// run goes on when it comes.
func TestProvision_killedAndLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.asked()
	var late atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	k := stationtest.Key(t, softkey.Config{Now: clock})
	first := h.provision([]string{killedAt + "=after 5"}, k.Path()).start()
	if code := first.end(); code != -1 {
		t.Fatalf("it was not killed, but ended with %d\n%s", code, first.err.String())
	}
	late.Store(int64(time.Minute))
	second := h.provision(nil, k.Path(), "--wait", "30s").start()
	second.await(&second.err, "REPLUG")
	k.PowerCycle()
	wantWhole(t, h, k.Path(), second)
}

// TestProvision_killedTwice kills the program that cleans up, too: whoever comes third finds the run again.
func TestProvision_killedTwice(t *testing.T) {
	for _, second := range []string{"before 1", "after 1", "before 2", "after 2", "after 6"} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.asked()
			k := stationtest.Key(t, softkey.Config{})
			for _, when := range []string{"after 6", second} {
				p := h.provision([]string{killedAt + "=" + when}, k.Path()).start()
				if code := p.end(); code != -1 {
					t.Fatalf("it was not killed, but ended with %d\n%s", code, p.err.String())
				}
				k.PowerCycle()
			}
			wantWhole(t, h, k.Path(), h.provision(nil, k.Path()).start())
		})
	}
}
