package pdf

import (
	"errors"
	"strconv"

	"github.com/jung-kurt/gofpdf"

	"keystation/inventory"
	"keystation/shipping"
)

// errTooLong is a fault of a text file or of the desk's settings, not of an order.
var errTooLong = &inventory.Error{
	Kind: inventory.Invalid,
	Msg:  "The quick start does not fit on its page: shorten the desk's name, contact or public address, or the text file.",
}

// errDry makes a scratch document draw nothing.
var errDry = errors.New("measured only")

// guide is the quick start in a size of type: 1, or less when there is much to say.
type guide struct {
	*sheet
	scale float64
}

// quickStart draws the page for the holder in the largest type in which it fits.
func (s *sheet) quickStart() {
	dry := *s
	dry.pdf = gofpdf.New("P", "mm", string(s.p.Paper), "")
	dry.pdf.SetError(errDry)
	for scale := 1.0; scale >= 0.75; scale -= 0.05 {
		if (guide{&dry, scale}).draw() <= s.h-18 {
			guide{s, scale}.draw()
			return
		}
	}
	s.refuse(errTooLong)
}

func (g guide) size(st style, size float64) style { return st.at(size * g.scale) }

// draw gives the place below the last line.
func (g guide) draw() float64 {
	q := g.p.Start
	y := margin + 8 + g.testBand(margin, margin-4, g.w-2*margin)
	side, below := g.invite(y, q)
	width := g.w - 2*margin
	g.text(margin, y, title.at(26), q.Title)
	y = g.paragraph(col{margin, y + 9, width - side - 8}, g.size(body, 11), q.Lead) + 5
	for i, b := range q.Blocks {
		if i == 0 {
			y = max(g.block(y, width-side-8, b), below)
			continue
		}
		y = g.block(y, width, b)
	}
	return y
}

// invite draws the code in the upper right corner and gives the width it takes and the place below it.
func (g guide) invite(y float64, q shipping.QuickStart) (side, below float64) {
	side = float64(q.Where.W)*squareModule + 8*squareModule
	x := g.w - margin - side
	g.card(x, y-6, side, side)
	g.square(x+4*squareModule, y-6+4*squareModule, q.Where)
	return side, g.address(col{x, y - 6 + side + 5, side}, strong.at(8.5), q.Where.Text) + 3
}

// block draws a heading and what stands under it.
func (g guide) block(y, w float64, b shipping.Block) float64 {
	g.text(margin, y+4, heading.at(14), b.Heading)
	y += 12
	for i, step := range b.Steps {
		y = g.step(y, w, strconv.Itoa(i+1), step)
	}
	for _, item := range b.Items {
		g.pdf.SetFillColor(int(muted), int(muted), int(muted))
		g.pdf.Circle(margin+1.4, y-1.3, 0.7, "F")
		y = g.paragraph(col{margin + 6, y, w - 6}, g.size(body, 10), item) + 1.6
	}
	return g.choices(y, w, b.Choices) + 5*g.scale
}

// step draws a number in a disc with its text beside.
func (g guide) step(y, w float64, number, text string) float64 {
	const r = 3.1
	g.pdf.SetFillColor(int(ink), int(ink), int(ink))
	g.pdf.Circle(margin+r, y-1.3, r, "F")
	st := style{9, true, white}
	g.text(margin+r-g.width(st, number)/2, y-0.1, st, number)
	return g.paragraph(col{margin + 10, y, w - 10}, g.size(body, 10.5), text) + 3*g.scale
}

// choices draws cards in two columns; cards beside each other are as tall as the taller.
func (g guide) choices(y, w float64, choices []shipping.Choice) float64 {
	const gap, pad = 6.0, 4.5
	column, st := (w-gap)/2, g.size(body, 9.2)
	for i := 0; i < len(choices); i += 2 {
		row := choices[i:min(i+2, len(choices))]
		h := 0.0
		for _, c := range row {
			lines := g.wrap(st, c.Text, column-2*pad)
			h = max(h, 11+float64(len(lines))*st.line()+2)
		}
		for j, c := range row {
			x := margin + float64(j)*(column+gap)
			g.card(x, y-4, column, h)
			g.text(x+pad, y+2.6, strong.at(10.5), c.Name)
			g.paragraph(col{x + pad, y + 8, column - 2*pad}, st, c.Text)
		}
		y += h + 4
	}
	return y
}
