package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// The forty walk through the pages, from the first to the end that their table says, and read no code on the way.
func TestAsk_personas(t *testing.T) {
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	a := newAsker(t, "Ada")
	for i, p := range inventorytest.Personas(t) {
		t.Run(p.Name, func(t *testing.T) {
			lang := []string{"en", "de"}[i%2]
			a.t, a.lang = t, lang
			results, err := a.store.ImportPeople(t.Context(), inventorytest.Operator, []inventory.ImportedPerson{{Person: inventory.Person{Name: p.Name, ExternalID: p.Name, Tier: p.Tier}}}, false)
			if err != nil || results[0].Outcome != inventory.RowCreated {
				t.Fatal(results, err)
			}
			a.me = personNamed(t, a.store, p.Name)
			check := a.send(a.get("/ask"), url.Values{"what": {"first"}})
			advice := a.send(check, answers(p.Answers))
			advice.hasText(t, ".advice h2", texts[lang]["way."+string(p.Way)])
			said := advice.text("main")
			if strings.Contains(said, "%!") || regexp.MustCompile(`\b(ask|advice|called|guide)\.[a-z]`).MatchString(said) {
				t.Errorf("the page says %q", said)
			}
			checkPage(t, "/ask/advice", advice)
			to := func(way inventory.Way) page {
				link := texts[lang]["advice.go.steps"]
				switch {
				case way != p.Way:
					link = strings.ReplaceAll(texts[lang]["advice.take"], "%s", texts[lang]["way."+string(way)])
				case way == inventory.WayKey:
					link = texts[lang]["advice.go.key"]
				}
				next := a.follow(advice, link)
				checkPage(t, "/ask/"+string(way), next)
				return next
			}
			for i, way := range p.Failed {
				advice = to(way)
				if i+1 < len(p.Failed) || p.Choice != inventory.WayKey {
					advice = a.follow(advice, texts[lang]["guide.another"])
				}
			}
			var end page
			if p.Choice == inventory.WayKey && len(p.Failed) > 0 {
				end = a.follow(advice, texts[lang]["guide.failed"])
			} else {
				end = to(p.Choice)
			}
			more := url.Values{}
			if p.Choice == inventory.WayKey {
				more.Set("need", "data")
			}
			r := a.made(a.send(end, more))
			kept, _ := r.Requisition.Advised()
			if r.Requisition.State != p.Ends || kept.Chosen != p.Choice || kept.Recommended.Way != p.Way || !slices.Equal(kept.Failed, p.Failed) {
				t.Errorf("it ended %s: %+v", r.Requisition.State, kept)
			}
		})
	}
}

// What is wrong with a form comes back at its field, in the reader's language, with all that was filled in; nothing is asked.
func TestAsk_wrong(t *testing.T) {
	a := newAsker(t, "Grace")
	a.lang = "de"
	p := a.send(a.get("/ask"), url.Values{"who": {"other"}, "email": {"nobody@example.com"}})
	if p.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", p.StatusCode)
	}
	p.hasText(t, "#email-wrong", "Niemand im Verzeichnis hat diese Adresse")
	p.hasText(t, "#rel-wrong", "in welchem Verhältnis")
	p.hasText(t, "#what-wrong", "worum es geht")
	if _, form := filled(t, p, nil); form.Get("email") != "nobody@example.com" || form.Get("who") != "other" {
		t.Errorf("the page comes back with %v", form)
	}
	p = a.send(a.send(a.get("/ask"), url.Values{"what": {"first"}}), url.Values{})
	if p.StatusCode != http.StatusBadRequest {
		t.Errorf("no answers: %d", p.StatusCode)
	}
	p.hasText(t, ".notice[data-tone=bad]", "mindestens einen Rechner")
	p = a.send(a.get("/ask/form?what=first&pc-linux=%3F&browser=chrome&conn=usb-a"), url.Values{"to": {"new"}, "street": {"1 Main Street"}, "city": {""}, "by": {"day"}, "pair": {"no"}})
	if p.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", p.StatusCode)
	}
	p.hasText(t, "#need-wrong", "wofür der Schlüssel gebraucht wird")
	p.hasText(t, "#to-wrong", "einen Ort und ein Land")
	p.hasText(t, "#by-wrong", "einen Tag ab heute")
	_, form := filled(t, p, nil)
	for name, want := range map[string]string{"to": "new", "street": "1 Main Street", "recipient": "Grace Hopper", "country": "US", "by": "day", "pair": "no", "pc-linux": "?", "conn": "usb-a"} {
		if form.Get(name) != want {
			t.Errorf("%s comes back as %q, want %q", name, form.Get(name), want)
		}
	}
	p = a.send(p, url.Values{"need": {"other"}, "to": {"desk:elsewhere"}, "by": {""}})
	p.hasText(t, "#text-wrong", "in ein paar Worten")
	p.hasText(t, "#to-wrong", "wohin er gehen soll")
	if r := a.made(a.send(p, url.Values{"text": {"on call"}, "to": {"desk:"}})); r.Posted || len(r.Lines) != 1 || r.Lines[0].Line.Connector != "usb-a" || r.Requisition.Reason != "First keys: on call" {
		t.Errorf("asked is %+v", r)
	}
}

