package web

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/netip"
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

// fromHere tells if a request comes from this machine, without a proxy between.
func (s *Site) fromHere(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback() && r.Header.Get("X-Forwarded-For") == ""
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

func (s *Site) setupPage(c Ctx) error {
	if err := s.mayBegin(c); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "setup", frame{Title: s.text(c, "setup.title"), Script: ceremonyScript}, nil)
}

// beginSetup takes the code, name and address, and asks the browser for a passkey.
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
	return s.askPasskey(c, ceremony{Kind: "setup", Person: p})
}
