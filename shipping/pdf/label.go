package pdf

import (
	"regexp"
	"strings"

	"keystation/inventory"
	"keystation/shipping"
)

// The label is 4 by 6 inches, the size of thermal shipping labels; it is cut from a sheet or printed on its own.
const (
	labelW, labelH = 101.6, 152.4
	labelX, labelY = margin, margin
	inset          = 8.0
)

// label draws the address label with its cutting line, beside it what the packer must know, and below it the labels
// for the key.
func (s *sheet) label() {
	l := s.p.Label
	s.cuttingLine(box{labelX, labelY, labelW, labelH})
	y := labelY + s.testBand(labelX, labelY, labelW)
	if y += inset + 1; len(l.From) > 0 {
		y = s.sender(y, l)
		s.line(labelX+inset, y, labelX+labelW-inset, y)
	}
	bottom := labelY + labelH - 38
	s.line(labelX+inset, bottom, labelX+labelW-inset, bottom)
	if l.PickUp {
		s.pickUp(y+4, bottom-4, l)
	}
	if !l.PickUp {
		s.recipient(y+4, bottom-4, l)
	}
	s.parcelNumber(bottom, l)
	s.beside(l)
	s.ruler(labelX, labelY+labelH+16)
	s.keyLabels(keyLabelY)
}

func (s *sheet) cuttingLine(b box) {
	s.pdf.SetDrawColor(int(muted), int(muted), int(muted))
	s.pdf.SetLineWidth(0.2)
	s.pdf.SetDashPattern([]float64{1.6, 1.6}, 0)
	s.pdf.Rect(b.x, b.y, b.w, b.h, "D")
	s.pdf.SetDashPattern(nil, 0)
}

// sender draws who sends, small, and gives the place below.
func (s *sheet) sender(y float64, l shipping.Label) float64 {
	if l.PickUp {
		s.text(labelX+inset, y+1, caption, "DESK")
		return s.paragraph(col{labelX + inset, y + 5, labelW - 2*inset}, small.at(8.6), l.From[0]) + 1
	}
	s.text(labelX+inset, y+1, caption, "FROM")
	y += 5
	for _, line := range l.From {
		s.fitted(col{labelX + inset, y, labelW - 2*inset}, small.at(8.6), line)
		y += small.at(8.6).line()
	}
	return y + 1
}

// recipient draws the address as large as the room between top and bottom allows.
func (s *sheet) recipient(top, bottom float64, l shipping.Label) {
	s.text(labelX+inset, top+3, caption, "TO")
	if l.Phone != "" {
		bottom -= 6
		s.fitted(col{labelX + inset, bottom + 3, labelW - 2*inset}, small, "Phone "+l.Phone)
	}
	s.large(top+8, bottom, l.To)
}

// pickUp draws whom the key waits for, which one it is, and the lines to sign on.
func (s *sheet) pickUp(top, bottom float64, l shipping.Label) {
	const x, w = labelX + inset, labelW - 2*inset
	s.text(x, top+3, caption, "WAITS AT THE DESK FOR")
	sign := bottom - 7
	facts := sign - 24
	s.large(top+8, facts-4, l.To)
	for i, f := range l.Card {
		step := w / float64(len(l.Card))
		c := col{x + step*float64(i), facts, step - 2}
		s.text(c.x, c.y, small, f.Name)
		c.y += 5.8
		s.fitted(c, strong.at(14), f.Value)
	}
	s.signLine(x, sign, w*0.62, "Received by (signature)")
	s.signLine(x+w*0.62+6, sign, w*0.38-6, "Date")
}

// large draws lines as large as the room between top and bottom allows, the first in bold.
func (s *sheet) large(top, bottom float64, to []string) {
	st, lines, err := s.fitAddress(to, bottom-top)
	if err != nil {
		s.refuse(err)
		return
	}
	y := top + st.size*pt
	for i, line := range lines {
		s.text(labelX+inset+line.indent, y, style{st.size, i == 0, ink}, line.text)
		y += st.line()
	}
}

// addressLine is a printed line; the rest of a line that was broken is set in.
type addressLine struct {
	text   string
	indent float64
}

// The largest and the smallest type of an address.
const largest, smallest = 17.0, 9.0

