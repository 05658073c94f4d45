package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"keystation/inventory"
)

// approvalBooks is what the pages read and do on which people decide.
type approvalBooks interface {
	// ApprovalQueue gives a page of what waits for by, critical first, then by age.
	ApprovalQueue(ctx context.Context, by inventory.Actor, after string) (inventory.ApprovalPage, error)
	// ApprovalsWaiting counts what waits for by.
	ApprovalsWaiting(ctx context.Context, by inventory.Actor) (int, error)
	// ApprovalCase gives a requisition with all that whoever decides about it looks at; NotFound when it is none of by's.
	ApprovalCase(ctx context.Context, by inventory.Actor, number string) (inventory.ApprovalCase, error)
	// Approve answers by's seat with yes.
	Approve(ctx context.Context, by inventory.Actor, number, reason string) error
	// ApproveAll approves several, each for itself.
	ApproveAll(ctx context.Context, by inventory.Actor, numbers []string) ([]inventory.RowResult, error)
	// Reject answers by's seat with no; the reason is read by who asked.
	Reject(ctx context.Context, by inventory.Actor, number, reason string) error
	// AskBack puts a question to who asked.
	AskBack(ctx context.Context, by inventory.Actor, number, question string) error
	// Undo takes back a yes of by's, or for an admin the last that was given.
	Undo(ctx context.Context, by inventory.Actor, number string) error
	// Comment says something about a requisition.
	Comment(ctx context.Context, by inventory.Actor, number, text string) error
}

// approvalsPage is what waits for somebody's decision.
type approvalsPage struct {
	inventory.ApprovalPage
	Results     []inventory.RowResult // of a batch
	Batch       bool                  // several can be approved at once
	First, More string
}

func (s *Site) approvals(c Ctx) error { return s.showApprovals(c, http.StatusOK, nil) }

func (s *Site) showApprovals(c Ctx, status int, results []inventory.RowResult) error {
	after := c.QueryParam("after")
	queue, err := s.Books.ApprovalQueue(c.Request().Context(), visitor(c).Actor, after)
	if err != nil {
		return fmt.Errorf("list what waits for a decision: %w", err)
	}
	page := approvalsPage{ApprovalPage: queue, Results: results, Batch: slices.ContainsFunc(queue.Rows, inventory.ApprovalRow.InBatch)}
	page.First, page.More = pageLinks("/approvals", url.Values{}, after, queue.Next)
	return s.render(c, status, "approvals", frame{Title: s.text(c, "approval.queue.title"), Here: "/approvals"}, page)
}

// approveBatch approves what was ticked; what was refused is told case by case.
func (s *Site) approveBatch(c Ctx) error {
	r := c.Request()
	if err := r.ParseForm(); err != nil {
		return unclear()
	}
	numbers := r.PostForm["number"]
	if len(numbers) == 0 {
		return inventory.Refuse(inventory.Invalid, "Nothing is ticked: tick what you approve, then press the button.")
	}
	results, err := s.Books.ApproveAll(r.Context(), visitor(c).Actor, numbers)
	if err != nil {
		return fmt.Errorf("approve several: %w", err)
	}
	s.bell.ring()
	return s.showApprovals(c, http.StatusOK, results)
}

// approvalPage is one case.
type approvalPage struct {
	inventory.ApprovalCase
	Advised   bool
	Way       string   // what was recommended
	Why       []string // for what reasons
	Chosen    string   // what was chosen instead; empty: the same
	Above     int      // by how many keys it goes beyond the entitlement
	NeedsWord bool     // a reason has to be typed for a yes
	Wanted    int
}

func (s *Site) approval(c Ctx) error {
	one, err := s.Books.ApprovalCase(c.Request().Context(), visitor(c).Actor, c.Param("number"))
	if err != nil {
		return fmt.Errorf("read case: %w", err)
	}
	page := approvalPage{ApprovalCase: one, NeedsWord: one.Requisition.Tier == inventory.Critical}
	for _, l := range one.Lines {
		if l.Line.State != inventory.LineCancelled {
			page.Wanted++
		}
	}
	page.Above = max(0, one.Holdings.Keys+one.Holdings.Coming+page.Wanted-one.Entitlement)
	if a, ok := one.Requisition.Advised(); ok {
		page.Advised, page.Way, page.Why = true, s.text(c, "way."+string(a.Recommended.Way)), s.reasons(c, a.Recommended.Reasons)
		if a.Chosen != a.Recommended.Way {
			page.Chosen = s.text(c, "way."+string(a.Chosen))
		}
	}
	return s.render(c, http.StatusOK, "approval", frame{Title: one.Requisition.Number, Here: "/approvals"}, page)
}

// approveCase approves. A critical one takes a typed word besides.
func (s *Site) approveCase(c Ctx) error {
	r, number := c.Request(), inventory.RequisitionNumber(c.Param("number"))
	return s.decide(c, number, s.Books.Approve(r.Context(), visitor(c).Actor, number, r.PostFormValue("reason")))
}

func (s *Site) rejectCase(c Ctx) error {
	r, number := c.Request(), inventory.RequisitionNumber(c.Param("number"))
	return s.decide(c, number, s.Books.Reject(r.Context(), visitor(c).Actor, number, r.PostFormValue("reason")))
}

func (s *Site) askBack(c Ctx) error {
	r, number := c.Request(), inventory.RequisitionNumber(c.Param("number"))
	return s.decide(c, number, s.Books.AskBack(r.Context(), visitor(c).Actor, number, r.PostFormValue("question")))
}

// undoCase takes a yes back. The bench looks whether its lines stand.
func (s *Site) undoCase(c Ctx) error {
	number := inventory.RequisitionNumber(c.Param("number"))
	return s.decide(c, number, s.Books.Undo(c.Request().Context(), visitor(c).Actor, number))
}

// decide ends an answer: back to the case, which says what came of it.
func (s *Site) decide(c Ctx, number string, err error) error {
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	if s.Recheck != nil {
		s.Recheck(c.Request().Context())
	}
	s.bell.ring()
	return seeOther(c, "/approvals/"+url.PathEscape(number))
}

// comment says something, from the status page or from a case.
func (s *Site) comment(c Ctx) error {
	r, number := c.Request(), inventory.RequisitionNumber(c.Param("number"))
	if err := s.Books.Comment(r.Context(), visitor(c).Actor, number, r.PostFormValue("text")); err != nil {
		return fmt.Errorf("comment: %w", err)
	}
	back := "/requisitions/" + url.PathEscape(number)
	if r.PostFormValue("from") == "approval" {
		back = "/approvals/" + url.PathEscape(number)
	}
	return seeOther(c, back+"#comments")
}
