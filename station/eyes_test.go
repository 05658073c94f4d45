package station

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"
)

// shelf is a bus with one port, that may tell of changes.
type shelf struct {
	plug    string
	broken  error
	changes chan struct{}
}

func (s *shelf) Attached(context.Context) ([]Port, error) {
	return []Port{{ID: "1-1", Plug: s.plug}}, s.broken
}

func (s *shelf) At(context.Context, string) (Port, error) {
	return Port{ID: "1-1", Plug: s.plug}, s.broken
}

type tellingShelf struct {
	*shelf
	deaf error
}

func (s tellingShelf) Changes(context.Context) (<-chan struct{}, error) { return s.changes, s.deaf }

func sees(t *testing.T, e *eyes, want string) {
	t.Helper()
	ports, err := e.look(t.Context())
	if err != nil || len(ports) != 1 || ports[0].Plug != want {
		t.Fatalf("have %+v, %v, want plugging-in %s", ports, err, want)
	}
}

// TestEyes: a bus that tells of changes is asked after each, and once in a while in case it missed one.
func TestEyes(t *testing.T) {
	clock := time.Unix(0, 0)
	s := &shelf{plug: "1", changes: make(chan struct{}, 1)}
	e := openEyes(t.Context(), tellingShelf{shelf: s}, slog.New(slog.DiscardHandler))
	e.now = func() time.Time { return clock }
	sees(t, e, "1")
	s.plug = "2"
	clock = clock.Add(safetyPoll - 1)
	sees(t, e, "1")
	s.changes <- struct{}{}
	if err := e.rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	sees(t, e, "2")
	s.plug = "3"
	clock = clock.Add(safetyPoll)
	sees(t, e, "3")
	s.plug = "4"
	close(s.changes)
	if err := e.rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	sees(t, e, "4")
	s.plug = "5"
	sees(t, e, "5") // it tells no more, so it is asked each time
	e.shut()
}

// TestEyes_whereNothingTells asks at each look, and again after an error.
func TestEyes_whereNothingTells(t *testing.T) {
	s := &shelf{plug: "1"}
	for name, bus := range map[string]Bus{"a plain bus": s, "no inotify": tellingShelf{s, errors.New("no inotify")}} {
		t.Run(name, func(t *testing.T) {
			s.plug, s.broken = "1", nil
			e := openEyes(t.Context(), bus, slog.New(slog.DiscardHandler))
			sees(t, e, "1")
			s.plug = "2"
			sees(t, e, "2")
			s.broken = errors.New("no udev")
			if _, err := e.look(t.Context()); !errors.Is(err, s.broken) {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			stop()
			if err := e.rest(ctx); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			e.shut()
		})
	}
}

// TestEyes_afterAnError: a bus that tells of changes and could not be read is asked at the next look.
func TestEyes_afterAnError(t *testing.T) {
	s := &shelf{plug: "1", broken: errors.New("no udev"), changes: make(chan struct{})}
	e := openEyes(t.Context(), tellingShelf{shelf: s}, slog.New(slog.DiscardHandler))
	if _, err := e.look(t.Context()); !errors.Is(err, s.broken) {
		t.Fatal(err)
	}
	s.broken = nil
	sees(t, e, "1")
}
