package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keystation/inventory"
)

// answersPage is the readiness check: taps, no typing.
type answersPage struct {
	Other  string // who is asked for; empty: whoever asks
	Wrong  string
	Groups []group
	Hidden []hidden
}

// askCheck asks what somebody works with. What they answered the last time, or else what the directory says, is chosen
// already.
func (s *Site) askCheck(c Ctx, a asking) error {
	if !a.values.Has("browser") {
		a.answers = proposed(a)
	}
	return s.drawCheck(c, a, http.StatusOK, "")
}

func (s *Site) drawCheck(c Ctx, a asking, status int, wrong string) error {
	page := answersPage{Other: a.other(visitor(c)), Wrong: wrong, Groups: s.checkGroups(c, a)}
	for _, h := range a.hidden() {
		if h.Name == "for" || h.Name == "rel" || h.Name == "what" {
			page.Hidden = append(page.Hidden, h)
		}
	}
	return s.render(c, status, "ask_check", frame{Title: s.text(c, "ask.check.title"), Here: askHere}, page)
}

// proposed are the answers that a page begins with.
func proposed(a asking) inventory.Answers {
	if a.facts.Last != nil {
		return *a.facts.Last
	}
	p := inventory.Answers{Browser: inventory.Installed{Name: "chrome"}}
	for _, name := range strings.Fields(a.facts.Person.Systems) {
		i := inventory.Installed{Name: name}
		if bands := a.table.Bands(inventory.ReadySystem, name); len(bands) > 0 {
			i.Version = bands[0]
		}
		switch {
		case name == "vdi":
			p.Virtual = append(p.Virtual, name)
		case name == inventory.IOS || name == inventory.Android:
			p.Phone = i
		default:
			p.Computers = append(p.Computers, i)
		}
	}
	if b := a.table.Of(inventory.ReadyBrowser); len(b) > 0 {
		p.Browser = inventory.Installed{Name: b[0].Name, Version: b[0].Min}
	}
	return p
}

// computers are the systems of computers that are asked about: those of the table, and Linux in any case, so that nobody
// has to say that they work with something else.
func computers(table inventory.Readiness) []string {
	names := []string{inventory.Windows, inventory.MacOS, inventory.ChromeOS, inventory.Linux}
	for _, row := range table.Of(inventory.ReadySystem) {
		if row.Name != inventory.IOS && row.Name != inventory.Android && row.Name != "vdi" && !slices.Contains(names, row.Name) {
			names = append(names, row.Name)
		}
	}
	return names
}

// computerFields are the names of the fields about computers.
func computerFields(table inventory.Readiness) []string {
	var fields []string
	for _, name := range computers(table) {
		fields = append(fields, "pc-"+name)
	}
	return fields
}

// unknownVersion is the value of a version that nobody knows.
const unknownVersion = "?"

// readAnswers reads the check as it was sent.
func readAnswers(v url.Values, table inventory.Readiness) inventory.Answers {
	a := inventory.Answers{Model: v.Get("model"), Willing: v.Get("own") == "yes", Virtual: v["virtual"], Apps: v["app"],
		NoBiometrics: v.Get("pin") == "yes", Form: inventory.FormFactor(v.Get("form")), Connectors: v["conn"]}
	for _, name := range computers(table) {
		if version := v.Get("pc-" + name); version != "" && version != "-" {
			a.Computers = append(a.Computers, inventory.Installed{Name: name, Version: strings.Trim(version, unknownVersion)})
		}
	}
	if name, version, ok := strings.Cut(v.Get("phone"), " "); ok {
		a.Phone = inventory.Installed{Name: name, Version: strings.Trim(version, unknownVersion)}
	}
	a.Browser.Name = v.Get("browser")
	switch v.Get("fresh") {
	case "yes":
		if bands := table.Bands(inventory.ReadyBrowser, a.Browser.Name); len(bands) > 0 {
			a.Browser.Version = bands[0]
		}
	case "no":
		a.Browser.Version = inventory.VersionOlder
	}
	return a
}

