package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"keystation/inventory"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/softkey"
)

const demoLong = `Makes software keys into inventory, through the same libfido2 as real ones, in
a database of its own with people and requisitions in it. Open the page: the
first keys are made while you watch; plug, pull and touch the others yourself.

With --once there is no page: it makes its keys, leaves database and packets in
--dir, says where, and ends.`

func newDemo() *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "try it: software keys, invented people, a page to watch",
		Long:  demoLong,
		Example: `  keystation demo
  keystation demo --once --dir /tmp/keys`,
		Args: cobra.NoArgs,
	}
	addr := c.Flags().String("addr", "localhost:8080", "show the page at `HOST:PORT`; the next free port when it is taken")
	once := c.Flags().Bool("once", false, "make the keys and end")
	dir := c.Flags().String("dir", "", "leave everything in this `FOLDER` (else a temporary one, gone at the end)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *once && *dir == "" {
			return usagef("Say where to leave the result: keystation demo --once --dir FOLDER.")
		}
		return demo(c, *addr, *dir, *once)
	}
	return c
}

// demo runs in a folder of its own, which it takes away again unless it was named.
func demo(c *cobra.Command, addr, dir string, once bool) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "keystation-demo-"); err != nil {
			return fmt.Errorf("make demo folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	d, err := newDemoDesk(c.Context(), dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	return d.withOwner(func(owner string) error {
		if once {
			return demoOnce(c, d, owner, dir)
		}
		return demoPage(c, d, owner, addr)
	})
}

// newDemoDesk makes a database with invented people and requisitions.
func newDemoDesk(ctx context.Context, dir string) (*desk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(dir, err)
	}
	cfg := defaultConfig()
	cfg.Database.Path = filepath.Join(dir, "demo.db")
	cfg.Bench.Packets = filepath.Join(dir, "packets")
	cfg.Desk = DeskConfig{
		Name: "Example Ltd. Key Desk", Contact: "keys@example.com", Street: []string{"Kaiserstraße 12"}, City: "Frankfurt am Main",
		Postal: "60311", Country: "DE",
	}
	cfg.Log.Level = "warn"
	cfg.complete()
	_, err := initialize(ctx, cfg, "", "")
	if inventory.KindOf(err) == inventory.Conflict {
		return nil, inventory.Refuse(inventory.Conflict, "The folder %s holds a demo already: choose another --dir, or remove it.", dir)
	}
	if err != nil {
		return nil, err
	}
	root := filepath.Join(cfg.Bench.Dir, "softkey-root.pem")
	if err := writeFile(root, string(softkey.RootPEM()), 0o640, -1); err != nil {
		return nil, err
	}
	cfg.MDS.Roots = []string{root} // what proves the software keys is their metadata
	cfg.Policy.Stock = []string{softkey.Profiles()[0].AAGUID.String()}
	d, err := openDesk(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(seed(ctx, d), d.seedMetadata(ctx)); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// demoBench is a bench at a hub of software keys.
func (d *desk) demoBench(ctx context.Context, h *hub, owner string) (*station.Bench, *station.Feed, error) {
	cfg, err := d.benchConfig(ctx)
	if err != nil {
		return nil, nil, err
	}
	cfg.Bus, cfg.Owner, cfg.Printer, cfg.Feed = h, owner, &printer{desk: d}, station.NewFeed()
	cfg.Operator, cfg.Hub = inventory.Claimed("Demo operator"), h.learned()
	cfg.TouchSlots = len(h.slots) // a visitor's mouse is at every port; a key that is left untouched holds nobody up
	b, err := station.New(cfg)
	if err != nil {
		return nil, nil, err
	}
	return b, cfg.Feed, b.OpenSession(ctx, cfg.Operator, false)
}

// onceKeys is how many keys demo --once makes: as many as the seeded requisitions want.
const onceKeys = 6

// demoOnce makes keys without a page.
func demoOnce(c *cobra.Command, d *desk, owner, dir string) (err error) {
	ctx, out := c.Context(), c.OutOrStdout()
	h := newHub(onceKeys, softkey.Instant)
	defer func() { err = errors.Join(err, h.close()) }()
	b, _, err := d.demoBench(ctx, h, owner)
	if err != nil {
		return err
	}
	for i := range onceKeys {
		if err := h.put(i, "", softkey.TouchAuto(0)); err != nil {
			return err
		}
	}
	ports, err := h.Attached(ctx)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	ready := 0
	g, runs := errgroup.WithContext(ctx)
	for _, p := range ports {
		g.Go(func() error {
			rep, err := b.Make(runs, p, inventory.Want{})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				fmt.Fprintln(out, reportLine(rep))
			}
			if rep.End == inventory.RunReady {
				ready++
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := b.EndSession(ctx, inventory.Claimed("Demo operator")); err != nil {
		return err
	}
	if _, err := sign(ctx, d.store, d.cfg); err != nil {
		return err
	}
	return sayOnce(c, d, dir, ready)
}

// sayOnce verifies the ledger and says where everything is.
func sayOnce(c *cobra.Command, d *desk, dir string, ready int) error {
	report, err := d.store.Verify(c.Context(), sqlite.VerifyOptions{})
	if err != nil {
		return err
	}
	packets, err := filepath.Glob(filepath.Join(dir, "packets", "*.pdf"))
	if err != nil {
		return fmt.Errorf("list packets: %w", err)
	}
	fmt.Fprintf(c.OutOrStdout(), "\n%d of %d keys are ready.\n  Database  %s\n  Packets   %s (%d)\n  Ledger    %s\n",
		ready, onceKeys, d.cfg.Database.Path, filepath.Join(dir, "packets"), len(packets), report)
	if !report.Holds() {
		return exitError{code: exitLedger}
	}
	if ready < onceKeys {
		return exitError{code: exitKeys}
	}
	return nil
}

// demoPorts is the size of the demo's hub: what a workbench has, and what fits on one screen.
const demoPorts = 16

// demoPage shows the bench in a browser.
func demoPage(c *cobra.Command, d *desk, owner, addr string) (err error) {
	h := newHub(demoPorts, softkey.Real)
	defer func() { err = errors.Join(err, h.close()) }()
	b, feed, err := d.demoBench(c.Context(), h, owner)
	if err != nil {
		return err
	}
	listener, err := nextFree(c.Context(), addr)
	if err != nil {
		return err
	}
	address := "http://" + browsable(listener.Addr(), addr)
	site, err := d.site(b, feed, h, doors{Desk: listener, DeskURL: address, PeopleURL: address})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(c.OutOrStdout(), "Open %s in a browser. Ctrl-C ends the demo.\n", address)
	g, ctx := errgroup.WithContext(c.Context())
	visited := make(chan struct{})
	g.Go(func() error { return serve(ctx, listener, firstVisit(site, visited), site.Close) })
	g.Go(func() error { return b.Watch(ctx, h.ended) })
	g.Go(func() error { return h.show(ctx, visited) })
	return g.Wait()
}

// firstVisit closes visited when the bench is looked at for the first time.
func firstVisit(h http.Handler, visited chan struct{}) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bench") {
			once.Do(func() { close(visited) })
		}
		h.ServeHTTP(w, r)
	})
}

