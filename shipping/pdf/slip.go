package pdf

import (
	"strings"

	"keystation/inventory"
	"keystation/shipping"
)

// slip draws the packing slip: who, which key, how it was made, and the codes that the desk and the holder scan.
func (s *sheet) slip() {
	p := s.p.Slip
	y := s.testBand(margin, margin-4, s.w-2*margin)
	y = s.slipHead(margin+y+8, p)
	left, right := margin, s.w/2+4
	column := s.w/2 - margin - 8
	below := s.slipList(col{left, y, column}, "FOR", p.For)
	y = max(below, s.returnTo(col{right, y, column}, p.Return)) + 7
	y = s.keyTable(y, p.Key) + 8
	y = s.slipRecord(y, p.Record) + 4
	y = s.slipCodes(y, p) + 7.5
	for _, note := range p.Notes {
		y = s.paragraph(col{margin, y, s.w - 2*margin}, body, note) + 1
	}
	if y > s.h-35 {
		s.refuse(inventory.Refuse(inventory.Invalid, "The packing slip does not fit on its page: shorten the return address, the department or the name."))
	}
	s.signatures(s.h - 30)
}

func (s *sheet) slipHead(y float64, p shipping.Slip) float64 {
	s.text(margin, y, title, "Packing slip")
	number := s.p.Label.Number.Text
	s.text(s.w-margin-s.width(title, number), y, title, number)
	s.fitted(col{margin, y + 6.2, s.w - 2*margin}, small.at(9.5), p.Sender)
	s.line(margin, y+11, s.w-margin, y+11)
	return y + 19
}

// slipList draws facts under a heading: the first large, the rest small.
func (s *sheet) slipList(c col, name string, facts []shipping.Fact) float64 {
	s.text(c.x, c.y, caption, name)
	c.y += 6.5
	for i, f := range facts {
		st := body
		if i == 0 {
			st = heading
		}
		c.y = s.paragraph(c, st, f.Value)
	}
	return c.y
}

func (s *sheet) returnTo(c col, lines []string) float64 {
	if len(lines) == 0 {
		return c.y
	}
	s.text(c.x, c.y, caption, "IF IT CANNOT BE DELIVERED, RETURN TO")
	c.y += 6
	for _, line := range lines {
		s.fitted(c, body.at(9), line)
		c.y += body.at(9).line()
	}
	return c.y
}

// keyTable draws the key as a table of one row: name above, value below, columns as wide as they need.
func (s *sheet) keyTable(y float64, facts []shipping.Fact) float64 {
	shares := []float64{0.22, 0.32, 0.16, 0.14, 0.16}
	total := s.w - 2*margin
	s.fill(box{margin, y, total, 8}, ink)
	s.fill(box{margin, y + 8, total, 11}, tint)
	x := margin
	for i, f := range facts {
		w := total * shares[min(i, len(shares)-1)]
		s.fitted(col{x + 3, y + 5.3, w - 4}, style{7.6, true, white}, strings.ToUpper(f.Name))
		st := body.at(10.5)
		st.bold = i == 0
		s.cell(box{x + 3, y + 8, w - 4, 11}, st, f.Value)
		x += w
	}
	return y + 19
}

// cell draws a value on one or two lines in the middle of a row, as small as it must be. What still does not fit (a
// model's name is the maker's, not ours) is cut and shows that it was.
func (s *sheet) cell(b box, st style, value string) {
	lines := s.wrap(st, value, b.w)
	for st.size > 6.5 && (len(lines) > 2 || s.widest(st, lines) > b.w) {
		st = st.at(st.size - 0.5)
		lines = s.wrap(st, value, b.w)
	}
	if len(lines) > 2 || s.widest(st, lines) > b.w {
		lines = []string{s.broken(st, value, b.w-3)[0] + "…"}
	}
	top := b.y + (b.h-float64(len(lines))*st.line())/2 + st.size*pt*1.02
	for i, line := range lines {
		s.text(b.x, top+float64(i)*st.line(), st, line)
	}
}

func (s *sheet) widest(st style, lines []string) float64 {
	w := 0.0
	for _, line := range lines {
		w = max(w, s.width(st, line))
	}
	return w
}

// slipRecord draws the record in three columns.
func (s *sheet) slipRecord(y float64, facts []shipping.Fact) float64 {
	s.text(margin, y, caption, "RECORD")
	y += 6.5
	const columns = 3
	w := (s.w - 2*margin) / columns
	for i, f := range facts {
		x := margin + float64(i%columns)*w
		width := w
		if i == len(facts)-1 {
			width = s.w - margin - x // the last has the rest of the row: an AAGUID is long
		}
		s.text(x, y, small.at(7.4), f.Name)
		s.cell(box{x, y + 0.8, width - 4, 5.4}, body.at(9.2), f.Value)
		if i%columns == columns-1 || i == len(facts)-1 {
			y += 9.8
		}
	}
	return y
}

// slipCodes draws both codes side by side, each with what it says.
func (s *sheet) slipCodes(y float64, p shipping.Slip) float64 {
	h := max(38, float64(p.Where.W)*squareModule+12)
	half := (s.w - 2*margin - 8) / 2
	s.card(margin, y, half, h)
	s.card(margin+half+8, y, half, h)
	s.text(margin+6, y+7.5, caption, "KEY")
	s.bars(box{margin, y + 12, half, 15}, p.Tag, strong.at(13))
	s.where(margin+half+8, y, half, p.Where)
	return y + h
}

// where draws the square code with its text beside.
func (s *sheet) where(x, y, w float64, c shipping.Code) {
	const quiet = 4 * squareModule
	side := s.square(x+quiet+2, y+quiet+2, c)
	left := x + side + 2*quiet + 4
	room := x + w - left - 3
	name, hint := "WHEN IT ARRIVES, OPEN", "or scan the code."
	if s.p.Label.PickUp {
		name = "WHEN YOU HAVE IT, OPEN"
	}
	if s.p.Test {
		name, hint = "TEST KEY", "The code holds the asset tag: there is no address to open."
	}
	s.text(left, y+7.5, caption, name)
	below := s.address(col{left, y + 13, room}, strong, c.Text)
	s.paragraph(col{left, below + 1, room}, small, hint)
}

// address draws an address to type, broken after a slash or a dot where it can be.
func (s *sheet) address(c col, st style, text string) float64 {
	loose := strings.NewReplacer("/", "/ ", ".", ". ").Replace(text)
	line := ""
	for _, part := range strings.Fields(loose) {
		if line != "" && s.width(st, line+part) > c.w {
			c.y, line = s.paragraph(c, st, line), ""
		}
		line += part
	}
	return s.paragraph(c, st, line)
}

func (s *sheet) card(x, y, w, h float64) {
	s.pdf.SetDrawColor(int(rule), int(rule), int(rule))
	s.pdf.SetLineWidth(0.2)
	s.pdf.RoundedRect(x, y, w, h, 2, "1234", "D")
}

// signatures draws the lines that are filled in by hand.
func (s *sheet) signatures(y float64) {
	names := []string{"Packed by", "Bag seal number", "Date"}
	w := (s.w - 2*margin - 16) / 3
	for i, name := range names {
		s.signLine(margin+float64(i)*(w+8), y, w, name)
	}
}

// signLine draws a line to write on, with what is to be written below it.
func (s *sheet) signLine(x, y, w float64, name string) {
	s.pdf.SetDrawColor(int(muted), int(muted), int(muted))
	s.pdf.SetLineWidth(0.2)
	s.pdf.Line(x, y, x+w, y)
	s.text(x, y+4.2, small, name)
}