// checkGroups are the questions of the check.
func (s *Site) checkGroups(c Ctx, a asking) []group {
	var all []group
	for _, name := range computers(a.table) {
		all = append(all, s.computerGroup(c, a, name))
	}
	all = append(all, s.browserGroup(c, a), s.freshGroup(c, a), s.phoneGroup(c, a))
	if models := a.table.Of(inventory.ReadyPhone); len(models) > 0 {
		all = append(all, s.modelGroup(c, a, models))
	}
	own := group{ID: "own", Legend: s.text(c, "ask.own"), Hint: s.text(c, "ask.own.hint")}
	for _, v := range []string{"yes", "no"} {
		own.Choices = append(own.Choices, option{Name: "own", Value: v, Label: s.text(c, "ask."+v), On: a.answers.Willing == (v == "yes")})
	}
	all = append(all, own)
	for _, g := range []struct {
		field string
		kind  inventory.ReadinessKind
		on    []string
	}{{"virtual", inventory.ReadyVirtual, a.answers.Virtual}, {"app", inventory.ReadyApp, a.answers.Apps}} {
		rows := group{ID: g.field, Legend: s.text(c, "ask."+g.field), Hint: s.text(c, "ask.any")}
		for _, row := range a.table.Of(g.kind) {
			rows.Choices = append(rows.Choices, option{Name: g.field, Value: row.Name, Label: sentenceCase(s.called(c, row.Name)), Many: true, On: slices.Contains(g.on, row.Name)})
		}
		if len(rows.Choices) > 0 {
			all = append(all, rows)
		}
	}
	return append(all, s.pinGroup(c, a), s.connectorGroup(c, a), s.formGroup(c, a))
}

// computerGroup asks for a system and its version at once.
func (s *Site) computerGroup(c Ctx, a asking, name string) group {
	has := slices.IndexFunc(a.answers.Computers, func(i inventory.Installed) bool { return i.Name == name })
	g := group{ID: "pc-" + name, Legend: s.called(c, name)}
	g.Choices = append(g.Choices, option{Name: g.ID, Value: "-", Label: s.text(c, "ask.pc.none"), On: has < 0})
	for _, o := range s.versions(c, a.table.Bands(inventory.ReadySystem, name)) {
		o.Name = g.ID
		o.On = has >= 0 && strings.Trim(o.Value, unknownVersion) == a.answers.Computers[has].Version
		g.Choices = append(g.Choices, o)
	}
	return g
}

// versions are the answers to which version: the bands, older, unknown. Where no version makes a difference there is one
// answer.
func (s *Site) versions(c Ctx, bands []string) []option {
	if len(bands) == 0 {
		return []option{{Value: unknownVersion, Label: s.text(c, "ask.version.any")}}
	}
	var all []option
	for i, band := range bands {
		label := s.text(c, "ask.version.from", band)
		if i > 0 {
			label = s.text(c, "ask.version.band", band)
		}
		all = append(all, option{Value: band, Label: label})
	}
	return append(all, option{Value: inventory.VersionOlder, Label: s.text(c, "ask.version.older")},
		option{Value: unknownVersion, Label: s.text(c, "ask.version.unknown")})
}

func (s *Site) browserGroup(c Ctx, a asking) group {
	g := group{ID: "browser", Legend: s.text(c, "ask.browser")}
	listed := false
	for _, row := range a.table.Of(inventory.ReadyBrowser) {
		on := row.Name == a.answers.Browser.Name
		listed = listed || on
		g.Choices = append(g.Choices, option{Name: "browser", Value: row.Name, Label: s.called(c, row.Name), On: on})
	}
	return g.and(option{Name: "browser", Value: "other", Label: s.text(c, "ask.browser.other"), On: !listed})
}

func (g group) and(more ...option) group {
	g.Choices = append(g.Choices, more...)
	return g
}

