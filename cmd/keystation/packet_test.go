package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
)

// TestPrinter_command tells why a packet that exists was not printed.
func TestPrinter_command(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "R-1001-1.pdf")
	for _, tt := range []struct {
		name  string
		argv  []string
		limit time.Duration
		says  string
	}{
		{"nothing configured", nil, 0, ""},
		{"it prints", []string{"true"}, 0, ""},
		{"it says why not", []string{"sh", "-c", "echo no paper; echo really none; exit 1"}, 0, "sh did not print it (no paper); the file is at " + path + "."},
		{"it says nothing", []string{"false"}, 0, "false did not print it (exit status 1); the file is at " + path + "."},
		{"it is not there", []string{"no-such-printer"}, 0, "executable file not found in $PATH); the file is at " + path + "."},
		{"it hangs", []string{"sh", "-c", "sleep 600 & wait"}, 20 * time.Millisecond, "sh did not print it (it was stopped after 20ms); the file is at " + path + "."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := printer{desk: &desk{}, limit: tt.limit}
			err := p.command(t.Context(), tt.argv, path)
			if said := inventory.Sentence(err); (err == nil) != (tt.says == "") || !strings.HasSuffix(said, tt.says) {
				t.Errorf("said %q, want %q", said, tt.says)
			}
		})
	}
}

// TestPrinter_Label leaves the label as a file and hands that file, and no other, to the label command.
func TestPrinter_Label(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := &desk{}
	d.cfg.Bench.Packets = dir
	d.cfg.Bench.PrintCommand = []string{"false"} // packets' paper is not for labels
	d.cfg.Bench.LabelCommand = []string{"cp", "-t", dir}
	p := printer{desk: d}
	k := inventory.Key{Tag: "7KQM-3XWM", Test: true}
	if err := p.Label(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "labels", "7KQM-3XWM.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	printed, err := os.ReadFile(filepath.Join(dir, "7KQM-3XWM.pdf"))
	if err != nil || !bytes.Equal(file, printed) || !bytes.HasPrefix(printed, []byte("%PDF-")) {
		t.Errorf("the command got %d bytes, %v; the file has %d", len(printed), err, len(file))
	}
	d.cfg.Bench.LabelCommand = []string{"false"}
	if said := inventory.Sentence(p.Label(t.Context(), k)); !strings.Contains(said, "labels/7KQM-3XWM.pdf") {
		t.Errorf("a label that did not come out says %q", said)
	}
}

// TestServe_fails at a listener that is gone: it says so, and its shutdown is over when it returns.
func TestServe_fails(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	over := false
	err = serve(t.Context(), l, http.NotFoundHandler(), func() {
		time.Sleep(20 * time.Millisecond) // as what a page has begun takes a moment to end
		over = true
	})
	if err == nil || !strings.HasPrefix(err.Error(), "serve pages: ") {
		t.Errorf("got %v", err)
	}
	if !over {
		t.Error("what pages have begun is still going on")
	}
}
