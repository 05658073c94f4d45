package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing/oned"

	"keystation/inventory"
	"keystation/shipping"
)

func commands(t *testing.T, paper shipping.Paper) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := DrawCommands(&b, paper); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every code of the sheet is read as a printer of 203 dpi prints it, in the place where it stands, and does what its name
// says. The names stand beside the codes in the order of the sheet.
func TestDrawCommands_codesRead(t *testing.T) {
	needs(t, "pdftoppm")
	for _, paper := range []shipping.Paper{shipping.A4, shipping.Letter} {
		path := saved(t, commands(t, paper))
		codes := inventory.CommandCodes()
		first := len(codes) - inventory.CommandPorts
		for page, half := range [][]inventory.CommandCode{codes[:first], codes[first:]} {
			g := []grid{commandGrid, portGrid}[page]
			img := rasterized(t, path, page+1)
			width, height := float64(img.Rect.Dx())/203*25.4, float64(img.Rect.Dy())/203*25.4
			top := 30.0 // below every head; the cells are cut a little low for that, and still hold their code
			w, h := (width-2*margin)/float64(g.columns), (height-margin-top)/float64(g.rows)
			for i, c := range half {
				cell := area(img, margin+float64(i%g.columns)*w, top+float64(i/g.columns)*h, w, h)
				got := inventory.ReadScan(scanned(t, oned.NewCode128Reader(), cell))
				if got.Command != c.Command || got.Port != c.Port || got.Kind == inventory.ScanUnknown {
					t.Errorf("%s: the code of %s %d reads as %+v", paper, c.Command, c.Port, got)
				}
			}
		}
	}
}

// What people read on the sheet is what the codes do, on two pages, and the same paper gives the same bytes.
func TestDrawCommands_names(t *testing.T) {
	needs(t, "pdftotext")
	doc := commands(t, "")
	if !bytes.Equal(doc, commands(t, shipping.A4)) || bytes.Equal(doc, commands(t, shipping.Letter)) || !bytes.Contains(doc, []byte("/Count 2")) {
		t.Error("not two pages, other bytes, or always the same paper")
	}
	text, err := exec.Command("pdftotext", "-raw", saved(t, doc), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(string(text)), " ")
	for _, c := range inventory.CommandCodes() {
		want := string(c.Command) + " " + c.Code + " " + c.Says
		if c.Port > 0 {
			want = fmt.Sprintf("PORT %d %s", c.Port, c.Code)
		}
		if !strings.Contains(said, want) {
			t.Errorf("%q is not on the sheet:\n%s", want, said)
		}
	}
}

func TestDrawCommands_fails(t *testing.T) {
	full := errors.New("no space left")
	if err := DrawCommands(failing{full}, shipping.A4); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
