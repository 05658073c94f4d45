package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keystation/inventory"
)

// requisitionBooks is what the pages about requisitions read.
type requisitionBooks interface {
	// RequisitionList gives a page of requisitions, the newest first.
	RequisitionList(ctx context.Context, q inventory.RequisitionQuery) (inventory.RequisitionPage, error)
	// RequisitionByNumber gives the requisition that people call number; NotFound when there is none.
	RequisitionByNumber(ctx context.Context, number string) (inventory.RequisitionRow, error)
	// Dossier gives all that the status page tells, to whoever may read it; NotFound for others.
	Dossier(ctx context.Context, by inventory.Actor, number string) (inventory.Dossier, error)
	// ChangeRequisition makes a new version of one.
	ChangeRequisition(ctx context.Context, by inventory.Actor, number string, w inventory.Wish) error
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
	return s.render(c, http.StatusOK, "requisitions", frame{Title: s.text(c, "title.requisitions"), Here: "/requisitions"}, page)
}

// requisition is the one page that says where a requisition stands: the same for who asked, who decides and the desk, which
// sees its keys and buttons besides.
func (s *Site) requisition(c Ctx) error {
	v := visitor(c)
	d, err := s.Books.Dossier(c.Request().Context(), v.Actor, c.Param("number"))
	if err != nil {
		return fmt.Errorf("read requisition: %w", err)
	}
	r := d.Requisition
	page := requisitionPage{Dossier: d, Desk: v.may(readers) && desk.at(doorOf(c)), Works: v.may(operators) && desk.at(doorOf(c))}
	page.Timeline, page.Next = d.Timeline()
	page.Can = s.Cancel != nil && d.Here() && (d.Mine || v.Has(inventory.Operator, inventory.HelpDesk, inventory.Admin))
	page.Changes = d.Here() && r.Held == "" && (d.Mine || v.may(operators))
	for _, l := range d.Lines {
		switch {
		case l.Line.State == inventory.LineMaking:
			page.Making++
		case l.KeyState == inventory.Ready:
			page.Ready = append(page.Ready, l.Tag)
		}
	}
	f := frame{Title: s.text(c, "requisition.title", r.Number), Here: s.hereOf(v, c)}
	if d.Mine && len(page.Ready) > 0 && !d.Posted {
		if _, _, err := s.touchable(c, r.Number); err == nil {
			page.Terms, f.Script = inventory.CustodyTerms, ceremonyScript
		} else if inventory.KindOf(err) != inventory.Conflict {
			return err
		}
	}
	return s.render(c, http.StatusOK, "requisition", f, page)
}

// hereOf is the entry of the navigation under which a requisition stands for the reader.
func (s *Site) hereOf(v Visitor, c Ctx) string {
	if v.may(readers) && desk.at(doorOf(c)) {
		return "/requisitions"
	}
	return "/my"
}

// requisitionPage is a requisition, with what its reader may do.
type requisitionPage struct {
	inventory.Dossier
	Timeline []inventory.Moment
	Next     inventory.Expected
	Desk     bool // the reader sees keys and runs
	Works    bool // the reader makes, packs and hands over
	Can      bool // it can be canceled here
	Changes  bool // it can be changed here
	Making   int  // keys that would stop
	Ready    []inventory.AssetTag
	Terms    string // on which a key is taken that waits for the reader's touch; empty: none waits
}

// changePage is the form by which a requisition is changed.
type changePage struct {
	inventory.Dossier
	Desks      []string
	Connectors []string
	Saved      []inventory.SavedAddress
	Reopens    bool // a new address has to be decided again
}

func (s *Site) changing(c Ctx) error {
	ctx, v := c.Request().Context(), visitor(c)
	d, err := s.Books.Dossier(ctx, v.Actor, c.Param("number"))
	if err != nil {
		return fmt.Errorf("read requisition: %w", err)
	}
	page := changePage{Dossier: d, Desks: s.Desks, Connectors: inventory.Connectors, Reopens: d.Requisition.Tier != inventory.Standard}
	return s.render(c, http.StatusOK, "change", frame{Title: s.text(c, "requisition.change.title", d.Requisition.Number), Here: s.hereOf(v, c)}, page)
}

// change makes a new version of a requisition of what the form says; the bench looks whether its lines stand.
func (s *Site) change(c Ctx) error {
	number := inventory.RequisitionNumber(c.Param("number"))
	if err := s.Books.ChangeRequisition(c.Request().Context(), visitor(c).Actor, number, wished(c.Request())); err != nil {
		return fmt.Errorf("change requisition: %w", err)
	}
	if s.Recheck != nil {
		s.Recheck(c.Request().Context())
	}
	s.bell.ring()
	return seeOther(c, "/requisitions/"+url.PathEscape(number))
}

// wished reads the form. What is not asked for stays as it is.
func wished(r *http.Request) inventory.Wish {
	var w inventory.Wish
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	switch r.PostFormValue("to") {
	case "desk":
		place := value("place")
		w.Place = &place
	case "address":
		a := inventory.Address{Recipient: value("recipient"), Company: value("company"), City: value("city"), Region: value("region"),
			PostalCode: value("postal_code"), Country: strings.ToUpper(value("country")), Phone: value("phone")}
		for _, name := range []string{"street", "street2", "street3"} {
			if line := value(name); line != "" {
				a.Street = append(a.Street, line)
			}
		}
		w.Address = &a
	}
	if connector := value("connector"); connector != "" {
		if connector == "any" {
			connector = ""
		}
		w.Connector = &connector
	}
	if by := value("needed_by"); by != value("was_needed_by") {
		w.NeededBy = &by
	}
	return w
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

// addressField is a field of an address form.
type addressField struct{ Name, Text, Fill string }

// addressFields are those of an address, as browsers fill them in (HTML §4.10.18.7).
var addressFields = []addressField{
	{"recipient", "address.recipient", "name"}, {"company", "address.company", "organization"}, {"street", "address.street", "address-line1"},
	{"street2", "address.street2", "address-line2"}, {"postal_code", "address.postal", "postal-code"}, {"city", "address.city", "address-level2"},
	{"region", "address.region", "address-level1"}, {"country", "address.country", "country"}, {"phone", "address.phone", "tel"},
}
