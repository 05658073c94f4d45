package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// soakVar asks for the long tests: with it every kind of key, in every way of making it, is killed at every commit.
const soakVar = "KEYSTATION_SOAK"

// killing is one way in which the program is killed while it makes keys: at which commits of the database, by the first
// entry that each writes into the ledger; none: at every one.
type killing struct {
	way     string
	profile string
	at      []string
}

// killings are the rows of the everyday table: every commit once, and the other kinds of keys where they differ.
var killings = []killing{
	{"lines", "modern", nil},
	{"lines", "mute-when-forced", []string{"run.force", "run.record"}},
	{"lines", "fido20", []string{"run.set-pin", "run.record"}},
	{"lines", "fips", []string{"run.tag", "run.set-pin", "run.prove"}},
	{"stock", "modern", []string{"session.opened", "run.reset", "run.tag", "run.record"}},
	{"finish", "modern", []string{"run.identify", "run.seal", "run.set-pin", "run.force"}},
	{"several", "modern", []string{"run.tag", "run.set-pin", "run.record", "parcel.begun"}},
}

// everyKilling is the product, for a soak.
func everyKilling() (all []killing) {
	for _, way := range []string{"lines", "stock", "finish", "several"} {
		for _, p := range softkey.Profiles() {
			if p.Name != "u2f-only" && p.Name != "no-pin" { // they are refused untouched
				all = append(all, killing{way, p.Name, nil})
			}
		}
	}
	return all
}

// TestProvision_killed kills the program at commits of the database, before they reach the disk and after, starts it
// again, and wants what the table of steps promises: ready keys, each with one live tag credential and one sealed PIN,
// which is the one on the key; no run without an end; each line made once, and packets for ready keys only.
func TestProvision_killed(t *testing.T) {
	table := killings
	if os.Getenv(soakVar) != "" {
		table = everyKilling()
	}
	for _, k := range table {
		t.Run(k.way+" "+k.profile, func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for n, what := range k.commits(t) {
				first, _, _ := strings.Cut(what, " ")
				if len(k.at) > 0 && (!slices.Contains(k.at, first) || k.way == "several" && seen[first]) {
					continue
				}
				seen[first] = true
				for _, when := range []string{"before", "after"} {
					if len(k.at) > 0 && when == "after" {
						continue // what is done to a key and not written down is worse than the other way round
					}
					t.Run(fmt.Sprintf("%s %d %s", when, n+1, what), func(t *testing.T) {
						t.Parallel()
						k.row(t, fmt.Sprintf("%s %d", when, n+1))
					})
				}
			}
		})
	}
}

// commits lets the program go through and lists what it commits.
func (k killing) commits(t *testing.T) (all []string) {
	t.Helper()
	b := k.bench(t)
	p := b.first(nil)
	if k.served() {
		p.until(b.site, map[bool]string{true: "STOCKED", false: "READY"}[k.way == "stock"], len(b.paths))
		_ = p.cmd.Process.Signal(os.Interrupt)
	}
	if code := p.end(); code != exitDone {
		t.Fatalf("exit code %d\n%s%s", code, p.err.String(), p.out.String())
	}
	for line := range strings.Lines(p.err.String()) {
		if _, what, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasPrefix(line, "commit ") {
			all = append(all, what)
		}
	}
	if k.served() {
		all = all[:len(all)-1] // the end of the session is nothing of a key
	}
	if len(all) < 5 {
		t.Fatalf("only this was committed: %q", all)
	}
	return all
}

// row kills the program once and starts it again.
func (k killing) row(t *testing.T, when string) {
	b := k.bench(t)
	first := b.first([]string{killedAt + "=" + when})
	if code := first.end(); code != -1 {
		t.Fatalf("it was not killed, but ended with %d\n%s", code, first.err.String())
	}
	b.wantSafe()
	for _, key := range b.keys {
		key.PowerCycle()
	}
	p := b.again()
	if p.end(); k.way == "stock" && strings.Contains(p.out.String(), `"state":"received"`) {
		b.wantTold(reports(t, p.out.String())) // it was in stock already, and is finished when it is plugged in for a line
		p = b.again()
	}
	b.wantWhole(p)
}

