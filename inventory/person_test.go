package inventory

import (
	"strings"
	"testing"
	"time"
)

func TestPerson_Check(t *testing.T) {
	tests := []struct {
		name    string
		have    Person
		refusal string
	}{
		{"by e-mail", Person{Name: "Ada Lovelace", Email: "ada@example.com"}, ""},
		{"by external id", Person{Name: "Ада", ExternalID: "4711"}, ""},
		{"no name", Person{Email: "ada@example.com"}, "The person has no name: fill the name column."},
		{"blank name", Person{Name: " \u00a0", Email: "ada@example.com"}, "The person has no name: fill the name column."},
		{"nothing to find them by", Person{Name: "Ada", Email: " "},
			"Ada has neither e-mail nor external id: give one, so that the person can be found again."},
		{"all faults are told", Person{Name: "A\x1bda", Email: "ada\x00", Department: "\r"},
			"The name has the control character U+001B at place 2: remove it. The email has the control character U+0000 at place 4: remove it. " +
				"The department has the control character U+000D at place 1: remove it."},
		{"no address, no country", Person{Name: "Ada", Email: "ada", Country: "ZZ"},
			`"ada" is no e-mail address: write one such as ada@example.com. The country "ZZ" is no code of ISO 3166-1: write DE or US, for instance.`},
		{"nothing at all", Person{}, "The person has no name: fill the name column. " +
			"The person has neither e-mail nor external id: give one, so that the person can be found again."},
		{"e-mail", Person{Name: "Ada", Email: "ada\x00"}, "The email has the control character U+0000 at place 4: remove it."},
		{"external id", Person{Name: "Ada", ExternalID: "\u200f1"}, "The external_id has the control character U+200F at place 1: remove it."},
		{"department", Person{Name: "Ada", ExternalID: "1", Department: "IT\r"}, "The department has the control character U+000D at place 3: remove it."},
		{"country", Person{Name: "Ada", ExternalID: "1", Country: "D\u0085"}, "The country has the control character U+0085 at place 2: remove it."},
		{"language", Person{Name: "Ada", ExternalID: "1", Language: "de\n"}, "The language has the control character U+000A at place 3: remove it."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { refused(t, tt.have.Check(), Invalid, tt.refusal) })
	}
}

func TestCheckText(t *testing.T) {
	fine := []string{"", "Zoë Ångström", "Владимир", "Ελένη", "山田太郎", "محمد", "नरेन्द्र\u200d", "می\u200cخواهم", "O’Brien-Smith, Jr.", "a\u00a0b", "🔑"}
	for _, s := range fine {
		if err := CheckText("name", s); err != nil {
			t.Errorf("%q is refused: %v", s, err)
		}
	}
	bad := "\x00\x1f\x7f\u0080\u009f\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\t\n\r"
	for _, r := range bad {
		if KindOf(CheckText("name", "Zoë"+string(r)+"!")) != Invalid {
			t.Errorf("U+%04X passes", r)
		}
	}
	refused(t, CheckText("note", "Zoë\u202e!"), Invalid, "The note has the control character U+202E at place 4: remove it.")
	refused(t, CheckText("note", "Zo\xeb"), Invalid, "The note is not valid UTF-8: save the file as UTF-8 and try again.")
}

func FuzzCheckText(f *testing.F) {
	f.Add("Zoë")
	f.Add("a\u202eb")
	f.Add("\xff\n")
	f.Fuzz(func(t *testing.T, s string) {
		if CheckText("name", s) != nil {
			return
		}
		if strings.ContainsAny(s, "\n\r\x00\u2028\u202e") || strings.ToValidUTF8(s, "") != s {
			t.Errorf("%q passes", s)
		}
	})
}

func TestPerson_Is(t *testing.T) {
	p := Person{ID: "p1", Name: "Ada Lovelace", Email: "ada@example.com"}
	for text, want := range map[string]bool{"ADA@example.com": true, " ada lovelace ": true, "p1": true, "": false, " ": false, "Ada": false, "grace@example.com": false} {
		if p.Is(text) != want {
			t.Errorf("Is(%q) = %t, want %t", text, !want, want)
		}
	}
}

func TestPerson_Enter(t *testing.T) {
	later := noon.Add(time.Hour)
	p, ev, err := Person{ID: "p1", Name: "Ada", Email: "ada@example.com"}.Enter(noon)
	if err != nil || p.State != PersonActive || p.CreatedAt != noon || p.ChangedAt != noon || ev.Action != "person.entered" {
		t.Fatalf("person = %+v, event = %+v, %v", p, ev, err)
	}
	same, ev, err := p.Revise(Person{Name: "Ada", Email: "ada@example.com"}, later)
	if err != nil || same != p || ev.Action != "" {
		t.Errorf("nothing new: %+v, %+v, %v", same, ev, err)
	}
	now, ev, err := p.Revise(Person{ID: "p9", Name: "Ada Lovelace", Email: "ada@example.com", State: PersonLeft}, later)
	want := p
	want.Name, want.ChangedAt = "Ada Lovelace", later
	if err != nil || now != want || ev.Action != "person.revised" || ev.Subjects[0] != "p1" {
		t.Errorf("renamed: %+v, %+v, %v", now, ev, err)
	}
	kept, _, err := p.Revise(Person{Email: "ada@example.com"}, later)
	refused(t, err, Invalid, "The person has no name: fill the name column.")
	if kept != p {
		t.Errorf("a refusal changed it: %+v", kept)
	}
	_, _, err = Person{Name: "Ada"}.Enter(noon)
	refused(t, err, Invalid, "Ada has neither e-mail nor external id: give one, so that the person can be found again.")
}
