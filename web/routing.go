package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"keystation/inventory"
)

// routingBooks is what the page reads and does on which admins say who decides.
type routingBooks interface {
	// RoutingTable gives the rows in their order; those without an id hold by default.
	RoutingTable(ctx context.Context) ([]inventory.RouteRow, error)
	// ChangeRouting adds, moves or removes one row.
	ChangeRouting(ctx context.Context, by inventory.Actor, change inventory.RoutingChange) error
	// Groups lists who is in which group.
	Groups(ctx context.Context) ([]inventory.MemberRow, error)
}

// routingPage is the table.
type routingPage struct {
	Rows    []inventory.RouteRow
	Default bool // nobody wrote it: it holds by default
	Tiers   []inventory.Tier
	To      []inventory.RouteTo
	Groups  []string
}

func (s *Site) routing(c Ctx) error {
	ctx := c.Request().Context()
	rows, err := s.Books.RoutingTable(ctx)
	if err != nil {
		return fmt.Errorf("read routing table: %w", err)
	}
	members, err := s.Books.Groups(ctx)
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	page := routingPage{Rows: rows, Tiers: inventory.Tiers, Default: len(rows) > 0 && rows[0].Route.ID == "",
		To: []inventory.RouteTo{inventory.ToManager, inventory.ToGroup, inventory.ToPerson, inventory.ToApprovers, inventory.ToAutomatic}}
	for _, m := range members {
		if !slices.Contains(page.Groups, m.Membership.Group) {
			page.Groups = append(page.Groups, m.Membership.Group)
		}
	}
	return s.render(c, http.StatusOK, "routing", frame{Title: s.text(c, "title.who-decides"), Here: "/people"}, page)
}

// setRouting moves, removes or adds one row. The form names the row, not its place, which another admin may have changed.
func (s *Site) setRouting(c Ctx) error {
	r := c.Request()
	change := inventory.RoutingChange{Act: inventory.RoutingAct(r.PostFormValue("act")), Row: r.PostFormValue("row")}
	if change.Act == inventory.RouteAdd {
		var err error
		if change.New, err = s.addedRoute(r); err != nil {
			return err
		}
	}
	if err := s.Books.ChangeRouting(r.Context(), visitor(c).Actor, change); err != nil {
		return fmt.Errorf("change routing table: %w", err)
	}
	return seeOther(c, "/routing")
}

func (s *Site) addedRoute(r *http.Request) (inventory.Route, error) {
	row := inventory.Route{Tier: inventory.Tier(r.PostFormValue("tier")), Country: strings.ToUpper(strings.TrimSpace(r.PostFormValue("country"))),
		Department: strings.TrimSpace(r.PostFormValue("department")), To: inventory.RouteTo(r.PostFormValue("to"))}
	whom := strings.TrimSpace(r.PostFormValue("whom"))
	switch row.To {
	case inventory.ToGroup:
		row.Whom = whom
	case inventory.ToPerson:
		p, err := s.Books.PersonByEmail(r.Context(), whom)
		if err != nil {
			return row, fmt.Errorf("find person: %w", err)
		}
		row.Whom = string(p.ID)
	}
	return row, row.Check()
}
