package pdf

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/jung-kurt/gofpdf"
	"golang.org/x/text/unicode/norm"

	"keystation/inventory"
	"keystation/shipping"
)

// Lengths are in millimeters from the top left corner, sizes of type in points.
const (
	margin  = 18.0
	pt      = 25.4 / 72
	leading = 1.36 // line distance as a multiple of the size
)

// gray is a shade between black (0) and white (255). Paper is printed in black, so there is no color.
type gray int

const (
	ink   gray = 20
	muted gray = 105
	rule  gray = 200
	tint  gray = 243
	white gray = 255
)

// col is a column of text: its first line begins at x, stands on y, and is w wide at most.
type col struct{ x, y, w float64 }

// box is a rectangle.
type box struct{ x, y, w, h float64 }

// style is how a text looks.
type style struct {
	size float64
	bold bool
	gray gray
}

var (
	title   = style{24, true, ink}
	heading = style{12.5, true, ink}
	body    = style{10, false, ink}
	strong  = style{10, true, ink}
	small   = style{8.2, false, muted}
	caption = style{7.2, true, muted}
)

func (st style) line() float64 { return st.size * pt * leading }

// at gives the style in another size.
func (st style) at(size float64) style { return style{size, st.bold, st.gray} }

// sheet is a document being drawn: a pen that keeps the first error and draws nothing after it.
type sheet struct {
	pdf  *gofpdf.Fpdf
	p    shipping.Packet
	w, h float64 // of the page
	part string  // names the part in an error
	page int
	have map[rune]bool // the characters in this document's copy of the fonts
}

func newSheet(p shipping.Packet) *sheet {
	return prepared(gofpdf.New("P", "mm", string(p.Paper), ""), p)
}

// prepared makes f a sheet for p: its dates, its title, its fonts.
func prepared(f *gofpdf.Fpdf, p shipping.Packet) *sheet {
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.SetCatalogSort(true)
	f.SetCreationDate(p.At)
	f.SetModificationDate(p.At)
	f.SetProducer("keystation", true)
	f.SetTitle(p.Title, true)
	s := &sheet{pdf: f, p: p, have: characters(p)}
	// gofpdf writes into the bytes of a font: each document has its own copy.
	f.AddUTF8FontFromBytes(family, "", regular().only(s.have))
	f.AddUTF8FontFromBytes(family, "B", bold().only(s.have))
	s.w, s.h = f.GetPageSize()
	return s
}

// characters collects what the document may print: ASCII, the signs of our own texts, and whatever the packet says.
func characters(p shipping.Packet) map[rune]bool {
	var b strings.Builder
	_ = p.WriteText(&b) // a Builder takes everything
	set := map[rune]bool{}
	for r := ' '; r <= '~'; r++ {
		set[r] = true
	}
	for _, r := range "…·–“”" + p.Label.Record + p.Title + norm.NFC.String(b.String()) {
		set[r] = true
	}
	return set
}

// refuse makes err the document's error, unless there is one already.
func (s *sheet) refuse(err error) {
	if s.pdf.Ok() {
		s.pdf.SetError(err)
	}
}

func (s *sheet) use(st style) {
	weight := ""
	if st.bold {
		weight = "B"
	}
	s.pdf.SetFont(family, weight, st.size)
	s.pdf.SetTextColor(int(st.gray), int(st.gray), int(st.gray))
}

// text is the one way for text to reach the paper: from x on, standing on the line y. It refuses what is not clean and
// what has no glyph.
func (s *sheet) text(x, y float64, st style, text string) {
	if text = norm.NFC.String(text); text == "" {
		return
	}
	if err := s.printable(text); err != nil {
		s.refuse(err)
		return
	}
	s.use(st)
	if !strings.ContainsFunc(text, isMark) {
		s.pdf.Text(x, y, text)
		return
	}
	s.marked(x, y, st, text)
}

func (s *sheet) printable(text string) error {
	if err := inventory.CheckText("text of the "+s.part, text); err != nil {
		return err
	}
	if err := shipping.CheckGlyphs("text of the "+s.part, text, Glyphs); err != nil {
		return err
	}
	for _, r := range text {
		if !s.have[r] {
			return fmt.Errorf("the character U+%04X is not in the fonts of this document", r)
		}
	}
	return nil
}

// marked sets text that has combining marks. The font draws a mark above or below the middle of a small letter that
// stands before it: over a capital, or over an accent, it is lifted; over a wide or narrow letter it is moved to the
// middle.
func (s *sheet) marked(x, y float64, st style, text string) {
	var base rune
	lift := 0.0
	for _, r := range text {
		if !isMark(r) {
			s.pdf.Text(x, y, string(r))
			x += s.width(st, string(r))
			base, lift = r, lifted(r)
			continue
		}
		em := st.size * pt
		above := norm.NFD.PropertiesString(string(r)).CCC() == 230
		dx, dy := (0.53*em-s.width(st, string(base)))/2, 0.0
		if above {
			dy = lift * em
			lift += 0.16
		}
		s.pdf.Text(x+dx, y-dy, string(r))
	}
}

// lifted tells how far, in em, a mark above r must be lifted: over capitals and tall letters, and over accents that r
// has already.
func lifted(r rune) float64 {
	up := 0.0
	for i, part := range []rune(norm.NFD.String(string(r))) {
		if i == 0 && (unicode.IsUpper(part) || strings.ContainsRune("bdfhklδθλβбф", part)) {
			up += 0.17
		}
		if i > 0 && norm.NFD.PropertiesString(string(part)).CCC() == 230 {
			up += 0.16
		}
	}
	return up
}

// width measures text as it is printed; a combining mark takes no room.
func (s *sheet) width(st style, text string) float64 {
	f, em := regular(), 0.0
	if st.bold {
		f = bold()
	}
	for _, r := range norm.NFC.String(text) {
		if !isMark(r) {
			em += f.width[r]
		}
	}
	return em * st.size * pt
}

// wrap breaks text into lines no wider than w. A word that is wider stays whole, on a line of its own.
func (s *sheet) wrap(st style, text string, w float64) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if n := len(lines); n > 0 && s.width(st, lines[n-1]+" "+word) <= w {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// paragraph wraps text into a column and gives the place of the line after it. A word too wide for the column is broken, so that nothing runs over an edge.
func (s *sheet) paragraph(c col, st style, text string) float64 {
	for _, line := range s.wrap(st, text, c.w) {
		for _, piece := range s.broken(st, line, c.w) {
			s.text(c.x, c.y, st, piece)
			c.y += st.line()
		}
	}
	return c.y
}

// broken cuts a line that is too wide into pieces that fit, never before a combining mark.
func (s *sheet) broken(st style, line string, w float64) []string {
	if s.width(st, line) <= w {
		return []string{line}
	}
	var pieces []string
	piece := ""
	for _, r := range line {
		if piece != "" && !isMark(r) && s.width(st, piece+string(r)) > w {
			pieces, piece = append(pieces, piece), ""
		}
		piece += string(r)
	}
	return append(pieces, piece)
}

// fitted draws text on one line, smaller if it must be, and refuses it below the smallest readable size.
func (s *sheet) fitted(c col, st style, text string) {
	for ; s.width(st, text) > c.w; st = st.at(st.size - 0.25) {
		if st.size <= 6 {
			s.refuse(inventory.Refuse(inventory.Invalid, "%q is too long for the %s: shorten it.", text, s.part))
			return
		}
	}
	s.text(c.x, c.y, st, text)
}
