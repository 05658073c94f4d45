package pdf

import (
	"fmt"
	"strings"

	"keystation/shipping"
)

// Sizes of a module. A scanner of 203 dpi or a telephone reads both.
const (
	barModule    = 0.33
	squareModule = 0.75
)

// bars draws a Code 128 of height h from x on, its text centered below, and gives its width.
func (s *sheet) bars(x, y, h float64, c shipping.Code, st style) float64 {
	w := float64(c.W) * barModule
	s.modules(x, y, barModule, h, c)
	s.text(x+(w-s.width(st, c.Text))/2, y+h+st.line(), st, c.Text)
	return w
}

// square draws a QR code from x on and gives its side.
func (s *sheet) square(x, y float64, c shipping.Code) float64 {
	s.modules(x, y, squareModule, squareModule, c)
	return float64(c.W) * squareModule
}

// modules fills the bars of c as one path, so that no seam shows between them. PDF measures from the bottom of the
// page (ISO 32000-1 §8.3.2.3).
func (s *sheet) modules(x, y, w, h float64, c shipping.Code) {
	var path strings.Builder
	fmt.Fprint(&path, "q 0 g")
	for _, b := range c.Bars {
		left, top := (x+float64(b.X)*w)/pt, (s.h-y-float64(b.Y)*h)/pt
		fmt.Fprintf(&path, " %.3f %.3f %.3f %.3f re", left, top, float64(b.W)*w/pt, -float64(b.H)*h/pt)
	}
	fmt.Fprint(&path, " f Q")
	s.pdf.RawWriteStr(path.String() + "\n")
}
