package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keystation/inventory"
)

// signInBooks know who may come in, and how.
type signInBooks interface {
	loginBooks
	passkeyBooks
	// SignInByClaims signs somebody in whom an identity provider vouches for.
	SignInByClaims(ctx context.Context, c inventory.Claims) (inventory.Person, error)
	// NoteSignIn writes a sign-in that writes nothing else.
	NoteSignIn(ctx context.Context, p inventory.Person, m inventory.Method) error
	// PeopleWithRoles lists those who have roles.
	PeopleWithRoles(ctx context.Context) ([]inventory.RoleRow, error)
	// PersonList gives a page of people, by name.
	PersonList(ctx context.Context, q inventory.PersonQuery) (inventory.PersonPage, error)
	// HasAdmin tells if anybody is an admin.
	HasAdmin(ctx context.Context) (bool, error)
	// BrokeGlass gives who signed in beside the identity provider last, and when.
	BrokeGlass(ctx context.Context) (string, time.Time, error)
}

// SignIn is how people come in. Books is needed; the zero value of every other field has a meaning.
type SignIn struct {
	Books signInBooks
	OIDC  *OIDC // nil: people come in by passkey
	// BreakGlass are the e-mail addresses of those who may come in by passkey beside OIDC. Empty: nobody.
	BreakGlass []string
	Secure     bool          // cookies go over TLS only
	DeskIdle   time.Duration // after which somebody with a role has to come in again; 0: 30 minutes
	PeopleIdle time.Duration // likewise of others; 0: 8 hours
	Longest    time.Duration // of any session; 0: 12 hours
}

func (i *SignIn) longest() time.Duration { return orElse(i.Longest, 12*time.Hour) }

// idle is how long somebody may be away.
func (i *SignIn) idle(v Visitor) time.Duration {
	if v.Has(inventory.Operator, inventory.HelpDesk, inventory.Auditor, inventory.Admin) {
		return orElse(i.DeskIdle, 30*time.Minute)
	}
	return orElse(i.PeopleIdle, 8*time.Hour)
}

func orElse(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}

// passkeyFor tells if somebody may come in by passkey, and if that breaks glass.
func (i *SignIn) passkeyFor(p inventory.Person) (may, breaksGlass bool) {
	if i.OIDC == nil {
		return true, false
	}
	named := p.Email != "" && slices.ContainsFunc(i.BreakGlass, func(e string) bool { return strings.EqualFold(e, p.Email) })
	return named, named
}

// signInPage is the door.
type signInPage struct {
	Next    string
	OIDC    string // what the provider is called; empty: there is none
	Passkey bool
	Glass   bool   // by passkey only the two who may break glass come in
	Setup   bool   // nobody is an admin yet
	Trouble string // why the last try failed; empty: there was none
	Demo    []demoPerson
	Again   bool // who is there shows once more who they are
}

// demoPerson is somebody whom a visitor of a demo can be.
type demoPerson struct {
	Person inventory.Person
	Roles  []inventory.Role
}

func (s *Site) signIn(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	if v := s.already(c); v.ID != "" {
		return c.Redirect(http.StatusSeeOther, localPath(c.QueryParam("next")))
	}
	page, err := s.door(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "signin", frame{Title: s.text(c, "signin.title"), Script: ceremonyScript}, page)
}

// already gives who is signed in on a page that is for anybody.
func (s *Site) already(c Ctx) Visitor { return visitor(c) }

func (s *Site) hasDoor() error {
	if s.SignIn == nil {
		return inventory.Refuse(inventory.NotFound, "Nobody signs in here: whoever sits at this machine is let in.")
	}
	return nil
}

func (s *Site) door(c Ctx) (signInPage, error) {
	ctx := c.Request().Context()
	admin, err := s.SignIn.Books.HasAdmin(ctx)
	if err != nil {
		return signInPage{}, fmt.Errorf("look for an admin: %w", err)
	}
	page := signInPage{Next: localPath(c.QueryParam("next")), Passkey: s.SignIn.OIDC == nil || len(s.SignIn.BreakGlass) > 0,
		Glass: s.SignIn.OIDC != nil, Setup: !admin && !s.Demo && s.setup.open(s.Now())}
	if s.SignIn.OIDC != nil {
		page.OIDC = s.SignIn.OIDC.name()
	}
	if c.QueryParam("trouble") != "" {
		page.Trouble = s.text(c, "signin.trouble")
	}
	if s.Demo {
		page.Demo, err = s.demoPeople(ctx)
	}
	return page, err
}

// demoPeople are those with roles, and two without.
func (s *Site) demoPeople(ctx context.Context) ([]demoPerson, error) {
	rows, err := s.SignIn.Books.PeopleWithRoles(ctx)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	var all []demoPerson
	for _, r := range rows {
		if n := len(all); n > 0 && all[n-1].Person.ID == r.Person.ID {
			all[n-1].Roles = append(all[n-1].Roles, r.Grant.Role)
			continue
		}
		all = append(all, demoPerson{r.Person, []inventory.Role{r.Grant.Role}})
	}
	others, err := s.SignIn.Books.PersonList(ctx, inventory.PersonQuery{Limit: 50})
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	for _, o := range others.Rows {
		known := slices.ContainsFunc(all, func(d demoPerson) bool { return d.Person.ID == o.Person.ID })
		if !known && o.Person.State == inventory.PersonActive {
			all = append(all, demoPerson{o.Person, nil})
		}
	}
	return all[:min(len(all), 12)], nil
}

// signInDemo lets a visitor of a demo be somebody.
func (s *Site) signInDemo(c Ctx) error {
	if s.SignIn == nil || !s.Demo {
		return inventory.Refuse(inventory.NotFound, "Only in a demo anybody is whoever they like: sign in.")
	}
	ctx := c.Request().Context()
	p, _, err := s.SignIn.Books.Whoever(ctx, inventory.PersonID(c.Request().PostFormValue("person")))
	if err != nil {
		return fmt.Errorf("be somebody: %w", err)
	}
	// The demo plays a company with an identity provider, so that what only known people may do can be tried.
	if err := s.SignIn.Books.NoteSignIn(ctx, p, inventory.ByOIDC); err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	if err := s.letIn(ctx, p, login{Method: inventory.ByOIDC, Proved: s.Now()}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(c.Request().PostFormValue("next")))
}

// signOut ends the session, or with everywhere all of the person.
func (s *Site) signOut(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if c.Request().PostFormValue("everywhere") == "yes" {
		if err := s.SignIn.Books.EndSessions(ctx, visitor(c).Person); err != nil {
			return fmt.Errorf("sign out everywhere: %w", err)
		}
	}
	if err := s.sessions.Destroy(ctx); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, "/signin")
}

// signInAgain is the door for somebody who is in, before a dangerous act.
func (s *Site) signInAgain(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	page := signInPage{Next: localPath(c.QueryParam("next")), Again: true, Passkey: visitor(c).Method == inventory.ByPasskey}
	if s.SignIn.OIDC != nil && !page.Passkey {
		page.OIDC = s.SignIn.OIDC.name()
	}
	if s.Demo {
		p, roles, err := s.SignIn.Books.Whoever(c.Request().Context(), visitor(c).Person)
		if err != nil {
			return fmt.Errorf("read who is signed in: %w", err)
		}
		page.Demo = []demoPerson{{p, roles}}
	}
	return s.render(c, http.StatusOK, "signin", frame{Title: s.text(c, "signin.again.title"), Script: ceremonyScript}, page)
}

// localPath is a path of ours to go on at. Anything else, such as another site's address, is the beginning.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, "\\") {
		return "/"
	}
	return u.RequestURI()
}
