package pdf

import (
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"keystation/inventory"
	"keystation/shipping"
)

// needs skips a test on a machine without one of poppler's programs.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("This test reads the PDF back with %s, which is not installed here (Debian: poppler-utils).", program)
	}
}

// saved writes a document where poppler can read it.
func saved(t *testing.T, doc []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "packet.pdf")
	if err := os.WriteFile(path, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// rasterized gives a page as a printer of 203 dpi would print it.
func rasterized(t *testing.T, path string, page int) *image.Gray {
	t.Helper()
	return rasterizedAt(t, 203, path, page)
}

func rasterizedAt(t *testing.T, dpi int, path string, page int) *image.Gray {
	t.Helper()
	n := strconv.Itoa(page)
	out, err := exec.Command("pdftoppm", "-r", strconv.Itoa(dpi), "-gray", "-f", n, "-l", n, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var w, h, white int // a portable gray map: P5, size, the value of white, one byte for each pixel
	if _, err := fmt.Sscanf(string(out[:min(len(out), 64)]), "P5\n%d %d\n%d\n", &w, &h, &white); err != nil || white != 255 || len(out) < w*h {
		t.Fatalf("pdftoppm gave something else than a gray map: %.20q (%v)", out, err)
	}
	return &image.Gray{Pix: out[len(out)-w*h:], Stride: w, Rect: image.Rect(0, 0, w, h)}
}

// area cuts a rectangle out of a page, in millimeters.
func area(img *image.Gray, x, y, w, h float64) image.Image {
	return areaAt(203, img, x, y, w, h)
}

func areaAt(dpi float64, img *image.Gray, x, y, w, h float64) image.Image {
	px := func(mm float64) int { return int(mm / 25.4 * dpi) }
	return img.SubImage(image.Rect(px(x), px(y), px(x+w), px(y+h)))
}

func scanned(t *testing.T, r gozxing.Reader, img image.Image) string {
	t.Helper()
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := r.Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("a printed code cannot be read: %v", err)
	}
	return result.GetText()
}

// Every printed code says what the packet says that it says.
func TestDraw_codesRead(t *testing.T) {
	needs(t, "pdftoppm")
	critical := made()
	critical.Parcel.Number = "P-99999999"
	for _, test := range []struct {
		name string
		made shipping.Made
		desk shipping.Desk
	}{{"A4", made(), desk()}, {"test key", made(), testDesk()}, {"long number on Letter", critical, letterDesk()}} {
		t.Run(test.name, func(t *testing.T) {
			p, err := shipping.NewPacket(test.made, test.desk, Glyphs)
			if err != nil {
				t.Fatal(err)
			}
			path := saved(t, drawn(t, test.made, test.desk))
			label, slip, start := rasterized(t, path, 1), rasterized(t, path, 2), rasterized(t, path, 3)
			half := 110.0
			for _, code := range []struct {
				want shipping.Code
				have string
			}{
				{p.Label.Number, scanned(t, oned.NewCode128Reader(), area(label, labelX, labelY+labelH-32, labelW, 20))},
				{p.Slip.Tag, scanned(t, oned.NewCode128Reader(), area(slip, margin, 100, half-margin-8, 130))},
				{p.Slip.Where, scanned(t, qrcode.NewQRCodeReader(), area(slip, half-2, 100, 90, 130))},
				{p.Start.Where, scanned(t, qrcode.NewQRCodeReader(), area(start, half, 10, 105, 80))},
			} {
				if code.have != code.want.Text {
					t.Errorf("a code that should say %q says %q", code.want.Text, code.have)
				}
			}
		})
	}
}

func letterDesk() shipping.Desk {
	d := desk()
	d.Return.Country, d.Return.Region, d.Return.City, d.Return.PostalCode = "US", "Illinois", "Springfield", "62701"
	d.Settings.PublicURL = "https://security-keys.subsidiary.example-company.com"
	return d
}

// The codes on the labels for the key are read as a printer of 300 dpi prints them, from the sheet and on their own, and
// say the tag.
func TestKeyLabel_codesRead(t *testing.T) {
	needs(t, "pdftoppm")
	const dpi = 300
	for _, tag := range []inventory.AssetTag{"7KQM-3XWB", "WWWW-WWWW", "2345-6789"} {
		for _, test := range []bool{false, true} {
			m := made()
			m.Key.Tag, m.Key.Test = tag, test
			page := rasterizedAt(t, dpi, saved(t, drawn(t, m, desk())), 1)
			own := rasterizedAt(t, dpi, saved(t, label(t, tag, test)), 1)
			for name, img := range map[string]image.Image{
				"label": areaAt(dpi, page, labelX, keyLabelY, keyLabelW, keyLabelH),
				"flag":  areaAt(dpi, page, flagX, keyLabelY, flagW/2, flagH),
				"own":   own,
			} {
				if got := scanned(t, oned.NewCode128Reader(), img); got != string(tag) {
					t.Errorf("the %s of %s says %q", name, tag, got)
				}
			}
		}
	}
}
