package main

import (
	"bytes"
	"strings"
	"testing"

	"keystation/station/softkey"
)

// What can go wrong stands in the help, on lines that fit a terminal; its examples work.
func TestSoftkeyHelp_faults(t *testing.T) {
	c := newSoftkey()
	var out bytes.Buffer
	c.SetOut(&out)
	if err := c.Help(); err != nil {
		t.Fatal(err)
	}
	help := out.String()
	for _, s := range softkey.FaultSteps() {
		if !strings.Contains(help, string(s)) {
			t.Errorf("the help does not name the step %s", s)
		}
	}
	for _, k := range softkey.FaultKinds() {
		if !strings.Contains(help, "\n  "+k.Form+" ") || !strings.Contains(help, k.Says) {
			t.Errorf("the help does not say what %s is", k.Form)
		}
	}
	for line := range strings.Lines(faultsAbout()) {
		if len(strings.TrimSpace(line)) > 100 {
			t.Errorf("this line is too long: %s", line)
		}
	}
	examples := strings.Split(c.Example, "'")
	for i := 1; i < len(examples); i += 2 {
		if _, err := softkey.ParseFault(examples[i]); err != nil {
			t.Error(err)
		}
	}
	if len(examples) < 3 {
		t.Error("no fault is among the examples")
	}
}
