package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"keystation/inventory"
)

// routingBooks is what the page reads and does on which admins say who decides.
type routingBooks interface {
	// RoutingTable gives the rows in their order; those without an id hold by default.
	RoutingTable(ctx context.Context) ([]inventory.RouteRow, error)
	// SetRouting writes the whole table.
	SetRouting(ctx context.Context, by inventory.Actor, table []inventory.Route) error
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
	return s.render(c, http.StatusOK, "routing", frame{Title: "Who decides", Here: "/people"}, page)
}

// setRouting moves, removes or adds a row: the form says which, and the whole table is written anew.
func (s *Site) setRouting(c Ctx) error {
	r := c.Request()
	rows, err := s.Books.RoutingTable(r.Context())
	if err != nil {
		return fmt.Errorf("read routing table: %w", err)
	}
	table := make([]inventory.Route, len(rows))
	for i, row := range rows {
		table[i] = row.Route
	}
	if table, err = s.changedTable(r, table); err != nil {
		return err
	}
	if err := s.Books.SetRouting(r.Context(), visitor(c).Actor, table); err != nil {
		return fmt.Errorf("change routing table: %w", err)
	}
	return seeOther(c, "/routing")
}

func (s *Site) changedTable(r *http.Request, table []inventory.Route) ([]inventory.Route, error) {
	at, err := strconv.Atoi(r.PostFormValue("row"))
	row := at - 1
	switch act := r.PostFormValue("act"); {
	case act == "add":
		added, err := s.addedRoute(r)
		return append(table, added), err
	case err != nil || row < 0 || row >= len(table):
		return nil, inventory.Refuse(inventory.Conflict, "The table has no such row any more: reload the page.")
	case act == "remove":
		return slices.Delete(table, row, row+1), nil
	case act == "up" && row > 0:
		table[row-1], table[row] = table[row], table[row-1]
	case act == "down" && row < len(table)-1:
		table[row], table[row+1] = table[row+1], table[row]
	}
	return table, nil
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
