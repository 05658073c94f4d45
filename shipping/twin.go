package shipping

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the packet as plain text: the same parts, the same facts, for a screen reader, a terminal or a test
// that wants to know what the paper says.
func (p Packet) WriteText(w io.Writer) error {
	var b strings.Builder
	p.textLabel(&b)
	p.textSlip(&b)
	p.textStart(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write packet as text: %w", err)
	}
	return nil
}

// part begins a part with its name, TEST KEY where it is one, and the facts.
func (p Packet) part(b *strings.Builder, name string) {
	if p.Test {
		b.WriteString("TEST KEY\n")
	}
	fmt.Fprintf(b, "%s\n%s\n", name, strings.Repeat("=", len([]rune(name))))
	textFacts(b, p.Facts)
}

func (p Packet) textLabel(b *strings.Builder) {
	l := p.Label
	part, from, to, check := "Address label", "From", "To", "Before you close the parcel"
	if l.PickUp {
		part, from, to, check = "Pick-up card", "Desk", "Waits at the desk for", "Before you hand it over"
	}
	p.part(b, part)
	textLines(b, from, l.From)
	textLines(b, to, l.To)
	textFacts(b, l.Card)
	if l.Phone != "" {
		fmt.Fprintf(b, "Phone %s\n", l.Phone)
	}
	textLines(b, check, l.Checklist)
	p.KeyLabel.text(b)
	b.WriteString("\n")
}

func (k KeyLabel) text(b *strings.Builder) {
	lines := []string{k.Tag.Text}
	if k.Test {
		lines = append(lines, "TEST KEY")
	}
	textLines(b, "Key label", append(lines, k.Hint))
}

func (p Packet) textSlip(b *strings.Builder) {
	s := p.Slip
	p.part(b, "Packing slip")
	fmt.Fprintf(b, "\n%s\n", s.Sender)
	for _, facts := range [][]Fact{s.For, s.Key, s.Record} {
		b.WriteString("\n")
		textFacts(b, facts)
	}
	when := "When it arrives"
	if p.Label.PickUp {
		when = "When you have it"
	}
	textLines(b, when, []string{s.Where.Text})
	textLines(b, "If it cannot be delivered, return to", s.Return)
	textLines(b, "Please note", s.Notes)
	b.WriteString("\n")
}

func (p Packet) textStart(b *strings.Builder) {
	q := p.Start
	p.part(b, q.Title)
	fmt.Fprintf(b, "\n%s\n", q.Lead)
	for _, block := range q.Blocks {
		fmt.Fprintf(b, "\n%s\n", block.Heading)
		for i, step := range block.Steps {
			fmt.Fprintf(b, "%d. %s\n", i+1, step)
		}
		for _, item := range block.Items {
			fmt.Fprintf(b, "- %s\n", item)
		}
		for _, c := range block.Choices {
			fmt.Fprintf(b, "%s: %s\n", c.Name, c.Text)
		}
	}
}

func textFacts(b *strings.Builder, facts []Fact) {
	for _, f := range facts {
		fmt.Fprintf(b, "%s: %s\n", f.Name, f.Value)
	}
}

func textLines(b *strings.Builder, heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", heading)
	for _, line := range lines {
		fmt.Fprintf(b, "  %s\n", line)
	}
}