// fitAddress finds the largest type in which all lines, wrapped, fit into height h. It refuses with the line that is
// too wide, or says that there are too many.
func (s *sheet) fitAddress(to []string, h float64) (style, []addressLine, error) {
	const w = labelW - 2*inset
	var wide string
	for size := largest; size >= smallest; size -= 0.5 {
		st := style{size, true, ink} // measured in bold, the wider of the two
		lines, tooWide := s.wrapAddress(st, to, w)
		if tooWide == "" && float64(len(lines))*st.line() <= h {
			return st, lines, nil
		}
		wide = tooWide
	}
	if wide != "" {
		return style{}, nil, inventory.Refuse(inventory.Invalid, "The address line %q is too wide for the label: shorten it or break it into two.", wide)
	}
	return style{}, nil, inventory.Refuse(inventory.Invalid, "The address beginning with %q has too many long lines for the label: shorten some.", to[0])
}

func (s *sheet) wrapAddress(st style, to []string, w float64) (lines []addressLine, tooWide string) {
	const indent = 4.0
	for _, line := range to {
		for i, piece := range s.parted(st, line, w, w-indent) {
			if s.width(st, piece) > w-indent*float64(min(i, 1)) {
				tooWide = line
			}
			lines = append(lines, addressLine{piece, indent * float64(min(i, 1))})
		}
	}
	return lines, tooWide
}

// parted breaks a line that is wider than w, and its rest where it is wider than rest: after a comma if there is one in
// reach, so that a house number stays with its street, else at a space.
func (s *sheet) parted(st style, line string, w, rest float64) []string {
	if s.width(st, line) <= w {
		return []string{line}
	}
	for i := strings.LastIndex(line, ", "); i > 0; i = strings.LastIndex(line[:i], ", ") {
		if s.width(st, line[:i+1]) <= w {
			return append([]string{line[:i+1]}, s.parted(st, line[i+2:], rest, rest)...)
		}
	}
	if lines := s.wrapGlued(st, line, rest); s.widest(st, lines) <= rest {
		return lines
	}
	return s.wrap(st, line, rest)
}

// wrapGlued wraps without a break before a number.
func (s *sheet) wrapGlued(st style, line string, w float64) []string {
	const glue = "\x00" // no text that may be printed has one
	lines := s.wrap(st, beforeNumber.ReplaceAllString(line, glue+"$1"), w)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], glue, " ")
	}
	return lines
}

// beforeNumber matches a space and the digit after it.
var beforeNumber = regexp.MustCompile(` (\d)`)

// parcelNumber draws the bar code at the foot of the label, with the short code of the run beside its name.
func (s *sheet) parcelNumber(y float64, l shipping.Label) {
	name := "PARCEL"
	if l.PickUp {
		name = "PICK-UP"
	}
	s.text(labelX+inset, y+7, caption, name)
	st := small.at(7.2)
	s.text(labelX+labelW-inset-s.width(st, l.Record), y+7, st, l.Record)
	s.bars(box{labelX, y + 9, labelW, 18}, l.Number, strong.at(13))
}

// beside draws what the packer must know, to the right of the label.
func (s *sheet) beside(l shipping.Label) {
	name, use, check := "Address label", "stick it on the parcel. It says nothing about what is inside.", "BEFORE YOU CLOSE THE PARCEL"
	if l.PickUp {
		name, use, check = "Pick-up card", "keep it with the key until it is picked up.", "BEFORE YOU HAND IT OVER"
	}
	x, w := labelX+labelW+10, s.w-margin-labelX-labelW-10
	y := labelY + 9
	y = s.paragraph(col{x, y, w}, title.at(17), name) + 1
	y = s.paragraph(col{x, y, w}, small, "Print at 100 %, not “fit to page”. Cut along the dashed line and "+use) + 5
	s.text(x, y, caption, check)
	y += 7
	for _, item := range l.Checklist {
		s.pdf.SetDrawColor(int(muted), int(muted), int(muted))
		s.pdf.SetLineWidth(0.3)
		s.pdf.Rect(x, y-3.1, 3.8, 3.8, "D")
		y = s.paragraph(col{x + 6.5, y, w - 6.5}, body.at(9), item) + 2.6
	}
}

// ruler draws a line that is 100 mm long only when the printer does not scale.
func (s *sheet) ruler(x, y float64) {
	s.pdf.SetDrawColor(int(muted), int(muted), int(muted))
	s.pdf.SetLineWidth(0.25)
	s.pdf.Line(x, y, x+100, y)
	for mm := 0; mm <= 100; mm += 5 {
		tick := 1.5
		if mm%10 == 0 {
			tick = 2.6
		}
		if mm%50 == 0 {
			tick = 4
		}
		s.pdf.Line(x+float64(mm), y, x+float64(mm), y-tick)
	}
	s.text(x, y+4.6, small, "This line is 100 mm long. If a ruler disagrees, the printer scaled the page: print it again at 100 %.")
}
