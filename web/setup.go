package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"keystation/inventory"
)

// setup is the code by which the first admin comes in. It is told on the terminal only.
type setup struct {
	mu    sync.Mutex
	code  string // empty: nobody comes in by one
	until time.Time
	tries int
}

const (
	setupFor   = 15 * time.Minute
	setupTries = 10
)

// SetupCode makes the code by which the first admin comes in, for 15 minutes and ten tries, from this machine only. Whoever
// calls tells it to nobody but the person at the terminal.
func (s *Site) SetupCode() string {
	s.setup.mu.Lock()
	defer s.setup.mu.Unlock()
	text := strings.ToUpper(rand.Text())[:10] // base32: 50 bits
	s.setup.code, s.setup.until, s.setup.tries = text, s.Now().Add(setupFor), 0
	return text[:5] + "-" + text[5:]
}

// open tells if a code can be typed at all.
func (u *setup) open(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.code != "" && now.Before(u.until) && u.tries < setupTries
}

// fits tells if a code is the right one. Every try counts.
func (u *setup) fits(code string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.code == "" || !now.Before(u.until) || u.tries >= setupTries {
		return false
	}
	u.tries++
	typed := strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, code))
	return subtle.ConstantTimeCompare([]byte(typed), []byte(u.code)) == 1
}

func (u *setup) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.code = ""
}

// ofProxies are the headers by which proxies are known.
var ofProxies = []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"}

// fromHere tells if a request comes from this machine, without a proxy between: over loopback, or from the address it went to.
func (s *Site) fromHere(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	passedOn := slices.ContainsFunc(ofProxies, func(h string) bool { return r.Header.Get(h) != "" })
	if err != nil || passedOn {
		return false
	}
	here, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return from.Addr().Unmap().IsLoopback() || here != nil && sameHost(here.String(), from.Addr().Unmap())
}

func sameHost(at string, from netip.Addr) bool {
	to, err := netip.ParseAddrPort(at)
	return err == nil && to.Addr().Unmap() == from
}

// mayBegin refuses those who cannot become the first admin here.
func (s *Site) mayBegin(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	if !s.fromHere(c.Request()) {
		return inventory.Refuse(inventory.Forbidden, "The first admin begins at the machine itself: open this page in a browser there.")
	}
	if !s.setup.open(s.Now()) {
		return inventory.Refuse(inventory.Forbidden, "The code is not good any more: end the program and start it again, and it tells another.")
	}
	return nil
}

// setupPage is where the first admin begins, and after the code was taken where they go on.
type setupPage struct {
	Passkey  bool   // this page makes their passkey
	Provider string // what they sign in with; empty: with a passkey
	Person   inventory.Person
	Link     string // where they go on; empty: they begin
}

// newSetup is the page of a site whose people come in as they do here. A passkey is good where it was made: for a desk that
// is at an address of its own it is made there.
func (s *Site) newSetup() setupPage {
	page := setupPage{}
	if s.SignIn.OIDC != nil {
		page.Provider = s.SignIn.OIDC.name()
		return page
	}
	u, err := url.Parse(s.DeskURL)
	page.Passkey = err != nil || u.Host == "" || u.Hostname() == inventory.LocalRPID
	return page
}

func (s *Site) setupPage(c Ctx) error {
	if err := s.mayBegin(c); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "setup", frame{Title: s.text(c, "setup.title"), Script: ceremonyScript}, s.newSetup())
}

// beginSetup takes the code, name and address, and asks the browser for a passkey, or says where to go on.
func (s *Site) beginSetup(c Ctx) error {
	if err := s.mayBegin(c); err != nil {
		return err
	}
	if err := s.limited(c, "setup"); err != nil {
		return err
	}
	r := c.Request()
	if !s.setup.fits(r.PostFormValue("code"), s.Now()) {
		return inventory.Refuse(inventory.Forbidden, "That is not the code on the terminal: type it again, with or without the dash.")
	}
	p, err := s.SignIn.Books.Setup(r.Context(), strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("email")))
	if err != nil {
		return fmt.Errorf("begin setup: %w", err)
	}
	page := s.newSetup()
	if page.Passkey {
		return s.askPasskey(c, ceremony{Kind: "setup", Person: p})
	}
	page.Person = p
	if page.Link, err = s.nameFirst(r.Context(), page); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "setup", frame{Title: s.text(c, "setup.title")}, page)
}

// nameFirst makes somebody the first admin who comes in elsewhere, and gives the address to do that at. Until they did, a new
// start tells a new code.
func (s *Site) nameFirst(ctx context.Context, page setupPage) (string, error) {
	if err := s.SignIn.Books.FirstAdmin(ctx, page.Person, nil); err != nil {
		return "", fmt.Errorf("make the first admin: %w", err)
	}
	s.setup.end()
	if page.Provider != "" {
		return s.DeskURL + "/signin?next=%2Foverview", nil
	}
	token, err := s.SignIn.Books.Invite(ctx, inventory.System("setup"), page.Person.ID)
	if err != nil {
		return "", fmt.Errorf("invite the first admin: %w", err)
	}
	return s.PeopleURL + "/invitation/" + token, nil
}
