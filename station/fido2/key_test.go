package fido2_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func creation() station.CreationOptions {
	return station.CreationOptions{RPID: "example.com", UserID: []byte{1}, ClientDataHash: make([]byte, 32)}
}

func TestOpen_u2fOnly(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Profile: "u2f-only"})
	_, err := fido2.Open(t.Context(), k.Path(), nil)
	if !errors.Is(err, fido2.ErrNotFIDO2) || !strings.Contains(inventory.Sentence(err), "speaks only U2F") {
		t.Fatal(err)
	}
}

// TestOpen_twice refuses the second at once; libfido2 itself would ask for twenty-one seconds.
func TestOpen_twice(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	first := stationtest.Open(t, k.Path(), nil)
	if _, err := fido2.Open(t.Context(), k.Path(), nil); !strings.HasPrefix(inventory.Sentence(err), "Another program uses the key") || !errors.Is(err, station.ErrBusy) {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	stationtest.Open(t, k.Path(), nil)
}

// TestOpen_heirs looks that no child process gets the key: its lock would outlive the station.
func TestOpen_heirs(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	stationtest.Open(t, k.Path(), nil)
	const cloexec = 0o2000000
	found := 0
	for _, fd := range descriptors(t) {
		if to, _ := os.Readlink("/proc/self/fd/" + fd); to != k.Path() {
			continue
		}
		found++
		about, err := os.ReadFile("/proc/self/fdinfo/" + fd)
		if err != nil {
			t.Fatal(err)
		}
		var pos, flags int
		if _, err := fmt.Sscanf(string(about), "pos:\t%d\nflags:\t%o", &pos, &flags); err != nil || flags&cloexec == 0 {
			t.Errorf("descriptor %s is inherited: %q, %v", fd, about, err)
		}
	}
	if found < 2 { // the key's own and ours
		t.Fatalf("%d descriptors", found)
	}
}

func descriptors(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestOpen_leavesNothing opens two hundred times, well and badly, and counts descriptors.
func TestOpen_leavesNothing(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	once := func() {
		a, err := fido2.Open(t.Context(), k.Path(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fido2.Open(t.Context(), k.Path(), nil); err == nil {
			t.Fatal("it was opened twice")
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	once()
	before := len(descriptors(t))
	for range 200 {
		once()
	}
	if after := len(descriptors(t)); after > before {
		t.Fatalf("%d descriptors before, %d after", before, after)
	}
}

// TestKey_unplugged pulls the key while it sets a PIN.
func TestKey_unplugged(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepSetPIN, Kind: softkey.Unplugged}}})
	a := stationtest.Open(t, k.Path(), nil)
	err := a.SetPIN(t.Context(), inventory.PIN("123456"), nil)
	if _, ok := errors.AsType[ctap.Status](err); ok || !strings.Contains(inventory.Sentence(err), "was unplugged") {
		t.Fatal(err)
	}
	if _, err := a.Info(t.Context()); !errors.Is(err, fido2.ErrBroken) {
		t.Fatal(err)
	}
	if err := k.Plug(); err != nil {
		t.Fatal(err)
	}
	info, err := stationtest.Open(t, k.Path(), nil).Info(t.Context())
	if err != nil || !info.HasPIN() { // the step was done before the key was pulled: only a fresh handle tells
		t.Fatal(info.HasPIN(), err)
	}
}

// TestKey_mute gives up on a key that takes a command and never answers, and does not take the late answer of one
// command for another's.
func TestKey_mute(t *testing.T) {
	t.Parallel()
	k := stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepMakeCredential, Kind: softkey.Vanish, Nth: 1}}})
	ctx, cancel := context.WithCancelCause(t.Context())
	late := errors.New("it took too long")
	a := stationtest.Open(t, k.Path(), func(ctap.Keepalive) { cancel(late) })
	_, err := a.MakeCredential(ctx, creation(), nil)
	if !errors.Is(err, late) || errors.Is(err, ctap.ErrKeepaliveCancel) {
		t.Fatal(err)
	}
	if _, err := a.Info(t.Context()); !errors.Is(err, fido2.ErrBroken) {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := stationtest.Open(t, k.Path(), nil).MakeCredential(t.Context(), creation(), nil); err != nil {
		t.Fatal(err)
	}
}

