package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// frame is what stands around every page.
type frame struct {
	Title   string
	Here    string // path of the entry of the navigation that the page belongs to
	Refresh bool   // reload every few seconds where there is no script
	Wide    bool   // use the whole screen
	Script  string // static file; empty: none
}

// view is what the base template gets.
type view struct {
	frame
	Demo    bool
	Test    bool
	Version string
	Nav     []navItem
	Page    any
}

type navItem struct{ Path, Name string }

// navigation is the list at the top of every page.
var navigation = []navItem{
	{"/overview", "Overview"}, {"/bench", "Bench"}, {"/rework", "Rework"}, {"/keys", "Keys"}, {"/models", "Models"}, {"/incidents", "Incidents"}, {"/requisitions", "Requisitions"},
	{"/people", "People"}, {"/runs", "Runs"}, {"/ledger", "Ledger"},
}

// parsePages parses each page together with the base and the parts, once.
func (s *Site) parsePages() (map[string]*template.Template, error) {
	base, err := template.New("base.html").Funcs(s.funcs()).ParseFS(templateFiles, "templates/base.html", "templates/parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse base page: %w", err)
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		clone, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("clone base page: %w", err)
		}
		key := strings.TrimSuffix(path.Base(name), ".html")
		if pages[key], err = clone.ParseFS(templateFiles, name); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", key, err)
		}
	}
	return pages, nil
}

// render draws the page whole before the first byte goes out, so that a fault in it still gets an error page.
func (s *Site) render(c Ctx, status int, name string, f frame, page any) error {
	v := view{frame: f, Demo: s.Demo, Test: s.Settings.Test(), Version: s.Version, Nav: navigation, Page: page}
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, "base.html", v); err != nil {
		return fmt.Errorf("draw page %s: %w", name, err)
	}
	return c.HTMLBlob(status, b.Bytes())
}

// part draws one part of a page, for the event stream.
func (s *Site) part(name string, data any) (string, error) {
	var b strings.Builder
	if err := s.pages["base"].ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("draw part %s: %w", name, err)
	}
	return b.String(), nil
}

// seeOther answers a form: the script gets an empty answer, a person the page to go on with.
func seeOther(c Ctx, to string) error {
	if wantsJSON(c.Request()) {
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, to)
}
