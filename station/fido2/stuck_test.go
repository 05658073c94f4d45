package fido2_test

import (
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestKey_stuck gives up keys that would work, or be silent, for ever at something that nobody has to touch them for.
func TestKey_stuck(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"set-pin:stuck", "set-pin:vanish", "set-pin:wrong-channel"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			f, err := softkey.ParseFault(word)
			if err != nil {
				t.Fatal(err)
			}
			a, err := fido2.Open(t.Context(), stationtest.Key(t, softkey.Config{Faults: []softkey.Fault{f}}).Path(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			err = a.SetPIN(t.Context(), inventory.PIN("83926174"), nil)
			if !strings.Contains(inventory.Sentence(err), "does not answer") {
				t.Errorf("the key is given up with %v", err)
			}
		})
	}
}
