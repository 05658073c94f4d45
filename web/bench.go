package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

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
	Boot  string
	Seq   int64
	Tiles []tileView
	Strip strip
	Live  bool // keys can be plugged in here: demo or not, the empty page says how
}

// tileView is a tile with what the page may do to it.
type tileView struct {
	station.Tile
	ID       string // for the page: letters, digits and dashes
	Elapsed  int64  // seconds since its last change
	Hands    bool   // software keys: plug, pull, touch
	Controls bool   // cancel, retry, answer
	Packet   bool   // its key's packet can be had
	Sticker  bool   // the label that goes on its key can be had
}

// strip sums up the bench.
type strip struct {
	Today, Hour          int // keys made
	Waiting, Busy, Ports int // ports that wait for hands, that work, all
}

// bench shows all ports.
func (s *Site) bench(c Ctx) error {
	snap := s.Feed.Snapshot()
	sum, err := s.strip(c.Request().Context(), snap)
	if err != nil {
		return err
	}
	page := benchPage{Boot: s.boot, Seq: snap.Seq, Tiles: s.tileViews(snap), Strip: sum}
	f := frame{Title: "Bench", Here: "/bench", Refresh: true, Wide: true, Script: "bench.js"}
	return s.render(c, http.StatusOK, "bench", f, page)
}

func (s *Site) tileViews(snap station.Snapshot) []tileView {
	views := make([]tileView, len(snap.Tiles))
	for i, t := range snap.Tiles {
		views[i] = s.tileView(t)
	}
	return views
}

func (s *Site) tileView(t station.Tile) tileView {
	if t.Label == "" {
		t.Label = t.Port
	}
	v := tileView{Tile: t, ID: fmt.Sprintf("port-%x", t.Port), Hands: s.Hands != nil, Controls: s.Bench != nil}
	v.Sticker = s.Label != nil && t.Tone == station.Good && t.Tag != ""
	v.Packet = s.Packet != nil && t.Tone == station.Good && t.Tag != "" && t.For != ""
	if !t.Since.IsZero() {
		v.Elapsed = max(0, int64(s.Now().Sub(t.Since).Seconds()))
	}
	return v
}

// Name is what the tile is called where nobody sees it.
func (t tileView) Name() string {
	if strings.HasPrefix(strings.ToLower(t.Label), "port") {
		return t.Label
	}
	return "Port " + t.Label
}

// CanCancel tells if there is something to end at the port.
func (t tileView) CanCancel() bool {
	return t.Controls && t.Running
}

// CanRetry tells if the port may begin anew.
func (t tileView) CanRetry() bool {
	return t.Controls && t.Plugged && !t.Running && t.Tone != station.Good
}

// Wants tells which of a software key's buttons stands out: the one that the tile's word asks for.
func (t tileView) Wants(act string) bool {
	return t.Tone == station.Hands && t.Ask == "" && strings.Contains(strings.ToLower(t.Word), act)
}

// Long tells if the word needs smaller letters to stand in one line. Capitals are a quarter wider.
func (t tileView) Long() bool {
	width := 0
	for _, r := range t.Word {
		width += 4
		if unicode.IsUpper(r) {
			width++
		}
	}
	return width > 4*14
}

// Says is the sentence, without the question that stands beside it.
func (t tileView) Says() string {
	if t.Sentence == t.Ask {
		return ""
	}
	return t.Sentence
}

// madeCount keeps the strip's two counts for a moment, so that sixteen browsers cost the books what one does.
type madeCount struct {
	mu          sync.Mutex
	at          time.Time
	today, hour int
}

const madeCountLasts = time.Second

func (s *Site) strip(ctx context.Context, snap station.Snapshot) (strip, error) {
	out := strip{Ports: len(snap.Tiles)}
	for _, t := range snap.Tiles {
		switch t.Tone {
		case station.Hands:
			out.Waiting++
		case station.Busy:
			out.Busy++
		}
	}
	var err error
	out.Today, out.Hour, err = s.madeCounts(ctx)
	return out, err
}

