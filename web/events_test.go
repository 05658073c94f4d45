package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/station"
)

// clockwork hands out tickers that tick when a test says so.
type clockwork struct {
	mu      sync.Mutex
	tickers map[time.Duration]chan time.Time
	made    chan struct{}
}

func newClockwork() *clockwork {
	return &clockwork{tickers: map[time.Duration]chan time.Time{}, made: make(chan struct{}, 16)}
}

func (c *clockwork) ticker(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time)
	c.tickers[d] = ch
	c.made <- struct{}{}
	return ch, func() {}
}

// tick waits until somebody has a ticker of d and lets it tick once.
func (c *clockwork) tick(d time.Duration) {
	for {
		c.mu.Lock()
		ch := c.tickers[d]
		c.mu.Unlock()
		if ch != nil {
			ch <- noon
			return
		}
		<-c.made
	}
}

// event is one server-sent event as a browser reads it.
type event struct{ name, id, data, comment string }

func (e event) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(e.data), v); err != nil {
		t.Fatalf("%+v: %v", e, err)
	}
}

// watcher is a browser at the event stream.
type watcher struct {
	t      *testing.T
	header http.Header
	lines  *bufio.Scanner
	close  func()
}

// watch opens the stream over a real connection. last is what Last-Event-ID says; empty: nothing.
func watch(t *testing.T, server *httptest.Server, query, last string) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/bench/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return &watcher{t, answer.Header, lines, cancel}
}

// next reads one event; ok is false at the end of the stream.
func (w *watcher) next() (e event, ok bool) {
	for w.lines.Scan() {
		line := w.lines.Text()
		if line == "" {
			return e, true
		}
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			e.comment = value
		}
	}
	return e, false
}

// until reads on to the next event of a name.
func (w *watcher) until(name string) event {
	w.t.Helper()
	for {
		e, ok := w.next()
		if !ok {
			w.t.Fatalf("the stream ended before an event %q", name)
		}
		if e.name == name || name == "beat" && e.comment == "beat" {
			return e
		}
	}
}

func served(t *testing.T) (desktop, *clockwork, *httptest.Server) {
	t.Helper()
	d, clock := open(t), newClockwork()
	d.tick = clock.ticker
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Cleanup(d.Close) // before the server, which waits for its streams
	return d, clock, server
}

func (d desktop) publish(words ...string) {
	for _, w := range words {
		d.Feed.Publish(station.Tile{Port: "1-1", Plugged: true, Tone: station.Busy, Word: w})
	}
}

func TestEvents(t *testing.T) {
	d, _, server := served(t)
	d.publish("Reading")
	w := watch(t, server, "", "")
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := w.header.Get(name); got != want {
			t.Errorf("%s = %q", name, got)
		}
	}
	var all snapshotEvent
	first := w.until("snapshot")
	first.into(t, &all)
	if first.id != "1" || all.Seq != 1 || len(all.Tiles) != 1 || all.Boot != d.boot || !strings.Contains(all.HTML, "Reading") {
		t.Errorf("snapshot %+v", first)
	}
	d.publish("Touch the key")
	var change tileEvent
	second := w.until("tile")
	second.into(t, &change)
	if second.id != "2" || change.Tile.Word != "Touch the key" || !strings.Contains(change.HTML, `id="port-312d31"`) {
		t.Errorf("tile %+v", second)
	}
	var sum stripEvent
	w.until("strip").into(t, &sum)
	if !strings.Contains(sum.Strip, "Made today") {
		t.Errorf("strip %q", sum.Strip)
	}
}

func TestEvents_resume(t *testing.T) {
	d, _, server := served(t)
	d.publish("One", "Two", "Three")
	w := watch(t, server, "?boot="+d.boot, "1")
	for _, want := range []string{"2", "3"} {
		if e := w.until("tile"); e.id != want {
			t.Errorf("event %s, want %s", e.id, want)
		}
	}
	d.publish("Four")
	if e := w.until("tile"); e.id != "4" {
		t.Errorf("then event %s", e.id)
	}
}

func TestEvents_resume_snapshotInstead(t *testing.T) {
	tests := []struct{ name, query, last string }{
		{"another process", "?boot=before", "2"},
		{"from the future", "", "99"},
		{"no number", "", "yesterday"},
		{"negative", "", "-5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, _, server := served(t)
			d.publish("One", "Two", "Three")
			w := watch(t, server, tt.query, tt.last)
			if e := w.until("snapshot"); e.id != "3" {
				t.Errorf("snapshot as of %s", e.id)
			}
		})
	}
}

func TestEvents_resume_tooLongAway(t *testing.T) {
	d, _, server := served(t)
	for i := range 3000 {
		d.publish(fmt.Sprint(i))
	}
	if e := watch(t, server, "", "5").until("snapshot"); e.id != "3000" {
		t.Errorf("snapshot as of %s", e.id)
	}
}

func TestEvents_heartbeat(t *testing.T) {
	_, clock, server := served(t)
	w := watch(t, server, "", "")
	w.until("snapshot")
	for range 2 {
		clock.tick(beatEvery)
		w.until("beat")
		w.until("strip")
	}
}

func TestEvents_end(t *testing.T) {
	tests := []struct {
		name string
		end  func(desktop, *clockwork)
	}{
		{"old age", func(_ desktop, c *clockwork) { c.tick(streamFor) }},
		{"the program stops", func(d desktop, _ *clockwork) { d.Close() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, clock, server := served(t)
			w := watch(t, server, "", "")
			w.until("snapshot")
			tt.end(d, clock)
			for {
				if _, ok := w.next(); !ok {
					return
				}
			}
		})
	}
}

// TestEvents_slow stops a browser in the middle of an event: the feed goes on without it.
func TestEvents_slow(t *testing.T) {
	d := open(t)
	d.publish("First")
	stuck := &stuckWriter{ResponseRecorder: httptest.NewRecorder(), held: make(chan struct{}), free: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.ServeHTTP(stuck, httptest.NewRequest(http.MethodGet, "http://localhost/bench/events", nil))
	}()
	<-stuck.held
	for i := range 5000 { // more than a watcher may be behind; none of these may block
		d.publish(fmt.Sprint(i))
	}
	close(stuck.free)
	<-ended // it was let go instead of being fed for ever
	if snap := d.Feed.Snapshot(); snap.Seq != 5001 {
		t.Errorf("the feed stands at %d", snap.Seq)
	}
}

// stuckWriter blocks its first write of an event until it is freed.
type stuckWriter struct {
	*httptest.ResponseRecorder
	once       sync.Once
	held, free chan struct{}
}

func (w *stuckWriter) SetWriteDeadline(time.Time) error { return nil }

func (w *stuckWriter) Write(b []byte) (int, error) {
	if strings.HasPrefix(string(b), "event: snapshot") {
		w.once.Do(func() { close(w.held) })
		<-w.free
	}
	return w.ResponseRecorder.Write(b)
}
