package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/sqlite"
	"keystation/station/softkey"
)

// blobServer is a metadata service on this machine.
type blobServer struct {
	*httptest.Server
	blob    []byte
	answer  func(http.ResponseWriter) bool // true: it answered
	asked   int
	tagSeen string
}

func newBlobServer(t *testing.T) *blobServer {
	s := &blobServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked++
		s.tagSeen = r.Header.Get("If-None-Match")
		if s.answer != nil && s.answer(w) {
			return
		}
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256(s.blob))
		if s.tagSeen == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		_, _ = w.Write(s.blob)
	}))
	t.Cleanup(s.Close)
	return s
}

func softBLOB(t *testing.T, no int) []byte {
	t.Helper()
	b, err := softkey.Metadata(no, time.Now().AddDate(0, 1, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fetching is a desk that downloads from the server.
func fetching(t *testing.T, s *blobServer) *fetcher {
	t.Helper()
	dir := t.TempDir()
	cfg := defaultConfig()
	cfg.Database.Path = filepath.Join(dir, "keys.db")
	cfg.Log.Level = "error"
	cfg.complete()
	if _, err := initialize(t.Context(), cfg, "", ""); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "root.pem")
	if err := os.WriteFile(root, softkey.RootPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.MDS.URL, cfg.MDS.Roots = s.URL+"/blob", []string{root}
	d, err := openDesk(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.close() })
	return newFetcher(d)
}

func (f *fetcher) number(t *testing.T) int64 {
	t.Helper()
	m, err := f.desk.store.MetadataInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m.No
}

// What is newer is imported, what is the same is not downloaded again, and what is wrong changes nothing.
func TestFetcher_once(t *testing.T) {
	s := newBlobServer(t)
	f := fetching(t, s)
	good := softBLOB(t, 5)
	for _, tt := range []struct {
		name   string
		blob   []byte
		answer func(http.ResponseWriter) bool
		fresh  bool
		says   string
		number int64
	}{
		{"away", nil, func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusBadGateway); return true }, false, "answered 502", 0},
		{"a page", []byte("<html>sign in</html>"), nil, false, "This is no metadata BLOB", 0},
		{"cut off", good[:len(good)/2], nil, false, "ends in the middle", 0},
		{"broken off", nil, func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(good[:100])
			return true
		}, false, "broke off", 0},
		{"good", good, nil, true, "", 5},
		{"the same again", good, nil, false, "", 5},
		{"older", softBLOB(t, 4), nil, false, "number 4 and number 5 is here already", 5},
		{"newer", append(softBLOB(t, 6), '\n'), nil, true, "", 6},
	} {
		s.blob, s.answer = tt.blob, tt.answer
		fresh, err := f.once(t.Context())
		if fresh != tt.fresh || (err != nil) != (tt.says != "") || !strings.Contains(inventory.Sentence(err), tt.says) || f.number(t) != tt.number {
			t.Errorf("%s: fresh %v, number %d, %v; want %v, %d, %q", tt.name, fresh, f.number(t), err, tt.fresh, tt.number, tt.says)
		}
	}
	s.Close()
	if _, err := f.once(t.Context()); inventory.KindOf(err) != inventory.Unavailable || f.number(t) != 6 {
		t.Errorf("without a server: %v", err)
	}
}

// A server that answers no conditions costs a download each time, and nothing else: the keys are not judged again.
func TestFetcher_withoutConditions(t *testing.T) {
	s := newBlobServer(t)
	f := fetching(t, s)
	blob := softBLOB(t, 3)
	s.answer = func(w http.ResponseWriter) bool { _, _ = w.Write(blob); return true }
	for i, want := range []bool{true, false, false} {
		if fresh, err := f.once(t.Context()); err != nil || fresh != want {
			t.Errorf("time %d: %v, %v", i+1, fresh, err)
		}
	}
	if s.tagSeen != "" || f.number(t) != 3 {
		t.Errorf("asked with %q, number %d", s.tagSeen, f.number(t))
	}
	if r, err := f.desk.store.LastReview(t.Context()); err != nil || r.Cause != "Metadata no. 3 were imported." || r.By != inventory.System("download") {
		t.Errorf("last review: %+v, %v", r, err)
	}
	if all, err := f.desk.store.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || len(all.Findings) > 0 {
		t.Errorf("the ledger does not hold: %v %v", err, all.Findings)
	}
}

