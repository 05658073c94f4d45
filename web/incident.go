package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"keystation/inventory"
)

// incidentBooks is what the pages about incidents read.
type incidentBooks interface {
	// Incidents gives a page of incidents, the newest first.
	Incidents(ctx context.Context, q inventory.IncidentQuery) (inventory.IncidentPage, error)
	// Affected gives a page of refused keys that people have or are about to get.
	Affected(ctx context.Context, q inventory.AffectedQuery) (inventory.AffectedPage, error)
}

// incidentsPage is a page of incidents.
type incidentsPage struct {
	inventory.IncidentPage
	Overdue     *inventory.Metadata
	Query       inventory.IncidentQuery
	Form        *recallForm // recalls all that wait for it; nil: none does, or nothing is recalled here
	First, More string
}

func (s *Site) incidents(c Ctx) error {
	if err := known(c, "show", []string{"all"}); err != nil {
		return err
	}
	ctx := c.Request().Context()
	q := inventory.IncidentQuery{Closed: c.QueryParam("show") == "all", After: c.QueryParam("after"), Limit: pageRows}
	rows, err := s.Books.Incidents(ctx, q)
	if err != nil {
		return fmt.Errorf("list incidents: %w", err)
	}
	all, err := s.Books.Overview(ctx)
	if err != nil {
		return fmt.Errorf("count incidents: %w", err)
	}
	page := incidentsPage{IncidentPage: rows, Query: q}
	if page.Overdue, err = s.overdue(ctx); err != nil {
		return err
	}
	if all.Untrusted > 0 {
		page.Form = s.recallForm(inventory.RecallOf{Untrusted: true}, "Recall all of these",
			fmt.Sprintf("%s not to be trusted and no recall deals with it yet. Whoever has one gets another by a requisition of their own.", keysAre(all.Untrusted)))
	}
	page.First, page.More = pageLinks("/incidents", url.Values{"show": {c.QueryParam("show")}}, q.After, rows.Next)
	return s.render(c, http.StatusOK, "incidents", frame{Title: s.text(c, "title.incidents"), Here: "/incidents"}, page)
}

func keysAre(n int) string {
	if n == 1 {
		return "1 key is"
	}
	return fmt.Sprintf("%d keys are", n)
}

// affectedPage is a page of refused keys that people have.
type affectedPage struct {
	inventory.AffectedPage
	Overdue     *inventory.Metadata
	Recall      string // address of the form that recalls those of this page that are not recalled yet; empty: none
	First, More string
}

func (s *Site) affected(c Ctx) error {
	q := inventory.AffectedQuery{After: c.QueryParam("after"), Limit: pageRows}
	rows, err := s.Books.Affected(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list affected keys: %w", err)
	}
	page := affectedPage{AffectedPage: rows}
	if page.Overdue, err = s.overdue(c.Request().Context()); err != nil {
		return err
	}
	tags := url.Values{}
	for _, r := range rows.Rows {
		if r.Recall == "" {
			tags.Add("tag", string(r.Key.Tag))
		}
	}
	if len(tags) > 0 && s.Recall != nil {
		page.Recall = address("/recalls", tags) + "#recall"
	}
	page.First, page.More = pageLinks("/affected", url.Values{}, q.After, rows.Next)
	return s.render(c, http.StatusOK, "affected", frame{Title: s.text(c, "title.affected-keys"), Here: "/incidents"}, page)
}