// killedBench is a house with keys at ports of its own.
type killedBench struct {
	house
	way   string
	keys  []*softkey.Key
	paths []string // a name that stays for each, which is its port
	site  string   // of serve
}

func (k killing) served() bool { return k.way == "stock" || k.way == "several" }

func (k killing) bench(t *testing.T) *killedBench {
	t.Helper()
	return k.benchIn(t, t.TempDir())
}

func (k killing) benchIn(t *testing.T, dir string) *killedBench {
	t.Helper()
	b := &killedBench{house: newHouseIn(t, dir), way: k.way}
	count := 1
	if k.way == "several" {
		count = 4
	}
	b.asked([]string{"T-3", "T-4", "T-5"}[:count-1]...)
	for n := range count {
		key := stationtest.Key(t, softkey.Config{Profile: k.profile})
		b.keys, b.paths = append(b.keys, key), append(b.paths, filepath.Join(b.dir, fmt.Sprintf("port-%d", n+1)))
	}
	for _, p := range softkey.Profiles() {
		if p.Name == k.profile {
			b.configure(fmt.Sprintf("stock = [%q]", p.AAGUID), `unknown = "accept"`)
		}
	}
	if !k.served() {
		b.plug()
	}
	if k.way == "finish" {
		b.stockAt(b.paths[0])
		b.keys[0].PowerCycle()
	}
	return b
}

// plug puts the keys into their ports.
func (b *killedBench) plug() {
	b.Helper()
	for i, key := range b.keys {
		b.must(os.Symlink(key.Path(), b.paths[i]))
	}
}

// first starts the program that is to be killed.
func (b *killedBench) first(vars []string) *process {
	b.Helper()
	if b.way == "lines" || b.way == "finish" {
		return b.provision(vars, b.paths[0]).start()
	}
	p := b.serve(vars, b.paths...)
	b.site = p.site()
	p.press(b.site+"/bench/open", url.Values{"stock": {map[bool]string{true: "yes", false: "no"}[b.way == "stock"]}})
	b.plug()
	return p
}

// again starts provision for what is left.
func (b *killedBench) again() *process {
	b.Helper()
	if _, err := os.Lstat(b.paths[0]); err != nil { // it was killed before its keys were plugged in
		b.plug()
	}
	var more []string
	for _, path := range b.paths[1:] {
		more = append(more, "--device", path)
	}
	return b.provision(nil, b.paths[0], more...).start()
}

// wantWhole waits for the second start and holds what it left against the keys.
func (b *killedBench) wantWhole(p *process) {
	b.Helper()
	wantWhole(b.T, b.house, p, b.paths...)
}

// wantWhole is the same for the keys at some paths, each made for a line.
func wantWhole(t *testing.T, b house, p *process, paths ...string) {
	t.Helper()
	code := p.end()
	made := reports(t, p.out.String())
	if code != exitDone || len(made) != len(paths) {
		t.Fatalf("exit code %d, want %d ready keys\n%s%s", code, len(paths), p.err.String(), p.out.String())
	}
	for _, m := range made {
		if m.State != inventory.Ready || m.Packet == "" {
			b.Errorf("%s is %s with packet %q: %q", m.Tag, m.State, m.Packet, m.Reasons)
		}
	}
	for what, query := range map[string]string{
		"ready keys":     "SELECT count(*) FROM keys WHERE state = 'ready'",
		"lines made":     "SELECT count(*) FROM lines WHERE state = 'made'",
		"open custodies": "SELECT count(*) FROM custody WHERE until IS NULL",
		"sealed PINs":    "SELECT count(*) FROM seals WHERE state <> 'void'",
	} {
		if n := b.count(query); n != len(paths) {
			b.Errorf("%d %s, want %d", n, what, len(paths))
		}
	}
	if n := b.count("SELECT count(*) FROM lines WHERE state = 'open'"); n != 1 {
		b.Errorf("%d lines wait, want the one that nobody approved", n)
	}
	if all := b.packets(); len(all) != len(paths) {
		b.Errorf("the packets are %q, want one for each key", all)
	}
	b.wantTold(made)
	for _, m := range made {
		b.wantKey(m.Device, m)
	}
	b.wantLedger()
}