func (s *Site) madeCounts(ctx context.Context) (today, hour int, err error) {
	now := s.Now().In(s.Zone)
	s.made.mu.Lock()
	defer s.made.mu.Unlock()
	if !s.made.at.IsZero() && now.Sub(s.made.at).Abs() < madeCountLasts {
		return s.made.today, s.made.hour, nil
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, s.Zone)
	if today, err = s.Books.MadeSince(ctx, midnight); err != nil {
		return 0, 0, fmt.Errorf("count keys made today: %w", err)
	}
	if hour, err = s.Books.MadeSince(ctx, now.Add(-time.Hour)); err != nil {
		return 0, 0, fmt.Errorf("count keys made this hour: %w", err)
	}
	s.made.at, s.made.today, s.made.hour = now, today, hour
	return today, hour, nil
}

// port reads which port a form is about and refuses one that the bench does not show.
func (s *Site) port(c Ctx) (string, error) {
	if err := c.Request().ParseForm(); err != nil {
		return "", &inventory.Error{Kind: inventory.Invalid, Msg: "The form cannot be read: go back and use the button there.", Err: err}
	}
	port := c.FormValue("port")
	if _, ok := s.Feed.Tile(port); !ok {
		return "", inventory.Refuse(inventory.NotFound, "The bench has no such port now: reload the page.")
	}
	return port, nil
}

// onPort is the shape of all buttons on a tile: read the port, act, back to the bench.
func onPort(act func(*Site, Ctx, string) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		port, err := s.port(c)
		if err != nil {
			return err
		}
		if err := act(s, c, port); err != nil {
			return err
		}
		return seeOther(c, "/bench")
	}
}

// onBench is onPort for the bench's own buttons.
func onBench(act func(Bench, Ctx, string) error) func(*Site, Ctx) error {
	return onPort(func(s *Site, c Ctx, port string) error {
		if s.Bench == nil {
			return inventory.Refuse(inventory.Unavailable, "This page only watches the bench: use the program that runs it.")
		}
		return act(s.Bench, c, port)
	})
}

// onHands is onPort for the demo's software keys.
func onHands(act func(Hands, context.Context, string) error) func(*Site, Ctx) error {
	return onPort(func(s *Site, c Ctx, port string) error {
		if s.Hands == nil {
			return inventory.Refuse(inventory.Unavailable, "Only a demo has software keys: plug in and touch the real one.")
		}
		return act(s.Hands, c.Request().Context(), port)
	})
}

// touch passes a touch on where the tile asks for one. A software key is as patient as a real one: a touch that nobody
// asked for would do nothing, and whoever gave it would wait.
func touch(s *Site, c Ctx, port string) error {
	if s.Hands == nil {
		return inventory.Refuse(inventory.Unavailable, "Only a demo has software keys: plug in and touch the real one.")
	}
	tile, _ := s.Feed.Tile(port)
	if v := s.tileView(tile); !v.Wants("touch") {
		return inventory.Refuse(inventory.Conflict, "%s asks for no touch now. Its tile says %s: %s", v.Name(), v.Word, v.Sentence)
	}
	return s.Hands.Touch(c.Request().Context(), port)
}

func answer(a Bench, c Ctx, port string) error {
	no, err := strconv.Atoi(c.FormValue("question"))
	said := c.FormValue("answer")
	if err == nil && (said == "yes" || said == "no") {
		return a.Answer(c.Request().Context(), port, no, said == "yes")
	}
	return inventory.Refuse(inventory.Invalid, "The answer is missing: use one of the two buttons on the tile.")
}

func cancel(a Bench, c Ctx, port string) error { return a.Cancel(c.Request().Context(), port) }

func retry(a Bench, c Ctx, port string) error { return a.Retry(c.Request().Context(), port) }
