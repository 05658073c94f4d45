package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"keystation/inventory"
)

// askBooks is what the pages read and do on which people ask for keys.
type askBooks interface {
	// Readiness gives the table by which answers are judged.
	Readiness(ctx context.Context) (inventory.Readiness, error)
	// AskFacts gives what is known of the person for whom something is asked; without an id that is whoever asks.
	AskFacts(ctx context.Context, by inventory.Actor, of inventory.PersonID) (inventory.AskFacts, error)
	// PersonByEmail finds somebody by the whole of their e-mail address or external id; NotFound when there is nobody.
	PersonByEmail(ctx context.Context, text string) (inventory.Person, error)
	// Ask writes down what was asked and gives its number.
	Ask(ctx context.Context, by inventory.Actor, a inventory.Ask) (string, error)
}

// group is one question of a form, answered by taps.
type group struct {
	ID, Legend, Hint string
	Wrong            string // what is the matter with the answer; empty: nothing
	Choices          []option
}

// option is one answer to tap.
type option struct {
	Name, Value, Label, Hint string
	Many                     bool // others can be chosen beside it
	On                       bool
}

// hidden is an answer of an earlier page, on its way to the next.
type hidden struct{ Name, Value string }

// askHere is the entry of the navigation for all pages on which somebody asks.
const askHere = "/ask"

// wrongs are the sentences of what is wrong with a form, by field.
type wrongs map[string]string

// askPage is the first page: for whom, and what happened.
type askPage struct {
	Open   []inventory.Requisition // of the visitor's own
	Who    *group                  // nil: only somebody else can be asked for
	Rel    group
	What   []group
	Wrong  wrongs
	Email  string
	Direct bool // the address field counts without a tap
}

func (s *Site) ask(c Ctx) error { return s.askBegin(c, http.StatusOK, nil) }

// askBegin draws the first page, filled in as it was sent.
func (s *Site) askBegin(c Ctx, status int, wrong wrongs) error {
	f, err := s.Books.AskFacts(c.Request().Context(), visitor(c).Actor, "")
	if err != nil && inventory.KindOf(err) != inventory.NotFound { // the user of this machine is nobody in the directory
		return fmt.Errorf("read who asks: %w", err)
	}
	form := formValues(c)
	page := askPage{Open: f.Open, Wrong: wrong, Email: form.Get("email"), Direct: f.Person.ID == ""}
	if !page.Direct {
		page.Who = s.whoGroup(c, f, form.Get("who"), wrong)
	}
	page.Rel = group{ID: "rel", Legend: s.text(c, "ask.rel"), Wrong: wrong["rel"]}
	for _, r := range inventory.Relations {
		page.Rel.Choices = append(page.Rel.Choices, option{Name: "rel", Value: string(r), Label: s.text(c, "ask.rel."+string(r)), On: form.Get("rel") == string(r)})
	}
	page.What = s.occasionGroups(c, form.Get("what"), wrong)
	return s.render(c, status, "ask", frame{Title: s.text(c, "ask.title"), Here: askHere}, page)
}

// whoGroup offers whoever asks, those who report to them, and anybody else.
func (s *Site) whoGroup(c Ctx, f inventory.AskFacts, chosen string, wrong wrongs) *group {
	g := &group{ID: "who", Legend: s.text(c, "ask.who"), Wrong: wrong["who"]}
	g.Choices = append(g.Choices, option{Name: "who", Value: "me", Label: s.text(c, "ask.who.me"), On: chosen == "" || chosen == "me"})
	for _, p := range f.Team {
		g.Choices = append(g.Choices, option{Name: "who", Value: string(p.ID), Label: p.Name, Hint: p.Department, On: chosen == string(p.ID)})
	}
	g.Choices = append(g.Choices, option{Name: "who", Value: "other", Label: s.text(c, "ask.who.other"), On: chosen == "other"})
	return g
}

// occasionGroups offer new keys and those in place of another.
func (s *Site) occasionGroups(c Ctx, chosen string, wrong wrongs) []group {
	fresh := group{ID: "what", Legend: s.text(c, "ask.what"), Wrong: wrong["what"]}
	instead := group{ID: "instead", Legend: s.text(c, "ask.instead")}
	for _, o := range inventory.Occasions {
		to := &fresh
		if o.Replaces() {
			to = &instead
		}
		to.Choices = append(to.Choices, option{Name: "what", Value: o.Code, Label: s.text(c, "ask.what."+o.Code), On: chosen == o.Code})
	}
	return []group{fresh, instead}
}