// show plugs keys in once somebody looks: three that are touched as by a quick hand, then one that waits for the
// visitor's. A port at which the visitor was faster is left to the visitor.
func (h *hub) show(ctx context.Context, visited <-chan struct{}) error {
	select {
	case <-visited:
	case <-ctx.Done():
		return nil
	}
	for i, touch := range []softkey.TouchMode{
		softkey.TouchAuto(700 * time.Millisecond), softkey.TouchAuto(900 * time.Millisecond), softkey.TouchAuto(1200 * time.Millisecond),
		softkey.TouchManual,
	} {
		if err := h.put(i, "", touch); err != nil {
			return err
		}
		select {
		case <-time.After(1200 * time.Millisecond):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// ended hears what came of each key. A key that is ready stays in its port until the visitor pulls it.
func (h *hub) ended(rep station.Report) {
	if rep.End != inventory.RunReady {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, s := range h.slots {
		if s.key != nil && s.key.Path() == rep.Device {
			h.slots[i].made = true
		}
	}
}

// nextFree listens at addr, or at the next port that is free.
func nextFree(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, usagef("--addr %q is no address: use HOST:PORT, such as localhost:8080.", addr)
	}
	first, err := strconv.Atoi(port)
	if err != nil || first < 0 || first > 65535 {
		return nil, usagef("--addr %q has no port number: use HOST:PORT, such as localhost:8080.", addr)
	}
	if here, err := onLoopback(addr); err != nil || !here {
		return nil, cmp.Or(err, usagef("%q would be open to the network, and anybody may be anybody in a demo: use localhost.", addr))
	}
	var lc net.ListenConfig
	for p := first; p < first+50 && p <= 65535; p++ {
		l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(p)))
		if err == nil {
			return l, nil
		}
	}
	return nil, inventory.Refuse(inventory.Unavailable, "No port from %d on is free on %s: name another with --addr.", first, host)
}

// browsable is the address as people type it.
func browsable(at net.Addr, asked string) string {
	host, _, _ := net.SplitHostPort(asked)
	_, port, _ := net.SplitHostPort(at.String())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}