// TestKey_late leaves a key that answers after it was given up, and is not taken in by the answer on a fresh handle.
func TestKey_late(t *testing.T) {
	t.Parallel()
	k := stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepReset, Kind: softkey.Late, Nth: 1}}})
	ctx, cancel := context.WithCancel(t.Context())
	a := stationtest.Open(t, k.Path(), func(ctap.Keepalive) { cancel() })
	if err := a.Reset(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = stationtest.Open(t, k.Path(), nil)
	c, err := a.MakeCredential(t.Context(), creation(), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := station.RequestOptions{RPID: "example.com", ClientDataHash: make([]byte, 32), AllowCredential: [][]byte{c.CredentialID}}
	if _, err := a.Assert(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
}

// TestOpen_slow opens a key that takes longer over its first getInfo than a node that is no key is given, and says
// all the while that it works on it.
func TestOpen_slow(t *testing.T) {
	t.Parallel()
	k := stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepGetInfo, Kind: softkey.Late, Nth: 1}}})
	if _, err := stationtest.Open(t, k.Path(), nil).Info(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestKey_sixteen makes sixteen keys at the same time: libfido2 keeps some of its state per thread.
func TestKey_sixteen(t *testing.T) {
	var all sync.WaitGroup
	for range 16 {
		k := stationtest.Key(t, softkey.Config{})
		a := stationtest.Open(t, k.Path(), nil)
		all.Go(func() {
			pin := inventory.PIN("123456")
			c, err := a.MakeCredential(t.Context(), creation(), nil)
			if err == nil {
				err = a.SetPIN(t.Context(), pin, nil)
			}
			o := station.RequestOptions{RPID: "example.com", ClientDataHash: make([]byte, 32), AllowCredential: [][]byte{c.CredentialID}}
			for range 5 {
				if err == nil {
					_, err = a.Assert(t.Context(), o, pin)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestKey_Close_whileWaiting closes the key under somebody who waits for a touch.
func TestKey_Close_whileWaiting(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchNever})
	asked := make(chan struct{}, 1000)
	a := stationtest.Open(t, k.Path(), func(ctap.Keepalive) { asked <- struct{}{} })
	result := make(chan error)
	go func() { result <- a.Reset(context.Background()) }()
	<-asked
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, fido2.ErrClosed) {
		t.Fatal(err)
	}
}

// TestKey_refusals are answers of the key: the connection stays whole.
func TestKey_refusals(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{
		{Step: softkey.StepReset, Status: ctap.ErrNotAllowed},
		{Step: softkey.StepMakeCredential, Status: ctap.ErrUserActionTimeout},
		{Step: softkey.StepGetRetries, Status: ctap.ErrInvalidCommand},
		{Step: softkey.StepMinPIN, Status: 0xF3}, // a vendor's own
	}})
	a := stationtest.Open(t, k.Path(), nil)
	if err := a.Reset(t.Context()); !errors.Is(err, ctap.ErrNotAllowed) || !strings.HasPrefix(err.Error(), "reset: ") {
		t.Error(err)
	}
	if _, err := a.MakeCredential(t.Context(), creation(), nil); !errors.Is(err, ctap.ErrUserActionTimeout) {
		t.Error(err)
	}
	pin := inventory.PIN("123456")
	if err := a.SetPIN(t.Context(), pin, nil); err != nil {
		t.Fatal(err)
	}
	err := a.SetPIN(t.Context(), pin, inventory.PIN("654321"))
	if _, ok := errors.AsType[*ctap.PINError](err); ok || !errors.Is(err, ctap.ErrPINInvalid) {
		t.Error("without a count of tries:", err)
	}
	if err := a.Configure(t.Context(), station.Setting{MinPINLength: 6}, pin); !errors.Is(err, ctap.Status(0xF3)) {
		t.Error(err)
	}
	if _, err := a.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestKey_refusesNonsense sends nothing that no key would take.
func TestKey_refusesNonsense(t *testing.T) {
	var commands atomic.Int32
	k := stationtest.Key(t, softkey.Config{OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Working {
			commands.Add(1)
		}
	}})
	a := stationtest.Open(t, k.Path(), nil)
	before := commands.Load()
	pin := inventory.PIN("123456")
	long := inventory.PIN(strings.Repeat("x", 64))
	noHash, noRP, nul := creation(), creation(), creation()
	noHash.ClientDataHash, noRP.RPID, nul.RPName = nil, "", "a\x00b"
	odd := creation()
	odd.Algorithm = 12345
	for name, err := range map[string]error{
		"no PIN":           a.SetPIN(t.Context(), nil, nil),
		"an empty PIN":     a.SetPIN(t.Context(), inventory.PIN{}, nil),
		"a short PIN":      a.SetPIN(t.Context(), inventory.PIN("üüü"), nil),
		"a long PIN":       a.SetPIN(t.Context(), long, nil),
		"a PIN with NUL":   a.SetPIN(t.Context(), inventory.PIN("1234\x005"), nil),
		"a PIN not UTF-8":  a.SetPIN(t.Context(), inventory.PIN("1234\xFF5"), nil),
		"an empty old PIN": a.SetPIN(t.Context(), pin, inventory.PIN{}),
		"no setting":       a.Configure(t.Context(), station.Setting{}, pin),
		"two settings":     a.Configure(t.Context(), station.Setting{ForcePINChange: true, MinPINLength: 8}, pin),
		"a negative PIN":   a.Configure(t.Context(), station.Setting{MinPINLength: -1}, pin),
		"no hash":          second(a.MakeCredential(t.Context(), noHash, nil)),
		"no RP":            second(a.MakeCredential(t.Context(), noRP, nil)),
		"a NUL":            second(a.MakeCredential(t.Context(), nul, nil)),
		"an algorithm":     second(a.MakeCredential(t.Context(), odd, nil)),
		"no credential":    second(a.Assert(t.Context(), station.RequestOptions{RPID: "a", ClientDataHash: make([]byte, 32)}, nil)),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if n := commands.Load() - before; n != 0 {
		t.Errorf("%d commands were sent", n)
	}
}

func second[T any](_ T, err error) error { return err }

func TestVersion(t *testing.T) {
	v := fido2.Version()
	if !strings.HasPrefix(v, "1.") {
		t.Fatalf("this is libfido2 %s", v)
	}
	err := fido2.Supports(fido2.EnterpriseAttestation)
	if v >= "1.16" {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	want := "Enterprise attestation needs libfido2 ≥ 1.16, this is " + v + ": update it."
	if !errors.Is(err, fido2.ErrOldLibrary) || inventory.Sentence(err) != want {
		t.Fatalf("have %v\nwant %s", err, want)
	}
}

// TestAttached lists no pseudo-terminal: finding and opening are two things.
func TestAttached(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	found, err := fido2.Attached(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Path == k.Path() {
			t.Fatal("a pseudo-terminal is listed")
		}
	}
}
