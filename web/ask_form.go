package web

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keystation/inventory"
)

// formPage is the last page: what the key is for, where it goes, and when.
type formPage struct {
	happenedPart
	Other   string
	Hidden  []hidden
	Form    string // names this form, so that one that is sent twice asks once
	First   bool   // a stolen key: what to do first
	Need    *group // nil: it is in place of another, so that is the reason
	Text    string
	Pair    group
	To      group
	Address inventory.Address
	CanKeep bool // the address can go into the address book
	Keep    bool
	By      group
	ByDay   string
	Key     string // which key it will be
}

// happenedPart asks which key is replaced, and when that happened to it.
type happenedPart struct {
	Wrong wrongs
	Keys  *group // nil: none is replaced
	Day   string // empty: it is not asked
	Today string
}

func (s *Site) happened(c Ctx, a asking, wrong wrongs) happenedPart {
	h := happenedPart{Wrong: wrong, Today: s.Now().In(s.Zone).Format(day)}
	if a.occasion.Replaces() {
		h.Keys = s.keyGroup(c, a, wrong)
	}
	if a.occasion.Incident != "" {
		h.Day = cmp.Or(a.values.Get("day"), h.Today)
	}
	return h
}

// newForm names a form.
func newForm() string { return rand.Text() }

// askForm draws the last page.
func (s *Site) askForm(c Ctx, a asking) error {
	if a.answers.Check() != nil {
		return seeOther(c, a.to("/ask/check"))
	}
	return s.drawForm(c, a, http.StatusOK, nil)
}

func (s *Site) drawForm(c Ctx, a asking, status int, wrong wrongs) error {
	v := a.values
	page := formPage{happenedPart: s.happened(c, a, wrong), Other: a.other(visitor(c)), Hidden: a.hidden(), Form: cmp.Or(v.Get("token"), newForm()),
		Text: v.Get("text"), ByDay: v.Get("byday"), First: a.occasion.Incident == inventory.IncidentStolen,
		Key: s.keySentence(c, a.table.Advise(a.answers, a.facts.Person.Tier)), Address: a.address(),
		CanKeep: string(a.facts.Person.ID) == visitor(c).ID, Keep: v.Get("keep") == "yes"}
	if !a.occasion.Replaces() {
		page.Need = s.needGroup(c, a, wrong)
	}
	page.Pair = s.pairGroup(c, a)
	page.To, page.By = s.toGroup(c, a, wrong), s.byGroup(c, a, wrong)
	return s.render(c, status, "ask_form", frame{Title: s.text(c, "ask.form.title"), Here: askHere}, page)
}

func (s *Site) keyGroup(c Ctx, a asking, wrong wrongs) *group {
	g := &group{ID: "key", Legend: s.text(c, "ask.key"), Wrong: wrong["key"]}
	for _, k := range a.facts.Keys {
		g.Choices = append(g.Choices, option{Name: "key", Value: string(k.Tag), Label: string(k.Tag), Hint: k.Model,
			On: a.values.Get("key") == string(k.Tag) || len(a.facts.Keys) == 1})
	}
	switch {
	case !a.facts.Near:
		g.Hint = s.text(c, "ask.key.far", a.facts.Person.Name)
	case len(g.Choices) == 0:
		g.Hint = s.text(c, "ask.key.none")
	}
	return g
}

func (s *Site) needGroup(c Ctx, a asking, wrong wrongs) *group {
	g := &group{ID: "need", Legend: s.text(c, "ask.need"), Wrong: wrong["need"]}
	for _, n := range inventory.Needs {
		g.Choices = append(g.Choices, option{Name: "need", Value: n.Code, Label: s.text(c, "ask.need."+n.Code), On: a.values.Get("need") == n.Code})
	}
	return g
}

func (s *Site) pairGroup(c Ctx, a asking) group {
	pair := a.occasion.Pair
	if a.values.Has("pair") {
		pair = a.values.Get("pair") == "yes"
	}
	g := group{ID: "pair", Legend: s.text(c, "ask.pair"), Hint: s.text(c, "ask.pair.hint")}
	return g.and(option{Name: "pair", Value: "yes", Label: s.text(c, "ask.pair.yes"), On: pair},
		option{Name: "pair", Value: "no", Label: s.text(c, "ask.pair.no"), On: !pair})
}

// The places where a key can go, as the values of a field: a desk has its name behind.
const (
	toDesk = "desk:"
	toNew  = "new"
)

// toSaved begins the value of an address that the person keeps.
const toSaved = "saved:"

