package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"keystation/inventory"
	"keystation/station"
	"keystation/web"
)

const serveLong = `Shows the desk in a browser of this machine: the live bench, the keys, the
requisitions, the ledger. A key that is plugged in takes the next approved line.
No key tells which connector it has: the tile shows the line's, look that the key
has it. One that the inventory does not expect asks on its tile first.

The desk (bench, books, admin) and the people's pages (ask, decide, my keys)
have an address each. Both are this machine's own until the configuration names
a certificate or the proxy in front.`

func newServe(s seams) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve --db FILE",
		Short: "the desk in a browser: live bench, keys, requisitions",
		Long:  serveLong,
		Example: `  keystation serve --db keys.db --addr localhost:8080
  keystation serve --db try.db --device /dev/pts/7`,
		Args: cobra.NoArgs,
	}
	c.Flags().String("db", "", "the database, a `FILE` made by keystation init")
	devices := c.Flags().StringArray("device", nil, "watch this `PATH` too, a software key's pseudo-terminal; repeatable")
	c.Flags().String("addr", "", "the desk listens at `HOST:PORT` (default localhost:8080, or as configured)")
	c.Flags().String("people-addr", "", "the people's pages are at `HOST:PORT` (default localhost:8081, or as configured)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return withSeamed(c, s, func(_ context.Context, d *desk) error {
			return d.withOwner(func(owner string) error { return serveDesk(c, d, owner, *devices) })
		})
	}
	return c
}

// serveDesk runs bench and pages until the command is interrupted.
func serveDesk(c *cobra.Command, d *desk, owner string, devices []string) error {
	cfg, err := d.benchConfig(c.Context())
	if err != nil {
		return err
	}
	if err := writable(d.cfg.Bench.Packets); err != nil {
		return err
	}
	cfg.Owner, cfg.Operator, cfg.Printer, cfg.Feed = owner, osActor(), &printer{desk: d}, station.NewFeed()
	cfg.Bus = namedBus{newBus(), devices}
	if cfg.Hub, err = d.learnedHub(c.Context()); err != nil {
		return err
	}
	b, err := station.New(cfg)
	if err != nil {
		return err
	}
	if err := b.Recover(c.Context()); err != nil {
		return err
	}
	at, err := d.openDoors(c.Context())
	if err != nil {
		return err
	}
	site, err := d.site(b, cfg.Feed, nil, at)
	if err != nil {
		return errors.Join(err, at.close())
	}
	post, err := d.post(at.PeopleURL)
	if err != nil {
		return errors.Join(err, at.close())
	}
	at.say(c.OutOrStdout())
	if err := d.sayCode(c.Context(), c.OutOrStdout(), site, at); err != nil {
		return errors.Join(err, at.close())
	}
	g, ctx := errgroup.WithContext(c.Context())
	at.serveAt(ctx, g.Go, site)
	g.Go(func() error { return watchOn(ctx, b) })
	if d.cfg.MDS.URL != "" {
		g.Go(func() error { newFetcher(d).loop(ctx); return nil })
	}
	g.Go(func() error { d.keepJudged(ctx, pauseFor); return nil })
	g.Go(func() error { d.keepDeciding(ctx); return nil })
	if post != nil {
		g.Go(func() error { post.Run(ctx); return nil })
	}
	return g.Wait()
}

// watchOn watches the bench until ctx ends. One that stopped earlier leaves its pages up: whoever stands there reads why.
func watchOn(ctx context.Context, b *station.Bench) error {
	err := b.Watch(ctx, nil)
	if err != nil {
		<-ctx.Done()
	}
	return err
}

// site is the pages over this database and bench. hands is nil outside the demo.
func (d *desk) site(b *station.Bench, feed *station.Feed, hands web.Hands, at doors) (*web.Site, error) {
	p, trust := &printer{desk: d}, siteTrust{d}
	in, err := d.signIn()
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		Local: osActor(), Desks: d.cfg.Web.Desks, Who: d.seams.who, SignIn: in, Refused: d.refusedAccess(), Proxy: d.cfg.proxy(), DeskURL: at.DeskURL, PeopleURL: at.PeopleURL, DeskHosts: hostsOf(at.DeskURL), PeopleHosts: hostsOf(at.PeopleURL),
		Feed: feed, Books: d.store, Bench: deskBench{b, p}, Hands: hands, Packet: p.again, Label: keyLabel, Contents: p.contents, Settings: d.settings, CommandSheet: p.commandSheet,
		Recheck: func(ctx context.Context) { b.Recheck(ctx) },
		Cancel: func(ctx context.Context, by inventory.Actor, number, reason string) error {
			err := d.store.CancelRequisition(ctx, by, number, reason)
			if err == nil {
				b.Recheck(ctx)
			}
			return err
		},
		Recall: func(ctx context.Context, by inventory.Actor, r inventory.Recall, of inventory.RecallOf) (inventory.RecallOpened, error) {
			o, err := d.store.OpenRecall(ctx, by, r, of)
			if err == nil {
				b.Recheck(ctx)
			}
			return o, err
		},
		Settle: func(ctx context.Context, by inventory.Actor, number string, tag inventory.AssetTag, to inventory.RecallItemState, note string) error {
			return d.store.SettleRecall(ctx, by, number, tag, to, note)
		},
		Model: trust.model, Icon: trust.icon, Attested: trust.attested, Policies: trust,
		StockModels: d.stockModels(), Demo: hands != nil, Version: thisVersion().Version, Log: d.log,
	})
}

// stockModels names the models on the stock list; one without a name is called by its AAGUID.
func (d *desk) stockModels() []string {
	var names []string
	for _, a := range d.cfg.Policy.Stock {
		names = append(names, cmp.Or(d.modelName(a), a))
	}
	return names
}

// shutdownTime is how long a page that is being sent may take when the program ends.
const shutdownTime = 10 * time.Second

// serve answers at l until ctx ends, then lets pages finish. closing is called first: it ends the event streams, which
// would not end by themselves, and what pages have begun. When it returns, nothing of it runs any more.
func serve(ctx context.Context, l net.Listener, h http.Handler, closing func()) error {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	closed := make(chan struct{}) // Shutdown does not wait for what was registered
	srv.RegisterOnShutdown(func() { defer close(closed); closing() })
	stopped := make(chan error, 1)
	go func() {
		<-serving.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		err := srv.Shutdown(limit)
		<-closed
		stopped <- err
	}()
	err := srv.Serve(l)
	stop()
	if !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(fmt.Errorf("serve pages: %w", err), <-stopped)
	}
	return <-stopped
}
