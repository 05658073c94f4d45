package web

import (
	"context"
	"fmt"
	"net/http"

	"keystation/inventory"
)

// groupBooks is what the page about groups reads and does.
type groupBooks interface {
	// Groups lists who is in which group, by group and name.
	Groups(ctx context.Context) ([]inventory.MemberRow, error)
	// JoinGroup puts a person into a group, which begins with its first member.
	JoinGroup(ctx context.Context, by inventory.Actor, group string, id inventory.PersonID) error
	// LeaveGroup takes one out.
	LeaveGroup(ctx context.Context, by inventory.Actor, group string, id inventory.PersonID) error
}

// groupsPage lists the groups with their members.
type groupsPage struct {
	Groups []groupView
	Can    bool
	Group  string // filled in
	Email  string
	Wrong  string
}

// groupView is one group.
type groupView struct {
	Name    string
	Members []inventory.MemberRow
}

func (s *Site) groups(c Ctx) error { return s.drawGroups(c, http.StatusOK, groupsPage{}) }

func (s *Site) drawGroups(c Ctx, status int, page groupsPage) error {
	rows, err := s.Books.Groups(c.Request().Context())
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	for _, r := range rows {
		if n := len(page.Groups); n == 0 || page.Groups[n-1].Name != r.Membership.Group {
			page.Groups = append(page.Groups, groupView{Name: r.Membership.Group})
		}
		g := &page.Groups[len(page.Groups)-1]
		g.Members = append(g.Members, r)
	}
	page.Can = visitor(c).may(admins)
	return s.render(c, status, "groups", frame{Title: s.text(c, "title.groups"), Here: "/people"}, page)
}

// joinGroup puts somebody into a group by the whole of their address. What is refused comes back as it was sent.
func (s *Site) joinGroup(c Ctx) error {
	form, ctx := formValues(c), c.Request().Context()
	page := groupsPage{Group: trimmed(form, "group"), Email: trimmed(form, "email")}
	p, err := s.Books.PersonByEmail(ctx, page.Email)
	if err == nil {
		err = s.Books.JoinGroup(ctx, visitor(c).Actor, page.Group, p.ID)
	}
	switch kind := inventory.KindOf(err); kind {
	case "":
		return seeOther(c, "/groups")
	case inventory.NotFound, inventory.Invalid, inventory.Conflict, inventory.Forbidden:
		page.Wrong = inventory.Sentence(err)
		return s.drawGroups(c, statuses[kind], page)
	}
	return fmt.Errorf("join group: %w", err)
}

func (s *Site) leaveGroup(c Ctx) error {
	form := formValues(c)
	if err := s.Books.LeaveGroup(c.Request().Context(), visitor(c).Actor, form.Get("group"), inventory.PersonID(form.Get("person"))); err != nil {
		return fmt.Errorf("leave group: %w", err)
	}
	return seeOther(c, "/groups")
}
