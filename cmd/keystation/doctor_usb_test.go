package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDoctor_power: doctor says if ports can be switched, and what to do where they cannot. Not to have such a hub, or
// not to want one, is no fault.
func TestDoctor_power(t *testing.T) {
	for _, tt := range []struct {
		name, script string // no script: nothing is configured
		pass         bool
		says         string
	}{
		{"off", "", true, "Off: people replug."},
		{"a hub that can", `echo 'Current status for hub 1-2 [0409:005a NEC, USB 2.00, 2 ports, ppps]'; echo '  Port 1: 0100 power'; echo '  Port 2: 0100 power'`,
			true, "2 ports can be switched: 1-2.1, 1-2.2."},
		{"no hub", `echo 'No compatible devices detected!' >&2; exit 1`, true, "No hub here can switch"},
		{"no rights", `echo 'There were permission problems while accessing USB.' >&2; exit 1`, false, "may not switch"},
		{"broken", `echo 'Error initializing USB!' >&2; exit 1`, false, "Error initializing USB!"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c Config
			if tt.script != "" {
				c.Bench.Power = filepath.Join(t.TempDir(), "uhubctl")
				if err := os.WriteFile(c.Bench.Power, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			s := checkPower(t.Context(), c)
			if s.pass != tt.pass || !strings.Contains(s.found, tt.says) || s.pass != (s.remedy == "") {
				t.Errorf("%+v", s)
			}
		})
	}
	var c Config
	c.Bench.Power = filepath.Join(t.TempDir(), "uhubctl")
	if s := checkPower(t.Context(), c); s.pass || !strings.Contains(s.remedy, "Install the package uhubctl") {
		t.Errorf("%+v", s)
	}
}

// TestDoctor_kernelLog passes either way and says what is lost without it.
func TestDoctor_kernelLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "kmsg")
	if s := checkLog(log); !s.pass || !strings.Contains(s.found, "CAP_SYSLOG") {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := checkLog(log); !s.pass || !strings.HasPrefix(s.found, "Readable") {
		t.Errorf("%+v", s)
	}
}

// TestBenchConfig_power gives the bench a hub that replugs only where one is configured.
func TestBenchConfig_power(t *testing.T) {
	var c Config
	if p := c.power(); p != nil {
		t.Errorf("without a word of it there is %v", p)
	}
	c.Bench.Power = "uhubctl"
	if p := c.power(); p == nil {
		t.Error("nothing switches ports")
	}
}
