package web

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"keystation/inventory"
)

//go:embed texts
var textFiles embed.FS

// english is the language that has every text. Each language is a folder of files: people.json for what is said to those
// who ask, decide and have keys, desk.json for what only the desk reads, which another language may leave out. A sentence
// of the desk that an element interrupts stands there in parts.
const english = "en"

// refusal begins the keys of sentences that rules refuse with: the rest is the English form that the sentence is made of.
// English has none: its sentences stand where they are said.
const refusal = "refusal: "

// texts are what pages say, by language and key. A text may have verbs of fmt.
type texts map[string]map[string]string

// loadTexts reads the files of all languages. A text stands once.
func loadTexts() (texts, error) {
	names, err := fs.Glob(textFiles, "texts/*/*.json")
	if err != nil {
		return nil, fmt.Errorf("list texts: %w", err)
	}
	all := texts{}
	for _, name := range names {
		of, err := readTexts(name)
		if err != nil {
			return nil, err
		}
		lang := path.Base(path.Dir(name))
		if all[lang] == nil {
			all[lang] = map[string]string{}
		}
		for key, text := range of {
			if path.Base(name) == "refusals.json" {
				key = refusal + key
			}
			if _, twice := all[lang][key]; twice {
				return nil, fmt.Errorf("read texts %s: %s stands in another file too", name, key)
			}
			all[lang][key] = text
		}
	}
	return all, nil
}

func readTexts(name string) (map[string]string, error) {
	b, err := textFiles.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	of := map[string]string{}
	if err := json.Unmarshal(b, &of); err != nil {
		return nil, fmt.Errorf("read texts %s: %w", name, err)
	}
	return of, nil
}

// languages are those that pages can be read in, English first.
func (t texts) languages() []string {
	all := []string{english}
	for lang := range t {
		if lang != english {
			all = append(all, lang)
		}
	}
	slices.Sort(all[1:])
	return all
}

// tell gives a text, in English where the language has none. A key that nobody wrote a text for must not be shown.
func (t texts) tell(lang, key string, args ...any) (string, error) {
	text, ok := t[lang][key]
	if !ok {
		text, ok = t[english][key]
	}
	if !ok {
		return "", fmt.Errorf("no text for %s", key)
	}
	if len(args) == 0 {
		return text, nil
	}
	return fmt.Sprintf(text, args...), nil
}

// inKeys writes a value as a part of a key.
var inKeys = strings.NewReplacer(",", "", " ", "-", "_", "-")

// of is the text for a value of a kind, such as a state; empty where that has none.
func (t texts) of(lang, kind string, value any) string {
	key := kind + inKeys.Replace(fmt.Sprint(value))
	return cmp.Or(t[lang][key], t[english][key])
}

// said is a word of a state as a language has it. A state that nobody wrote a word for is told by its own name.
func (t texts) said(lang string, w word) word {
	w.Name = cmp.Or(t.of(lang, "word.", w.Name), w.Name)
	return w
}

// counted is a text about n things, which may have a form of its own for one.
func (t texts) counted(lang, key string, n int) (string, error) {
	if n == 1 {
		return t.tell(lang, key+".one")
	}
	return t.tell(lang, key, n)
}

// teller is tell for the templates of one language.
func (t texts) teller(lang string) func(key string, args ...any) (string, error) {
	return func(key string, args ...any) (string, error) { return t.tell(lang, key, args...) }
}

// text is a text in the language of the page that the request is for.
func (s *Site) text(c Ctx, key string, args ...any) string {
	text, err := s.texts.tell(s.language(c), key, args...)
	if err != nil {
		s.Log.Error("text", "err", err)
		return key
	}
	return text
}

// languageCookie keeps the language that somebody chose.
const languageCookie = "language"

// language is the one that a page is read in: as chosen, else as the directory says, else as the browser asks. The desk's
// pages are English.
func (s *Site) language(c Ctx) string {
	if r, ok := c.Get(routeKey).(route); ok && r.surface == desk {
		return english
	}
	wanted := []string{}
	if chosen, err := c.Cookie(languageCookie); err == nil {
		wanted = append(wanted, chosen.Value)
	}
	wanted = append(wanted, visitor(c).Language)
	for part := range strings.SplitSeq(c.Request().Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(part, ";")
		wanted = append(wanted, strings.TrimSpace(tag))
	}
	for _, tag := range wanted {
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if _, ok := s.texts[base]; ok {
			return base
		}
	}
	return english
}

// spoken is a language by the name that its speakers give it.
type spoken struct{ Code, Name string }

// spoken lists the languages that the page of a request can be read in; the desk's are English.
func (s *Site) spoken(c Ctx) []spoken {
	if r, ok := c.Get(routeKey).(route); ok && r.surface == desk {
		return nil
	}
	var all []spoken
	for _, lang := range s.texts.languages() {
		all = append(all, spoken{lang, s.texts[lang]["frame.language.name"]})
	}
	return all
}

// setLanguage keeps the language that somebody chose, and goes back to the page they chose it on.
func (s *Site) setLanguage(c Ctx) error {
	lang := c.Request().PostFormValue("language")
	if _, ok := s.texts[lang]; !ok {
		return inventory.Refuse(inventory.Invalid, "There are no pages in that language: choose one of those at the top.")
	}
	c.SetCookie(&http.Cookie{Name: languageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true,
		Secure: s.secure(c.Request()), SameSite: http.SameSiteLaxMode})
	return seeOther(c, backHere(c.Request()))
}
