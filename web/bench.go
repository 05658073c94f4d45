package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"keystation/inventory"
	"keystation/station"
)

// benchBooks is what the bench's strip needs to know.
type benchBooks interface {
	// MadeSince counts the runs that ended ready at or after a time.
	MadeSince(ctx context.Context, since time.Time) (int, error)
	// OpenLines lists what keys can be made for now, in the order in which the bench takes lines.
	OpenLines(ctx context.Context, limit int) ([]inventory.OpenLine, error)
}

// benchPage is the live bench.
type benchPage struct {
	Boot    string
	Seq     int64
	Tiles   []tileView
	Strip   strip
	Session sessionView
	Still   bool // it does not reload itself where there is no script
	Overdue *inventory.Metadata
}

// strip sums up the bench.
type strip struct {
	Today, Hour          int // keys made
	Open                 int // lines that wait for their keys, as far as they were counted
	More                 bool
	Waiting, Busy, Ports int // ports that wait for hands, that work, all
}

// bench shows all ports.
func (s *Site) bench(c Ctx) error {
	snap := s.Feed.Snapshot()
	sum, err := s.strip(c.Request().Context(), snap)
	if err != nil {
		return err
	}
	still := c.QueryParam("still") != ""
	overdue, err := s.overdue(c.Request().Context())
	if err != nil {
		return err
	}
	page := benchPage{Boot: s.boot, Seq: snap.Seq, Tiles: s.tileViews(snap), Strip: sum, Session: s.session(), Still: still, Overdue: overdue}
	f := frame{Title: s.text(c, "title.bench"), Here: "/bench", Refresh: !still, Wide: true, Script: "bench.js"}
	return s.render(c, http.StatusOK, "bench", f, page)
}

// madeCount keeps the strip's counts for a moment, so that sixteen browsers cost the books what one does.
type madeCount struct {
	mu                sync.Mutex
	at                time.Time
	today, hour, open int
}

const (
	madeCountLasts = time.Second
	openCounted    = 200 // more lines than anybody makes keys for in a day are not counted
)

func (s *Site) strip(ctx context.Context, snap station.Snapshot) (strip, error) {
	out := strip{Ports: len(snap.Tiles)}
	now := s.session()
	resting := now.Held || now.Learning // nothing is asked for
	for _, t := range snap.Tiles {
		switch t.Tone {
		case station.Hands:
			if !resting {
				out.Waiting++
			}
		case station.Busy:
			out.Busy++
		}
	}
	err := s.count(ctx, &out)
	return out, err
}

// count fills in what the books know.
func (s *Site) count(ctx context.Context, out *strip) error {
	now := s.Now().In(s.Zone)
	m := &s.made
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at.IsZero() || now.Sub(m.at).Abs() >= madeCountLasts {
		midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, s.Zone)
		today, err := s.Books.MadeSince(ctx, midnight)
		if err != nil {
			return fmt.Errorf("count keys made today: %w", err)
		}
		hour, err := s.Books.MadeSince(ctx, now.Add(-time.Hour))
		if err != nil {
			return fmt.Errorf("count keys made this hour: %w", err)
		}
		open, err := s.Books.OpenLines(ctx, openCounted)
		if err != nil {
			return fmt.Errorf("count open lines: %w", err)
		}
		m.at, m.today, m.hour, m.open = now, today, hour, len(open)
	}
	out.Today, out.Hour, out.Open, out.More = m.today, m.hour, m.open, m.open == openCounted
	return nil
}
