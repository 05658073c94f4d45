package inventory

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// plan tells, row by row, what a file comes to over these people.
func plan(t *testing.T, known []Person, column, file string) []PlannedPerson {
	t.Helper()
	rows, err := ReadPeopleBy(strings.NewReader(file), column)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	plans, err := NewStaff(known).Plan(rows, func() (PersonID, error) { n++; return PersonID(fmt.Sprint("new-", n)), nil })
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

func known() []Person {
	return []Person{
		{ID: "ada", Name: "Ada Lovelace", Email: "ada@example.com", ExternalID: "E-1", State: PersonActive, Tier: Critical},
		{ID: "grace", Name: "Grace Hopper", Email: "grace@example.com", State: PersonActive, Manager: "ada"},
		{ID: "alan", Name: "Alan Turing", ExternalID: "E-3", State: PersonLeft},
		{ID: "twin", Name: "Ada King", Email: "king@example.com", State: PersonLeft, MergedInto: "ada"},
	}
}

func TestStaff_Plan(t *testing.T) {
	tests := []struct {
		name, column, file string
		want               []string // outcome and sentence, for each row
	}{
		{"a new address under the same number is the same person", "external_id", "name,email,external_id\nAda Lovelace,ada.king@example.com,E-1\n",
			[]string{"updated [{email ada@example.com ada.king@example.com}]"}},
		{"a number of the file's own", "Employee Number", "name,email,employee number\nAda Lovelace,ada@example.com,E-1\n", []string{"unchanged []"}},
		{"a new number under the same address", "email", "name,email,external_id\nAda Lovelace,ada@example.com,E-7\n", []string{"updated [{external_id E-1 E-7}]"}},
		{"both columns that differ", "", "name,email,external_id\nAda Lovelace,ada@example.com,E-7\n",
			[]string{"refused Ada Lovelace has this e-mail address already, with the external id E-1: correct one of the two."}},
		{"by number alone, known by address", "external_id", "name,email,external_id\nGrace Hopper,grace@example.com,E-2\n",
			[]string{"refused Grace Hopper has the e-mail address grace@example.com: correct one of the two, or merge them if they are one person."}},
		{"by address alone, known by number", "email", "name,email,external_id\nAlan Turing,alan@example.com,E-3\n",
			[]string{"refused Alan Turing has the external id E-3: correct one of the two, or merge them if they are one person."}},
		{"the key is empty", "external_id", "name,email,external_id\nGrace Hopper,grace@example.com,\n",
			[]string{"refused The row has no external_id, by which people are found here: fill it in."}},
		{"who has left stays so", "", "name,external_id\nAlan Turing,E-3\n",
			[]string{"unchanged [] (This person has left, which only a file of everybody takes back.)"}},
		{"an entry that was merged", "", "name,email\nAda Byron,king@example.com\n",
			[]string{"unchanged This entry was merged into Ada Lovelace: the row changes nothing."}},
		{"an empty cell takes no tier, no address, no number away", "", "name,email,external_id,tier,department\nAda Lovelace,,E-1,,\n", []string{"unchanged []"}},
		{"the same row twice", "", "name,email\nMary,mary@example.com\nMary,MARY@example.com\nMary,mary@example.com\n",
			[]string{"created []", "refused This is the person of line 2, described otherwise: keep one of the two rows.", "unchanged []"}},
		{"a manager further down, one who is known, none", "", "name,email,manager\nMary,mary@example.com,new@example.com\nNew,new@example.com,E-1\nGrace Hopper,grace@example.com,\n",
			[]string{"created []", "created []", "updated [{manager Ada Lovelace }]"}},
		{"a manager whom nobody knows", "", "name,email,manager\nMary,mary@example.com,nobody@example.com\n",
			[]string{`refused The manager "nobody@example.com" is neither in the file nor in the directory: correct the manager column or add them.`}},
		{"a manager whose row is refused", "", "name,email,manager,country\nMary,mary@example.com,boss@example.com,GB\nBoss,boss@example.com,,UK\n",
			[]string{"created [] (The manager's own row, in line 3, is refused: mend it and import the file again.)", `refused The country "UK" is no code of ISO 3166-1: write GB.`}},
		{"one's own manager", "", "name,email,manager\nMary,mary@example.com,mary@example.com\n",
			[]string{"refused Mary would be their own manager, over Mary (line 2): correct the manager column."}},
		{"a circle over somebody known, and one who hangs on it", "", "name,email,manager\nAda Lovelace,ada@example.com,mary@example.com\nMary,mary@example.com,grace@example.com\nZoe,zoe@example.com,mary@example.com\n",
			[]string{"refused Ada Lovelace would be their own manager, over Ada Lovelace (line 2), Mary (line 3): correct the manager column.",
				"refused Mary would be their own manager, over Ada Lovelace (line 2), Mary (line 3): correct the manager column.",
				"created [] (The manager's own row, in line 3, is refused: mend it and import the file again.)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plans := plan(t, known(), tt.column, tt.file)
			for i, p := range plans {
				got := fmt.Sprintf("%s %v", p.Result.Outcome, p.Result.Changes)
				if p.Result.Sentence != "" {
					got = string(p.Result.Outcome) + " " + p.Result.Sentence
				}
				if p.Result.Warning != "" {
					got += " (" + p.Result.Warning + ")"
				}
				if i >= len(tt.want) || got != tt.want[i] {
					t.Errorf("row %d: %s", i, got)
				}
			}
		})
	}
}

func TestReadPeopleBy(t *testing.T) {
	rows, err := ReadPeopleBy(strings.NewReader("name;email;country;tier;time_zone;second_email;systems;street;city;postal_code;phone\n"+
		"Ada;ada@example.com;gb;Critical;Europe/London;ada@home.example;iOS, macos;12 St James's Square;London;SW1Y 4JH;\n"+
		"Grace;grace@example.com;US;;;;;;;;555 0100\n"), "")
	if err != nil || rows[0].Err != nil || rows[1].Err != nil {
		t.Fatal(err, rows)
	}
	a := rows[0]
	if a.Person.Tier != Critical || a.Person.Systems != "macos ios" || a.Address.Recipient != "Ada" || a.Address.Country != "GB" || !rows[1].Address.IsZero() {
		t.Errorf("%+v", rows)
	}
	for file, want := range map[string]string{
		"name,email,second_email\nA,a@example.com,A@example.com\n": "The second e-mail address is the first one: give another, or leave it empty.",
		"name,email,time_zone\nA,a@example.com,Berlin\n":           `"Berlin" is no time zone of the IANA database: write Europe/Berlin or America/New_York, for instance.`,
		"name,email,language\nA,a@example.com,English\n":           `"English" is no language tag of BCP 47: write en, de or pt-BR, for instance.`,
		"name,email,tier\nA,a@example.com,vip\n":                   `"vip" is no tier: use standard, elevated or critical.`,
		"name,email,systems\nA,a@example.com,amiga\n":              `"amiga" is no system that we know: use windows, macos, chromeos, linux, ios, android or vdi.`,
		"name,email,street,city\nA,a@example.com,1 Main St,\n":     "The address has no city or country: fill it in or leave the whole address empty for pick-up.",
	} {
		rows, err := ReadPeopleBy(strings.NewReader(file), "")
		if err != nil {
			t.Fatal(err)
		}
		refused(t, rows[0].Err, Invalid, want)
	}
	for column, want := range map[string]string{
		"department": "Nobody is found by their department, which others may share: choose email, external_id or the column with the company's own number.",
		"badge":      `The column "badge" is missing: add it to the header.`,
		"email":      `The column "email", by which people are to be found, is missing: add it to the header or choose another.`,
	} {
		_, err := ReadPeopleBy(strings.NewReader("name,external_id\nA,1\n"), column)
		refused(t, err, Invalid, want)
	}
	_, err = ReadPeopleBy(strings.NewReader("name,external_id,badge\nA,1,2\n"), "badge")
	refused(t, err, Invalid, `The file has a column "external_id" beside "badge": which of them names people? Keep one.`)
	_, err = ReadPeople(strings.NewReader("n\x00a\x00m\x00e\x00"))
	refused(t, err, Invalid, "The file is UTF-16, or no text at all: save it as CSV in UTF-8.")
}

func TestStaff_Missing(t *testing.T) {
	rows, err := ReadPeople(strings.NewReader("name,email,country\nGrace Hopper,grace@example.com,UK\n"))
	if err != nil {
		t.Fatal(err)
	}
	staff := NewStaff(known())
	staff.Whole = true
	plans, err := staff.Plan(rows, NewID[PersonID])
	if err != nil {
		t.Fatal(err)
	}
	back, err := staff.Plan([]ImportedPerson{{Line: 2, Person: known()[2]}}, NewID[PersonID])
	if err != nil || fmt.Sprint(back[0].Result.Changes) != "[{state left active}]" {
		t.Errorf("a file of everybody brings nobody back: %+v, %v", back, err)
	}
	if gone := staff.Missing(plans); len(gone) != 1 || gone[0].ID != "ada" {
		t.Errorf("missing: %+v; a refused row names somebody too, and who left or was merged is not missed", gone)
	}
}

func TestImportReport_Allow(t *testing.T) {
	r := ImportReport{Rows: []RowResult{{Outcome: RowRefused}, {Outcome: RowCreated}}, Missing: make([]Person, 7), Limit: 5, Digest: "d"}
	for name, tt := range map[string]struct {
		how  ImportChoices
		want string
	}{
		"a dry run":          {ImportChoices{DryRun: true, AllOrNothing: true, Leavers: true}, ""},
		"nothing chosen":     {ImportChoices{}, ""},
		"what was seen":      {ImportChoices{Seen: "d"}, ""},
		"what was not":       {ImportChoices{Seen: "e"}, "The directory has changed since the preview, and the file would come to something else now: nothing was changed. Look at the new preview."},
		"all or nothing":     {ImportChoices{AllOrNothing: true}, "Rows that are refused: 1. All or nothing was chosen, so nothing was changed: mend them and import the file again."},
		"too many leavers":   {ImportChoices{Leavers: true}, "People who are missing from the file and would have left: 7, which is more than 5. Is it the whole file? If so confirm the number; nothing was changed."},
		"another number":     {ImportChoices{Leavers: true, Confirmed: 6}, "People who are missing from the file and would have left: 7, which is more than 5. Is it the whole file? If so confirm the number; nothing was changed."},
		"the number of them": {ImportChoices{Leavers: true, Confirmed: 7}, ""},
	} {
		if err := r.Allow(tt.how); tt.want == "" && err != nil || tt.want != "" {
			if tt.want == "" {
				t.Errorf("%s: %v", name, err)
				continue
			}
			refused(t, err, Conflict, tt.want)
		}
	}
}

func TestPerson_Leave(t *testing.T) {
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	p, ev, err := known()[0].Leave(at)
	if err != nil || p.State != PersonLeft || ev.Action != "person.left" || p.SignIn() == nil {
		t.Errorf("%+v %+v %v", p, ev, err)
	}
	if _, _, err = p.Leave(at); KindOf(err) != Conflict {
		t.Error("somebody left twice")
	}
	p.State = PersonLeft
	now := p
	now.State = PersonActive
	if back, ev, err := p.Return(now, at); err != nil || back.State != PersonActive || ev.Action != "person.returned" {
		t.Errorf("%+v %+v %v", back, ev, err)
	}
}
