package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// call runs the program in this process.
func call(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), seams{}, args, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

// listed takes the objects of `keys --json` for these paths: the machine may have keys of its own.
func listed(t *testing.T, stdout string, paths ...string) (keys []listedKey) {
	t.Helper()
	for line := range strings.Lines(stdout) {
		var k listedKey
		if err := json.Unmarshal([]byte(line), &k); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if slices.Contains(paths, k.Device) {
			keys = append(keys, k)
		}
	}
	return keys
}

func TestKeys_json(t *testing.T) {
	modern, old := stationtest.Key(t, softkey.Config{}), stationtest.Key(t, softkey.Config{Profile: "no-pin"})
	k := stationtest.Open(t, modern.Path(), nil)
	if err := k.SetPIN(t.Context(), inventory.PIN("7h2k-Qx9r"), nil); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	out, errs, code := call(t, "keys", "--json", "--device", modern.Path(), "--device", old.Path(), "--device", modern.Path())
	keys := listed(t, out, modern.Path(), old.Path())
	if code != exitDone || len(keys) != 2 {
		t.Fatalf("exit code %d, %d keys\n%s%s", code, len(keys), out, errs)
	}
	if k := keys[0]; k.Port != modern.Path() || k.AAGUID != modern.AAGUID().String() || k.PIN != "set" || k.Firmware == "" || k.MinPIN != 4 {
		t.Errorf("the modern key is %+v", k)
	}
	if k := keys[1]; k.AAGUID != old.AAGUID().String() || k.PIN != "unsupported" {
		t.Errorf("the key without PIN is %+v", k)
	}
}

// TestKeys_touchesNothing looks at what the key was asked.
func TestKeys_touchesNothing(t *testing.T) {
	var asked []string
	k := stationtest.Key(t, softkey.Config{OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Working {
			asked = append(asked, e.String())
		}
	}})
	if _, errs, code := call(t, "keys", "--device", k.Path()); code != exitDone {
		t.Fatal(code, errs)
	}
	if err := k.Close(); err != nil { // and so the events have ended
		t.Fatal(err)
	}
	for _, a := range asked {
		if a != "authenticatorGetInfo" {
			t.Errorf("the key was asked for %s", a)
		}
	}
}

func TestKeys_table(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	out, errs, code := call(t, "keys", "--device", k.Path())
	if code != exitDone || !strings.HasPrefix(out, "PORT ") || !strings.Contains(out, k.AAGUID().String()) {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
}

func TestKeys_whatIsWrong(t *testing.T) {
	k := stationtest.Key(t, softkey.Config{})
	u2f := stationtest.Key(t, softkey.Config{Profile: "u2f-only"})
	taken := stationtest.Key(t, softkey.Config{})
	stationtest.Open(t, taken.Path(), nil)
	for _, c := range []struct{ name, path, want string }{
		{"nothing there", filepath.Join(t.TempDir(), "none"), "Nothing is at "},
		{"no key", "/dev/null", "/dev/null is no FIDO device"},
		{"in use", taken.Path(), "Another program uses the key at "},
		{"U2F only", u2f.Path(), "speaks only U2F"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := call(t, "keys", "--json", "--device", k.Path(), "--device", c.path)
			if code != exitKeys || !strings.Contains(errs, c.want) {
				t.Fatalf("exit code %d\n%s", code, errs)
			}
			if keys := listed(t, out, c.path); len(keys) != 1 || !strings.Contains(keys[0].Error, c.want) {
				t.Fatalf("%+v", keys)
			}
		})
	}
}

// TestKeys_none needs a machine without keys.
func TestKeys_none(t *testing.T) {
	if found, err := fido2.Attached(t.Context()); err != nil || len(found) > 0 {
		t.Skipf("This test needs a machine without keys; it has %d (%v).", len(found), err)
	}
	if out, errs, code := call(t, "keys", "--json"); code != exitDone || out != "" || !strings.HasPrefix(errs, "No key is attached") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	if _, errs, code := call(t, "keys", "--device", "/dev/null"); code != exitFailure {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
}
