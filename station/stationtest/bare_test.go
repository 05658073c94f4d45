package stationtest_test

import (
	"testing"

	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBare makes a key with the program that the station is measured against, and looks at the key afterwards.
func TestBare(t *testing.T) {
	bare := stationtest.BuildBare(t)
	k := stationtest.Key(t, softkey.Config{})
	var steps string
	for _, lap := range bare.Run(t, k.Path(), 6) {
		steps += lap.Step + " "
	}
	if want := "identify reset tag set-pin configure prove force total "; steps != want {
		t.Fatalf("have %s\nwant %s", steps, want)
	}
	info, err := stationtest.Open(t, k.Path(), nil).Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !info.HasPIN() || !info.ForcePINChange || info.MinPIN() != 6 {
		t.Fatalf("the key is %+v", info)
	}
}
