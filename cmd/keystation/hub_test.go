package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
)

func TestHub(t *testing.T) {
	t.Parallel()
	h := newHub(2, softkey.Instant)
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	var plugged atomic.Int32
	var clicks sync.WaitGroup
	for range 8 { // a hurried visitor
		clicks.Go(func() {
			switch err := h.Plug(t.Context(), "demo-1"); {
			case err == nil:
				plugged.Add(1)
			case inventory.KindOf(err) != inventory.Conflict:
				t.Errorf("a second click gave %v", err)
			}
		})
	}
	clicks.Wait()
	ports, err := h.Attached(t.Context())
	if err != nil || len(ports) != 1 || plugged.Load() != 1 {
		t.Fatalf("%d keys are in, %d were plugged, %v; want one", len(ports), plugged.Load(), err)
	}
	if err := h.put(0, "", softkey.TouchAuto(0)); err != nil {
		t.Fatal(err)
	}
	mine := h.slots[0].key
	if again, err := h.At(t.Context(), "demo-1"); err != nil || again.Path != ports[0].Path {
		t.Errorf("the show took the visitor's key away: %v, %v", again, err)
	}
	if err := errors.Join(h.Pull(t.Context(), "demo-1"), h.Plug(t.Context(), "demo-1")); err != nil || h.slots[0].key != mine {
		t.Errorf("a key that was pulled is not the one plugged in again: %v", err)
	}
	at, err := h.At(t.Context(), "demo-1")
	if err != nil {
		t.Fatal(err)
	}
	h.ended(station.Report{End: inventory.RunReady, Device: at.Path})
	if err := errors.Join(h.Pull(t.Context(), "demo-1"), h.Plug(t.Context(), "demo-1")); err != nil || h.slots[0].key == mine {
		t.Errorf("a key that was made does not leave the hub: %v", err)
	}
	for _, err := range []error{h.Pull(t.Context(), "demo-2"), h.Touch(t.Context(), "demo-1")} {
		if inventory.KindOf(err) != inventory.Conflict {
			t.Errorf("pulling nothing, and touching a key that does not ask: %v", err)
		}
	}
}

// TestDemo_page opens the demo as a browser would, sees a key made, plugs one in, and ends it with an interrupt.
func TestDemo_page(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	said, out := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, seams{}, []string{"demo", "--addr", "localhost:0"}, strings.NewReader(""), out, os.Stderr)
		_ = out.Close() // ends the reading below
	}()
	line, err := bufio.NewReader(said).ReadString('\n')
	_, rest, found := strings.Cut(line, "http://")
	if err != nil || !found {
		t.Fatalf("the demo says %q, %v", line, err)
	}
	site := "http://" + strings.Fields(rest)[0]
	visitor := be(t, site, "Grace Hopper")
	answer, err := visitor.PostForm(site+"/bench/plug", url.Values{"port": {"demo-16"}})
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("plugging a key in: %v, %v", answer, err)
	}
	_ = answer.Body.Close()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-look.C {
		page := fetchAs(t, visitor, site+"/bench")
		if strings.Contains(page, "READY") && strings.Contains(page, "TOUCH") && strings.Contains(page, "DEMO") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no key is ready, or none asks for the visitor's touch:\n%s", page)
		}
	}
	answer, err = visitor.PostForm(site+"/requisitions/R-1001/cancel", url.Values{"reason": {"Nobody needs it."}})
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasSuffix(answer.Request.URL.Path, "/R-1001") {
		t.Fatalf("cancelling a requisition: %v, %v", answer, err)
	}
	_ = answer.Body.Close()
	if page := fetchAs(t, visitor, site+"/requisitions/R-1001"); !strings.Contains(page, "Nobody needs it.") {
		t.Errorf("the requisition's page does not say why it was cancelled:\n%s", page)
	}
	interrupt()
	if got := <-code; got != exitDone {
		t.Errorf("exit code %d after an interrupt, want %d", got, exitDone)
	}
}

// be gives a client that is somebody in a demo.
func be(t *testing.T, site, name string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	door := fetchAs(t, client, site+"/bench")
	before, _, found := strings.Cut(door, "<b>"+name+"</b>")
	_, id, _ := cutLast(before, `name="person" value="`)
	id, _, _ = strings.Cut(id, `"`)
	if !found || id == "" {
		t.Fatalf("nobody at the door is %s:\n%s", name, door)
	}
	answer, err := client.PostForm(site+"/signin/demo", url.Values{"person": {id}, "next": {"/bench"}})
	if err != nil || answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/bench" {
		t.Fatalf("being %s: %v, %v", name, answer, err)
	}
	_ = answer.Body.Close()
	return client
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

func fetch(t *testing.T, address string) string { return fetchAs(t, http.DefaultClient, address) }

func fetchAs(t *testing.T, client *http.Client, address string) string {
	t.Helper()
	r, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, r.StatusCode, err)
	}
	return string(b)
}
