package mail

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	texttemplate "text/template"

	"keystation/inventory"
)

//go:embed words/*.json
var wordFiles embed.FS

// english is the language that has words for every kind.
const english = "en"

// Writer turns letters into mails. It is safe for concurrent use.
type Writer struct {
	base  string // address of the people's pages, without a slash at the end
	words map[string]map[string]*texttemplate.Template
}

// Message is a mail that can be sent.
type Message struct {
	ID, To        string
	Subject       string
	Text          string
	HTML          string
	Machine       bool // nobody wrote it by hand: out-of-office programs should be still
	paragraphs    []string
	links         []link
	languageOfAll string
}

// link is an address with what it is for.
type link struct{ Label, URL string }

// NewWriter reads the words. Links begin with base, the address of the people's pages.
func NewWriter(base string) (*Writer, error) {
	names, err := fs.Glob(wordFiles, "words/*.json")
	if err != nil {
		return nil, fmt.Errorf("list words: %w", err)
	}
	w := &Writer{base: strings.TrimRight(base, "/"), words: map[string]map[string]*texttemplate.Template{}}
	for _, name := range names {
		b, err := wordFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read words: %w", err)
		}
		of := map[string]string{}
		if err := json.Unmarshal(b, &of); err != nil {
			return nil, fmt.Errorf("read words %s: %w", name, err)
		}
		lang := strings.TrimSuffix(path.Base(name), ".json")
		w.words[lang] = map[string]*texttemplate.Template{}
		for key, text := range of {
			if w.words[lang][key], err = texttemplate.New(key).Option("missingkey=error").Parse(text); err != nil {
				return nil, fmt.Errorf("read words of %s in %s: %w", key, lang, err)
			}
		}
	}
	return w, nil
}

// said is what words are filled with.
type said struct {
	inventory.LetterFacts
	RoleName string
	What     string // name of what happened, of [inventory.LetterFacts.Reason] where that is a code
}

// Write writes a letter in the language of its reader, or in English.
func (w *Writer) Write(l inventory.Letter) (Message, error) {
	lang, _, _ := strings.Cut(strings.ToLower(l.Language), "-")
	if _, ok := w.words[lang]; !ok {
		lang = english
	}
	facts := said{LetterFacts: l.Facts}
	var err error
	if l.Facts.Role != "" {
		if facts.RoleName, err = w.tell(lang, "role."+string(l.Facts.Role), facts); err != nil {
			return Message{}, err
		}
	}
	if facts.What, err = w.tell(lang, "what."+l.Facts.Reason, facts); err != nil {
		facts.What = l.Facts.Reason // it is somebody's own words
	}
	m := Message{ID: string(l.ID), To: l.To, Machine: true, languageOfAll: lang}
	subject, err := w.tell(lang, string(l.Kind)+".subject", facts)
	if err != nil {
		return m, err
	}
	body, err := w.tell(lang, string(l.Kind)+".body", facts)
	if err != nil {
		return m, err
	}
	m.Subject = oneLine(subject)
	for line := range strings.Lines(body) {
		if line = strings.TrimSpace(line); line != "" {
			m.paragraphs = append(m.paragraphs, line)
		}
	}
	if err := w.link(&m, l, facts); err != nil {
		return m, err
	}
	return m, w.draw(&m, facts)
}

// link adds the pages to go on with, and the one that says "this was not me".
func (w *Writer) link(m *Message, l inventory.Letter, facts said) error {
	for _, to := range []struct{ path, key string }{{l.Facts.Path, string(l.Kind) + ".link"}, {l.Facts.Deny, "deny.link"}} {
		if to.path == "" {
			continue
		}
		label, err := w.tell(m.languageOfAll, to.key, facts)
		if err != nil {
			if label, err = w.tell(m.languageOfAll, "link", facts); err != nil {
				return err
			}
		}
		m.links = append(m.links, link{label, w.base + to.path})
	}
	return nil
}

// oneLine keeps what somebody typed from making a header of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// tell fills words in, in English where the language has none.
func (w *Writer) tell(lang, key string, facts said) (string, error) {
	t, ok := w.words[lang][key]
	if !ok {
		t, ok = w.words[english][key]
	}
	if !ok {
		return "", fmt.Errorf("no words for %s", key)
	}
	var b strings.Builder
	if err := t.Execute(&b, facts); err != nil {
		return "", fmt.Errorf("write %s: %w", key, err)
	}
	return b.String(), nil
}

// page is the whole of a mail in HTML: no picture, no script, nothing that is loaded.
var page = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="font-family:sans-serif;font-size:16px;line-height:1.5;color:#1b1e20;background:#ffffff;max-width:38em">
{{range .Paragraphs}}<p>{{.}}</p>
{{end}}{{if .Lines}}<ul>{{range .Lines}}<li>{{.}}</li>{{end}}</ul>
{{end}}{{range .Links}}<p><a href="{{.URL}}">{{.Label}}</a><br><small>{{.URL}}</small></p>
{{end}}<p><small>{{.Foot}}</small></p>
</body></html>
`))

// draw makes both forms of the mail out of the same parts.
func (w *Writer) draw(m *Message, facts said) error {
	foot, err := w.tell(m.languageOfAll, "foot", facts)
	if err != nil {
		return err
	}
	text := append([]string{}, m.paragraphs...)
	for _, line := range facts.Lines {
		text = append(text, "- "+oneLine(line))
	}
	for _, l := range m.links {
		text = append(text, l.Label+":\n"+l.URL)
	}
	m.Text = strings.Join(append(text, "-- \n"+foot), "\n\n") + "\n"
	var b strings.Builder
	err = page.Execute(&b, struct {
		Lang, Subject     string
		Paragraphs, Lines []string
		Links             []link
		Foot              string
	}{m.languageOfAll, m.Subject, m.paragraphs, facts.Lines, m.links, foot})
	if err != nil {
		return fmt.Errorf("draw mail: %w", err)
	}
	m.HTML = b.String()
	return nil
}
