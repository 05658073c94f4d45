package pdf

import (
	_ "embed"
	"sync"
	"unicode"
)

// The fonts as their authors made them; fonts/LICENSE has their terms.
//
//go:embed fonts/DejaVuSansCondensed.ttf
var regularTTF []byte

//go:embed fonts/DejaVuSansCondensed-Bold.ttf
var boldTTF []byte

// FontLicense is the license text of the embedded fonts, to be shown to whoever asks for it.
//
//go:embed fonts/LICENSE
var FontLicense string

const family = "dejavu"

// The faces are read once. They are not changed afterwards, so documents drawn at the same time share them.
var (
	regular = sync.OnceValue(func() *face { return readFace(regularTTF) })
	bold    = sync.OnceValue(func() *face { return readFace(boldTTF) })
)

// Glyphs tells if a character prints right: it belongs to a script that needs no shaping, it can be seen, and both
// fonts have a glyph for it. It is the [shipping.Glyphs] of this printer.
func Glyphs(r rune) bool {
	return simple(r) && regular().glyph[r] != 0 && bold().glyph[r] != 0
}

// simple tells the characters that gofpdf sets right one after the other: the three scripts, what all scripts share
// (digits, punctuation), and combining marks.
func simple(r rune) bool {
	if r == ' ' {
		return true
	}
	if r > 0xFFFF || !unicode.IsGraphic(r) || unicode.Is(unicode.Zs, r) {
		return false
	}
	return unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Common) || isMark(r)
}

// isMark tells the combining diacritical marks (Unicode block U+0300 to U+036F).
func isMark(r rune) bool { return r >= 0x0300 && r <= 0x036F }
