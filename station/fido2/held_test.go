package fido2_test

import (
	"errors"
	"os"
	"testing"

	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestHeld counts what is held while keys are open, and after.
func TestHeld(t *testing.T) {
	before := fido2.Held()
	k := stationtest.Key(t, softkey.Config{})
	a, err := fido2.Open(t.Context(), k.Path(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if now := fido2.Held(); now.Keys != before.Keys+1 || now.Objects != before.Objects {
		t.Errorf("one key open: %+v, before %+v", now, before)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if now := fido2.Held(); now.Keys != before.Keys {
		t.Errorf("closed again: %+v, before %+v", now, before)
	}
}

// TestHeld_flat opens, uses, breaks and closes keys many times over. Nothing of it may stay, in C or as an open file.
func TestHeld_flat(t *testing.T) {
	if !stationtest.Uncached(t) {
		return
	}
	fault := func(word string) softkey.Fault {
		f, err := softkey.ParseFault(word)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	good := stationtest.Key(t, softkey.Config{})
	var bad []*softkey.Key
	for _, word := range []string{"get-info:garbage", "get-info:truncated", "any~2:out-of-sequence", "any~2:oversized", "make-credential:garbage",
		"make-credential:0x30", "get-assertion:truncated"} {
		bad = append(bad, stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{fault(word)}}))
	}
	round := func() {
		useOnce(t, good)
		for _, k := range bad {
			useOnce(t, k)
			k.PowerCycle()
		}
	}
	for range 20 { // what is kept ready for next time is made now
		round()
	}
	before, files := fido2.Held(), openFiles(t)
	if before.Bytes < 0 {
		t.Skip("This test needs a C library with mallinfo2: glibc 2.33 or newer.")
	}
	for range 150 {
		round()
	}
	after := fido2.Held()
	if after.Keys != before.Keys || after.Objects != before.Objects || openFiles(t) != files {
		t.Errorf("%+v and %d files became %+v and %d files", before, files, after, openFiles(t))
	}
	if grown := after.Bytes - before.Bytes; grown > 16<<10 { // a leak of 16 bytes in each of 1200 uses would be more
		t.Errorf("the heap of C grew by %d bytes", grown)
	}
}

// useOnce opens a key, makes a credential, asks for it, and closes the key. A key that fails is closed as well.
func useOnce(t *testing.T, k *softkey.Key) {
	t.Helper()
	a, err := fido2.Open(t.Context(), k.Path(), nil)
	if err != nil {
		return
	}
	defer a.Close()
	c, err := a.MakeCredential(t.Context(), creation(), nil)
	if err != nil {
		return
	}
	_, err = a.Assert(t.Context(), station.RequestOptions{RPID: "example.com", ClientDataHash: make([]byte, 32),
		AllowCredential: [][]byte{c.CredentialID}}, nil)
	if errors.Is(err, ctap.ErrNoCredentials) {
		t.Error(err)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("This test needs /proc/self/fd: %v", err)
	}
	return len(files)
}
