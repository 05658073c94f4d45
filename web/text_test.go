package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		for _, m := range regexp.MustCompile(`\(print "([a-z0-9.-]+)"|"([a-z.-]+\.)" ?\+`).FindAllStringSubmatch(p, -1) {
			beginnings = append(beginnings, m[1]+m[2])
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

// deskTexts begin the keys that only pages of the desk have.
var deskTexts = []string{"nav.", "readiness.", "handover."}

// What is said to somebody who asks for a key, decides or has one is there in German too, with the same things filled in.
func TestTexts_german(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	verb := regexp.MustCompile(`%(\[\d+\])?[a-z]`)
	for key, text := range all[english] {
		german, ok := all["de"][key]
		if !ok {
			if !slices.ContainsFunc(deskTexts, func(b string) bool { return strings.HasPrefix(key, b) }) {
				t.Errorf("%s is in English only: %q", key, text)
			}
			continue
		}
		if want, have := filledIn(verb, text), filledIn(verb, german); !slices.Equal(want, have) {
			t.Errorf("%s fills in %v, in German %v", key, want, have)
		}
	}
	for key := range all["de"] {
		if _, ok := all[english][key]; !ok {
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
