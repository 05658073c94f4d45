package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"keystation/inventory"
)

// personBooks is what the directory's page reads.
type personBooks interface {
	// PersonList gives a page of people, by name.
	PersonList(ctx context.Context, q inventory.PersonQuery) (inventory.PersonPage, error)
}

// peoplePage is a page of the directory.
type peoplePage struct {
	inventory.PersonPage
	Query       inventory.PersonQuery
	First, More string
	Can         bool // bring people in
}

func (s *Site) people(c Ctx) error {
	q := inventory.PersonQuery{Text: c.QueryParam("q"), After: c.QueryParam("after"), Limit: pageRows}
	rows, err := s.Books.PersonList(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	page := peoplePage{PersonPage: rows, Query: q, Can: visitor(c).may(admins)}
	page.First, page.More = pageLinks("/people", url.Values{"q": {q.Text}}, q.After, rows.Next)
	return s.render(c, http.StatusOK, "people", frame{Title: "People", Here: "/people"}, page)
}
