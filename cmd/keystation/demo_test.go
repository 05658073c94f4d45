package main

import (
	"fmt"
	"image"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// TestDemo_once leaves packets whose codes a reader at the other end takes for what is printed beside them.
func TestDemo_once(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, errs, code := call(t, "demo", "--once", "--dir", dir)
	if code != exitDone || !strings.Contains(out, "6 of 6 keys are ready.") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	for _, program := range []string{"pdftotext", "pdftoppm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("This test reads the packets back with %s, which is not installed here (Debian: poppler-utils).", program)
		}
	}
	packets, err := filepath.Glob(filepath.Join(dir, "packets", "*.pdf"))
	if err != nil || len(packets) != 6 {
		t.Fatalf("%d packets, %v; want six", len(packets), err)
	}
	for _, path := range packets[:2] {
		t.Run(filepath.Base(path), func(t *testing.T) { wantPacket(t, path) })
	}
}

var packetFile = regexp.MustCompile(`^R-[0-9]+-[0-9]+-([0-9A-Z]{4}-[0-9A-Z]{4})\.pdf$`)

// wantPacket reads a packet as people do, and its codes as their telephones and scanners do.
func wantPacket(t *testing.T, path string) {
	t.Helper()
	tag := packetFile.FindStringSubmatch(filepath.Base(path))[1]
	text, err := exec.Command("pdftotext", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	parcel := regexp.MustCompile(`P-[0-9]+`).FindString(string(text))
	if parcel == "" || !strings.Contains(string(text), tag) {
		t.Fatalf("the packet names parcel %q; its key is %s\n%s", parcel, tag, text)
	}
	label, slip := page(t, path, 1), page(t, path, 2)
	if got := scan(t, oned.NewCode128Reader(), label); got != parcel {
		t.Errorf("the label's bar code says %q, want %q", got, parcel)
	}
	if got := scan(t, oned.NewCode128Reader(), slip); got != tag {
		t.Errorf("the slip's bar code says %q, want %q", got, tag)
	}
	if got := scan(t, qrcode.NewQRCodeReader(), slip); got != tag { // a test key has no address to go to
		t.Errorf("the slip's QR code says %q, want %q", got, tag)
	}
}

// page gives a page as a printer of 203 dpi would print it.
func page(t *testing.T, path string, n int) image.Image {
	t.Helper()
	number := fmt.Sprint(n)
	out, err := exec.Command("pdftoppm", "-r", "203", "-gray", "-f", number, "-l", number, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var w, h, white int // a portable gray map: P5, size, the value of white, one byte for each pixel
	if _, err := fmt.Sscanf(string(out[:min(len(out), 64)]), "P5\n%d %d\n%d\n", &w, &h, &white); err != nil || len(out) < w*h {
		t.Fatalf("pdftoppm gave something else than a gray map: %.20q (%v)", out, err)
	}
	return &image.Gray{Pix: out[len(out)-w*h:], Stride: w, Rect: image.Rect(0, 0, w, h)}
}

func scan(t *testing.T, r gozxing.Reader, img image.Image) string {
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
