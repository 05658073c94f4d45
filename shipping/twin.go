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
	p.part(b, "Address label")
	textLines(b, "From", l.From)
	heading := "To"
	if l.PickUp {
		heading = "Waits at the desk for"
	}
	textLines(b, heading, l.To)
	if l.Phone != "" {
		fmt.Fprintf(b, "Phone %s\n", l.Phone)
	}
	textLines(b, "Before you close the parcel", l.Checklist)
	b.WriteString("\n")
}

func (p Packet) textSlip(b *strings.Builder) {
	s := p.Slip
	p.part(b, "Packing slip")
	fmt.Fprintf(b, "\n%s\n", s.Sender)
	for _, facts := range [][]Fact{s.For, s.Key, s.Record} {
		b.WriteString("\n")
		textFacts(b, facts)
	}
	textLines(b, "When it arrives", []string{s.Where.Text})
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