// beginAsk takes the first page and goes on to the check. Who was named by an address goes on by their id, so that the
// address stands in no URL.
func (s *Site) beginAsk(c Ctx) error {
	form, wrong, next := formValues(c), wrongs{}, url.Values{}
	if _, err := inventory.OccasionOf(form.Get("what")); err != nil {
		wrong["what"] = s.text(c, "ask.wrong.what")
	}
	switch who := form.Get("who"); {
	case who == "other" || who == "" && visitor(c).Person == "":
		p, err := s.Books.PersonByEmail(c.Request().Context(), form.Get("email"))
		if err != nil && inventory.KindOf(err) != inventory.NotFound {
			return fmt.Errorf("look for a person: %w", err)
		}
		if err != nil {
			wrong["email"] = s.text(c, "ask.wrong.email")
		}
		if !slices.Contains(inventory.Relations, inventory.Relation(form.Get("rel"))) {
			wrong["rel"] = s.text(c, "ask.wrong.rel")
		}
		next.Set("for", string(p.ID))
		next.Set("rel", form.Get("rel"))
	case who != "me" && who != "":
		next.Set("for", who)
		next.Set("rel", string(inventory.ForTeam))
	}
	if len(wrong) > 0 {
		return s.askBegin(c, http.StatusBadRequest, wrong)
	}
	next.Set("what", form.Get("what"))
	return seeOther(c, "/ask/check?"+next.Encode())
}

// formValues are the fields that were sent; of a page that was only asked for there are none.
func formValues(c Ctx) url.Values {
	if c.Request().Method != http.MethodPost {
		return url.Values{}
	}
	if err := c.Request().ParseForm(); err != nil {
		return url.Values{}
	}
	return c.Request().PostForm
}

// asking is what the pages after the first know: for whom, why, and what was answered so far.
type asking struct {
	values   url.Values
	facts    inventory.AskFacts
	table    inventory.Readiness
	occasion inventory.Occasion
	answers  inventory.Answers
}

// errBeginAgain says that the page before the first answers was left out.
var errBeginAgain = errors.New("nothing was asked yet")

// asking reads what the pages before carried along, and the facts and the table they are judged by.
func (s *Site) asking(c Ctx, values url.Values) (asking, error) {
	a := asking{values: values}
	var err error
	if a.occasion, err = inventory.OccasionOf(values.Get("what")); err != nil {
		return a, errBeginAgain
	}
	ctx := c.Request().Context()
	a.facts, err = s.Books.AskFacts(ctx, visitor(c).Actor, inventory.PersonID(values.Get("for")))
	if inventory.KindOf(err) == inventory.NotFound {
		return a, errBeginAgain
	}
	if err != nil {
		return a, fmt.Errorf("read who is asked for: %w", err)
	}
	if a.table, err = s.Books.Readiness(ctx); err != nil {
		return a, fmt.Errorf("read readiness table: %w", err)
	}
	a.answers = readAnswers(values, a.table)
	return a, nil
}

// onAsking runs a page of the ask with what it knows; who comes without that is sent to the first one.
func onAsking(page func(*Site, Ctx, asking) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		values := c.QueryParams()
		if c.Request().Method == http.MethodPost {
			values = formValues(c)
		}
		a, err := s.asking(c, values)
		if errors.Is(err, errBeginAgain) {
			return seeOther(c, askHere)
		}
		if err != nil {
			return err
		}
		return page(s, c, a)
	}
}

// askedFields are those that go along from page to page.
var askedFields = []string{"for", "rel", "what", "browser", "fresh", "phone", "model", "own", "virtual", "app", "pin", "form", "conn", "failed"}

// carried are the answers so far.
func (a asking) carried() url.Values {
	kept := url.Values{}
	for _, name := range append(slices.Clone(askedFields), computerFields(a.table)...) {
		for _, v := range a.values[name] {
			if v != "" {
				kept.Add(name, v)
			}
		}
	}
	return kept
}

// hidden are the answers so far as fields of a form, but for those that the form asks itself.
func (a asking) hidden(but ...string) []hidden {
	var all []hidden
	for _, name := range append(slices.Clone(askedFields), computerFields(a.table)...) {
		for _, v := range a.carried()[name] {
			if !slices.Contains(but, name) {
				all = append(all, hidden{name, v})
			}
		}
	}
	return all
}

// to is the address of another page of the ask, with the answers so far and one more.
func (a asking) to(path string, more ...string) string {
	kept := a.carried()
	for i := 0; i+1 < len(more); i += 2 {
		kept.Add(more[i], more[i+1])
	}
	return path + "?" + kept.Encode()
}

// other is the name of who is asked for; empty: whoever asks.
func (a asking) other(v Visitor) string {
	if string(a.facts.Person.ID) == v.ID {
		return ""
	}
	return a.facts.Person.Name
}

// failed are the ways that were tried.
func (a asking) failed() []inventory.Way {
	var ways []inventory.Way
	for _, v := range a.values["failed"] {
		if !slices.Contains(ways, inventory.Way(v)) {
			ways = append(ways, inventory.Way(v))
		}
	}
	return ways
}
