package sqlite_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// enter puts somebody into the directory and gives them as they are there.
func enter(t *testing.T, s *inventorytest.Store, p inventory.Person) inventory.Person {
	t.Helper()
	results, err := s.ImportPeople(t.Context(), inventorytest.Operator, []inventory.ImportedPerson{{Line: 2, Person: p}}, false)
	if err != nil || results[0].Outcome != inventory.RowCreated {
		t.Fatalf("enter %s: %+v, %v", p.Name, results, err)
	}
	return known(t, s, p.Name)
}

// known finds somebody by name.
func known(t *testing.T, s *inventorytest.Store, name string) inventory.Person {
	t.Helper()
	page, err := s.PersonList(t.Context(), inventory.PersonQuery{Text: name})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("%d people are called %q, %v", len(page.Rows), name, err)
	}
	return page.Rows[0].Person
}

func asked(t *testing.T, s *inventorytest.Store, number string) inventory.RequisitionRow {
	t.Helper()
	r, err := s.RequisitionByNumber(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// letters are the kinds and recipients of what is in the outbox.
func letters(t *testing.T, s *inventorytest.Store) []string {
	t.Helper()
	return newVandal(t, s).strings("SELECT kind || ' to ' || recipient FROM outbox ORDER BY rowid")
}

// wanted is an ask of somebody whom nothing but a key helps.
func wanted() inventory.Ask {
	return inventory.Ask{Occasion: "first", Need: "admin", Pair: true, Chosen: inventory.WayKey,
		Answers: inventory.Answers{Computers: []inventory.Installed{{Name: "linux"}}, Connectors: []string{"usb-a", "usb-c"}}}
}

// Each of the forty ends as their table says, and what they were advised and chose is on record.
func TestStore_Ask_personas(t *testing.T) {
	s := inventorytest.Empty(t)
	for i, p := range inventorytest.Personas(t) {
		who := enter(t, s, inventory.Person{Name: p.Name, ExternalID: fmt.Sprint("P-", i), Tier: p.Tier})
		a := inventory.Ask{Occasion: "first", Need: "data", Pair: true, Answers: p.Answers, Chosen: p.Choice, Failed: p.Failed}
		number, err := s.Ask(t.Context(), inventory.ActorOf(who, inventory.ByOIDC), a)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		r := asked(t, s, number)
		if r.Requisition.State != p.Ends || r.Requisition.Person != who.ID || r.Requisition.Tier != p.Tier || r.Requisition.RequestedBy != "" {
			t.Errorf("%s: %+v", p.Name, r.Requisition)
		}
		kept, ok := r.Requisition.Advised()
		if !ok || kept.Recommended.Way != p.Way || kept.Recommended.Reasons[0].Code != p.Why || kept.Chosen != p.Choice || !slices.Equal(kept.Failed, p.Failed) {
			t.Errorf("%s: on record is %+v", p.Name, kept)
		}
		if keys := map[inventory.RequisitionState]int{inventory.Submitted: 2}[p.Ends]; len(r.Lines) != keys {
			t.Errorf("%s: %d lines, want %d", p.Name, len(r.Lines), keys)
		}
		for _, l := range r.Lines {
			if l.Line.Form != kept.Recommended.Form || l.Line.Form == "" {
				t.Errorf("%s: a key of the form %q, advised was %q", p.Name, l.Line.Form, kept.Recommended.Form)
			}
		}
	}
	holds(t, s)
}

// Nobody gets past the table by sending what no page offered, and what is refused leaves nothing.
func TestStore_Ask_refused(t *testing.T) {
	s := inventorytest.Open(t)
	ada, guarded := known(t, s, "Ada"), enter(t, s, inventory.Person{Name: "Gerda", ExternalID: "X-1", Tier: inventory.Critical})
	held := enter(t, s, inventory.Person{Name: "Helga", ExternalID: "X-2", Held: "She said that it was not her."})
	phone := inventory.Answers{Computers: []inventory.Installed{{Name: "windows", Version: "10"}}, Phone: inventory.Installed{Name: "ios", Version: "17"}, Willing: true}
	before := size(t, s)
	for _, c := range []struct {
		name   string
		by     inventory.Person
		change func(*inventory.Ask)
		kind   inventory.Kind
		want   string
	}{
		{"a way that does not fit", ada, func(a *inventory.Ask) { a.Chosen = inventory.WayPhone }, inventory.Conflict, "does not fit"},
		{"a tier that gets keys", guarded, func(a *inventory.Ask) { a.Answers, a.Chosen = phone, inventory.WayPhone }, inventory.Conflict, "always get a hardware key"},
		{"no way", ada, func(a *inventory.Ask) { a.Chosen = "" }, inventory.Invalid, "Choose how you want to sign in."},
		{"no occasion", ada, func(a *inventory.Ask) { a.Occasion = "birthday" }, inventory.Invalid, "no occasion"},
		{"no need", ada, func(a *inventory.Ask) { a.Need = "" }, inventory.Invalid, "what the key is for"},
		{"another need without words", ada, func(a *inventory.Ask) { a.Need = "other" }, inventory.Invalid, "in a few words"},
		{"too many words", ada, func(a *inventory.Ask) { a.Text = strings.Repeat("x", 600) }, inventory.Invalid, "too long"},
		{"a day that is past", ada, func(a *inventory.Ask) { a.NeededBy = "2020-01-01" }, inventory.Invalid, "choose another day"},
		{"a day that is none", ada, func(a *inventory.Ask) { a.NeededBy = "tomorrow" }, inventory.Invalid, "choose a day"},
		{"an address without a street", ada, func(a *inventory.Ask) { a.Address = inventory.Address{Recipient: "Ada", City: "London", Country: "GB"} }, inventory.Invalid, "street"},
		{"an address that nobody saved", ada, func(a *inventory.Ask) { a.Saved = "nope" }, inventory.NotFound, "no saved address"},
		{"no key to be replaced", ada, func(a *inventory.Ask) { a.Occasion, a.Happened = "lost", "2026-11-19" }, inventory.Invalid, "Say which key"},
		{"a key of nobody", ada, func(a *inventory.Ask) { a.Occasion, a.Happened, a.Replaces = "lost", "2026-11-19", "7KQM-3XWB" }, inventory.NotFound, "has no key"},
		{"somebody on hold", ada, func(a *inventory.Ask) { a.For = held.ID }, inventory.Conflict, "the help desk knows why"},
		{"by somebody on hold", held, func(a *inventory.Ask) { a.For = ada.ID }, inventory.Forbidden, "call the help desk"},
		{"somebody who is not there", ada, func(a *inventory.Ask) { a.For = "nobody" }, inventory.NotFound, "for whom"},
		{"nothing that was answered", ada, func(a *inventory.Ask) { a.Answers = inventory.Answers{} }, inventory.Invalid, "what you work with"},
	} {
		a := wanted()
		c.change(&a)
		_, err := s.Ask(t.Context(), inventory.ActorOf(c.by, inventory.ByOIDC), a)
		if inventory.KindOf(err) != c.kind || !strings.Contains(inventory.Sentence(err), c.want) {
			t.Errorf("%s: %s %v", c.name, inventory.KindOf(err), err)
		}
	}
	if now := size(t, s); now != before {
		t.Errorf("%d entries came into the ledger", now-before)
	}
}

// What is asked for somebody else says so, goes to their own address, and tells them.
func TestStore_Ask_forSomebodyElse(t *testing.T) {
	s := inventorytest.Open(t)
	ada, grace := known(t, s, "Ada"), known(t, s, "Grace")
	a := wanted()
	a.Form, a.For, a.Relation, a.Text, a.NeededBy = "f1", grace.ID, inventory.ForTeam, "starts on Monday", "2026-12-01"
	a.Address = inventory.Address{Recipient: "Grace Hopper", Street: []string{"1 Main Street"}, City: "Arlington", Country: "US"}
	by := inventory.ActorOf(ada, inventory.ByOIDC)
	number, err := s.Ask(t.Context(), by, a)
	if err != nil {
		t.Fatal(err)
	}
	r := asked(t, s, number)
	q := r.Requisition
	if q.Person != grace.ID || q.RequestedBy != ada.ID || q.Kind != inventory.WantPair || q.NeededBy != "2026-12-01" || !r.Posted || r.Country != "US" {
		t.Errorf("asked is %+v, posted %t to %q", q, r.Posted, r.Country)
	}
	if q.Reason != "First keys: runs systems or networks; starts on Monday" {
		t.Errorf("the reason is %q", q.Reason)
	}
	if len(r.Lines) != 2 || r.Lines[0].Line.Connector != "usb-c" || r.Lines[1].Line.Connector != "usb-a" || r.Lines[1].Line.Purpose != inventory.Spare {
		t.Errorf("lines %+v", r.Lines)
	}
	if got := letters(t, s); !slices.Contains(got, "asked-for to grace@example.com") {
		t.Errorf("letters %q", got)
	}
	again, err := s.Ask(t.Context(), by, a)
	if err != nil || again != number {
		t.Errorf("the same form again is %s, %v", again, err)
	}
	a.For = ""
	if _, err := s.Ask(t.Context(), by, a); inventory.KindOf(err) != inventory.Conflict {
		t.Errorf("the same form for another person: %v", err)
	}
	for _, seen := range newVandal(t, s).strings("SELECT CAST(payload AS TEXT) FROM ledger_payloads UNION ALL SELECT header FROM ledger_leaves UNION ALL SELECT facts FROM outbox") {
		if strings.Contains(seen, "Main Street") {
			t.Errorf("the address stands in %s", seen)
		}
	}
	holds(t, s)
}

// What happened to a key is dealt with before another one is asked for: its incident is open, its state says so, and those
// who see to it are told.
func TestStore_Ask_replacement(t *testing.T) {
	for _, c := range []struct {
		occasion string
		incident inventory.IncidentKind
		state    inventory.KeyState
		first    string // action
		letters  []string
	}{
		{"lost", inventory.IncidentLost, inventory.Lost, "incident.opened", []string{"loss to ada@example.com", "loss to ada@home.example", "submitted to ada@example.com"}},
		{"stolen", inventory.IncidentStolen, inventory.Stolen, "incident.opened",
			[]string{"loss to ada@example.com", "loss to ada@home.example", "stolen to grace@example.com", "submitted to ada@example.com"}},
		{"damaged", inventory.IncidentDamaged, inventory.Damaged, "incident.opened", []string{"loss to ada@example.com", "loss to ada@home.example", "submitted to ada@example.com"}},
		{"too-old", "", inventory.Active, "requisition.submitted", []string{"replacement to ada@example.com", "replacement to ada@home.example", "submitted to ada@example.com"}},
	} {
		t.Run(c.occasion, func(t *testing.T) {
			s := inventorytest.Empty(t)
			enter(t, s, inventory.Person{Name: "Ada Lovelace", Email: "ada@example.com", ExternalID: "E-1", SecondEmail: "ada@home.example"})
			s.MustImport(inventorytest.People, inventorytest.Requisitions)
			made := s.MustMake("1-1", "4711", "R-1001")
			lead(t, s, made, inventory.Active)
			ada, grace := known(t, s, "Ada"), known(t, s, "Grace")
			v := newVandal(t, s)
			v.do(`INSERT INTO grants VALUES ('g', ?, 'help-desk', 'admin', 'x', 'x', 'oidc', '2026-11-20T08:15:00.000000Z', NULL)`, grace.ID)
			before := size(t, s)
			a := wanted()
			a.Occasion, a.Need, a.Pair, a.Replaces, a.Happened, a.Text = c.occasion, "", false, made.Key.Tag, "2026-11-19", "on the train"
			number, err := s.Ask(t.Context(), inventory.ActorOf(ada, inventory.ByOIDC), a)
			if err != nil {
				t.Fatal(err)
			}
			r := asked(t, s, number)
			if r.Requisition.Kind != inventory.WantReplacement || len(r.Lines) != 1 || r.Lines[0].Line.Purpose != inventory.Primary {
				t.Errorf("asked is %+v, lines %+v", r.Requisition, r.Lines)
			}
			k, err := s.Key(t.Context(), made.Key.ID)
			if err != nil || k.State != c.state {
				t.Errorf("the key is %s, %v", k.State, err)
			}
			if got := actions(t, s, before+1); got[0] != c.first || !slices.Contains(got, "requisition.submitted") {
				t.Errorf("the ledger says %q", got)
			}
			if got := letters(t, s); !slices.Equal(got, c.letters) {
				t.Errorf("letters %q, want %q", got, c.letters)
			}
			open := incidents(t, s, false)
			if c.incident == "" && len(open) != 0 || c.incident != "" && (len(open) != 1 || open[0].Incident.Kind != c.incident || !strings.HasSuffix(open[0].Incident.Reason, "on 2026-11-19: on the train.")) {
				t.Errorf("incidents %+v", open)
			}
			if _, err := s.Ask(t.Context(), inventory.ActorOf(grace, inventory.ByOIDC), a); inventory.KindOf(err) != inventory.NotFound {
				t.Errorf("somebody else's key: %v", err)
			}
			a.For = ada.ID
			if _, err := s.Ask(t.Context(), inventory.ActorOf(known(t, s, "Alan"), inventory.ByOIDC), a); inventory.KindOf(err) != inventory.Forbidden {
				t.Errorf("a colleague says what happened to it: %v", err)
			}
			v.do("DELETE FROM grants")
			holds(t, s)
		})
	}
}

// Who may report for somebody is told their keys, what is open and what they answered before; anybody else only that the
// person is there.
func TestStore_AskFacts(t *testing.T) {
	s := inventorytest.Open(t)
	made := s.MustMake("1-1", "4711", "R-1001")
	lead(t, s, made, inventory.Active)
	ada, alan := known(t, s, "Ada"), known(t, s, "Alan")
	report := enter(t, s, inventory.Person{Name: "Rita Report", ExternalID: "X-1", Manager: ada.ID})
	number, err := s.Ask(t.Context(), inventory.ActorOf(ada, inventory.ByOIDC), wanted())
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.AskFacts(t.Context(), inventory.ActorOf(ada, inventory.ByOIDC), "")
	if err != nil || f.Person.ID != ada.ID || !f.Near || len(f.Team) != 1 || f.Team[0].ID != report.ID || len(f.Keys) != 1 || f.Keys[0].Tag != made.Key.Tag {
		t.Errorf("of herself: %+v, %v", f, err)
	}
	if len(f.Open) != 2 || f.Open[0].Number != number || f.Last == nil || f.Last.Computers[0].Name != "linux" {
		t.Errorf("open %+v, last %+v", f.Open, f.Last)
	}
	f, err = s.AskFacts(t.Context(), inventory.ActorOf(ada, inventory.ByOIDC), report.ID)
	if err != nil || !f.Near || f.Person.ID != report.ID || f.Last != nil {
		t.Errorf("of somebody who reports to her: %+v, %v", f, err)
	}
	f, err = s.AskFacts(t.Context(), inventory.ActorOf(alan, inventory.ByOIDC), ada.ID)
	if err != nil || f.Near || f.Keys != nil || f.Open != nil || f.Last != nil || f.Team != nil {
		t.Errorf("of a colleague: %+v, %v", f, err)
	}
	if _, err := s.AskFacts(t.Context(), inventorytest.Operator, ""); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("of nobody: %v", err)
	}
	if p, err := s.PersonByEmail(t.Context(), "ADA@example.com"); err != nil || p.ID != ada.ID {
		t.Errorf("by e-mail: %s, %v", p.Name, err)
	}
}

// A key that somebody had, reported and gave back is not theirs to report any more when another person has it.
func TestStore_Ask_anothersNow(t *testing.T) {
	s := inventorytest.Open(t)
	made := s.MustMake("1-1", "4711", "R-1001")
	lead(t, s, made, inventory.Active)
	ada, alan := known(t, s, "Ada"), known(t, s, "Alan")
	a := wanted()
	a.Occasion, a.Need, a.Pair, a.Replaces, a.Happened, a.Text = "damaged", "", false, made.Key.Tag, "2026-11-19", "on the train"
	by := inventory.ActorOf(ada, inventory.ByOIDC)
	if _, err := s.Ask(t.Context(), by, a); err != nil {
		t.Fatal(err)
	}
	v := newVandal(t, s)
	v.do("UPDATE keys SET state = 'active' WHERE id = '" + string(made.Key.ID) + "'")
	v.do("UPDATE custody SET until = '2026-11-25T08:00:00.000000Z' WHERE until IS NULL AND key_id = '" + string(made.Key.ID) + "'")
	v.do("INSERT INTO custody (id, key_id, holder_kind, holder_id, holder_name, since, until, by_id, by_name, by_method, note) VALUES ('c', '" +
		string(made.Key.ID) + "', 'person', '" + string(alan.ID) + "', 'Alan', '2026-11-25T08:00:00.000000Z', NULL, 'o', 'O', 'os-user', '')")
	a.Occasion, a.Text = "stolen", "again"
	if _, err := s.Ask(t.Context(), by, a); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("she reports it stolen: %v", err)
	}
	if k, err := s.Key(t.Context(), made.Key.ID); err != nil || k.State != inventory.Active {
		t.Errorf("Alan's key is %s, %v", k.State, err)
	}
}
