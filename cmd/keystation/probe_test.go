package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// probedKey is a software key with somebody beside it, whose clock goes only when somebody waits.
type probedKey struct {
	*softkey.Key
	hands atomic.Int64 // what they were told last
	late  atomic.Int64
}

func newProbedKey(t *testing.T, cfg softkey.Config) *probedKey {
	t.Helper()
	p := &probedKey{}
	cfg = p.config(cfg)
	p.Key = stationtest.Key(t, cfg)
	return p
}

// config is that of the key beside whom somebody stands. No touch is awaited before the key is known here.
func (k *probedKey) config(cfg softkey.Config) softkey.Config {
	cfg.Touch, cfg.TouchTimeout = softkey.TouchManual, 50*time.Millisecond
	cfg.Now = func() time.Time { return time.Now().Add(time.Duration(k.late.Load())) }
	cfg.OnEvent = func(e softkey.Event) {
		if e.Kind == softkey.WaitingForTouch && hands(k.hands.Load()) != replugLeave {
			k.Touch()
		}
	}
	return cfg
}

// prober probes it, replugging when asked to.
func (k *probedKey) prober(bus station.Bus, at station.Port, again func()) *prober {
	p := newProber(bus, at, func(h hands) {
		k.hands.Store(int64(h))
		if h != press {
			again()
		}
	})
	p.pause = func(_ context.Context, d time.Duration) error { k.late.Add(int64(d)); return nil }
	return p
}

// TestProbe_roundTrip probes a key of every profile, makes one of the report, and probes that: it is the same model.
func TestProbe_roundTrip(t *testing.T) {
	for _, profile := range softkey.Profiles() {
		t.Run(profile.Name, func(t *testing.T) {
			t.Parallel()
			source, _ := softkey.ProfileModel(profile.Name)
			wipe := source.GetInfo.SupportsPIN()
			first := probed(t, softkey.Config{Profile: profile.Name}, wipe)
			b, err := json.Marshal(first)
			if err != nil {
				t.Fatal(err)
			}
			m, err := readModel(b)
			if err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			second := probed(t, softkey.Config{Model: &m}, wipe)
			if a, b := comparable(first.Model), comparable(second.Model); a != b {
				t.Errorf("the report of the report differs\n%s\n%s", a, b)
			}
			if wipe {
				if source.Quirks.SetPINAgain == softkey.StatusCode(ctap.ErrPINAuthInvalid) {
					source.Quirks.SetPINAgain = 0 // as the standard has it
				}
				if have, want := first.Model.Quirks, source.Quirks; have != want {
					t.Errorf("the quirks are %+v, want %+v", have, want)
				}
				if have, want := first.Model.Timing.ResetWindow, source.Timing.ResetWindow; have != want {
					t.Errorf("the reset window is %d ms, want %d", have, want)
				}
			}
		})
	}
}

