package pdf

import (
	"bytes"
	_ "embed"
	"encoding/binary"
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

// regularGlyphs and boldGlyphs are read once: which characters have a glyph.
var (
	regularGlyphs = sync.OnceValue(func() glyphs { return readGlyphs(regularTTF) })
	boldGlyphs    = sync.OnceValue(func() glyphs { return readGlyphs(boldTTF) })
)

// Glyphs tells if a character prints right: it belongs to a script that needs no shaping, it can be seen, and both
// fonts have a glyph for it. It is the [shipping.Glyphs] of this printer.
func Glyphs(r rune) bool {
	return simple(r) && regularGlyphs().has(r) && boldGlyphs().has(r)
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

// glyphs is the set of characters that a font has a glyph for.
type glyphs map[rune]bool

func (g glyphs) has(r rune) bool { return g[r] }

// segments is the part of a format 4 character map that readGlyphs walks through (OpenType 1.9, "cmap").
type segments struct {
	end, start, delta, offset []byte // two bytes for each segment
	rest                      []byte // from the offsets to the end of the map
}

// readGlyphs reads the character map for the Basic Multilingual Plane: platform 3, encoding 1, format 4, which is the
// one that gofpdf reads. A font without it has no glyphs.
func readGlyphs(ttf []byte) glyphs {
	set := glyphs{}
	table := subtable(ttf)
	if len(table) < 16 || u16(table, 0) != 4 {
		return set
	}
	n := int(u16(table, 6)) // twice the number of segments
	s := segments{table[14 : 14+n], table[16+n : 16+2*n], table[16+2*n : 16+3*n], table[16+3*n : 16+4*n], table[16+3*n:]}
	for i := 0; i < n; i += 2 {
		for c := int(u16(s.start, i)); c <= int(u16(s.end, i)) && c < 0xFFFF; c++ {
			if s.glyph(i, c) != 0 {
				set[rune(c)] = true
			}
		}
	}
	return set
}

// glyph gives the glyph of character c in the segment at i; 0 is the empty box.
func (s segments) glyph(i, c int) uint16 {
	offset := int(u16(s.offset, i))
	if offset == 0 {
		return uint16(c) + u16(s.delta, i)
	}
	at := i + offset + 2*(c-int(u16(s.start, i)))
	if at+2 > len(s.rest) || u16(s.rest, at) == 0 {
		return 0
	}
	return u16(s.rest, at) + u16(s.delta, i)
}

// subtable finds the character map for Unicode's first plane.
func subtable(ttf []byte) []byte {
	for i := range int(u16(ttf, 4)) {
		entry := ttf[12+16*i:]
		if !bytes.Equal(entry[:4], []byte("cmap")) {
			continue
		}
		cmap := ttf[binary.BigEndian.Uint32(entry[8:]):]
		for j := range int(u16(cmap, 2)) {
			record := cmap[4+8*j:]
			if u16(record, 0) == 3 && u16(record, 2) == 1 {
				return cmap[binary.BigEndian.Uint32(record[4:]):]
			}
		}
	}
	return nil
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
