package web

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// atOnce is how many requests a second come in, whether earlier ones were answered or not.
const atOnce = 200

// BenchmarkSite_load asks for every page at 200 requests a second over loopback, out of a database with 10,000 people and
// 200,000 keys, and tells the 95th of a hundred answers by time, page by page. A handler that answers a line of text at the
// same rate stands beside them: what it needs is the machine's share.
func BenchmarkSite_load(b *testing.B) {
	d, paths := crowded(b)
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bare" {
			_, _ = io.WriteString(w, "ok\n")
			return
		}
		d.ServeHTTP(w, r)
	})
	server.Start()
	defer server.Close()
	at := "http://localhost:" + server.URL[strings.LastIndex(server.URL, ":")+1:]
	for _, path := range append([]string{"/bare"}, paths...) {
		b.Run(strings.TrimPrefix(path, "/"), func(b *testing.B) {
			took := hammer(b, []string{at + path}, max(b.N, atOnce))
			report(b, took)
		})
	}
	b.Run("all mixed", func(b *testing.B) {
		var all []string
		for _, path := range paths {
			all = append(all, at+path)
		}
		report(b, hammer(b, all, max(b.N, 3*atOnce)))
	})
}

// crowded is the gallery with 10,000 people more and the keys of years, and where its pages are.
func crowded(b *testing.B) (http.Handler, []string) {
	b.Helper()
	g := newGallery(b)
	var file strings.Builder
	file.WriteString("name,email,external_id,department,country,language\n")
	for i := range 10_000 {
		if i < 1 || i > 4 { // those are there
			fmt.Fprintf(&file, "Person %06d,p%d@example.net,E-%d,Department %d,GB,en\n", i, i, i, i%40)
		}
	}
	rows, err := inventory.ReadPeople(strings.NewReader(file.String()))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := g.store.ImportPeople(b.Context(), inventorytest.Operator, rows, false); err != nil {
		b.Fatal(err)
	}
	g.store.MustCrowd(200_000)
	var paths []string
	for _, pictures := range g.shown {
		for _, p := range pictures {
			if !p.nobody && !p.requester && p.lang == "" && p.status == 0 {
				paths = append(paths, p.path)
			}
		}
	}
	slices.Sort(paths)
	// The tests' clock goes on by a second whenever it is asked; here a second is one, since counts are kept for that long.
	began, from := time.Now(), g.Now()
	g.Site.Now = func() time.Time { return from.Add(time.Since(began)) }
	return g.Site, slices.Compact(paths)
}

// report gives the middle, the 95th and the last of a hundred.
func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	for name, part := range map[string]int{"p50-ms": 50, "p95-ms": 95, "max-ms": 100} {
		b.ReportMetric(float64(took[min(len(took)*part/100, len(took)-1)].Microseconds())/1000, name)
	}
	b.ReportMetric(0, "ns/op") // the rate is given: how long all of them took says nothing
}

// hammer sends n requests, one every 5 ms, to the addresses in random order, and gives how long each took.
func hammer(b *testing.B, to []string, n int) []time.Duration {
	b.Helper()
	client := &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{MaxIdleConnsPerHost: atOnce, DialContext: (&net.Dialer{}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	took, wrong := make([]time.Duration, n), make([]string, n)
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second / atOnce)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		all.Go(func() {
			address, began := to[rand.IntN(len(to))], time.Now()
			r, err := client.Get(address)
			if err == nil {
				_, err = io.Copy(io.Discard, r.Body)
				_ = r.Body.Close()
			}
			took[i] = time.Since(began)
			if err != nil || r.StatusCode >= 400 {
				wrong[i] = fmt.Sprint(address, ": ", r, err)
			}
		})
	}
	all.Wait()
	for _, w := range wrong {
		if w != "" {
			b.Fatal(w)
		}
	}
	return took
}