// freshGroup asks if the browser is new enough, by the versions that the table has.
func (s *Site) freshGroup(c Ctx, a asking) group {
	var least []string
	for _, row := range a.table.Of(inventory.ReadyBrowser) {
		least = append(least, s.called(c, row.Name)+" "+row.Min)
	}
	g := group{ID: "fresh", Legend: s.text(c, "ask.fresh"), Hint: s.text(c, "ask.fresh.hint", strings.Join(least, ", "))}
	is := map[string]string{"": unknownVersion, inventory.VersionOlder: "no"}
	chosen, known := is[a.answers.Browser.Version]
	if !known {
		chosen = "yes"
	}
	for _, v := range []string{"yes", "no", unknownVersion} {
		label := map[string]string{"yes": "ask.yes", "no": "ask.no", unknownVersion: "ask.version.unknown"}[v]
		g.Choices = append(g.Choices, option{Name: "fresh", Value: v, Label: s.text(c, label), On: chosen == v})
	}
	return g
}

func (s *Site) phoneGroup(c Ctx, a asking) group {
	g := group{ID: "phone", Legend: s.text(c, "ask.phone")}
	g = g.and(option{Name: "phone", Value: "none", Label: s.text(c, "ask.phone.none"), On: a.answers.Phone.Name == ""})
	for _, name := range []string{inventory.IOS, inventory.Android} {
		for _, o := range s.versions(c, a.table.Bands(inventory.ReadySystem, name)) {
			version := strings.Trim(o.Value, unknownVersion)
			g = g.and(option{Name: "phone", Value: name + " " + o.Value, Label: s.text(c, "ask.phone."+name, o.Label),
				On: a.answers.Phone == inventory.Installed{Name: name, Version: version}})
		}
	}
	return g
}

func (s *Site) modelGroup(c Ctx, a asking, models []inventory.ReadinessRow) group {
	g := group{ID: "model", Legend: s.text(c, "ask.model")}
	listed := false
	for _, row := range models {
		on := row.Name == a.answers.Model
		listed = listed || on
		g.Choices = append(g.Choices, option{Name: "model", Value: row.Name, Label: s.called(c, row.Name), On: on})
	}
	g.Choices = slices.Insert(g.Choices, 0, option{Name: "model", Label: s.text(c, "ask.model.none"), On: !listed})
	return g
}

func (s *Site) pinGroup(c Ctx, a asking) group {
	g := group{ID: "pin", Legend: s.text(c, "ask.pin"), Hint: s.text(c, "ask.pin.hint")}
	return g.and(option{Name: "pin", Value: "no", Label: s.text(c, "ask.pin.no"), On: !a.answers.NoBiometrics},
		option{Name: "pin", Value: "yes", Label: s.text(c, "ask.pin.yes"), On: a.answers.NoBiometrics})
}

func (s *Site) connectorGroup(c Ctx, a asking) group {
	g := group{ID: "conn", Legend: s.text(c, "ask.conn"), Hint: s.text(c, "ask.conn.hint")}
	for _, name := range inventory.Connectors {
		if name != "ble" { // no key that is sold today needs it
			g = g.and(option{Name: "conn", Value: name, Label: s.called(c, name), Many: true, On: slices.Contains(a.answers.Connectors, name)})
		}
	}
	return g
}

func (s *Site) formGroup(c Ctx, a asking) group {
	g := group{ID: "form", Legend: s.text(c, "ask.form")}
	for _, f := range []inventory.FormFactor{inventory.Keychain, inventory.Nano} {
		g = g.and(option{Name: "form", Value: string(f), Label: s.text(c, "ask.form."+string(f)),
			On: a.answers.Form == f || a.answers.Form == "" && f == inventory.Keychain})
	}
	return g
}

// called is the name of a system, a browser, a connector or a row of the table; what has no name in the texts is called as
// it is.
func (s *Site) called(c Ctx, name string) string {
	for _, lang := range []string{s.language(c), english} {
		if text, ok := s.texts[lang]["called."+name]; ok {
			return text
		}
	}
	return name
}
