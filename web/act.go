package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"keystation/inventory"
)

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

// onPort is the shape of all buttons on a tile: read the port, act, back to where the button was.
func onPort(act func(*Site, Ctx, string) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		port, err := s.port(c)
		if err != nil {
			return err
		}
		if err := act(s, c, port); err != nil {
			return err
		}
		s.bell.ring()
		return seeOther(c, backTo(c.Request()))
	}
}

// backTo is the page on which the button was, as the browser tells; else the bench.
func backTo(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.Path != "/bench" && u.Path != "/rework" && !strings.HasPrefix(u.Path, "/bench/port/") {
		return "/bench"
	}
	return u.RequestURI()
}

// onTile is onPort for what the bench does at a port.
func onTile(act func(Bench, Ctx, string) error) func(*Site, Ctx) error {
	return onPort(func(s *Site, c Ctx, port string) error {
		if s.Bench == nil {
			return onlyWatched()
		}
		return act(s.Bench, c, port)
	})
}

// onBench is the shape of the buttons above the tiles.
func onBench(act func(Bench, Ctx) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		if s.Bench == nil {
			return onlyWatched()
		}
		if err := act(s.Bench, c); err != nil {
			return err
		}
		s.bell.ring()
		return seeOther(c, backTo(c.Request()))
	}
}

func onlyWatched() error {
	return inventory.Refuse(inventory.Unavailable, "This page only watches the bench: use the program that runs it.")
}

// onHands is onPort for the demo's software keys.
func onHands(act func(Hands, context.Context, string) error) func(*Site, Ctx) error {
	return onPort(func(s *Site, c Ctx, port string) error {
		if s.Hands == nil {
			return noHands()
		}
		return act(s.Hands, c.Request().Context(), port)
	})
}

func noHands() error {
	return inventory.Refuse(inventory.Unavailable, "Only a demo has software keys: plug in and touch the real one.")
}

// touch passes a touch on where the tile asks for one. A software key is as patient as a real one: a touch that nobody
// asked for would do nothing, and whoever gave it would wait.
func touch(s *Site, c Ctx, port string) error {
	if s.Hands == nil {
		return noHands()
	}
	tile, _ := s.Feed.Tile(port)
	if v := s.tileView(tile); !v.Wants("touch") {
		return inventory.Refuse(inventory.Conflict, "%s asks for no touch now. Its tile says %s: %s", v.Name(), v.Word, v.Sentence)
	}
	return s.Hands.Touch(c.Request().Context(), port)
}

func answer(b Bench, c Ctx, port string) error {
	no, err := strconv.Atoi(c.FormValue("question"))
	if err != nil {
		return unclear()
	}
	yes, err := choice(c, "answer")
	if err != nil {
		return err
	}
	return b.Answer(c.Request().Context(), visitor(c).Actor, port, no, yes)
}

func cancel(b Bench, c Ctx, port string) error { return b.Cancel(c.Request().Context(), port) }

func retry(b Bench, c Ctx, port string) error { return b.Retry(c.Request().Context(), port) }

func holdPort(b Bench, c Ctx, port string) error {
	on, err := choice(c, "on")
	if err != nil {
		return err
	}
	return b.Hold(c.Request().Context(), port, on)
}

func holdAll(b Bench, c Ctx) error { return holdPort(b, c, "") }

func wink(b Bench, c Ctx, port string) error { return b.Wink(c.Request().Context(), port) }

func printLabel(b Bench, c Ctx, port string) error { return b.PrintLabel(c.Request().Context(), port) }

// pin takes the chosen line; the empty one takes the choice back. A form without the field is none of ours.
func pin(b Bench, c Ctx, port string) error {
	line, ok := c.Request().PostForm["line"]
	if !ok || len(line) != 1 {
		return inventory.Refuse(inventory.Invalid, "No line is chosen: choose one on the port's page.")
	}
	return b.Pin(c.Request().Context(), port, inventory.LineID(line[0]))
}

// labeled reads what the label of a port's key says; nothing takes it back.
func labeled(b Bench, c Ctx, port string) error {
	return b.Labeled(c.Request().Context(), visitor(c).Actor, port, strings.TrimSpace(c.Request().PostFormValue("serial")))
}

// choice reads yes or no. Nothing said is no answer, least of all a yes.
func choice(c Ctx, name string) (bool, error) {
	switch c.Request().PostFormValue(name) {
	case "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return false, unclear()
}

func unclear() error {
	return inventory.Refuse(inventory.Invalid, "The answer is missing: use one of the buttons on the page.")
}