// A form that is sent twice, by an impatient thumb or after going back, asks once.
func TestAsk_twice(t *testing.T) {
	a := newAsker(t, "Grace")
	p := a.get("/ask/form?what=first&pc-linux=%3F&browser=chrome")
	first := a.made(a.send(p, url.Values{"need": {"code"}}))
	if again := a.made(a.send(p, url.Values{"need": {"money"}})); again.Requisition.Number != first.Requisition.Number {
		t.Errorf("it asked for %s and %s", first.Requisition.Number, again.Requisition.Number)
	}
}

// Pages in the middle that are opened without those before lead to the beginning, and a way that does not fit leads to the
// advice.
func TestAsk_middle(t *testing.T) {
	a := newAsker(t, "Grace")
	for path, want := range map[string]string{
		"/ask/check":                       "/ask",
		"/ask/advice?what=gem":             "/ask",
		"/ask/form?what=first":             "/ask/check?what=first",
		"/ask/check?what=first&for=nobody": "/ask",
		"/ask/steps?what=first&pc-linux=%3F&way=hello&phone=ios+17&own=yes":           "/ask/advice?own=yes&pc-linux=%3F&phone=ios+17&what=first",
		"/ask/steps?what=first&pc-windows=10&virtual=vdi&way=phone&phone=ios+17&own=": "/ask/advice?pc-windows=10&phone=ios+17&virtual=vdi&what=first",
	} {
		if p := a.get(path); p.StatusCode != http.StatusSeeOther || p.Header.Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, p.StatusCode, p.Header.Get("Location"), want)
		}
	}
	// Nor can it be sent.
	form := url.Values{"what": {"first"}, "pc-linux": {"?"}, "way": {"phone"}, "phone": {"ios 17"}, "own": {"yes"}}
	if p := a.post("/ask/steps", form); p.StatusCode != http.StatusConflict {
		t.Errorf("a way that does not fit: %d", p.StatusCode)
	}
}

// For somebody else: by tap for those who report to me, by their address for others, whose address stands in no URL.
func TestAsk_somebodyElse(t *testing.T) {
	a := newAsker(t, "Ada")
	results, err := a.store.ImportPeople(t.Context(), inventorytest.Operator, []inventory.ImportedPerson{{Person: inventory.Person{Name: "Rita Report", ExternalID: "X", Manager: a.me.ID, Tier: inventory.Critical}}}, false)
	if err != nil || results[0].Outcome != inventory.RowCreated {
		t.Fatal(results, err)
	}
	rita := personNamed(t, a.store, "Rita")
	start := a.get("/ask")
	start.hasText(t, "#who", "For me", "Rita Report", "Somebody else")
	advice := a.send(a.send(start, url.Values{"who": {string(rita.ID)}, "what": {"first"}}), url.Values{"pc-windows": {"10"}, "phone": {"ios 17"}, "own": {"yes"}})
	advice.hasText(t, ".askedfor", "For Rita Report")
	advice.hasText(t, ".advice", "Hardware key", "guarded like this one (critical)")
	if r := a.made(a.send(a.follow(advice, "Go on with the key"), url.Values{"need": {"admin"}})); r.Requisition.Person != rita.ID || r.Requisition.RequestedBy != a.me.ID || r.Requisition.Tier != inventory.Critical {
		t.Errorf("asked is %+v", r.Requisition)
	}
	action, form := filled(t, start, url.Values{"who": {"other"}, "email": {"grace@example.com"}, "rel": {"assistant"}, "what": {"spare"}})
	if to := a.post(action, form).Header.Get("Location"); strings.Contains(to, "grace") || !strings.Contains(to, "rel=assistant") {
		t.Errorf("it goes on at %q", to)
	}
}

