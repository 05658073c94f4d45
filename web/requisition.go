package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"keystation/inventory"
)

// requisitionBooks is what the pages about requisitions read.
type requisitionBooks interface {
	// RequisitionList gives a page of requisitions, the newest first.
	RequisitionList(ctx context.Context, q inventory.RequisitionQuery) (inventory.RequisitionPage, error)
	// RequisitionByNumber gives the requisition that people call number; NotFound when there is none.
	RequisitionByNumber(ctx context.Context, number string) (inventory.RequisitionRow, error)
}

// requisitionsPage is a page of requisitions.
type requisitionsPage struct {
	inventory.RequisitionPage
	Query       inventory.RequisitionQuery
	States      []inventory.RequisitionState
	First, More string
}

// requisitionStates are the states in the order in which a requisition passes them.
var requisitionStates = []inventory.RequisitionState{
	inventory.Submitted, inventory.Approved, inventory.Fulfilling, inventory.Sent, inventory.Closed,
	inventory.Rejected, inventory.Cancelled, inventory.ServedWithoutKey,
}

func (s *Site) requisitions(c Ctx) error {
	if err := known(c, "state", requisitionStates); err != nil {
		return err
	}
	q := inventory.RequisitionQuery{
		Text: c.QueryParam("q"), State: inventory.RequisitionState(c.QueryParam("state")), After: c.QueryParam("after"), Limit: pageRows,
	}
	rows, err := s.Books.RequisitionList(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list requisitions: %w", err)
	}
	page := requisitionsPage{RequisitionPage: rows, Query: q, States: requisitionStates}
	kept := url.Values{"q": {q.Text}, "state": {string(q.State)}}
	page.First, page.More = pageLinks("/requisitions", kept, q.After, rows.Next)
	return s.render(c, http.StatusOK, "requisitions", frame{Title: "Requisitions", Here: "/requisitions"}, page)
}

func (s *Site) requisition(c Ctx) error {
	r, err := s.Books.RequisitionByNumber(c.Request().Context(), c.Param("number"))
	if err != nil {
		return fmt.Errorf("read requisition: %w", err)
	}
	page := requisitionPage{RequisitionRow: r, Can: s.Cancel != nil && r.Requisition.Cancellable()}
	for _, l := range r.Lines {
		switch {
		case l.Line.State == inventory.LineMaking:
			page.Making++
		case l.KeyState == inventory.Ready:
			page.Ready = append(page.Ready, l.Tag)
		}
	}
	return s.render(c, http.StatusOK, "requisition", frame{Title: "Requisition " + r.Requisition.Number, Here: "/requisitions"}, page)
}

// requisitionPage is a requisition, with what canceling it would do.
type requisitionPage struct {
	inventory.RequisitionRow
	Can    bool // it can be canceled here
	Making int  // keys that would stop
	Ready  []inventory.AssetTag
}

// cancelRequisition cancels a requisition with its lines. Nobody can undo that here, so it takes a reason.
func (s *Site) cancelRequisition(c Ctx) error {
	if s.Cancel == nil {
		return inventory.Refuse(inventory.Unavailable, "This program cancels no requisitions: use the one that runs the bench.")
	}
	number := inventory.RequisitionNumber(c.Param("number"))
	if err := s.Cancel(c.Request().Context(), visitor(c).Actor, number, c.Request().PostFormValue("reason")); err != nil {
		return fmt.Errorf("cancel requisition: %w", err)
	}
	s.bell.ring()
	return seeOther(c, "/requisitions/"+url.PathEscape(number))
}
