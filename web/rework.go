package web

import (
	"context"
	"fmt"
	"net/http"

	"keystation/inventory"
)

// reworkBooks is what the list of keys to look at again reads.
type reworkBooks interface {
	// Rework lists the keys that a bench must look at again, the last first, at most limit.
	Rework(ctx context.Context, limit int) ([]inventory.ReworkRow, error)
}

// reworkPage lists keys that somebody must take up again, each with the one next action.
type reworkPage struct {
	Rows []inventory.ReworkRow
	More bool // there are more than are shown
	Can  bool // there is a bench that can give a run up
}

const reworkRows = 200

func (s *Site) rework(c Ctx) error {
	rows, err := s.Books.Rework(c.Request().Context(), reworkRows+1)
	if err != nil {
		return fmt.Errorf("list keys to look at again: %w", err)
	}
	page := reworkPage{Rows: rows[:min(len(rows), reworkRows)], More: len(rows) > reworkRows, Can: s.Bench != nil}
	return s.render(c, http.StatusOK, "rework", frame{Title: s.text(c, "title.rework"), Here: "/rework"}, page)
}

// abandon gives a run up that waits for a key which is not coming.
func abandon(b Bench, c Ctx) error {
	run := c.Request().PostFormValue("run")
	if run == "" {
		return inventory.Refuse(inventory.Invalid, "No run is named: use the button in the list.")
	}
	return b.Abandon(c.Request().Context(), visitor(c).Actor, inventory.RunID(run))
}
