package stationtest

import (
	"bufio"
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Bare is the program that sends a key the commands of one run, with nothing around them. It is what the station's
// own time is measured against.
type Bare struct{ program string }

// BuildBare compiles it with the C compiler and the libfido2 of this machine.
func BuildBare(t testing.TB) Bare {
	t.Helper()
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "libfido2").Output()
	if err != nil {
		t.Skipf("This test needs pkg-config and libfido2's headers: %v", err)
	}
	_, here, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(here), "..", "testdata", "bare", "bare.c")
	program := filepath.Join(t.TempDir(), "bare")
	args := append([]string{"-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source}, strings.Fields(string(flags))...)
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		t.Fatalf("compile %s: %v\n%s", source, err, out)
	}
	return Bare{program}
}

// Lap is one step of a bare run; the last of a run is named total.
type Lap struct {
	Step string
	Took time.Duration
}

// Run makes the key at path, which is wiped. minPIN is the minimum PIN length to set; 0: none.
func (b Bare) Run(t testing.TB, path string, minPIN int) []Lap {
	t.Helper()
	args := []string{path}
	if minPIN > 0 {
		args = []string{"-m", strconv.Itoa(minPIN), path}
	}
	cmd := exec.CommandContext(t.Context(), b.program, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bare run at %s: %v\n%s", path, err, said.Bytes())
	}
	var laps []Lap
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		step, ms, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseFloat(ms, 64)
		if err != nil {
			t.Fatalf("bare run at %s: %q", path, lines.Text())
		}
		laps = append(laps, Lap{step, time.Duration(n * float64(time.Millisecond))})
	}
	return laps
}
