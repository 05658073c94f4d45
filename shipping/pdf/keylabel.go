package pdf

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/jung-kurt/gofpdf"

	"keystation/inventory"
	"keystation/shipping"
)

// Sizes of the labels for a key: what is cut from the sheet is as large as Brother's DK-1204, the label on its own as
// large as a DK-1209; a flag is folded around the ring of a key that has no room for a label.
const (
	keyLabelW, keyLabelH = 53.85, 17.02
	ownW, ownH           = 62.0, 29.0
	flagW, flagH         = 84.0, 10.0
	keyLabelY            = labelY + labelH + 45
	flagX                = labelX + keyLabelW + 12
	finest               = 0.25 // a narrower module is lost by an office printer
	quietZone            = 10   // modules on each side of a Code 128 (ISO/IEC 15417)
)

// DrawLabel writes the label of one key to w, as a PDF of one page of 62 by 29 mm: for a key that was made for stock and
// has no packet yet, or whose label came off. The same tag gives the same bytes.
func DrawLabel(w io.Writer, tag inventory.AssetTag, test bool) error {
	k, err := shipping.NewKeyLabel(tag, test)
	if err != nil {
		return inventory.Refuse(inventory.Invalid, "%q is no asset tag that can be printed.", tag)
	}
	var b bytes.Buffer
	if err := renderLabel(&b, k); err != nil {
		return fmt.Errorf("draw label of key %s: %w", tag, err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write label of key %s: %w", tag, err)
	}
	return nil
}

func renderLabel(w io.Writer, k shipping.KeyLabel) (err error) {
	title := "Label of key " + k.Tag.Text
	defer caught(title, &err)
	own := gofpdf.NewCustom(&gofpdf.InitType{UnitStr: "mm", Size: gofpdf.SizeType{Wd: ownW, Ht: ownH}})
	s := prepared(own, shipping.Packet{Title: title, Test: k.Test, KeyLabel: k, At: time.Unix(0, 0).UTC()})
	s.part = "key label"
	s.begin()
	s.keyLabel(box{0, 0, ownW, ownH}, k)
	return s.pdf.Output(w)
}

// keyLabels draws both labels for the key from y on, each with its cutting line.
func (s *sheet) keyLabels(y float64) {
	k := s.p.KeyLabel
	s.text(labelX, y-9.5, heading, "Key label")
	s.text(labelX, y-4, body.at(9), k.Hint)
	label, flag := box{labelX, y, keyLabelW, keyLabelH}, box{flagX, y, flagW, flagH}
	s.cuttingLine(label)
	s.keyLabel(label, k)
	s.cuttingLine(flag)
	s.flag(flag, k)
	s.text(flagX, y+flagH+4.6, small, "Or the flag: fold it at the line, around the ring, back to back.")
}

// keyLabel draws the tag in large letters over its bar code.
func (s *sheet) keyLabel(b box, k shipping.KeyLabel) {
	pad, row := 0.09*b.h, 0.32*b.h
	side := (b.w - float64(k.Tag.W)*barModule) / 2
	s.tag(box{b.x + side, b.y + pad, b.w - 2*side, row}, k)
	top := pad + row + 0.06*b.h
	s.scannable(box{b.x, b.y + top, b.w, b.h - top - pad}, k.Tag)
}

// flag draws the bar code on one half and the tag on the other.
func (s *sheet) flag(b box, k shipping.KeyLabel) {
	half := b.w / 2
	s.scannable(box{b.x, b.y + 1.4, half - 1, b.h - 2.8}, k.Tag)
	s.tag(box{b.x + half + 4, b.y + 2.4, half - 8, b.h - 4.8}, k)
	s.line(b.x+half, b.y+1, b.x+half, b.y+b.h-1)
}

// scannable draws c in the middle of b with its quiet zones, in modules as wide as b allows, and refuses what a scanner
// could not read.
func (s *sheet) scannable(b box, c shipping.Code) {
	module := min(barModule, b.w/float64(c.W+2*quietZone))
	if module < finest {
		s.refuse(inventory.Refuse(inventory.Invalid, "The code of %q is too wide for the label of a key.", c.Text))
		return
	}
	s.modules(box{b.x + (b.w-float64(c.W)*module)/2, b.y, module, b.h}, c)
}

// tag fills b with the asset tag, one letter in the middle of each of as many equal cells, so that it reads like type of
// one width, and with TEST KEY at its end if it is one.
func (s *sheet) tag(b box, k shipping.KeyLabel) {
	if k.Test {
		b.w -= s.testMark(b) + 1.5
	}
	letters := []rune(k.Tag.Text)
	cell := b.w / float64(len(letters))
	st := style{min(cell/s.width(style{1, true, 0}, "W"), b.h/capHeight/pt), true, 0}
	y := b.y + b.h/2 + capHeight*st.size*pt/2
	for i, r := range letters {
		letter := string(r)
		s.text(b.x+cell*float64(i)+(cell-s.width(st, letter))/2, y, st, letter)
	}
}

// capHeight is how tall a capital of the fonts is, in em.
const capHeight = 0.73

// testMark says TEST KEY on two lines in white on black at the right end of b, and gives its width.
func (s *sheet) testMark(b box) float64 {
	st := style{0.44 * b.h / pt / leading * 1.2, true, white}
	w := s.width(st, "TEST") + 1.6
	s.fill(box{b.x + b.w - w, b.y, w, b.h}, 0)
	for i, word := range []string{"TEST", "KEY"} {
		y := b.y + b.h*(0.27+0.46*float64(i)) + capHeight*st.size*pt/2
		s.text(b.x+b.w-w/2-s.width(st, word)/2, y, st, word)
	}
	return w
}