// toGroup offers the addresses that the person keeps, the desks and a new address.
func (s *Site) toGroup(c Ctx, a asking, wrong wrongs) group {
	g := group{ID: "to", Legend: s.text(c, "ask.to"), Wrong: wrong["to"]}
	chosen := a.values.Get("to")
	for i, k := range a.facts.Addresses {
		value := toSaved + string(k.ID)
		g = g.and(option{Name: "to", Value: value, Label: k.Label, Hint: k.Open.City, On: chosen == value || chosen == "" && i == 0})
	}
	first := len(g.Choices) == 0
	for i, name := range append([]string{}, s.desks()...) {
		label := s.text(c, "ask.to.desk")
		if name != "" {
			label = s.text(c, "ask.to.place", name)
		}
		g = g.and(option{Name: "to", Value: toDesk + name, Label: label, On: chosen == toDesk+name || chosen == "" && i == 0 && first})
	}
	return g.and(option{Name: "to", Value: toNew, Label: s.text(c, "ask.to.new"), On: chosen == toNew})
}

// desks are where keys can be picked up; one without a name when nobody named any.
func (s *Site) desks() []string {
	if len(s.Desks) == 0 {
		return []string{""}
	}
	return s.Desks
}

// byGroup offers days, so that nobody has to write one.
func (s *Site) byGroup(c Ctx, a asking, wrong wrongs) group {
	now, chosen := s.Now().In(s.Zone), a.values.Get("by")
	g := group{ID: "by", Legend: s.text(c, "ask.by"), Wrong: wrong["by"]}
	g = g.and(option{Name: "by", Value: "", Label: s.text(c, "ask.by.soon"), On: chosen == ""})
	for _, n := range []int{7, 14} {
		at := now.AddDate(0, 0, n)
		d := at.Format(day)
		g = g.and(option{Name: "by", Value: d, Label: s.text(c, "ask.by.on", at.Format(s.text(c, "due.date"))), On: chosen == d})
	}
	return g.and(option{Name: "by", Value: "day", Label: s.text(c, "ask.by.day"), On: chosen == "day"})
}

// address is what was typed; before that, what the directory knows.
func (a asking) address() inventory.Address {
	if !a.values.Has("street") {
		return inventory.Address{Recipient: a.facts.Person.Name, Country: a.facts.Person.Country}
	}
	return addressOf(a.values)
}

func trimmed(v url.Values, name string) string { return strings.TrimSpace(v.Get(name)) }

// asked is the ask that the pages came to.
func (a asking) asked(way inventory.Way) inventory.Ask {
	v := a.values
	ask := inventory.Ask{Form: v.Get("token"), For: a.facts.Person.ID, Relation: inventory.Relation(v.Get("rel")), Occasion: a.occasion.Code,
		Need: v.Get("need"), Text: trimmed(v, "text"), Pair: v.Get("pair") == "yes", Answers: a.answers, Chosen: way, Failed: a.failed(),
		Replaces: inventory.AssetTag(v.Get("key")), Happened: v.Get("day"), NeededBy: v.Get("by")}
	if ask.NeededBy == "day" {
		ask.NeededBy = cmp.Or(v.Get("byday"), "-") // a day that was not chosen is none
	}
	switch to := v.Get("to"); {
	case to == toNew:
		ask.Address = a.address()
		if v.Get("keep") == "yes" {
			ask.Keep = cmp.Or(ask.Address.City, "-")
		}
	case strings.HasPrefix(to, toSaved):
		ask.Saved = inventory.AddressID(strings.TrimPrefix(to, toSaved))
	case strings.HasPrefix(to, toDesk):
		ask.Place = strings.TrimPrefix(to, toDesk)
	}
	return ask
}

// sendAsk asks for keys. What is wrong comes back at its field, with all that was filled in.
func (s *Site) sendAsk(c Ctx, a asking) error {
	ask, wrong := a.asked(inventory.WayKey), wrongs{}
	for _, p := range ask.Problems(s.Now()) {
		wrong[p.Field] = s.text(c, "ask.wrong."+p.Code)
	}
	if g := s.toGroup(c, a, nil); !slices.ContainsFunc(g.Choices, func(o option) bool { return o.Value == a.values.Get("to") }) {
		wrong["to"] = s.text(c, "ask.wrong.to")
	}
	if len(wrong) > 0 {
		return s.drawForm(c, a, http.StatusBadRequest, wrong)
	}
	number, err := s.Books.Ask(c.Request().Context(), visitor(c).Actor, ask)
	if err != nil {
		return fmt.Errorf("ask for keys: %w", err)
	}
	s.bell.ring()
	return seeOther(c, "/requisitions/"+url.PathEscape(number))
}

// servedAsk writes down that another way works. What happened to a key that it takes the place of is told with it.
func (s *Site) servedAsk(c Ctx, a asking) error {
	ask, wrong := a.asked(inventory.Way(a.values.Get("way"))), wrongs{}
	for _, p := range ask.Problems(s.Now()) {
		wrong[p.Field] = s.text(c, "ask.wrong."+p.Code)
	}
	if len(wrong) > 0 {
		return s.drawSteps(c, a, http.StatusBadRequest, wrong)
	}
	number, err := s.Books.Ask(c.Request().Context(), visitor(c).Actor, ask)
	if err != nil {
		return fmt.Errorf("end without a key: %w", err)
	}
	return seeOther(c, "/requisitions/"+url.PathEscape(number))
}
