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
	"time"
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
	Demo      bool
	Test      bool
	Version   string
	Lang      string // of the page, BCP 47
	Door      surface
	Me        Visitor // nobody: its ID is empty
	Nav       []navItem
	Languages []spoken // that the page can be read in; empty: in English only
	Broke     string   // who came in beside the identity provider within a day; empty: nobody
	Page      any
}

// navItem is an entry of the list at the top of every page.
type navItem struct {
	Path, Name string
	permission permission
	surface    surface
}

// navigation is the list at the top of every page; a visitor sees of it where they may go. Name is a key of the texts.
var navigation = []navItem{
	{"/my", "nav.my", people, folk}, {"/approvals", "nav.approvals", approvers, folk},
	{"/ask", "nav.ask", people, both},
	{"/overview", "nav.overview", readers, desk}, {"/queue", "nav.queue", readers, desk}, {"/bench", "nav.bench", operators, desk}, {"/rework", "nav.rework", readers, desk},
	{"/keys", "nav.keys", readers, desk}, {"/models", "nav.models", readers, desk}, {"/incidents", "nav.incidents", readers, desk},
	{"/requisitions", "nav.requisitions", readers, desk}, {"/people", "nav.people", readers, desk}, {"/runs", "nav.runs", readers, desk},
	{"/ledger", "nav.ledger", readers, desk},
}

// ways are the entries of the navigation that v may follow, at this door or by the address of the other one.
func (s *Site) ways(v Visitor, door surface) []navItem {
	var out []navItem
	for _, n := range navigation {
		if v.ID == "" || !v.may(n.permission) {
			continue
		}
		switch {
		case n.surface.at(door):
		case n.surface == desk && s.DeskURL != "":
			n.Path = s.DeskURL + n.Path
		case n.surface == folk && s.PeopleURL != "":
			n.Path = s.PeopleURL + n.Path
		default:
			continue
		}
		out = append(out, n)
	}
	return out
}

// parsePages parses each page together with the base and the parts, once for each language.
func (s *Site) parsePages() (map[string]map[string]*template.Template, error) {
	all := map[string]map[string]*template.Template{}
	for lang := range s.texts {
		pages, err := s.parseLanguage(lang)
		if err != nil {
			return nil, err
		}
		all[lang] = pages
	}
	return all, nil
}

func (s *Site) parseLanguage(lang string) (map[string]*template.Template, error) {
	base, err := template.New("base.html").Funcs(s.funcs(lang)).ParseFS(templateFiles, "templates/base.html", "templates/parts/*.html")
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

const (
	routeKey = "route"
	doorKey  = "door"
)

// ceremonyScript is on the pages that may ask for passkeys. No page of the bench is among them: the browser would address
// every key in the hub.
const ceremonyScript = "passkey.js"

// render draws the page whole before the first byte goes out, so that a fault in it still gets an error page.
func (s *Site) render(c Ctx, status int, name string, f frame, page any) error {
	lang, me, door := s.language(c), visitor(c), doorOf(c)
	v := view{frame: f, Demo: s.Demo, Test: s.Settings.Test(), Version: s.Version, Lang: lang, Door: door, Me: me, Nav: s.ways(me, door),
		Languages: s.spoken(c), Page: page}
	if door != folk && me.may(readers) {
		v.Broke = s.brokeGlass(c)
	}
	if f.Script == ceremonyScript {
		c.Response().Header().Set(permissionsPolicy[0], strings.NewReplacer("-get=()", "-get=(self)", "-create=()", "-create=(self)").Replace(permissionsPolicy[1]))
	}
	var b bytes.Buffer
	if err := s.pages[lang][name].ExecuteTemplate(&b, "base.html", v); err != nil {
		return fmt.Errorf("draw page %s: %w", name, err)
	}
	return c.HTMLBlob(status, b.Bytes())
}

// brokeGlass says who came in beside the identity provider within a day; empty: nobody did.
func (s *Site) brokeGlass(c Ctx) string {
	if s.SignIn == nil || s.SignIn.OIDC == nil {
		return ""
	}
	name, when, err := s.SignIn.Books.BrokeGlass(c.Request().Context())
	if err != nil {
		s.Log.Error("look who broke glass", "err", err)
		return ""
	}
	if s.Now().Sub(when) > 24*time.Hour {
		return ""
	}
	return name
}

// doorOf is the door by which a request came.
func doorOf(c Ctx) surface {
	if d, ok := c.Get(doorKey).(surface); ok {
		return d
	}
	return both
}

// part draws one part of a page, for the event stream.
func (s *Site) part(name string, data any) (string, error) {
	var b strings.Builder
	if err := s.pages[english]["base"].ExecuteTemplate(&b, name, data); err != nil {
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
