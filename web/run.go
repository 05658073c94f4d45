package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"keystation/inventory"
)

// runBooks is what the pages about runs read.
type runBooks interface {
	// RunList gives a page of runs, the newest first.
	RunList(ctx context.Context, q inventory.RunQuery) (inventory.RunPage, error)
	// RunDossier gives a run with its journal; NotFound when there is none.
	RunDossier(ctx context.Context, id inventory.RunID) (inventory.RunDossier, error)
}

// runsPage is a page of runs.
type runsPage struct {
	inventory.RunPage
	Query       inventory.RunQuery
	Ends        []inventory.RunEnd
	First, More string
}

// runEnds are the ends that the list can be cut down to.
var runEnds = []inventory.RunEnd{
	inventory.RunReady, inventory.RunStocked, inventory.RunRefused, inventory.RunWaiting, inventory.RunFailed, inventory.RunQuarantined, inventory.RunInterrupted,
}

func (s *Site) runs(c Ctx) error {
	if err := known(c, "end", runEnds); err != nil {
		return err
	}
	q := inventory.RunQuery{End: inventory.RunEnd(c.QueryParam("end")), After: c.QueryParam("after"), Limit: pageRows}
	rows, err := s.Books.RunList(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list runs: %w", err)
	}
	page := runsPage{RunPage: rows, Query: q, Ends: runEnds}
	page.First, page.More = pageLinks("/runs", url.Values{"end": {string(q.End)}}, q.After, rows.Next)
	return s.render(c, http.StatusOK, "runs", frame{Title: s.text(c, "title.runs"), Here: "/runs"}, page)
}

// runPage is one run, step by step.
type runPage struct {
	inventory.RunDossier
	Journal timing
}

func (s *Site) run(c Ctx) error {
	d, err := s.Books.RunDossier(c.Request().Context(), inventory.RunID(c.Param("id")))
	if err != nil {
		return fmt.Errorf("read run: %w", err)
	}
	page := runPage{RunDossier: d, Journal: timingOf(d.Entries)}
	return s.render(c, http.StatusOK, "run", frame{Title: s.text(c, "title.of-run-at", d.Run.Port), Here: "/runs"}, page)
}

// timing is a run's steps and what they took together.
type timing struct {
	Shares []share
	Total  int64 // milliseconds
}

func timingOf(entries []inventory.Entry) timing {
	j := timing{Shares: shares(entries)}
	for _, sh := range j.Shares {
		j.Total += sh.MS
	}
	return j
}

// Shown tells if it is worth a look where the time went: of less than a second nobody asks.
func (j timing) Shown() bool { return j.Total >= 1000 }

// share is what one step took of a run, and where it stands in a bar that is barWidth wide.
type share struct {
	inventory.Entry
	X, Width float64
	Percent  int
}

const barWidth = 1000

// shares gives the steps that began, in order, each with its last outcome; a step that has none yet has an empty one.
func shares(entries []inventory.Entry) []share {
	last := map[inventory.Step]inventory.Entry{}
	var total int64
	for _, e := range entries {
		had := last[e.Step]
		if e.Phase == inventory.Intent && had.Step != "" {
			continue // asked again; what it took so far stays
		}
		e.MS += had.MS
		last[e.Step] = e
	}
	for _, e := range last {
		total += e.MS
	}
	var out []share
	x := 0.0
	for _, step := range inventory.Steps {
		e, ok := last[step]
		if !ok {
			continue
		}
		sh := share{Entry: e, X: x}
		if total > 0 {
			sh.Width = float64(e.MS) * barWidth / float64(total)
			sh.Percent = int(100*float64(e.MS)/float64(total) + 0.5)
		}
		x += sh.Width
		out = append(out, sh)
	}
	return out
}
