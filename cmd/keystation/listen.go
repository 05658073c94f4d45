package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"keystation/inventory"
	"keystation/web"
)

// doors are the listeners of the two surfaces. Where one address serves both, People is nil.
type doors struct {
	Desk, People net.Listener
	DeskURL      string // as people type it, without a slash at the end
	PeopleURL    string
}

// openDoors listens where the configuration says: beyond this machine only with TLS or behind the proxy that is named.
func (k *desk) openDoors(ctx context.Context) (d doors, err error) {
	c, log := k.cfg, cmp.Or(k.log, slog.Default())
	one := c.Web.PeopleAddr == "" || c.Web.PeopleAddr == c.Web.Addr
	people := strings.TrimRight(cmp.Or(c.Web.PeopleURL, k.settings.PublicURL), "/")
	deskURL := c.Web.DeskURL
	if deskURL == "" && one && !c.local(c.Web.Addr) {
		deskURL = people
	}
	if d.Desk, err = c.listen(ctx, log, c.Web.Addr, "web.addr"); err != nil {
		return d, err
	}
	if d.DeskURL, err = c.addressOf(deskURL, d.Desk, c.Web.Addr, "web.desk_url"); err != nil {
		return d, errors.Join(err, d.Desk.Close())
	}
	if one {
		d.PeopleURL = cmp.Or(people, d.DeskURL)
		return d, nil
	}
	if d.People, err = c.listen(ctx, log, c.Web.PeopleAddr, "web.people_addr"); err != nil {
		return d, errors.Join(err, d.Desk.Close())
	}
	if d.PeopleURL, err = c.addressOf(people, d.People, c.Web.PeopleAddr, "web.people_url"); err != nil {
		return d, errors.Join(err, d.close())
	}
	return d, nil
}

// say tells where to begin.
func (d doors) say(out io.Writer) {
	if d.People == nil {
		fmt.Fprintf(out, "Open %s in a browser. Ctrl-C ends it.\n", d.DeskURL)
		return
	}
	fmt.Fprintf(out, "The desk is at %s, the people's pages are at %s. Ctrl-C ends it.\n", d.DeskURL, d.PeopleURL)
}

func (d doors) close() error {
	if d.People == nil {
		return d.Desk.Close()
	}
	return errors.Join(d.Desk.Close(), d.People.Close())
}

// listen opens addr, which key of the configuration says, over TLS where there is a certificate.
func (c Config) listen(ctx context.Context, log *slog.Logger, addr, key string) (net.Listener, error) {
	if err := c.mayOpen(addr); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.Unavailable, Msg: addr + " is in use or forbidden: name another with --addr or " + key + ".", Err: err}
	}
	if c.Web.TLSCert == "" {
		return l, nil
	}
	certificate := &certificate{cert: c.Web.TLSCert, key: c.Web.TLSKey, now: time.Now, log: log}
	if _, err := certificate.get(nil); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get, NextProtos: []string{"h2", "http/1.1"}}), nil
}

// mayOpen refuses an address that others than this machine could reach in the clear.
func (c Config) mayOpen(addr string) error {
	here, err := onLoopback(addr)
	if err != nil {
		return err
	}
	if !here && c.Web.TLSCert == "" && c.Web.Proxy == "" {
		return usagef("%q would be open to the network in the clear: set web.tls_cert and web.tls_key, or name the proxy in front in web.proxy, or use localhost.", addr)
	}
	return nil
}

// onLoopback tells if only this machine can reach an address.
func onLoopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, usagef("%q is no address: use HOST:PORT, such as localhost:8080.", addr)
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}

// addressOf is where people find a listener: as configured, which key says, else as it listens. Where it listens at every
// address, or a proxy is in front, nobody but the configuration knows the name that people ask for, and under another one they
// are turned away.
func (c Config) addressOf(configured string, l net.Listener, asked, key string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	host, _, _ := net.SplitHostPort(asked)
	ip, err := netip.ParseAddr(host)
	if c.Web.Proxy != "" || host == "" || err == nil && ip.IsUnspecified() {
		return "", usagef("Under which address people find %s has to be said: set %s, as in https://desk.example.com.", asked, key)
	}
	return c.scheme() + browsable(l.Addr(), asked), nil
}

func (c Config) scheme() string {
	if c.Web.TLSCert != "" || c.Web.Proxy != "" {
		return "https://"
	}
	return "http://"
}

// local tells if people of this machine only find what listens at addr, by its own name.
func (c Config) local(addr string) bool {
	here, err := onLoopback(addr)
	return here && err == nil && c.Web.Proxy == ""
}

// setupURL is where the first admin begins, in a browser of this machine.
func (c Config) setupURL(d doors) string {
	at, err := netip.ParseAddrPort(d.Desk.Addr().String())
	if err != nil || !at.Addr().IsLoopback() && !at.Addr().IsUnspecified() {
		return d.DeskURL + "/setup"
	}
	scheme := "http://"
	if c.Web.TLSCert != "" {
		scheme = "https://"
	}
	return fmt.Sprintf("%slocalhost:%d/setup", scheme, at.Port())
}

// proxy is the address of the proxy in front; the zero value: there is none.
func (c Config) proxy() netip.Addr {
	a, _ := netip.ParseAddr(c.Web.Proxy) // the configuration was checked
	return a
}

// hostsOf are the names under which a surface is asked for beside localhost.
func hostsOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}

// serveAt answers at both doors until ctx ends, each in a goroutine of start's group.
func (d doors) serveAt(ctx context.Context, start func(func() error), site *web.Site) {
	if d.People == nil {
		start(func() error { return serve(ctx, d.Desk, site, site.Close) })
		return
	}
	start(func() error { return serve(ctx, d.Desk, site.Desk(), site.Close) })
	start(func() error { return serve(ctx, d.People, site.People(), site.Close) })
}

// A certificate is read from its files again when they change, so that whatever renews it need not restart us. It is safe
// for concurrent use.
type certificate struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	looked  time.Time
	changed [2]time.Time
	last    *tls.Certificate
	trouble string // that was logged; empty: there is none
}

// lookEvery is how often the files are looked at, at most.
const lookEvery = 5 * time.Second

// get gives the certificate that the files hold. While they hold none that fits, the one before goes on.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.last != nil && now.Sub(c.looked) < lookEvery {
		return c.last, nil
	}
	c.looked = now
	changed, err := c.times()
	if err == nil && c.last != nil && changed == c.changed {
		return c.last, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.cert, c.key)
	}
	if err != nil {
		if c.last != nil {
			c.warn(err)
			return c.last, nil
		}
		return nil, &inventory.Error{Kind: inventory.Unavailable, Err: err,
			Msg: fmt.Sprintf("The certificate cannot be used: check web.tls_cert (%s) and web.tls_key (%s).", c.cert, c.key)}
	}
	c.last, c.changed, c.trouble = &pair, changed, ""
	return c.last, nil
}

// warn says once of each cause that the certificate could not be renewed: it is asked for at every handshake.
func (c *certificate) warn(err error) {
	if err.Error() == c.trouble {
		return
	}
	c.trouble = err.Error()
	c.log.Warn("the renewed certificate cannot be used, the one before goes on", "cert", c.cert, "key", c.key, "err", err)
}

func (c *certificate) times() (at [2]time.Time, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return at, fmt.Errorf("look at certificate: %w", err)
		}
		at[i] = info.ModTime()
	}
	return at, nil
}
