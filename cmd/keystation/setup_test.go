package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is a pretended machine for .ci/setup: a folder that is the whole
// PATH, in which programs are there or not and apt-get writes down what it is
// asked for and "installs" it.
type machine struct {
	t   *testing.T
	dir string
}

// programs are what .ci/setup looks for, by the package that has each.
var programs = map[string]string{
	"gcc": "gcc", "libc6-dev": "libc6-dev", "pkg-config": "pkg-config", "libfido2-dev": "libfido2-dev",
	"fido2-tools": "fido2-token", "poppler-utils": "pdftotext", "chromium": "chromium",
}

// newMachine makes one that lacks the packages named.
func newMachine(t *testing.T, lacks ...string) machine {
	t.Helper()
	m := machine{t, t.TempDir()}
	for _, name := range []string{"cp", "cut", "dirname", "env", "head", "mktemp", "rm", "sed", "sort", "tail", "tr"} {
		real, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("the pretended machine needs %s, which is not here", name)
		}
		if err := os.Symlink(real, filepath.Join(m.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	m.has("id", "echo 0")
	m.has("go", "echo go1.99.0")
	install := `echo "$@" >>"$PATH/asked"; case "$*" in *install*) for p; do case $p in` + "\n"
	for pack, program := range programs {
		script := "exit 0"
		switch program {
		case "gcc":
			script = `test -e "$PATH/libc6-dev"`
		case "pkg-config":
			script = `test -e "$PATH/libfido2-dev"`
		}
		m.has("in-"+pack, script)
		if !slices.Contains(lacks, pack) {
			m.has(program, script)
		}
		install += pack + `) cp "$PATH/in-` + pack + `" "$PATH/` + program + `" ;;` + "\n"
	}
	m.has("apt-get", install+"esac; done ;; esac")
	return m
}

func (m machine) has(name, script string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) lacks(name string) {
	m.t.Helper()
	if err := os.Remove(filepath.Join(m.dir, name)); err != nil {
		m.t.Fatal(err)
	}
}

// setup runs the script there: what it said, what apt-get was asked, and
// whether it ended well.
func (m machine) setup(level string) (said, asked string, ok bool) {
	m.t.Helper()
	c := exec.CommandContext(m.t.Context(), filepath.Join(moduleRoot, ".ci/setup"), level)
	c.Env = []string{"PATH=" + m.dir, "TMPDIR=" + m.t.TempDir()}
	out, err := c.CombinedOutput()
	b, _ := os.ReadFile(filepath.Join(m.dir, "asked"))
	return string(out), string(b), err == nil
}

func TestSetup_nothingMissing(t *testing.T) {
	said, asked, ok := newMachine(t).setup("test")
	if !ok || said != "" || asked != "" {
		t.Errorf("ok %v, said %q, asked apt-get %q; want silence", ok, said, asked)
	}
}

func TestSetup_installsWhatIsMissing(t *testing.T) {
	m := newMachine(t, "libfido2-dev", "fido2-tools")
	said, asked, ok := m.setup("test")
	if !ok || !strings.Contains(said, "libfido2-dev: the library that speaks to security keys\n") {
		t.Errorf("ok %v, said %q; want what and why", ok, said)
	}
	if !strings.HasSuffix(asked, " install libfido2-dev fido2-tools\n") {
		t.Errorf("asked apt-get %q", asked)
	}
	if said, _, ok := m.setup("test"); !ok || said != "" {
		t.Errorf("second time: ok %v, said %q; want silence", ok, said)
	}
}

// TestSetup_compiler: gcc alone brings no headers where nothing is recommended.
func TestSetup_compiler(t *testing.T) {
	for _, lacks := range [][]string{{"gcc", "libc6-dev"}, {"libc6-dev"}} {
		said, asked, ok := newMachine(t, lacks...).setup("build")
		if !ok || !strings.HasSuffix(asked, " install "+strings.Join(lacks, " ")+"\n") {
			t.Errorf("without %v: ok %v, said %q, asked apt-get %q", lacks, ok, said, asked)
		}
	}
}

func TestSetup_buildNeedsLess(t *testing.T) {
	said, asked, ok := newMachine(t, "fido2-tools", "poppler-utils").setup("build")
	if !ok || said != "" || asked != "" {
		t.Errorf("ok %v, said %q, asked apt-get %q; want silence", ok, said, asked)
	}
}

func TestSetup_throughSudo(t *testing.T) {
	m := newMachine(t, "gcc")
	m.has("id", "echo 1000")
	m.has("sudo", `echo sudo "$1" >>"$PATH/asked"; exec "$@"`)
	said, asked, ok := m.setup("build")
	if !ok || !strings.Contains(said, "through sudo") || !strings.HasPrefix(asked, "sudo apt-get\n") {
		t.Errorf("ok %v, said %q, asked %q", ok, said, asked)
	}
}

// TestSetup_refuses: where setup cannot help, it says what to do and does nothing.
func TestSetup_refuses(t *testing.T) {
	tests := []struct {
		name string
		with func(machine)
		want string
	}{
		{"another system", func(m machine) { m.lacks("apt-get") }, "no Debian or Ubuntu"},
		{"neither root nor sudo", func(m machine) { m.has("id", "echo 1000") }, "As root, run: apt-get install gcc libc6-dev"},
		{"no Go", func(m machine) { m.lacks("go") }, "there is none: install it from https://go.dev/dl/"},
		{"Go too old", func(m machine) { m.has("go", "echo go1.19.8") }, "or newer is needed and this is go1.19.8"},
		{"no network", func(m machine) { m.has("apt-get", "echo no route to host; exit 100") }, "no route to host"},
		{"not found after all", func(m machine) { m.has("apt-get", "exit 0") }, "installed and still not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, "gcc")
			tt.with(m)
			said, asked, ok := m.setup("build")
			if ok || asked != "" || !strings.Contains(said, tt.want) {
				t.Errorf("ok %v, asked %q, said %q; want a refusal with %q", ok, asked, said, tt.want)
			}
		})
	}
}
