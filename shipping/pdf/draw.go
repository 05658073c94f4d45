package pdf

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"keystation/inventory"
	"keystation/shipping"
)

// Draw writes p to w as a PDF. Nothing is written unless all of it could be drawn.
func Draw(w io.Writer, p shipping.Packet) error {
	var b bytes.Buffer
	if err := render(&b, p, true); err != nil {
		return fmt.Errorf("draw %s: %w", p.Title, err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	return nil
}

// Check refuses an order whose packet could not be drawn for desk: a character without a glyph, a line too wide for
// the label. It lays the whole packet out for a key that stands for the one to be made.
func Check(o inventory.Order, desk shipping.Desk) error {
	p, err := shipping.NewPacket(standIn(o), desk, Glyphs)
	if err != nil {
		return err
	}
	return render(io.Discard, p, false)
}

// standIn is what a packet for o could be made of: every fact is there, with the widest tag and number there can be.
func standIn(o inventory.Order) shipping.Made {
	const id = "00000000-0000-7000-8000-000000000000"
	return shipping.Made{
		Order: o,
		Key: inventory.Key{
			Tag: "WWWW-WWWW", Model: "Model", AAGUID: id, Serial: "00000000", SerialSource: inventory.SerialVendor, Firmware: "0.0.0",
			Verdict: inventory.Genuine, Test: true, // the band takes room
		},
		Run: inventory.Run{
			ID: id, Operator: inventory.Claimed("Operator"), StartedAt: time.Date(2028, time.September, 30, 20, 0, 0, 0, time.UTC),
		},
		Parcel: inventory.Parcel{Number: "P-00000000"},
	}
}

// render lays p out and, when asked to, encodes it. gofpdf panics on input it does not expect: that fails this
// document only.
func render(w io.Writer, p shipping.Packet, encode bool) (err error) {
	defer caught(p.Title, &err)
	s := drawing(p)
	if encode {
		return s.pdf.Output(w)
	}
	return s.pdf.Error()
}

// caught makes a panic the error of the document with this title.
func caught(title string, err *error) {
	if r := recover(); r != nil {
		*err = &inventory.Error{Kind: inventory.Internal, Msg: title + " could not be drawn: keep the key aside and report this.", Err: fmt.Errorf("panic: %v", r)}
	}
}

// drawing lays the three parts out.
func drawing(p shipping.Packet) *sheet {
	s := newSheet(p)
	for _, part := range []struct {
		name string
		draw func(*sheet)
	}{{"address label", (*sheet).label}, {"packing slip", (*sheet).slip}, {"quick start", (*sheet).quickStart}} {
		s.part = part.name
		s.begin()
		part.draw(s)
		s.end()
	}
	return s
}

// pages is how many there are, one for each part.
const pages = 3

// begin starts the page of a part.
func (s *sheet) begin() {
	s.pdf.AddPage()
	s.page++
}

// end draws the foot of the page: the same facts on every part, and its number.
func (s *sheet) end() {
	y := s.h - 15
	s.line(margin, y, s.w-margin, y)
	x, step := margin, (s.w-2*margin-14)/float64(len(s.p.Facts))
	for _, f := range s.p.Facts {
		s.fact(col{x, y + 4.6, step - 2}, f)
		x += step
	}
	number := fmt.Sprintf("%d / %d", s.page, pages)
	s.text(s.w-margin-s.width(strong.at(8.5), number), y+8.2, strong.at(8.5), number)
}

// fact draws a small name with its value under it.
func (s *sheet) fact(c col, f shipping.Fact) {
	s.fitted(c, caption.at(6), f.Name)
	s.fitted(col{c.x, c.y + 3.6, c.w}, body.at(8), f.Value)
}

// line draws a hair line.
func (s *sheet) line(x1, y1, x2, y2 float64) {
	s.pdf.SetDrawColor(int(rule), int(rule), int(rule))
	s.pdf.SetLineWidth(0.2)
	s.pdf.Line(x1, y1, x2, y2)
}

// fill draws a rectangle without an edge.
func (s *sheet) fill(b box, g gray) {
	s.pdf.SetFillColor(int(g), int(g), int(g))
	s.pdf.Rect(b.x, b.y, b.w, b.h, "F")
}

// testBand says TEST KEY across a part of width w, in white on black, and gives its height: 0 for a real key.
func (s *sheet) testBand(x, y, w float64) float64 {
	if !s.p.Test {
		return 0
	}
	const h = 15.0
	s.fill(box{x, y, w, h}, ink)
	s.text(x+5, y+10.6, style{27, true, white}, "TEST KEY")
	left := x + 5 + s.width(style{27, true, white}, "TEST KEY") + 6
	st := style{8.5, false, white}
	lines := s.wrap(st, "Made for localhost. Signs nobody in.", x+w-left-4)
	for i, line := range lines {
		s.text(left, y+8.6+(float64(i)-float64(len(lines)-1)/2)*st.line(), st, line)
	}
	return h
}
