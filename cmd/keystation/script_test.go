package main

import (
	"flag"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare output with")

// TestMain makes the test binary answer to the name keystation, so that the
// scripts run the whole program as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"keystation": main})
}

// TestScript runs the manual: every file of testdata/script.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: *update, RequireUniqueNames: true})
}
