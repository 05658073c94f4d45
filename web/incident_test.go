package web

import (
	"fmt"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// distrusted has three incidents about keys that people hold: one is recalled, one closed, one waits.
func (b *books) distrusted(reason string) {
	for i, name := range []string{"Ada Lovelace", "Grace Hopper", "Alan Turing"} {
		r := inventory.IncidentRow{
			Incident: inventory.Incident{Number: fmt.Sprintf("I-100%d", i+1), Kind: inventory.IncidentUntrusted, Reason: reason, OpenedAt: noon},
			Tag:      tagOf(1 + i), Model: "YubiKey 5C NFC", KeyState: inventory.Active, Name: name,
		}
		a := inventory.AffectedRow{Key: inventory.Key{Tag: r.Tag, Model: r.Model, State: inventory.Active}, Name: name, Reason: inventory.Reason{Sentence: reason}, Incident: r.Incident.Number}
		switch i {
		case 0:
			r.Recall, a.Recall = "C-1001", "C-1001"
		case 1:
			r.Incident.ClosedAt, r.Incident.Outcome = &noon, "It is judged genuine again."
		}
		b.incidentRows = append(b.incidentRows, r)
		if i != 1 {
			b.affectedRows = append(b.affectedRows, a)
		}
	}
}

// Each open incident has the one next thing to do; those that wait are recalled in one act.
func TestIncidents(t *testing.T) {
	d := open(t, recaller)
	d.books.distrusted("The metadata say of this model: REVOKED.")
	p := d.get("/incidents")
	checkPage(t, "/incidents", p)
	p.hasText(t, "tbody", "I-1001", "not to be trusted", "The metadata say of this model: REVOKED.", "Wait for it, or ask for it again. C-1001", "Recall it . Its person gets another.", "Alan Turing")
	if n := len(p.find("tbody tr")); n != 2 {
		t.Errorf("%d are open", n)
	}
	p.hasText(t, "details#recall", "1 key is not to be trusted", "Recall all of these")
	if got := forms(t, p.find("main form")); got != "/recalls/open" || len(p.find("input[name=untrusted]")) != 1 || len(p.find("textarea")) != 0 {
		t.Errorf("forms %q", got)
	}
	if len(p.find("tbody a[href=/recalls?tag="+string(tagOf(3))+"#recall]")) != 1 {
		t.Error("no way to recall one alone")
	}
	p = d.get("/incidents?show=all")
	p.hasText(t, "tbody", "It is judged genuine again.")
	if n := len(p.find("tbody tr")); n != 3 {
		t.Errorf("%d in all", n)
	}
	if p := d.get("/incidents?show=x"); p.StatusCode != 400 {
		t.Errorf("show x: %d", p.StatusCode)
	}
	if n := len(open(t).get("/incidents").find("main form")); n != 0 {
		t.Errorf("with nothing open there are %d forms", n)
	}
}

// The overview leads with what nobody deals with yet, and names who holds what.
func TestOverview_trust(t *testing.T) {
	d := open(t, recaller)
	d.books.distrusted("REVOKED")
	d.books.metadata = inventory.Metadata{No: 31, NextUpdate: noon.AddDate(0, 0, -3)}
	d.books.review = &inventory.Review{Cause: "Metadata no. 31 came.", Keys: 1200, StartedAt: noon}
	p := d.get("/overview")
	checkPage(t, "/overview", p)
	p.hasText(t, ".next", "One incident is open and nobody deals with it yet.")
	p.hasText(t, "main", "The metadata are out of date. No. 31", "31 Oct 2026", "Judging the keys again is not through. Metadata no. 31 came. 1200 keys so far", "These people hold keys that are not to be trusted", "Alan Turing", "All 2")
	d.books.review.EndedAt, d.books.metadata.NextUpdate = &noon, noon
	if n := len(d.get("/overview").find(".notice")); n != 0 {
		t.Errorf("%d notices about what is in order", n)
	}
	d.books.people[0].Refused = 1
	d.get("/people").hasText(t, "tbody", "1 refused")
}

// Metadata that are out of date are told once on each page that shows verdicts, and on no other.
func TestOverdue(t *testing.T) {
	d := open(t)
	d.books.holding()
	d.books.distrusted("REVOKED")
	told := func(path string) int {
		return strings.Count(d.get(path).text("main"), "The metadata are out of date. No. 31")
	}
	pages := map[string]int{"/overview": 1, "/bench": 1, "/incidents": 1, "/affected": 1, "/models": 1, "/models/" + yubikey: 1, "/keys/" + string(tagOf(1)): 1, "/people": 0, "/runs": 0}
	for path := range pages {
		if n := told(path); n != 0 {
			t.Errorf("%s: without metadata it is told %d times", path, n)
		}
	}
	d.books.metadata = inventory.Metadata{No: 31, NextUpdate: noon.AddDate(0, 0, -2)}
	for path, want := range pages {
		if n := told(path); n != want {
			t.Errorf("%s: told %d times, want %d", path, n, want)
		}
	}
}

func TestAffected(t *testing.T) {
	d := open(t, recaller)
	d.get("/affected").hasText(t, ".empty", "Nobody holds an affected key")
	d.books.distrusted("Its vendor lost a key.")
	p := d.get("/affected")
	checkPage(t, "/affected", p)
	p.hasText(t, "main", "2 keys that are not to be trusted are with people", "Ada Lovelace", "Its vendor lost a key.", "Wait for it: C-1001", "incident I-1003", "Recall it")
	if len(p.find("a[href=/recalls?tag="+string(tagOf(3))+"#recall]")) != 2 {
		t.Error("what is not recalled yet cannot be recalled from here")
	}
	for path, want := range map[string]string{"/affected": "See the first ones", "/incidents": "See the newest ones"} {
		last := d.books.affectedRows[1]
		after := map[string]string{"/affected": string(last.Key.Tag), "/incidents": last.Incident}[path]
		d.get(path+"?after="+after).hasText(t, ".empty", "No more of them.", want) // and not that there are none
	}
}

// Words of a third party stay words.
func TestIncidents_hostile(t *testing.T) {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	d := open(t, recaller)
	d.books.distrusted(evil)
	d.books.incidentRows[2].Name, d.books.affectedRows[1].Name = evil, evil
	d.books.called("C-1001", noon)
	d.books.recallRows[0].Recall.Reason, d.books.recallRows[0].Items[0].Item.Note = evil, evil
	d.books.review = &inventory.Review{Cause: evil, StartedAt: noon}
	for _, path := range []string{"/incidents", "/incidents?show=all", "/affected", "/recalls", "/recalls/C-1001", "/overview", "/recalls?tag=" + "%3C/textarea%3E%3Cimg%20src=x%3E"} {
		p := d.get(path)
		if p.StatusCode != 200 || len(p.find("img"))+len(p.find("body script")) > 0 {
			t.Errorf("%s: %d, with %d images and %d scripts", path, p.StatusCode, len(p.find("img")), len(p.find("body script")))
		}
	}
}

// A refusal that was learned of a key at the desk is no incident: the lists of a real database stay empty, and say so.
func TestIncidents_store(t *testing.T) {
	d := open(t, withStore(inventorytest.Open(t)))
	for path, want := range map[string]string{"/incidents": "No incident is open", "/affected": "Nobody holds an affected key", "/recalls": "No key was recalled yet"} {
		p := d.get(path)
		checkPage(t, path, p)
		if got := p.text(".empty h2"); !strings.Contains(got, want) {
			t.Errorf("%s: %d %q", path, p.StatusCode, got)
		}
	}
}
