package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"keystation/inventory"
)

// absenceBooks is what the page reads and does on which approvers say when they are away.
type absenceBooks interface {
	// Absences lists those of a person, and those for which they stand in.
	Absences(ctx context.Context, of inventory.PersonID) ([]inventory.AbsenceRow, error)
	// SetAbsence notes one.
	SetAbsence(ctx context.Context, by inventory.Actor, a inventory.Absence) error
	// EndAbsence takes one back.
	EndAbsence(ctx context.Context, by inventory.Actor, id inventory.AbsenceID) error
}

// awayPage is when somebody is away, and for whom they stand in.
type awayPage struct {
	Rows  []inventory.AbsenceRow
	Me    inventory.PersonID
	Today string
}

func (s *Site) away(c Ctx) error {
	me := visitor(c).Person
	rows, err := s.Books.Absences(c.Request().Context(), me)
	if err != nil {
		return fmt.Errorf("list absences: %w", err)
	}
	page := awayPage{Rows: rows, Me: me, Today: s.Now().In(s.Zone).Format(day)}
	return s.render(c, http.StatusOK, "away", frame{Title: s.text(c, "approval.away.title"), Here: "/approvals"}, page)
}

func (s *Site) setAway(c Ctx) error {
	r := c.Request()
	a := inventory.Absence{Person: visitor(c).Person, From: r.PostFormValue("from"), Until: r.PostFormValue("until")}
	if text := strings.TrimSpace(r.PostFormValue("stand_in")); text != "" {
		p, err := s.Books.PersonByEmail(r.Context(), text)
		if err != nil {
			return fmt.Errorf("find stand-in: %w", err)
		}
		a.StandIn = p.ID
	}
	if err := s.Books.SetAbsence(r.Context(), visitor(c).Actor, a); err != nil {
		return fmt.Errorf("set absence: %w", err)
	}
	return seeOther(c, "/away")
}

func (s *Site) endAway(c Ctx) error {
	r := c.Request()
	if err := s.Books.EndAbsence(r.Context(), visitor(c).Actor, inventory.AbsenceID(r.PostFormValue("absence"))); err != nil {
		return fmt.Errorf("end absence: %w", err)
	}
	return seeOther(c, "/away")
}
