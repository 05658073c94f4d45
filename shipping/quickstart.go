package shipping

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"

	"keystation/inventory"
)

// The texts of the quick start, one file per language, named by its BCP 47 tag. Adding a file adds a language.
//
//go:embed quickstart/*.txt
var quickStarts embed.FS

// QuickStart is what the holder reads: where to go, what to do, how to change the PIN.
type QuickStart struct {
	Language string // BCP 47
	Title    string
	Lead     string
	Blocks   []Block
	Where    Code // the address to open, or the asset tag of a test key
}

// Block is a part of the quick start under a heading. At most one of Steps, Items and Choices is set.
type Block struct {
	Heading string
	Steps   []string // to be done in this order
	Items   []string // to be known, in any order
	Choices []Choice // one of them fits the reader
}

// Choice is what to do on one system.
type Choice struct{ Name, Text string }

// starting is what the texts may ask for.
type starting struct {
	Test     bool   // made for localhost
	PINFirst bool   // the PIN comes by letter
	PINKnown bool   // the station's PIN stays valid until it is changed
	Forced   bool   // the key demands a change of PIN
	Where    string // the address to open
	Desk     string // its name; empty when it has none
	Contact  string // how to reach it, or its name; empty when there is neither
}

func (m Made) quickStart(d Desk, where Code, test bool) (QuickStart, error) {
	s := starting{
		Test: test, PINFirst: m.Key.Arrival == inventory.ArrivalPINFirst, PINKnown: m.Key.PINKnown, Forced: !m.Key.PINKnown,
		Where: where.Text, Desk: d.called(), Contact: cmp.Or(Clean(d.Contact), d.called()),
	}
	lang := Language(m.Order.Person.Language)
	text, err := s.write(lang)
	if err != nil {
		return QuickStart{}, err
	}
	q := parseQuickStart(text)
	q.Language, q.Where = lang, where
	return q, nil
}

// Languages lists the languages that the quick start is written in, English first.
func Languages() []string {
	names, err := fs.Glob(quickStarts, "quickstart/*.txt")
	if err != nil {
		return nil // the pattern is well-formed
	}
	out := []string{"en"}
	for _, name := range names {
		if tag := strings.TrimSuffix(strings.TrimPrefix(name, "quickstart/"), ".txt"); !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

// Language gives the best language we have for the one a person wants (RFC 4647 §3.4): English when there is none.
func Language(want string) string {
	have := Languages()
	var tags []language.Tag
	for _, l := range have {
		tags = append(tags, language.Make(l))
	}
	_, i, _ := language.NewMatcher(tags).Match(language.Make(want))
	return have[i]
}

func (s starting) write(lang string) (string, error) {
	t, err := template.ParseFS(quickStarts, "quickstart/"+lang+".txt")
	if err != nil {
		return "", fmt.Errorf("read quick start in %s: %w", lang, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, s); err != nil {
		return "", fmt.Errorf("write quick start in %s: %w", lang, err)
	}
	return b.String(), nil
}

// parseQuickStart reads the little markup of the text files: "# " title, "## " heading, "1. " step, "- " item, "= "
// choice followed by its text; any other line before the first heading is the lead.
func parseQuickStart(text string) QuickStart {
	var q QuickStart
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		head, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "":
		case head == "#":
			q.Title = rest
		case head == "##":
			q.Blocks = append(q.Blocks, Block{Heading: rest})
		case len(q.Blocks) == 0:
			q.Lead = strings.TrimSpace(q.Lead + " " + line)
		default:
			b := &q.Blocks[len(q.Blocks)-1]
			b.add(head, rest, line)
		}
	}
	return q
}

func (b *Block) add(head, rest, line string) {
	switch {
	case head == "=":
		b.Choices = append(b.Choices, Choice{Name: rest})
	case head == "-":
		b.Items = append(b.Items, rest)
	case strings.HasSuffix(head, ".") && strings.Trim(head, "0123456789.") == "":
		b.Steps = append(b.Steps, rest)
	case len(b.Choices) > 0:
		c := &b.Choices[len(b.Choices)-1]
		c.Text = strings.TrimSpace(c.Text + " " + line)
	}
}
