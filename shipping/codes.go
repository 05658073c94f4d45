package shipping

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"keystation/inventory"
)

// Code is a printed code as dark rectangles, in modules, so that it is drawn as vectors at any size. Text is what it
// says; it is printed beside it.
type Code struct {
	Kind CodeKind
	Text string
	W, H int
	Bars []Bar
}

// CodeKind tells a bar code from a square one.
type CodeKind string

// The kinds of code.
const (
	Linear CodeKind = "code128"
	Square CodeKind = "qr"
)

// Bar is one dark rectangle of a [Code]: X and Y count from the top left corner, quiet zone left out.
type Bar struct{ X, Y, W, H int }

// IsZero tells if there is no code.
func (c Code) IsZero() bool { return len(c.Bars) == 0 }

// Code128 makes a bar code (ISO/IEC 15417), one module high.
func Code128(text string) (Code, error) {
	b, err := code128.Encode(text)
	if err != nil {
		return Code{}, fmt.Errorf("encode %q as Code 128: %w", text, err)
	}
	return read(Linear, text, b), nil
}

// QR makes a QR code (ISO/IEC 18004) of level M: a seventh of it may be scratched away.
func QR(text string) (Code, error) {
	b, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return Code{}, fmt.Errorf("encode %q as QR code: %w", text, err)
	}
	return read(Square, text, b), nil
}

// read takes the modules of b row by row; a bar that stands under an equal one makes it longer.
func read(kind CodeKind, text string, b barcode.Barcode) Code {
	size := b.Bounds()
	c := Code{Kind: kind, Text: text, W: size.Dx(), H: size.Dy()}
	above := map[[2]int]int{} // place and width of a bar that ended in the row above → its index
	for y := range c.H {
		here := map[[2]int]int{}
		for _, bar := range row(b, y) {
			at := [2]int{bar.X, bar.W}
			i, grows := above[at]
			if grows {
				c.Bars[i].H++
			}
			if !grows {
				i = len(c.Bars)
				c.Bars = append(c.Bars, bar)
			}
			here[at] = i
		}
		above = here
	}
	return c
}

func row(b barcode.Barcode, y int) []Bar {
	var bars []Bar
	left, dark := b.Bounds().Min, false
	for x := range b.Bounds().Dx() {
		was := dark
		dark = color.GrayModel.Convert(b.At(left.X+x, left.Y+y)).(color.Gray).Y < 128
		if dark && was {
			bars[len(bars)-1].W++
		}
		if dark && !was {
			bars = append(bars, Bar{X: x, Y: y, W: 1, H: 1})
		}
	}
	return bars
}

// Path gives the code as the d attribute of an SVG path in a view box of W by H.
func (c Code) Path() string {
	var b strings.Builder
	for _, r := range c.Bars {
		fmt.Fprintf(&b, "M%d %dh%dv%dh-%dz", r.X, r.Y, r.W, r.H, r.W)
	}
	return b.String()
}

// Locator is the address that a holder types or scans to tell that the key arrived: it names the key by its asset tag
// and holds no secret. Without a public URL there is none and the tag itself stands for it.
func Locator(publicURL string, tag inventory.AssetTag) string {
	if publicURL == "" {
		return string(tag)
	}
	return strings.TrimRight(publicURL, "/") + "/a/" + string(tag)
}

// RunCode is the short code of a run, printed on every part of its packet: the last eight digits of its id, which
// are random (RFC 9562 §5.7).
func RunCode(id inventory.RunID) string {
	digits := strings.ToUpper(strings.ReplaceAll(string(id), "-", ""))
	if len(digits) < 8 {
		return digits
	}
	digits = digits[len(digits)-8:]
	return digits[:4] + "-" + digits[4:]
}

// hex4 writes a code point with at least four digits.
func hex4(r rune) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", max(0, 4-len(s))) + s
}
