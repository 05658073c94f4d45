package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"keystation/inventory"
)

// usedTexts are the keys that templates and code name as a whole, and the beginnings of those that they put together.
func usedTexts(t *testing.T) (keys, beginnings []string) {
	t.Helper()
	for _, p := range sources(t) {
		for _, m := range regexp.MustCompile(`(?:\bt "|text\(c, "|tell\([a-z]+, ")([a-z0-9.-]+)"( *\+)?`).FindAllStringSubmatch(p, -1) {
			if m[2] != "" {
				beginnings = append(beginnings, m[1])
				continue
			}
			keys = append(keys, m[1])
		}
		for _, m := range regexp.MustCompile(`\(print "([a-z0-9.-]+)"|"([a-z.-]+\.)" ?\+|\.of\([a-z]+, "([a-z.-]+\.)"`).FindAllStringSubmatch(p, -1) {
			beginnings = append(beginnings, m[1]+m[2]+m[3])
		}
	}
	return keys, beginnings
}

// sources are the templates and the code of the pages.
func sources(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"templates/*.html", "templates/parts/*.html", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(b))
		}
	}
	return all
}

// Each text that a page names is there in English, and no text is left over from a page that is gone.
func TestTexts_used(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	keys, beginnings := usedTexts(t)
	for _, key := range keys {
		if _, ok := all[english][key]; !ok {
			t.Errorf("nobody wrote the text %s", key)
		}
	}
	source := strings.Join(sources(t), "\n")
	for key := range all[english] {
		begins := slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(key, b) })
		if !begins && !strings.Contains(source, `"`+strings.TrimSuffix(key, ".one")+`"`) {
			t.Errorf("no page says %s any more", key)
		}
	}
}

// What is said to somebody who asks for a key, decides or has one is there in German too, with the same things filled in.
func TestTexts_german(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	people, err := readTexts("texts/en/people.json")
	if err != nil {
		t.Fatal(err)
	}
	verb := regexp.MustCompile(`%(\[\d+\])?[a-z]`)
	for key, text := range all[english] {
		german, ok := all["de"][key]
		if _, wanted := people[key]; wanted && !ok {
			t.Errorf("%s is in English only: %q", key, text)
		}
		if want, have := filledIn(verb, text), filledIn(verb, german); ok && !slices.Equal(want, have) {
			t.Errorf("%s fills in %v, in German %v", key, want, have)
		}
	}
	for key := range all["de"] {
		if _, ok := all[english][key]; !ok && !strings.HasPrefix(key, refusal) {
			t.Errorf("%s is in German only", key)
		}
	}
}

// filledIn are the verbs of a text by the number of what they show, in order.
func filledIn(verb *regexp.Regexp, text string) []string {
	var all []string
	for i, v := range verb.FindAllString(text, -1) {
		number, kind, numbered := strings.Cut(strings.TrimPrefix(v, "%["), "]")
		if !numbered {
			number, kind = string(rune('1'+i)), v[1:]
		}
		all = append(all, number+kind)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Every sentence that is there in German is one that a rule refuses with, word for word, and fills in the same.
func TestTexts_refusals(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, pattern := range []string{"*.go", "../inventory/*.go", "../inventory/sqlite/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
	}
	verb, n := regexp.MustCompile(`%(\[\d+\])?[a-z]`), 0
	for key, german := range all["de"] {
		form, is := strings.CutPrefix(key, refusal)
		if !is {
			continue
		}
		n++
		if !strings.Contains(code.String(), strconv.Quote(form)) {
			t.Errorf("nobody is refused with %q any more", form)
		}
		if want, have := filledIn(verb, form), filledIn(verb, german); !slices.Equal(want, have) {
			t.Errorf("%q fills in %v, in German %v", form, want, have)
		}
	}
	if n < 50 {
		t.Errorf("only %d refusals are there in German", n)
	}
}

// noWords is what of a template is not for reading: what is filled in, code that is typed, drawings, and the tags but for
// the attributes that are read out or shown.
var noWords = []*regexp.Regexp{
	regexp.MustCompile(`(?s)\{\{.*?\}\}`), regexp.MustCompile(`(?s)<svg.*?</svg>`), regexp.MustCompile(`(?s)<(code|kbd|pre)\b.*?</(code|kbd|pre)>`),
	regexp.MustCompile(`<span class="code"[^>]*>[^<]*</span>`), regexp.MustCompile(`&[a-z]+;`), regexp.MustCompile(`\b[a-z-]+=""`),
	regexp.MustCompile(`\bkeystation\b|\b[A-Z]{2,}[0-9]*\b|SHA-256`), // names
}

// A template says nothing itself: whatever people read stands in the texts.
func TestTexts_alone(t *testing.T) {
	word, tag := regexp.MustCompile(`\p{L}{2,}`), regexp.MustCompile(`(?s)<[^>]*>`)
	attribute := regexp.MustCompile(` (?:placeholder|aria-label|title|alt|data-name)="([^"]*)"`)
	for name, text := range templates(t) {
		if name == "icons.html" {
			continue
		}
		for _, no := range noWords {
			text = no.ReplaceAllString(text, "")
		}
		for _, m := range attribute.FindAllStringSubmatch(text, -1) {
			if word.MatchString(m[1]) {
				t.Errorf("%s says %q in an attribute", name, m[1])
			}
		}
		for _, line := range strings.Split(tag.ReplaceAllString(text, "\n"), "\n") {
			if word.MatchString(line) {
				t.Errorf("%s says %q", name, line)
			}
		}
	}
}

func templates(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"templates/*.html", "templates/parts/*.html"} {
		names, err := fs.Glob(templateFiles, pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(templateFiles, name)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(name)] = string(b)
		}
	}
	return all
}

// A symbol that a page names is in the sheet.
func TestIcons_there(t *testing.T) {
	sheet, err := fs.ReadFile(templateFiles, "templates/parts/icons.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range sources(t) {
		for _, m := range regexp.MustCompile(`(?:template "icon" "|href="#i-)([a-z]+)"`).FindAllStringSubmatch(p, -1) {
			if !strings.Contains(string(sheet), `id="i-`+m[1]+`"`) {
				t.Errorf("there is no symbol %s", m[1])
			}
		}
	}
}

// The words for what people see of a requisition and of their keys are in both languages; English ones are those of the desk.
func TestTexts_words(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	seen := []word{requisitionWord(inventory.RequisitionRow{Requisition: inventory.Requisition{State: inventory.Fulfilling}, Lines: []inventory.LineRow{{Line: inventory.Line{State: inventory.LineMade}}}})}
	for _, kind := range []string{"requisition", "line", "tier"} {
		for _, w := range words[kind] {
			seen = append(seen, w)
		}
	}
	for _, k := range keyStates {
		seen = append(seen, k.word)
	}
	for _, w := range seen {
		if all.said(english, w) != w || all.said("de", w).Name == w.Name {
			t.Errorf("%s reads %q and %q", w.Name, all.said(english, w).Name, all.said("de", w).Name)
		}
	}
}
