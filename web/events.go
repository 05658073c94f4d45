package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"keystation/station"
)

const (
	beatEvery = 15 * time.Second // proxies cut what is silent for a minute
	streamFor = 30 * time.Minute // then the browser comes back by itself, where it stopped
	writeIn   = 20 * time.Second // a browser that takes longer for one event is gone
)

// snapshotEvent is the whole bench: what a browser gets that is new here or was away too long.
type snapshotEvent struct {
	Seq   int64          `json:"seq"`
	Boot  string         `json:"boot"`
	Tiles []station.Tile `json:"tiles"`
	HTML  string         `json:"html"`
	stripEvent
}

// tileEvent is one change of one port, as data and as the page shows it.
type tileEvent struct {
	Seq  int64        `json:"seq"`
	Tile station.Tile `json:"tile"`
	HTML string       `json:"html"`
}

// stripEvent is what stands above the tiles: the sum, and what is switched on. It comes with every beat, so that a
// page can tell silence from death, and at once when a page switched something.
type stripEvent struct {
	Strip   string `json:"strip"`
	Session string `json:"session"`
}

// events streams the bench (HTML Living Standard §9.2). A browser that names the last event it saw, in this process,
// gets what it missed; any other begins with a snapshot.
func (s *Site) events(c Ctx) error {
	st, err := s.openStream(c)
	if err != nil || c.Request().Method == http.MethodHead {
		return err
	}
	switched := s.bell.heard() // before anything is told: what is switched from here on is told as well
	missed, snap, events := s.Feed.Resume(c.Request().Context(), s.lastSeen(c))
	if err = st.begin(missed, snap); err == nil {
		err = st.follow(events, switched)
	}
	if err != nil { // the browser is gone; nothing is left to answer
		s.Log.Debug("event stream ended", "err", err)
	}
	return nil
}

// follow passes events on until there are none, the browser is gone, the stream is old, or the program stops. A
// browser that fell behind was let go by the feed; it comes back and gets a snapshot.
func (st *stream) follow(events <-chan station.Event, switched <-chan struct{}) error {
	beat, stopBeat := st.site.tick(beatEvery)
	defer stopBeat()
	end, stopEnd := st.site.tick(streamFor)
	defer stopEnd()
	for {
		var err error
		select {
		case ev, ok := <-events:
			if !ok {
				return nil
			}
			err = st.tile(ev)
		case <-beat:
			err = st.beat()
		case <-switched:
			switched = st.site.bell.heard()
			err = st.sum()
		case <-end:
			return nil
		case <-st.site.closing:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lastSeen is the number of the last event the browser saw, or -1. The boot name in the address guards against
// numbers of a process that is gone.
func (s *Site) lastSeen(c Ctx) int64 {
	id, err := strconv.ParseInt(c.Request().Header.Get("Last-Event-ID"), 10, 64)
	if boot := c.QueryParam("boot"); err != nil || id < 0 || boot != "" && boot != s.boot {
		return -1
	}
	return id
}

// stream writes events to one browser.
type stream struct {
	site *Site
	c    Ctx
	rc   *http.ResponseController
}

func (s *Site) openStream(c Ctx) (*stream, error) {
	st := &stream{s, c, http.NewResponseController(c.Response())}
	if err := st.rc.SetWriteDeadline(time.Time{}); err != nil { // the server's limit is for pages
		return nil, fmt.Errorf("clear write deadline: %w", err)
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
	return st, nil
}

func (st *stream) begin(missed []station.Event, snap *station.Snapshot) error {
	if err := st.write("retry: 1000\n\n"); err != nil {
		return err
	}
	if snap != nil {
		return st.snapshot(*snap)
	}
	for _, ev := range missed {
		if err := st.tile(ev); err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) snapshot(snap station.Snapshot) error {
	html, err := st.site.part("tiles", st.site.tileViews(snap))
	if err != nil {
		return err
	}
	sum, err := st.strip()
	if err != nil {
		return err
	}
	return st.send("snapshot", snap.Seq, snapshotEvent{snap.Seq, st.site.boot, snap.Tiles, html, sum})
}

func (st *stream) tile(ev station.Event) error {
	html, err := st.site.part("tile", st.site.tileView(ev.Tile))
	if err != nil {
		return err
	}
	if err := st.send("tile", ev.Seq, tileEvent{ev.Seq, ev.Tile, html}); err != nil {
		return err
	}
	return st.sum()
}

// beat keeps the connection alive and the sum fresh.
func (st *stream) beat() error {
	if err := st.write(": beat\n\n"); err != nil {
		return err
	}
	return st.sum()
}

// sum sends what stands above the tiles. It has no number: what it says can be asked again at any time.
func (st *stream) sum() error {
	head, err := st.strip()
	if err != nil {
		return err
	}
	return st.send("strip", -1, head)
}

func (st *stream) strip() (stripEvent, error) {
	var head stripEvent
	sum, err := st.site.strip(st.c.Request().Context(), st.site.Feed.Snapshot())
	if err != nil {
		return head, err
	}
	if head.Strip, err = st.site.part("strip", sum); err != nil {
		return head, err
	}
	head.Session, err = st.site.part("session", st.site.session())
	return head, err
}

func (st *stream) send(name string, seq int64, data any) error {
	body, err := json.Marshal(data) // one line: JSON escapes line ends
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	id := ""
	if seq >= 0 {
		id = fmt.Sprintf("id: %d\n", seq)
	}
	return st.write(fmt.Sprintf("event: %s\n%sdata: %s\n\n", name, id, body))
}

func (st *stream) write(text string) error {
	if err := st.rc.SetWriteDeadline(time.Now().Add(writeIn)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	if _, err := st.c.Response().Write([]byte(text)); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if err := st.rc.Flush(); err != nil {
		return fmt.Errorf("flush event: %w", err)
	}
	return nil
}
