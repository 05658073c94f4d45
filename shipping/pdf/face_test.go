package pdf

import "testing"

// Whatever is printed, its font is long enough for it: every glyph with all that it is made of.
func TestFace_last(t *testing.T) {
	for _, f := range []*face{regular(), bold()} {
		if u16(f.table("head"), 50) != 1 {
			t.Fatal("the places of the glyphs are not in the long form")
		}
		glyphs := int(u16(f.table("maxp"), 4))
		for r, g := range f.glyph {
			if last := f.last(int(g)); last < int(g) || last >= glyphs {
				t.Errorf("U+%04X is glyph %d and needs glyphs up to %d of %d", r, g, last, glyphs)
			}
		}
		e, accented := int(f.glyph['e']), f.parts(int(f.glyph['é']))
		if len(accented) != 2 || accented[0] != e || len(f.parts(e)) != 0 {
			t.Errorf("é is made of %v, e is %d, made of %v", accented, e, f.parts(e))
		}
	}
}

// The copy for a document is shorter, and the font that all share is not touched.
func TestFace_only(t *testing.T) {
	f := regular()
	before := u16(f.table("maxp"), 4)
	short := &face{ttf: f.only(map[rune]bool{'e': true, 'é': true})}
	metrics, glyphs := int(u16(short.table("hhea"), 34)), int(u16(short.table("maxp"), 4))
	if want := max(f.last(int(f.glyph['e'])), f.last(int(f.glyph['é']))) + 1; metrics != want || glyphs != want {
		t.Errorf("%d metrics and %d glyphs, want %d", metrics, glyphs, want)
	}
	if u16(f.table("maxp"), 4) != before || len(readGlyphs(short.ttf)) != 2 {
		t.Error("the font that all share was changed, or the copy knows other characters")
	}
}
