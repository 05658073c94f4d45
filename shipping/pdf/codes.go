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

// bars draws a Code 128 in the middle of b, as tall as b, with its text centered below.
func (s *sheet) bars(b box, c shipping.Code, st style) {
	middle, w := b.x+b.w/2, float64(c.W)*barModule
	s.modules(box{middle - w/2, b.y, barModule, b.h}, c)
	s.text(middle-s.width(st, c.Text)/2, b.y+b.h+st.line(), st, c.Text)
}

// square draws a QR code from x on and gives its side.
func (s *sheet) square(x, y float64, c shipping.Code) float64 {
	s.modules(box{x, y, squareModule, squareModule}, c)
	return float64(c.W) * squareModule
}

// modules fills the bars of c as one path, its first module at the given place, so that no seam shows between them. PDF measures from the bottom of the
// page (ISO 32000-1 §8.3.2.3).
func (s *sheet) modules(at box, c shipping.Code) {
	var path strings.Builder
	fmt.Fprint(&path, "q 0 g")
	for _, b := range c.Bars {
		left, top := (at.x+float64(b.X)*at.w)/pt, (s.h-at.y-float64(b.Y)*at.h)/pt
		fmt.Fprintf(&path, " %.3f %.3f %.3f %.3f re", left, top, float64(b.W)*at.w/pt, -float64(b.H)*at.h/pt)
	}
	fmt.Fprint(&path, " f Q")
	s.pdf.RawWriteStr(path.String() + "\n")
}
