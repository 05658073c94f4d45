package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"keystation/inventory"
	"keystation/station"
)

// portPage is one port: its tile, what it said, and which lines its next key can be for.
type portPage struct {
	Boot string
	Tile tileView
	Log  []station.Line       // the newest first
	Open []inventory.OpenLine // that can be pinned here
}

// pinnable is how many lines are offered: the others come when these are made.
const pinnable = 100

func (s *Site) onePort(c Ctx) error {
	port, err := named(c)
	if err != nil {
		return err
	}
	tile, ok := s.Feed.Tile(port)
	if !ok {
		return inventory.Refuse(inventory.NotFound, "The bench has no such port now: look at the bench for those it has.")
	}
	open, err := s.Books.OpenLines(c.Request().Context(), pinnable)
	if err != nil {
		return fmt.Errorf("list open lines: %w", err)
	}
	log := s.Feed.Log(port)
	slices.Reverse(log)
	v := s.tileView(tile)
	page := portPage{Boot: s.boot, Tile: v, Log: log, Open: open}
	f := frame{Title: v.Name(), Here: "/bench", Script: "bench.js"}
	return s.render(c, http.StatusOK, "port", f, page)
}

// named is the port that the address names. The router gives it as it was sent where the address has an escaped slash
// in it, and decoded otherwise.
func named(c Ctx) (string, error) {
	port := c.Param("port")
	if c.Request().URL.RawPath == "" {
		return port, nil
	}
	port, err := url.PathUnescape(port)
	if err != nil {
		return "", fmt.Errorf("read port's name: %w", err)
	}
	return port, nil
}