// A key that was stolen is replaced: the form warns, asks which and when, and opens the incident.
func TestAsk_replacement(t *testing.T) {
	a := newAsker(t, "Ada")
	made := a.store.MustMake("1-1", "4711", "R-1001")
	hand(t, a.store, made.Key.ID, a.me)
	form := a.follow(a.send(a.send(a.get("/ask"), url.Values{"what": {"stolen"}}), url.Values{"pc-linux": {"?"}}), "Go on with the key")
	form.hasText(t, ".notice[data-tone=bad]", "Call the help desk before you go on")
	form.hasText(t, "#key", string(made.Key.Tag), "Softkey")
	wrong := a.send(form, url.Values{"day": {"2099-01-01"}})
	wrong.hasText(t, "#day-wrong", "today or before")
	r := a.made(a.send(form, url.Values{"text": {"in the tram"}}))
	k, err := a.store.Key(t.Context(), made.Key.ID)
	if err != nil || k.State != inventory.Stolen || r.Requisition.Kind != inventory.WantReplacement || len(r.Lines) != 1 {
		t.Errorf("the key is %s; asked is %+v", k.State, r.Requisition)
	}
	open, err := a.store.Incidents(t.Context(), inventory.IncidentQuery{})
	if err != nil || len(open.Rows) != 1 || open.Rows[0].Incident.Kind != inventory.IncidentStolen {
		t.Errorf("incidents %+v, %v", open.Rows, err)
	}
	// What was answered is proposed the next time.
	again := a.send(a.get("/ask"), url.Values{"what": {"first"}})
	if _, form := filled(t, again, nil); form.Get("pc-linux") != "?" {
		t.Errorf("proposed is %v", form)
	}
	a.me = personNamed(t, a.store, "Grace")
	a.get("/ask/form?what=lost&pc-linux=%3F&browser=x&for="+string(r.Person.ID)).hasText(t, "#key", "is said by them")
}

// The directory's systems are chosen already.
func TestAsk_directory(t *testing.T) {
	a := newAsker(t, "Ada")
	if _, err := a.store.ImportPeople(t.Context(), inventorytest.Operator, []inventory.ImportedPerson{{Person: inventory.Person{Name: "Systa", ExternalID: "S", Systems: "macos ios vdi"}}}, false); err != nil {
		t.Fatal(err)
	}
	a.me = personNamed(t, a.store, "Systa")
	_, form := filled(t, a.get("/ask/check?what=first"), nil)
	if form.Get("pc-macos") != "13" || form.Get("pc-windows") != "-" || form.Get("phone") != "ios 17" || form.Get("virtual") != "vdi" || form.Get("own") != "no" {
		t.Errorf("chosen is %v", form)
	}
}

// The requester's path has all its words in every language, with the same verbs.
func TestTexts_ask(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	verbs := regexp.MustCompile(`%(\[\d\])?[sdv]`)
	for key, text := range all[english] {
		if !regexp.MustCompile(`^(ask|advice|guide|way|called)\.`).MatchString(key) {
			continue
		}
		for _, lang := range all.languages() {
			other, ok := all[lang][key]
			want, got := verbs.FindAllString(text, -1), verbs.FindAllString(other, -1)
			slices.Sort(want)
			slices.Sort(got)
			if !ok || !slices.Equal(slices.Compact(want), slices.Compact(got)) {
				t.Errorf("%s says of %s: %q", lang, key, other)
			}
		}
	}
}
