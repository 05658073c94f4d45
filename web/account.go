package web

import (
	"fmt"
	"net/http"
	"net/url"

	"keystation/inventory"
)

// accountPage is what somebody can change about how they come in.
type accountPage struct {
	Person   inventory.Person
	Roles    []inventory.Role
	Method   inventory.Method
	Passkeys []inventory.Passkey
	Sessions int
	Passkey  bool // passkeys can be added and used here
	Last     bool // the only passkey there is must stay
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
	if page.Sessions, err = s.SignIn.Books.Sessions(ctx, v.Person); err != nil {
		return fmt.Errorf("count sessions: %w", err)
	}
	return s.render(c, http.StatusOK, "account", frame{Title: s.text(c, "account.title"), Here: "/account", Script: ceremonyScript}, page)
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
	return s.render(c, http.StatusOK, "invited", frame{Title: "Invitation", Here: "/people"}, page)
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
