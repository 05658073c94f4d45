package shipping

import (
	"strings"
	"testing"
)

// Every language file is complete: for each kind of key it has a title, a lead, steps, all four systems, and no
// placeholder is left.
func TestQuickStart_languages(t *testing.T) {
	for _, lang := range Languages() {
		for _, s := range []starting{
			{Where: "https://w/a/T", Desk: "Desk", Contact: "Contact", Forced: true},
			{Where: "https://w/a/T", Desk: "Desk", Contact: "Contact", PINKnown: true},
			{Where: "https://w/a/T", Desk: "Desk", Contact: "Contact", PINFirst: true},
			{Where: "T", Desk: "Desk", Contact: "Contact", Test: true},
		} {
			text, err := s.write(lang)
			if err != nil {
				t.Fatal(err)
			}
			q := parseQuickStart(text)
			if strings.ContainsAny(text, "{}") || strings.Contains(text, "no value") || q.Title == "" || q.Lead == "" || len(q.Blocks) != 3 {
				t.Fatalf("%s: %+v", lang, q)
			}
			if len(q.Blocks[0].Steps) < 3 || len(q.Blocks[1].Choices) != 4 || len(q.Blocks[2].Items) < 4 {
				t.Errorf("%s: %+v", lang, q.Blocks)
			}
			if s.Test == strings.Contains(text, "https:") {
				t.Errorf("%s: a test key names an address, or a real one does not:\n%s", lang, text)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	for want, have := range map[string]string{"en": "en", "en-GB": "en", "": "en", "tlh": "en", "not a tag": "en"} {
		if got := Language(want); got != have {
			t.Errorf("%q: got %s, want %s", want, got, have)
		}
	}
}

func TestParseQuickStart(t *testing.T) {
	q := parseQuickStart("# T\nlead one\nlead two\n## A\n1. first\n2. second\n- item\n= Name\ntext one\ntext two\n")
	if q.Title != "T" || q.Lead != "lead one lead two" || len(q.Blocks) != 1 {
		t.Fatalf("got %+v", q)
	}
	b := q.Blocks[0]
	if b.Heading != "A" || len(b.Steps) != 2 || b.Steps[1] != "second" || b.Items[0] != "item" || b.Choices[0] != (Choice{"Name", "text one text two"}) {
		t.Errorf("got %+v", b)
	}
}
