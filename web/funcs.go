package web

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"html/template"
	"time"

	"keystation/inventory"
	"keystation/station"
)

// timeView is a time as a page shows it.
type timeView struct{ Machine, Full, Ago, Clock string }

// funcs are what templates may call. They only choose words and forms.
func (s *Site) funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"t": s.texts.teller(lang),
		"comments": func(rows []inventory.Comment, number, from string) commentsPart {
			return commentsPart{rows, number, from}
		},
		"addressfields": func() []addressField { return addressFields },
		"rolename":      func(r inventory.Role) (string, error) { return s.texts.tell(lang, "role."+string(r)) },
		"asset":         s.assets.url,
		"word":          func(kind string, value any) word { return s.texts.said(lang, wordFor(kind, value)) },
		"keyword": func(state inventory.KeyState, making bool) word {
			return s.texts.said(lang, keyWordFor(state, making))
		},
		"asked":    func(r inventory.RequisitionRow) word { return s.texts.said(lang, requisitionWord(r)) },
		"means":    func(st inventory.KeyState) string { return s.texts.of(lang, "means.", st) },
		"icon":     func(t station.Tone) string { return toneIcons[t] },
		"acts":     func(t tileView, a action) actView { return actView{a, t.Port, t.Name()} },
		"tileicon": tileIcon,
		"step":     func(step any) string { return cmp.Or(s.texts.of(lang, "step.", step), fmt.Sprint(step)) },
		"steps":    func() []inventory.Step { return inventory.Steps },
		"add":      func(a, b int) int { return a + b },
		"time":     s.timeView,
		"moment":   func(v any) (momentView, error) { return s.momentView(lang, v) },
		"took":     took, "clock": clock, "short": shortened, "plural": plural, "capital": sentenceCase,
		"hex":      hex.EncodeToString,
		"sealed":   func(st inventory.SealState) string { return s.texts.of(lang, "seal.", st) },
		"serial":   func(src inventory.SerialSource) string { return s.texts.of(lang, "serial.", src) },
		"scanform": s.emptyScanForm,
		"due":      func(t time.Time) (dueView, error) { return s.dueView(lang, t) },
		"advise":   func(r inventory.IncidentRow) string { return s.texts.adviseIncident(lang, r) },

		"statusword": statusWord, "host": hostOf,
	}
}

// timeView takes a time or a pointer to one; the zero time and nil show nothing.
func (s *Site) timeView(v any) timeView {
	var t time.Time
	switch v := v.(type) {
	case time.Time:
		t = v
	case *time.Time:
		if v != nil {
			t = *v
		}
	case string:
		t, _ = inventory.ParseTime(v) // a text that is no time shows nothing
	}
	if t.IsZero() {
		return timeView{}
	}
	local := t.In(s.Zone)
	return timeView{t.UTC().Format(time.RFC3339), local.Format("2006-01-02 15:04:05 MST"), ago(s.Now().Sub(t)), local.Format("15:04:05")}
}

// momentView is a time for people who want to know the day.
type momentView struct{ Machine, Full, Calm string }

func (s *Site) momentView(lang string, v any) (momentView, error) {
	at := s.timeView(v)
	t, none := time.Parse(time.RFC3339, at.Machine)
	if none != nil { // no time shows nothing
		return momentView{}, nil
	}
	day, err := s.texts.tell(lang, "due.date")
	return momentView{at.Machine, at.Full, t.In(s.Zone).Format(day + ", 15:04")}, err
}
