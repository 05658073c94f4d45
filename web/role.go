package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keystation/inventory"
)

// roleBooks is what the pages about roles read and do.
type roleBooks interface {
	// PeopleWithRoles lists those who have roles, by name.
	PeopleWithRoles(ctx context.Context) ([]inventory.RoleRow, error)
	// RolesEnded lists roles that people had, the last that ended first.
	RolesEnded(ctx context.Context, limit int) ([]inventory.RoleRow, error)
	// Whoever gives a person with the roles of this moment; one who may not come in is refused.
	Whoever(ctx context.Context, id inventory.PersonID) (inventory.Person, []inventory.Role, error)
	// GiveRole gives a person a role.
	GiveRole(ctx context.Context, by inventory.Actor, to inventory.PersonID, role inventory.Role) error
	// WithdrawRole takes one away.
	WithdrawRole(ctx context.Context, by inventory.Actor, from inventory.PersonID, role inventory.Role) error
}

// roleMeans say what each role lets somebody do, so that nobody gives more than they meant to.
var roleMeans = map[inventory.Role]string{
	inventory.Approver: "decides about what others ask for", inventory.Operator: "makes, packs and hands over keys, and sees addresses on packets",
	inventory.HelpDesk: "helps people in trouble: losses, invitations, what is on hold", inventory.Auditor: "reads everything but addresses and changes nothing",
	inventory.Admin: "may do all of that, gives roles and changes what is asked of keys and people",
}

// rolesPage lists who has which role.
type rolesPage struct {
	Roles []roleView
	Ended []inventory.RoleRow
	All   []inventory.Role
	Can   bool
	Email string
	Role  inventory.Role
	Wrong string
}

// roleView is one role with those who have it.
type roleView struct {
	Role  inventory.Role
	Means string
	Rows  []inventory.RoleRow
}

func (s *Site) roles(c Ctx) error {
	return s.drawRoles(c, http.StatusOK, rolesPage{Role: inventory.Role(c.QueryParam("role"))})
}

func (s *Site) drawRoles(c Ctx, status int, page rolesPage) error {
	ctx := c.Request().Context()
	has, err := s.Books.PeopleWithRoles(ctx)
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	if page.Ended, err = s.Books.RolesEnded(ctx, pageRows); err != nil {
		return fmt.Errorf("list roles that ended: %w", err)
	}
	page.All, page.Can = inventory.Roles, visitor(c).may(admins)
	for _, role := range inventory.Roles {
		v := roleView{Role: role, Means: roleMeans[role]}
		for _, r := range has {
			if r.Grant.Role == role {
				v.Rows = append(v.Rows, r)
			}
		}
		page.Roles = append(page.Roles, v)
	}
	return s.render(c, status, "roles", frame{Title: s.text(c, "title.roles"), Here: "/people"}, page)
}

// findForRole finds who is to get a role, by the whole of their address, and goes on to what that means.
func (s *Site) findForRole(c Ctx) error {
	form := formValues(c)
	page := rolesPage{Email: trimmed(form, "email"), Role: inventory.Role(form.Get("role"))}
	p, err := s.Books.PersonByEmail(c.Request().Context(), page.Email)
	if err == nil {
		err = inventory.CheckRole(page.Role)
	}
	if kind := inventory.KindOf(err); kind == inventory.NotFound || kind == inventory.Invalid {
		page.Wrong = inventory.Sentence(err)
		return s.drawRoles(c, http.StatusBadRequest, page)
	}
	if err != nil {
		return fmt.Errorf("look for a person: %w", err)
	}
	return seeOther(c, "/roles/give?"+url.Values{"person": {string(p.ID)}, "role": {string(page.Role)}}.Encode())
}

// roleAct is a role that somebody is to get, or to lose.
type roleAct struct {
	Person inventory.Person
	Role   inventory.Role
	Means  string
	Has    []inventory.Role
	Give   bool
	Self   bool // it is the visitor's own
	Path   string
}

// onRole runs a page about one role of one person.
func onRole(page func(*Site, Ctx, roleAct) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		r := c.Request()
		if err := r.ParseForm(); err != nil {
			return inventory.Refuse(inventory.Invalid, "The form cannot be read: go back and send it again.")
		}
		a := roleAct{Role: inventory.Role(r.Form.Get("role")), Give: strings.HasSuffix(r.URL.Path, "/give"), Path: r.URL.Path}
		if err := inventory.CheckRole(a.Role); err != nil {
			return err
		}
		var err error
		a.Person, a.Has, err = s.roleOf(r.Context(), inventory.PersonID(r.Form.Get("person")), a)
		if err != nil {
			return err
		}
		a.Means, a.Self = roleMeans[a.Role], a.Person.ID == visitor(c).Person
		return page(s, c, a)
	}
}

// roleOf finds the person of an act. Who may not sign in any more gets no role, but can lose one.
func (s *Site) roleOf(ctx context.Context, id inventory.PersonID, a roleAct) (inventory.Person, []inventory.Role, error) {
	if a.Give {
		p, has, err := s.Books.Whoever(ctx, id)
		if err != nil {
			return p, has, fmt.Errorf("read person: %w", err)
		}
		return p, has, nil
	}
	rows, err := s.Books.PeopleWithRoles(ctx)
	if err != nil {
		return inventory.Person{}, nil, fmt.Errorf("list roles: %w", err)
	}
	i := slices.IndexFunc(rows, func(r inventory.RoleRow) bool { return r.Person.ID == id && r.Grant.Role == a.Role })
	if i < 0 {
		return inventory.Person{}, nil, inventory.Refuse(inventory.NotFound, "Nobody like that has this role any more: look at the list of roles.")
	}
	return rows[i].Person, nil, nil
}

// askRole says what the act means before it is done.
func (s *Site) askRole(c Ctx, a roleAct) error {
	return s.render(c, http.StatusOK, "role", frame{Title: s.text(c, "title.role"), Here: "/people"}, a)
}

func (s *Site) giveRole(c Ctx, a roleAct) error {
	if err := s.Books.GiveRole(c.Request().Context(), visitor(c).Actor, a.Person.ID, a.Role); err != nil {
		return fmt.Errorf("give role: %w", err)
	}
	return seeOther(c, "/roles")
}

func (s *Site) withdrawRole(c Ctx, a roleAct) error {
	if err := s.Books.WithdrawRole(c.Request().Context(), visitor(c).Actor, a.Person.ID, a.Role); err != nil {
		return fmt.Errorf("withdraw role: %w", err)
	}
	return seeOther(c, "/roles")
}
