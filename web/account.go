package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"keystation/inventory"
)

// accountPage is what somebody can change about how they come in.
type accountPage struct {
	Person   inventory.Person
	Roles    []inventory.Role
	Method   inventory.Method
	Passkeys []inventory.Passkey
	Sessions []sessionRow // this one first
	Passkey  bool         // passkeys can be added and used here
	Last     bool         // the only passkey there is must stay
}

func (s *Site) account(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	ctx, v := c.Request().Context(), visitor(c)
	p, roles, err := s.SignIn.Books.Whoever(ctx, v.Person)
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	page := accountPage{Person: p, Roles: roles, Method: v.Method}
	page.Passkey, _ = s.SignIn.passkeyFor(p)
	if page.Passkeys, err = s.SignIn.Books.Passkeys(ctx, v.Person); err != nil {
		return fmt.Errorf("list passkeys: %w", err)
	}
	page.Last = len(page.Passkeys) == 1 && s.SignIn.OIDC == nil
	if page.Sessions, err = s.sessionsOf(ctx, v); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, "account", frame{Title: s.text(c, "account.title"), Here: "/account", Script: ceremonyScript}, page)
}

// sessionRow is a browser in which somebody is signed in.
type sessionRow struct {
	Name, hash  string
	Method      inventory.Method
	Began, Seen time.Time
	Here        bool
}

// sessionsOf lists the sessions of the visitor in which they would be let in: this one, then the others, the last used first.
func (s *Site) sessionsOf(ctx context.Context, v Visitor) ([]sessionRow, error) {
	kept, err := s.SignIn.Books.Sessions(ctx, v.Person)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	here := s.sessions.GetString(ctx, sessionName)
	var all []sessionRow
	for _, k := range kept {
		var d sessionData
		if err := json.Unmarshal(k.Data, &d); err != nil {
			return nil, fmt.Errorf("read session: %w", err)
		}
		r := sessionRow{Name: d.Values[sessionName], hash: k.Hash, Method: inventory.Method(d.Values[sessionMethod]),
			Began: readSeconds(d.Values[sessionBegan]), Seen: readSeconds(d.Values[sessionSeen])}
		r.Here = r.Name == here
		if r.Here || s.Now().Sub(r.Seen) <= s.SignIn.idle(v) {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b sessionRow) int {
		switch {
		case a.Here:
			return -1
		case b.Here:
			return 1
		}
		return b.Seen.Compare(a.Seen)
	})
	return all, nil
}

// endSession ends the session that the form names, or without a name all but this one.
func (s *Site) endSession(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	ctx, name := c.Request().Context(), c.Request().PostFormValue("session")
	all, err := s.sessionsOf(ctx, visitor(c))
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Here || name != "" && r.Name != name {
			continue
		}
		if err := s.SignIn.Books.DeleteSession(ctx, r.hash); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
	}
	return seeOther(c, "/account")
}

// beginAdd asks the browser of somebody who is in for another passkey.
func (s *Site) beginAdd(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	p, _, err := s.SignIn.Books.Whoever(c.Request().Context(), visitor(c).Person)
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	if may, _ := s.SignIn.passkeyFor(p); !may {
		return inventory.Refuse(inventory.Forbidden, "Passkeys are for emergencies here, and not for you: sign in with your company.")
	}
	return s.askPasskey(c, ceremony{Kind: "add", Person: p})
}

// finishAdd keeps it.
func (s *Site) finishAdd(c Ctx) error {
	of, err := s.ceremonyOf(c, "add")
	if err != nil {
		return err
	}
	b, err := body(c)
	if err != nil {
		return err
	}
	k, err := s.madePasskey(c, of, b)
	if err != nil {
		return err
	}
	if err := s.SignIn.Books.AddPasskey(c.Request().Context(), visitor(c).Actor, k); err != nil {
		return fmt.Errorf("keep passkey: %w", err)
	}
	return wentWell(c, "/account")
}

func (s *Site) renamePasskey(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	r := c.Request()
	if err := s.SignIn.Books.RenamePasskey(r.Context(), visitor(c).Actor, inventory.PasskeyID(r.PostFormValue("passkey")), r.PostFormValue("name")); err != nil {
		return fmt.Errorf("rename passkey: %w", err)
	}
	return seeOther(c, "/account")
}

func (s *Site) removePasskey(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	r := c.Request()
	if err := s.SignIn.Books.RemovePasskey(r.Context(), visitor(c).Actor, inventory.PasskeyID(r.PostFormValue("passkey")), s.SignIn.OIDC != nil); err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return seeOther(c, "/account")
}

// invitationPage is what an invitation is for, or after it was made the link to hand over.
type invitationPage struct {
	Person inventory.Person
	Path   string // of the invitation's own forms
	Link   string // for the admin who made it, once
}

// invite makes an invitation and shows its link once: it is handed over by another way than this company's mail.
func (s *Site) invite(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), inventory.PersonID(c.Param("id"))
	token, err := s.SignIn.Books.Invite(ctx, visitor(c).Actor, id)
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	p, err := s.SignIn.Books.Invited(ctx, token)
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	page := invitationPage{Person: p, Link: s.PeopleURL + "/invitation/" + token}
	return s.render(c, http.StatusOK, "invited", frame{Title: s.text(c, "title.invitation"), Here: "/people"}, page)
}

// invitation shows whom a link invites. Looking at it uses nothing up: mail scanners look too.
func (s *Site) invitation(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	if err := s.limited(c, ""); err != nil {
		return err
	}
	p, err := s.SignIn.Books.Invited(c.Request().Context(), c.Param("token"))
	if err != nil {
		return fmt.Errorf("read invitation: %w", err)
	}
	page := invitationPage{Person: p, Path: "/invitation/" + url.PathEscape(c.Param("token"))}
	return s.render(c, http.StatusOK, "invitation", frame{Title: s.text(c, "signin.invitation.title"), Script: ceremonyScript}, page)
}

func (s *Site) beginInvitation(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	if err := s.limited(c, ""); err != nil {
		return err
	}
	p, err := s.SignIn.Books.Invited(c.Request().Context(), c.Param("token"))
	if err != nil {
		return fmt.Errorf("read invitation: %w", err)
	}
	if may, _ := s.SignIn.passkeyFor(p); !may {
		return inventory.Refuse(inventory.Forbidden, "Passkeys are for emergencies here, and not for you: sign in with your company.")
	}
	return s.askPasskey(c, ceremony{Kind: "invitation", Person: p, Token: c.Param("token")})
}

func (s *Site) finishInvitation(c Ctx) error {
	if err := s.hasDoor(); err != nil {
		return err
	}
	return s.finishFirst(c, "invitation", func(of ceremony, k inventory.Passkey) (inventory.Person, string, error) {
		p, err := s.SignIn.Books.UseInvitation(c.Request().Context(), of.Token, k)
		return p, "/", err
	})
}
