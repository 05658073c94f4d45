package web

import (
	"cmp"
	"net/http"

	"keystation/inventory"
)

// advicePage is what fits somebody, and why.
type advicePage struct {
	Other    string
	Way      inventory.Way
	Title    string
	Why      []string
	Heed     []string
	Next     string // the page to go on with
	Fit      []otherWay
	Unfit    []otherWay
	Key      string // the connectors and the form of a key, in a sentence; empty: none is recommended
	Change   string // back to the answers
	Tried    []string
	Replaces bool
}

// otherWay is a way beside the one that is recommended.
type otherWay struct {
	Title, Next string
	Why         []string
}

// askAdvice says what fits the answers. Answers that cannot be judged come back with the check.
func (s *Site) askAdvice(c Ctx, a asking) error {
	if err := a.answers.Check(); err != nil {
		return s.drawCheck(c, a, http.StatusBadRequest, s.text(c, "ask.wrong.answers"))
	}
	r := a.table.Advise(a.answers, a.facts.Person.Tier)
	page := advicePage{Other: a.other(visitor(c)), Way: r.Way, Title: s.text(c, "way."+string(r.Way)), Why: s.reasons(c, r.Reasons),
		Heed: s.reasons(c, r.Cautions), Next: a.wayOn(r.Way), Change: a.to("/ask/check"), Replaces: a.occasion.Replaces()}
	if r.Way == inventory.WayKey {
		page.Key = s.keySentence(c, r)
	}
	for _, way := range a.failed() {
		page.Tried = append(page.Tried, s.text(c, "way."+string(way)))
	}
	for _, o := range r.Others {
		other := otherWay{Title: s.text(c, "way."+string(o.Way)), Why: s.reasons(c, o.Reasons)}
		if o.Fits {
			other.Next = a.wayOn(o.Way)
			page.Fit = append(page.Fit, other)
			continue
		}
		page.Unfit = append(page.Unfit, other)
	}
	return s.render(c, http.StatusOK, "ask_advice", frame{Title: s.text(c, "advice.title"), Here: askHere}, page)
}

// wayOn is the page that a way goes on with.
func (a asking) wayOn(way inventory.Way) string {
	if way == inventory.WayKey {
		return a.to("/ask/form")
	}
	return a.to("/ask/steps", "way", string(way))
}

// reasons gives the sentences of coded reasons.
func (s *Site) reasons(c Ctx, all []inventory.AdviceReason) []string {
	var said []string
	for _, r := range all {
		var args []any
		if r.About != "" {
			args = append(args, s.called(c, r.About))
		}
		if r.Min != "" {
			args = append(args, r.Min)
		}
		said = append(said, s.text(c, "advice."+r.Code, args...))
	}
	return said
}

// keySentence says which key it will be.
func (s *Site) keySentence(c Ctx, r inventory.Recommendation) string {
	form := s.text(c, "advice.form."+string(r.Form))
	switch {
	case r.Connector == "":
		return s.text(c, "advice.key.any", form)
	case r.Connector == r.Spare:
		return s.text(c, "advice.key.same", s.called(c, r.Connector), form)
	}
	return s.text(c, "advice.key.two", s.called(c, r.Connector), s.called(c, r.Spare), form)
}

// stepsPage guides through a way that needs no hardware key.
type stepsPage struct {
	happenedPart
	Other, Title string
	Way          inventory.Way
	Steps        []string
	Hidden       []hidden
	Form         string // names this form, so that one that is sent twice asks once
	Key, Back    string // the pages to go on with when it did not work
	Another      bool   // another way than a key is left
}

// askSteps shows the steps of the way that was chosen.
func (s *Site) askSteps(c Ctx, a asking) error { return s.drawSteps(c, a, http.StatusOK, nil) }

// drawSteps shows the advice to whoever may not take the way.
func (s *Site) drawSteps(c Ctx, a asking, status int, wrong wrongs) error {
	way := inventory.Way(a.values.Get("way"))
	r := a.table.Advise(a.answers, a.facts.Person.Tier)
	if a.answers.Check() != nil || way == inventory.WayKey || r.May(way) != nil {
		return seeOther(c, a.to("/ask/advice"))
	}
	page := stepsPage{happenedPart: s.happened(c, a, wrong), Other: a.other(visitor(c)), Title: s.text(c, "way."+string(way)), Steps: s.reasons(c, a.table.Guide(a.answers, way)),
		Hidden: a.hidden(), Form: cmp.Or(a.values.Get("token"), newForm()), Way: way, Key: a.to("/ask/form", "failed", string(way)), Back: a.to("/ask/advice", "failed", string(way))}
	for _, o := range append(r.Others, inventory.JudgedWay{Way: r.Way, Fits: true}) {
		page.Another = page.Another || o.Fits && o.Way != way && o.Way != inventory.WayKey
	}
	return s.render(c, status, "ask_steps", frame{Title: page.Title, Here: askHere}, page)
}
