package stationtest

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// uncached has glibc keep nothing that was freed ready for the thread that freed it, so
// that what is in use can be counted to the byte (mallopt(3), GLIBC_TUNABLES).
const uncached = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1"

// Uncached runs the test that calls it in a process of its own, in which fido2.Held
// counts C memory exactly, and reports whether this is that process: the test goes on
// when it is, and returns when it is not.
func Uncached(t *testing.T) bool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^"+t.Name()+"$", "-test.v")
	if slices.Contains(cmd.Environ(), uncached) {
		return true
	}
	cmd.Env = append(cmd.Environ(), uncached)
	out, err := cmd.CombinedOutput()
	t.Logf("in a process of its own:\n%s", out)
	if err != nil {
		t.Error(err)
	}
	return false
}
