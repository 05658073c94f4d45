package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"keystation/inventory"
)

// keyBooks is what the pages about keys read.
type keyBooks interface {
	// KeyList gives a page of keys, the last changed first.
	KeyList(ctx context.Context, q inventory.KeyQuery) (inventory.KeyPage, error)
	// KeyDossier gives all that is known about the key with this tag; NotFound when there is none.
	KeyDossier(ctx context.Context, tag inventory.AssetTag) (inventory.KeyDossier, error)
}

// keysPage is a page of keys.
type keysPage struct {
	inventory.KeyPage
	Query  inventory.KeyQuery
	Counts []stateCount
	Total  int
	More   string // address of the next page
	First  string // address of the first, when this is a later one
}

const pageRows = 50

func (s *Site) keys(c Ctx) error {
	if err := known(c, "state", keyStateNames()); err != nil {
		return err
	}
	q := inventory.KeyQuery{
		Text: c.QueryParam("q"), State: inventory.KeyState(c.QueryParam("state")), After: c.QueryParam("after"), Limit: pageRows,
	}
	rows, err := s.Books.KeyList(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list keys: %w", err)
	}
	all, err := s.Books.Overview(c.Request().Context())
	if err != nil {
		return fmt.Errorf("count keys: %w", err)
	}
	page := keysPage{KeyPage: rows, Query: q, Counts: countStates(all.Keys, q.State)}
	for _, n := range all.Keys {
		page.Total += n
	}
	kept := url.Values{"q": {q.Text}, "state": {string(q.State)}}
	page.First, page.More = pageLinks("/keys", kept, q.After, rows.Next)
	return s.render(c, http.StatusOK, "keys", frame{Title: s.text(c, "title.keys"), Here: "/keys"}, page)
}

// known refuses a value in the address by which a list cannot be cut down: nothing would match, and nobody would know
// why.
func known[S ~string](c Ctx, name string, values []S) error {
	v := c.QueryParam(name)
	if v == "" || slices.Contains(values, S(v)) {
		return nil
	}
	return inventory.Refuse(inventory.Invalid, "There is no %s %q to filter by: use the buttons above the list.", name, v)
}

func keyStateNames() []inventory.KeyState {
	names := make([]inventory.KeyState, len(keyStates))
	for i, w := range keyStates {
		names[i] = w.state
	}
	return names
}

// pageLinks gives the addresses of the first page (empty on it) and the next (empty on the last).
func pageLinks(path string, kept url.Values, after, next string) (first, more string) {
	for name := range kept {
		if kept.Get(name) == "" {
			kept.Del(name)
		}
	}
	if after != "" {
		first = address(path, kept)
	}
	if next != "" {
		kept.Set("after", next)
		more = address(path, kept)
	}
	return first, more
}

func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// keyPage is all about one key.
type keyPage struct {
	inventory.KeyDossier
	Run     *inventory.RunRow // that made it, or the last that tried
	Journal timing            // of that run
	Making  bool              // that run has the key in hand
	Packet  bool              // there is something to print
	Label   bool              // its label can be had
	Twin    bool              // it can be read as a page too
	Trust   trustView
}

func (s *Site) key(c Ctx) error {
	d, err := s.dossier(c)
	if err != nil {
		return err
	}
	page := keyPage{KeyDossier: d, Journal: timingOf(d.Entries), Packet: s.hasPacket(d), Label: s.Label != nil, Twin: s.Contents != nil}
	if page.Trust, err = s.trust(c.Request().Context(), d); err != nil {
		return err
	}
	if len(d.Runs) > 0 {
		page.Run = &d.Runs[0]
		page.Making = page.Run.Run.EndedAt == nil && d.Key.State == inventory.Received
	}
	if page.Making && page.For == nil {
		page.For = page.Run.For
	}
	return s.render(c, http.StatusOK, "key", frame{Title: s.text(c, "title.of-key", string(d.Key.Tag)), Here: "/keys"}, page)
}

// dossier reads the key that the address names, however its tag was typed.
func (s *Site) dossier(c Ctx) (inventory.KeyDossier, error) {
	tag, err := inventory.ParseAssetTag(c.Param("tag"))
	if err != nil {
		return inventory.KeyDossier{}, inventory.Refuse(inventory.NotFound, "%s", inventory.Sentence(err))
	}
	d, err := s.Books.KeyDossier(c.Request().Context(), tag)
	if err != nil {
		return d, fmt.Errorf("read key: %w", err)
	}
	return d, nil
}

// hasPacket tells if the key was made for somebody and there is still a parcel to pack.
func (s *Site) hasPacket(d inventory.KeyDossier) bool {
	return s.Packet != nil && d.For != nil && (d.Key.State == inventory.Ready || d.Key.State == inventory.Packed)
}
