package fido2_test

import (
	"testing"

	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestKey_conforms runs the suite over every kind of software key that speaks CTAP2, through libfido2 and a
// pseudo-terminal.
func TestKey_conforms(t *testing.T) {
	for _, p := range softkey.Profiles() {
		if p.Name == "u2f-only" {
			continue // refused at Open: TestOpen_u2fOnly
		}
		t.Run(p.Name, func(t *testing.T) {
			k := stationtest.Key(t, softkey.Config{Profile: p.Name, Touch: softkey.TouchManual})
			stationtest.Authenticator(t, stationtest.Soft(k))
		})
	}
}
