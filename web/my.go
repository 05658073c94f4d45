package web

import (
	"context"
	"fmt"
	"net/http"

	"keystation/inventory"
)

// myBooks is what somebody's own page reads.
type myBooks interface {
	// Mine gives what a person asked for and has.
	Mine(ctx context.Context, of inventory.PersonID) (inventory.Mine, error)
}

// myPage is what somebody asked for, where it stands, and what they have.
type myPage struct {
	inventory.Mine
	Me      inventory.PersonID
	Waiting int // cases that wait for their decision
}

func (s *Site) my(c Ctx) error {
	ctx, v := c.Request().Context(), visitor(c)
	mine, err := s.Books.Mine(ctx, v.Person)
	if err != nil {
		return fmt.Errorf("read what somebody asked for: %w", err)
	}
	waiting, err := s.Books.ApprovalsWaiting(ctx, v.Actor)
	if err != nil {
		return fmt.Errorf("count what waits for a decision: %w", err)
	}
	page := myPage{Mine: mine, Me: v.Person, Waiting: waiting}
	return s.render(c, http.StatusOK, "my", frame{Title: s.text(c, "my.title"), Here: "/my"}, page)
}
