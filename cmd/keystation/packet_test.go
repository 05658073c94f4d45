package main

import (
	"net"
	"net/http"
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
	closed := make(chan struct{})
	err = serve(t.Context(), l, http.NotFoundHandler(), func() { close(closed) })
	if err == nil || !strings.HasPrefix(err.Error(), "serve pages: ") {
		t.Errorf("got %v", err)
	}
	<-closed
}
