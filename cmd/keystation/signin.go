package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"keystation/inventory"
	"keystation/web"
)

// SignInConfig is how people come in.
type SignInConfig struct {
	DeskIdle   time.Duration `toml:"desk_idle"`   // after which somebody with a role has to come in again
	PeopleIdle time.Duration `toml:"people_idle"` // likewise of others
	Longest    time.Duration `toml:"longest"`     // of any session
	BreakGlass []string      `toml:"break_glass"` // two e-mail addresses; empty: nobody
}

// OIDCConfig is the company's identity provider.
type OIDCConfig struct {
	Issuer     string   `toml:"issuer"` // empty: people come in by passkey
	ClientID   string   `toml:"client_id"`
	SecretFile string   `toml:"client_secret_file"`
	Name       string   `toml:"name"`
	Scopes     []string `toml:"scopes"`
	ExternalID string   `toml:"external_id_claim"`
	RoleClaim  string   `toml:"role_claim"`
	Approvers  []string `toml:"approvers"` // values of the claim
	Operators  []string `toml:"operators"`
	HelpDesk   []string `toml:"help_desk"`
	Auditors   []string `toml:"auditors"`
	Admins     []string `toml:"admins"`
	Enter      bool     `toml:"enter"`
}

// roles are the values of the role claim with what they stand for.
func (c OIDCConfig) roles() map[string]inventory.Role {
	all := map[string]inventory.Role{}
	for role, values := range map[inventory.Role][]string{
		inventory.Approver: c.Approvers, inventory.Operator: c.Operators, inventory.HelpDesk: c.HelpDesk,
		inventory.Auditor: c.Auditors, inventory.Admin: c.Admins,
	} {
		for _, v := range values {
			all[v] = role
		}
	}
	return all
}

// signIn is how people come in to the pages of this desk.
func (d *desk) signIn() (*web.SignIn, error) {
	c, o := d.cfg.SignIn, d.cfg.OIDC
	in := &web.SignIn{Books: d.store, BreakGlass: c.BreakGlass, Secure: d.cfg.Web.TLSCert != "" || d.cfg.Web.Proxy != "",
		DeskIdle: c.DeskIdle, PeopleIdle: c.PeopleIdle, Longest: c.Longest}
	if o.Issuer == "" {
		return in, nil
	}
	in.OIDC = &web.OIDC{Issuer: o.Issuer, ClientID: o.ClientID, Name: o.Name, Scopes: o.Scopes,
		ExternalID: o.ExternalID, RoleClaim: o.RoleClaim, Roles: o.roles(), Enter: o.Enter}
	if o.SecretFile == "" {
		return in, nil
	}
	b, err := os.ReadFile(o.SecretFile)
	if err != nil {
		return nil, &inventory.Error{Kind: inventory.Unavailable, Err: err,
			Msg: fmt.Sprintf("The client secret in %s cannot be read (%s): check oidc.client_secret_file.", o.SecretFile, reason(err))}
	}
	in.OIDC.Secret = strings.TrimSpace(string(b))
	return in, nil
}

// sayCode tells the person at the terminal how the first admin comes in, when there is none. It goes to standard output
// alone: a log is read by others, and for longer.
func (d *desk) sayCode(ctx context.Context, out io.Writer, site *web.Site, at doors) error {
	has, err := d.store.HasAdmin(ctx)
	if err != nil || has {
		return err
	}
	_, err = fmt.Fprintf(out, "\nNobody is an admin yet. Open %s in a browser of this machine, within\n15 minutes, and type this code there:  %s\n\n", d.cfg.setupURL(at), site.SetupCode())
	return err
}

// refusedAccess notes in the ledger that somebody wanted in where they may not: the same once an hour.
func (d *desk) refusedAccess() func(ctx context.Context, by inventory.Actor, what string) error {
	seen := newRecently(time.Hour, 1000)
	return func(ctx context.Context, by inventory.Actor, what string) error {
		if seen.again(by.ID + " " + what) {
			return nil
		}
		return d.store.Note(ctx, by, inventory.Event{Action: "access.refused", Subjects: []string{by.ID}, Payload: what})
	}
}

// recently remembers what was said not long ago. It is safe for concurrent use.
type recently struct {
	every time.Duration
	most  int

	mu   sync.Mutex
	last map[string]time.Time
}

func newRecently(every time.Duration, most int) *recently {
	return &recently{every: every, most: most, last: map[string]time.Time{}}
}

// again tells if text was said within the time. When there is too much to remember it says so of everything.
func (r *recently) again(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if at, said := r.last[text]; said && now.Sub(at) < r.every {
		return true
	}
	for old, at := range r.last {
		if now.Sub(at) >= r.every {
			delete(r.last, old)
		}
	}
	if len(r.last) >= r.most {
		return true
	}
	r.last[text] = now
	return false
}

// isIssuer tells an issuer: over TLS, or on this machine.
func isIssuer(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.RawQuery+u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
