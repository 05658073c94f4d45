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

// BenchmarkBare is a run on an instant key and on one as slow as a real one.
func BenchmarkBare(b *testing.B) {
	bare := stationtest.BuildBare(b)
	for name, latency := range map[string]softkey.Latency{"instant": softkey.Instant, "real": softkey.Real} {
		b.Run(name, func(b *testing.B) {
			k := stationtest.Key(b, softkey.Config{Latency: latency})
			for b.Loop() {
				k.PowerCycle()
				for _, lap := range bare.Run(b, k.Path(), 6) {
					b.ReportMetric(float64(lap.Took.Microseconds())/1e3, lap.Step+"-ms")
				}
			}
		})
	}
}
