package pdf

import (
	"strconv"

	"keystation/inventory"
	"keystation/shipping"
)

// errTooLong is a fault of a text file, not of an order.
var errTooLong = &inventory.Error{Kind: inventory.Internal, Msg: "The quick start does not fit on its page: shorten its text file."}

// quickStart draws the page for the holder.
func (s *sheet) quickStart() {
	q := s.p.Start
	y := s.testBand(margin, margin-4, s.w-2*margin)
	y = margin + y + 8
	side := s.invite(y, q)
	width := s.w - 2*margin
	s.text(margin, y, title.at(26), q.Title)
	y = s.paragraph(margin, y+9, width-side-8, body.at(11), q.Lead) + 5
	for i, b := range q.Blocks {
		w := width
		if i == 0 {
			w -= side + 8
		}
		y = s.block(y, w, b)
		if i == 0 {
			y = max(y, margin+58)
		}
	}
	if y > s.h-18 {
		s.refuse(errTooLong)
	}
}

// invite draws the code in the upper right corner and gives the width it takes.
func (s *sheet) invite(y float64, q shipping.QuickStart) float64 {
	side := float64(q.Where.W)*squareModule + 8*squareModule
	x := s.w - margin - side
	s.card(x, y-6, side, side)
	s.square(x+4*squareModule, y-6+4*squareModule, q.Where)
	s.address(x, y-6+side+5, side, strong.at(8.5), q.Where.Text)
	return side
}

// block draws a heading and what stands under it.
func (s *sheet) block(y, w float64, b shipping.Block) float64 {
	s.text(margin, y+4, heading.at(14), b.Heading)
	y += 12
	for i, step := range b.Steps {
		y = s.step(y, w, strconv.Itoa(i+1), step)
	}
	for _, item := range b.Items {
		s.pdf.SetFillColor(int(muted), int(muted), int(muted))
		s.pdf.Circle(margin+1.4, y-1.3, 0.7, "F")
		y = s.paragraph(margin+6, y, w-6, body, item) + 1.6
	}
	return s.choices(y, w, b.Choices) + 5
}

// step draws a number in a disc with its text beside.
func (s *sheet) step(y, w float64, number, text string) float64 {
	const r = 3.1
	s.pdf.SetFillColor(int(ink), int(ink), int(ink))
	s.pdf.Circle(margin+r, y-1.3, r, "F")
	st := style{9, true, white}
	s.text(margin+r-s.width(st, number)/2, y-0.1, st, number)
	return s.paragraph(margin+10, y, w-10, body.at(10.5), text) + 3
}

// choices draws cards in two columns; cards beside each other are as tall as the taller.
func (s *sheet) choices(y, w float64, choices []shipping.Choice) float64 {
	const gap, pad = 6.0, 4.5
	column := (w - gap) / 2
	for i := 0; i < len(choices); i += 2 {
		row := choices[i:min(i+2, len(choices))]
		h := 0.0
		for _, c := range row {
			lines := s.wrap(body.at(9.2), c.Text, column-2*pad)
			h = max(h, 11+float64(len(lines))*body.at(9.2).line()+2)
		}
		for j, c := range row {
			x := margin + float64(j)*(column+gap)
			s.card(x, y-4, column, h)
			s.text(x+pad, y+2.6, strong.at(10.5), c.Name)
			s.paragraph(x+pad, y+8, column-2*pad, body.at(9.2), c.Text)
		}
		y += h + 4
	}
	return y
}