// What the server said counts only while the inventory has what it said it of: not with a database from a backup, and not
// for another address.
func TestFetcher_before(t *testing.T) {
	s := newBlobServer(t)
	f := fetching(t, s)
	s.blob = softBLOB(t, 8)
	if fresh, err := f.once(t.Context()); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	restored := fetching(t, s)
	keep := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(restored.file(), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, err := os.ReadFile(f.file())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := restored.desk.store.ImportMetadata(t.Context(), osActor(), inventory.Metadata{No: 2, SHA256: strings.Repeat("0", 64), NextUpdate: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"newer than what is here": said, "half a file": said[:10], "another address": []byte(strings.ReplaceAll(string(said), "/blob", "/other"))} {
		keep(text)
		if was, err := restored.before(t.Context()); err != nil || was != (seenBefore{}) {
			t.Errorf("%s: asked with %+v, %v", name, was, err)
		}
	}
	keep(said)
	if fresh, err := restored.once(t.Context()); err != nil || !fresh || restored.number(t) != 8 {
		t.Errorf("after a restore: %v, %v, number %d", fresh, err, restored.number(t))
	}
	if fresh, err := restored.once(t.Context()); err != nil || fresh || s.tagSeen == "" {
		t.Errorf("then: %v, %v, asked with %q", fresh, err, s.tagSeen)
	}
}

// A folder that may not be written to does not undo an import.
func TestFetcher_remember(t *testing.T) {
	s := newBlobServer(t)
	f := fetching(t, s)
	s.blob = softBLOB(t, 1)
	if err := os.Mkdir(f.file(), 0o700); err != nil { // root may write to any folder, but not over one
		t.Fatal(err)
	}
	if fresh, err := f.once(t.Context()); err != nil || !fresh || f.number(t) != 1 {
		t.Errorf("%v, %v, number %d", fresh, err, f.number(t))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "120": 2 * time.Minute, "2147483647": 31 * 24 * time.Hour, "9223372036854775807": 0,
		"Tue, 01 Dec 2026 09:30:00 GMT": 90 * time.Minute, "Mon, 30 Nov 2026 09:30:00 GMT": 0, "Wed, 01 Dec 2027 00:00:00 GMT": 31 * 24 * time.Hour,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// After failures it waits longer and longer, as long as the server asks at least, and never longer than usual by much.
func TestFetcher_loop(t *testing.T) {
	s := newBlobServer(t)
	f := fetching(t, s)
	f.desk.cfg.MDS.Interval = 12 * time.Hour
	var waits []time.Duration
	s.answer = func(w http.ResponseWriter) bool {
		switch {
		case s.asked == 3:
			w.Header().Set("Retry-After", "7200")
			fallthrough
		case s.asked < 12:
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	s.blob = softBLOB(t, 1)
	f.pause = func(_ context.Context, d time.Duration) error {
		if waits = append(waits, d); len(waits) == 13 {
			return errors.New("enough")
		}
		return nil
	}
	f.loop(t.Context())
	for i, least := range []time.Duration{5 * time.Minute, 10 * time.Minute, 2 * time.Hour, 40 * time.Minute, 80 * time.Minute} {
		if waits[i] < least || waits[i] > least*5/4 {
			t.Errorf("after failure %d it waits %s, want %s and a little", i+1, waits[i], least)
		}
	}
	if last := waits[10]; last < 12*time.Hour || last > 15*time.Hour {
		t.Errorf("after many failures it waits %s", last)
	}
	if waits[11] != 12*time.Hour || f.number(t) != 1 {
		t.Errorf("after a success it waits %s with number %d", waits[11], f.number(t))
	}
}

// A server does not send us from an encrypted address to one that is not.
func TestFetcher_redirects(t *testing.T) {
	s := newBlobServer(t)
	s.blob = softBLOB(t, 2)
	f := fetching(t, s)
	safe := httptest.NewTLSServer(http.RedirectHandler(s.URL, http.StatusFound))
	t.Cleanup(safe.Close)
	f.client = safe.Client()
	f.client.CheckRedirect = staySafe
	f.desk.cfg.MDS.URL = safe.URL
	if _, err := f.once(t.Context()); err == nil || !strings.Contains(err.Error(), "without encryption") || f.number(t) != 0 {
		t.Errorf("from https to http: %v", err)
	}
	plain := httptest.NewServer(http.RedirectHandler(s.URL, http.StatusFound))
	t.Cleanup(plain.Close)
	f = fetching(t, s)
	f.desk.cfg.MDS.URL = plain.URL
	if fresh, err := f.once(t.Context()); err != nil || !fresh {
		t.Errorf("to another address: %v %v", fresh, err)
	}
}
