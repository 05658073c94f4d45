package pdf

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/shipping"
)

func label(t *testing.T, tag inventory.AssetTag, test bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := DrawLabel(&b, tag, test); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The label says the tag, and TEST KEY if it is one, on one page of 62 by 29 mm; the same tag gives the same bytes.
func TestDrawLabel(t *testing.T) {
	needs(t, "pdftotext")
	for _, test := range []bool{false, true} {
		doc := label(t, "7KQM-3XWB", test)
		if !bytes.Equal(doc, label(t, "7KQM-3XWB", test)) {
			t.Error("the same label has other bytes")
		}
		text, err := exec.Command("pdftotext", "-raw", saved(t, doc), "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(strings.Fields(string(text)), "")
		if want := map[bool]string{false: "7KQM-3XWB", true: "TESTKEY7KQM-3XWB"}[test]; said != want {
			t.Errorf("the label says %q, want %q", said, want)
		}
		if !bytes.Contains(doc, []byte("/MediaBox [0 0 175.75 82.20]")) || !bytes.Contains(doc, []byte("/Count 1")) {
			t.Error("the label is not one page of 62 by 29 mm")
		}
	}
}

// A label is refused when it could not be scanned, and nothing is written.
func TestDrawLabel_refuses(t *testing.T) {
	for _, tag := range []inventory.AssetTag{"", "愛", "WWWW-WWWW-WWWW-WWWW-WWWW", inventory.AssetTag(strings.Repeat("W", 90))} {
		var b bytes.Buffer
		if err := DrawLabel(&b, tag, false); inventory.KindOf(err) != inventory.Invalid || b.Len() != 0 {
			t.Errorf("%q: got %v and %d bytes", tag, err, b.Len())
		}
	}
	full := errors.New("no space left")
	if err := DrawLabel(failing{full}, "7KQM-3XWB", false); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

// Whatever tag is drawn: its code fits on the label and on the flag, in modules that a printer can print.
func TestKeyLabel_fits(t *testing.T) {
	widest := 0
	for range 5000 {
		tag, err := inventory.NewAssetTag(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		k, err := shipping.NewKeyLabel(tag, false)
		if err != nil {
			t.Fatal(err)
		}
		widest = max(widest, k.Tag.W)
	}
	for _, room := range []float64{keyLabelW, flagW/2 - 1, ownW} {
		if module := room / float64(widest+2*quietZone); module < finest {
			t.Errorf("a code of %d modules has modules of %.3f mm in %.1f mm", widest, module, room)
		}
	}
}
