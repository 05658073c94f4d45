package shipping

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// painted draws a code with its quiet zone, scale pixels to the module, as a printer would.
func painted(c Code, scale, height int) image.Image {
	quiet := 10 * scale
	img := image.NewGray(image.Rect(0, 0, c.W*scale+2*quiet, c.H*height+2*quiet))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, b := range c.Bars {
		for y := b.Y * height; y < (b.Y+b.H)*height; y++ {
			for x := b.X * scale; x < (b.X+b.W)*scale; x++ {
				img.SetGray(quiet+x, quiet+y, color.Gray{})
			}
		}
	}
	return img
}

func decoded(t *testing.T, r gozxing.Reader, img image.Image) string {
	t.Helper()
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := r.Decode(bits, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestCode128(t *testing.T) {
	for _, text := range []string{"7KQM-3XWB", "P-1001", "P-99999999", "R-1001-2", "22222222"} {
		c, err := Code128(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, oned.NewCode128Reader(), painted(c, 3, 60)); got != text || c.Text != text || c.Kind != Linear {
			t.Errorf("%q reads as %q", text, got)
		}
	}
}

func TestQR(t *testing.T) {
	for _, text := range []string{"7KQM-3XWB", "https://keys.example.com/a/7KQM-3XWB", "https://" + strings.Repeat("long.", 40) + "example.com/a/7KQM-3XWB"} {
		c, err := QR(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, qrcode.NewQRCodeReader(), painted(c, 4, 4)); got != text || c.W != c.H || c.Kind != Square {
			t.Errorf("%q reads as %q (%d by %d)", text, got, c.W, c.H)
		}
	}
}

// The bars do not overlap: together they cover as many modules as are dark.
func TestQR_bars(t *testing.T) {
	c, err := QR("https://keys.example.com/a/7KQM-3XWB")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[2]int]bool{}
	for _, b := range c.Bars {
		for y := b.Y; y < b.Y+b.H; y++ {
			for x := b.X; x < b.X+b.W; x++ {
				if seen[[2]int{x, y}] || x >= c.W || y >= c.H {
					t.Fatalf("module %d,%d is drawn twice or outside", x, y)
				}
				seen[[2]int{x, y}] = true
			}
		}
	}
	if !strings.HasPrefix(c.Path(), "M0 0h7v1h-7z") {
		t.Errorf("the path does not begin with the finder pattern: %.40s", c.Path())
	}
}

func TestCode_refused(t *testing.T) {
	if _, err := Code128(""); err == nil {
		t.Error("an empty bar code was made")
	}
	if _, err := Code128("ключ"); err == nil {
		t.Error("a bar code of Cyrillic letters was made")
	}
	if _, err := QR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a square code of 5000 letters was made")
	}
	if !(Code{}).IsZero() {
		t.Error("the zero code has bars")
	}
}

func TestLocator(t *testing.T) {
	for _, test := range []struct{ url, want string }{
		{"https://keys.example.com", "https://keys.example.com/a/7KQM-3XWB"},
		{"https://keys.example.com/", "https://keys.example.com/a/7KQM-3XWB"},
		{"https://example.com/keys", "https://example.com/keys/a/7KQM-3XWB"},
		{"", "7KQM-3XWB"},
	} {
		if got := Locator(test.url, "7KQM-3XWB"); got != test.want {
			t.Errorf("%q: got %s, want %s", test.url, got, test.want)
		}
	}
}

func TestRunCode(t *testing.T) {
	if got := RunCode("0199f0c1-7a5e-7c3d-9b1f-3fa94c0e91b2"); got != "4C0E-91B2" {
		t.Errorf("got %s", got)
	}
	if got := RunCode("r1"); got != "R1" {
		t.Errorf("got %s", got)
	}
}