// comparable is a model without what differs from one measurement to the next.
func comparable(m softkey.Model) string {
	m.Timing.Steps = nil
	b, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// probed probes a key that is like this, and leaves it blank if it may wipe.
func probed(t *testing.T, cfg softkey.Config, wipe bool) probeReport {
	t.Helper()
	k := newProbedKey(t, cfg)
	p := k.prober(newBus(), station.Port{ID: k.Path(), Path: k.Path()}, k.PowerCycle)
	if err := p.probe(t.Context(), wipe); err != nil {
		t.Fatal(err)
	}
	if wipe {
		a := stationtest.Open(t, k.Path(), nil)
		if info, err := a.Info(t.Context()); err != nil || info.HasPIN() || info.ForcePINChange {
			t.Errorf("the key is not blank: %+v, %v", info, err)
		}
	}
	return p.report
}

// TestProbe_changesNothing looks at what a probe without --wipe asks, of a key in use.
func TestProbe_changesNothing(t *testing.T) {
	var asked []ctap.Command
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchNever, OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Working {
			asked = append(asked, e.Command)
		}
	}})
	a := stationtest.Open(t, k.Path(), nil)
	if err := errors.Join(a.SetPIN(t.Context(), inventory.PIN("83926174"), nil), a.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.json")
	if out, errs, code := call(t, "keys", "probe", "--report", file, "--device", k.Path()); code != exitDone || out+errs != "" {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := readModel(b)
	if err != nil || m.GetInfo.AAGUID != k.AAGUID() || m.GetInfo.HasPIN() {
		t.Errorf("%v\n%s", err, b)
	}
	if err := k.Close(); err != nil { // and so the events have ended
		t.Fatal(err)
	}
	const setUp = 3 // getInfo, key agreement, first PIN
	for _, c := range asked[setUp:] {
		if c != ctap.CmdGetInfo && c != ctap.CmdClientPIN && c != ctap.CmdGetAssertion && c != noCommand3F {
			t.Errorf("the key was asked for %v", c)
		}
	}
	if _, errs, code := call(t, "keys", "probe", "--report", file, "--device", k.Path()); code != exitFailure || errs == "" {
		t.Errorf("exit code %d\n%s", code, errs)
	}
}

// TestProbe_tellsNoKey wants nothing in a report that tells one key from its siblings.
func TestProbe_tellsNoKey(t *testing.T) {
	raw, err := ctap.Encode(map[int]any{1: []string{"FIDO_2_1"}, 3: make([]byte, 16), 4: map[string]bool{"clientPin": true},
		0x19: []byte("which key it is"), 0x1E: []byte("which one"), 0x77: map[string]any{"sn": "number 4711", "n": []any{[]byte("4711")}}})
	if err != nil {
		t.Fatal(err)
	}
	b, blanked, err := blankInfo(raw)
	if err != nil || !reflect.DeepEqual(blanked, []string{"encIdentifier", "encCredStoreState", "member 0x77"}) || len(b) != len(raw) {
		t.Fatalf("%x, %q, %v", b, blanked, err)
	}
	info, err := reportInfo(b, blanked)
	if err != nil {
		t.Fatal(err)
	}
	var r probeReport
	r.GetInfo = info
	r.describe(station.Port{Maker: "Maker", Name: "Key 4711-0815", Serial: "4711-0815"}, ctaphid.InitResponse{})
	said, err := json.Marshal(r)
	if err != nil || strings.Contains(string(said), "4711") || strings.Contains(info.Hex, "34373131") || strings.Contains(info.Hex, "7768696368") {
		t.Errorf("%v\n%s", err, said)
	}
	fresh, err := freshInfo(b)
	if err != nil || fresh.HasPIN() {
		t.Errorf("a key fresh from a reset has no PIN: %+v, %v", fresh, err)
	}
}

// TestProbe_asks wipes nothing that was not named.
func TestProbe_asks(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	before := look(t, k)
	dir := t.TempDir()
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"nothing typed", "The key was not touched", []string{"--report", "r", "--device", k.Path(), "--wipe"}},
		{"yes to nothing named", "--yes answers only", []string{"--report", "r", "--wipe", "--yes"}},
		{"no file", "--report FILE", []string{"--device", k.Path()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i := range c.args {
				if c.args[i] == "r" {
					c.args[i] = filepath.Join(dir, c.name)
				}
			}
			_, errs, code := call(t, append([]string{"keys", "probe"}, c.args...)...)
			if code == exitDone || !strings.Contains(errs, c.want) {
				t.Errorf("exit code %d\n%s", code, errs)
			}
		})
	}
	before.wantUntouched(t, k)
}

// TestSoftkey_profileFile takes what is no report for what it is.
func TestSoftkey_profileFile(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"no.json":    {"{", "is no report"},
		"other.json": {`{"report": "something else"}`, "this program reads"},
		"empty.json": {`{}`, "it has no name"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, errs, code := call(t, "softkey", "--profile", path); code != exitFailure || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit code %d\n%s", name, code, errs)
		}
	}
	if _, errs, code := call(t, "softkey", "--profile", filepath.Join(dir, "gone.json")); code != exitFailure {
		t.Error(code, errs)
	}
}