// provision prepares the making of one key.
func (h house) provision(vars []string, path string, flags ...string) *process {
	h.Helper()
	return program(h.T, vars, append([]string{"provision", "--db", h.db, "--device", path,
		"--operator", "Grace Hopper", "--yes", "--json"}, flags...)...)
}

// serve starts the desk for ports that are those of its hub.
func (h house) serve(vars []string, paths ...string) *process {
	h.Helper()
	host, err := os.Hostname()
	h.must(err)
	args, hub := []string{"serve", "--db", h.db, "--addr", "localhost:0", "--people-addr", "localhost:0"}, inventory.Hub{Host: host}
	for _, path := range paths {
		args, hub.Ports = append(args, "--device", path), append(hub.Ports, inventory.HubPort{ID: path})
	}
	d := h.open()
	h.must(d.store.SaveHub(h.Context(), osActor(), hub))
	h.must(d.close())
	return program(h.T, vars, args...).start()
}

// site waits until the desk says where it is.
func (p *process) site() string {
	p.Helper()
	p.await(&p.out, "Ctrl-C ends it")
	_, rest, _ := strings.Cut(p.out.String(), "http://")
	return "http://" + strings.TrimRight(strings.Fields(rest)[0], ",")
}

// press presses a button of a page. A desk that is killed by it does not answer.
func (p *process) press(address string, values url.Values) {
	p.Helper()
	answer, err := http.PostForm(address, values)
	if err == nil {
		_ = answer.Body.Close()
	}
}

// until waits until n tiles of the page say a word.
func (p *process) until(site, word string, n int) {
	p.Helper()
	p.untilPage(site, fmt.Sprintf("%d tiles say %s", n, word), func(page string) bool {
		return strings.Count(page, `data-word="`+word+`"`) == n
	})
}

// untilSays waits until the page says a text.
func (p *process) untilSays(site, text string) {
	p.Helper()
	p.untilPage(site, text, func(page string) bool { return strings.Contains(page, text) })
}

func (p *process) untilPage(site, what string, is func(page string) bool) {
	p.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	page := ""
	for range 600 {
		page = fetch(p.T, site+"/bench")
		if is(page) {
			return
		}
		<-look.C
	}
	p.Fatalf("it never came to this: %s\n%s\n%s", what, p.err.String(), page)
}

// TestProvision_killedAndLate starts again when the key's reset window has passed: the tile asks for a replug, and the
// run goes on when it comes.
func TestProvision_killedAndLate(t *testing.T) {
	t.Parallel()
	var late atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	b := killing{way: "lines", profile: "modern"}.bench(t)
	b.keys[0] = stationtest.Key(t, softkey.Config{Now: clock})
	b.must(os.Remove(b.paths[0]))
	b.plug()
	first := b.first([]string{killedAt + "=after run.tag"})
	if code := first.end(); code != -1 {
		t.Fatalf("it was not killed, but ended with %d\n%s", code, first.err.String())
	}
	late.Store(int64(time.Minute))
	second := b.provision(nil, b.paths[0], "--wait", "30s").start()
	second.await(&second.err, "REPLUG")
	b.keys[0].PowerCycle()
	b.wantWhole(second)
}

// TestProvision_killedTwice kills the program that cleans up, too: whoever comes third finds the run again.
func TestProvision_killedTwice(t *testing.T) {
	for _, second := range []string{"before 1", "after 1", "before 2", "after 2", "after run.seal"} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			b := killing{way: "lines", profile: "modern"}.bench(t)
			for _, when := range []string{"after run.seal", second} {
				p := b.first([]string{killedAt + "=" + when})
				if code := p.end(); code != -1 {
					t.Fatalf("it was not killed, but ended with %d\n%s", code, p.err.String())
				}
				b.wantSafe()
				b.keys[0].PowerCycle()
			}
			b.wantWhole(b.again())
		})
	}
}
