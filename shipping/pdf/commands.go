package pdf

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"keystation/inventory"
	"keystation/shipping"
)

// DrawCommands writes the command sheet to w: a page with the commands in large letters over their codes, and one with
// the ports. It is printed once and hung up beside the bench. The same paper gives the same bytes.
func DrawCommands(w io.Writer, paper shipping.Paper) error {
	var b bytes.Buffer
	if err := renderCommands(&b, paper); err != nil {
		return fmt.Errorf("draw command sheet: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write command sheet: %w", err)
	}
	return nil
}

func renderCommands(w io.Writer, paper shipping.Paper) (err error) {
	const name = "Command sheet"
	defer caught(name, &err)
	if paper == "" {
		paper = shipping.A4
	}
	s := newSheet(shipping.Packet{Title: name, Paper: paper, At: time.Unix(0, 0).UTC()})
	s.part = "command sheet"
	codes := inventory.CommandCodes()
	first := len(codes) - inventory.CommandPorts
	s.codePage("Commands", "Scan a port or the label of a key, then what to do there. Without a port HOLD and RELEASE are for the whole bench. Yes to a question is said at the screen only.", codes[:first], commandGrid)
	s.codePage("Ports", "A port is chosen for one command, for a minute at most.", codes[first:], portGrid)
	return s.pdf.Output(w)
}

// grid is how codes stand on a page.
type grid struct {
	columns, rows int
	name          style
	code          float64 // height of the bars
	says          bool    // what a code does is printed too
}

var (
	commandGrid = grid{2, 4, style{30, true, ink}, 20, true}
	portGrid    = grid{4, 8, style{15, true, ink}, 12, false}
)

// codePage draws a page of codes, column by column as people read, each in a cell of its own: a scanner must not catch
// the neighbor.
func (s *sheet) codePage(head, how string, codes []inventory.CommandCode, g grid) {
	s.begin()
	s.text(margin, margin+6, title, head)
	top := s.paragraph(col{margin, margin + 13, s.w - 2*margin}, body, how) + 1
	w, h := (s.w-2*margin)/float64(g.columns), (s.h-margin-top)/float64(g.rows)
	for i, c := range codes {
		cell := box{margin + float64(i%g.columns)*w, top + float64(i/g.columns)*h, w, h}
		s.commandCell(cell, g, c)
	}
}

// commandCell draws the name, the code under it, and what it does.
func (s *sheet) commandCell(b box, g grid, c inventory.CommandCode) {
	s.card(b.x+1, b.y+1, b.w-2, b.h-2)
	code, err := shipping.Code128(c.Code)
	if err != nil {
		s.refuse(err)
		return
	}
	name := string(c.Command)
	if c.Port > 0 {
		name = fmt.Sprintf("PORT %d", c.Port)
	}
	y := b.y + 3 + g.name.size*pt
	s.fitted(col{b.x + (b.w-min(b.w-8, s.width(g.name, name)))/2, y, b.w - 8}, g.name, name)
	y += 3
	s.scannable(box{b.x + 1, y, b.w - 2, g.code}, code)
	y += g.code + 3.4
	s.text(b.x+(b.w-s.width(small.at(7), c.Code))/2, y, small.at(7), c.Code)
	if g.says {
		s.paragraph(col{b.x + 6, y + 6, b.w - 12}, body.at(9.5), c.Says)
	}
}
