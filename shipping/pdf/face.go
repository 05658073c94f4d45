package pdf

import (
	"encoding/binary"
	"math"
	"slices"
)

// face is what we know of a TrueType font without asking gofpdf: which characters have a glyph, and how wide they are.
type face struct {
	ttf   []byte
	glyph map[rune]uint16  // of the Basic Multilingual Plane; 0, the empty box, is left out
	width map[rune]float64 // in em
}

// readFace reads the tables of an embedded font; it trusts them, since they are part of the program.
func readFace(ttf []byte) *face {
	f := &face{ttf: ttf, glyph: readGlyphs(ttf), width: map[rune]float64{}}
	hmtx, metrics := f.table("hmtx"), int(u16(f.table("hhea"), 34))
	em := float64(u16(f.table("head"), 18))
	for r, g := range f.glyph {
		advance := float64(u16(hmtx, 4*min(int(g), metrics-1)))
		f.width[r] = math.Round(advance*1000/em) / 1000 // PDF counts in thousandths (ISO 32000-1 §9.2.4)
	}
	return f
}

// table gives a table of the font by its name (OpenType 1.9, "Organization of an OpenType font").
func (f *face) table(name string) []byte {
	entry := directory(f.ttf, name)
	return f.ttf[binary.BigEndian.Uint32(entry[8:]):]
}

// directory gives the entry of a table in a font's directory: name, checksum, offset, length.
func directory(ttf []byte, name string) []byte {
	for i := range int(u16(ttf, 4)) {
		if entry := ttf[12+16*i : 28+16*i]; string(entry[:4]) == name {
			return entry
		}
	}
	return make([]byte, 16)
}

// only gives a copy of the font that knows no other characters than those of text, and no glyph behind the last that
// they need. gofpdf reads the character map and the metrics of all glyphs twice for each document, which would be half
// of the time a packet takes.
func (f *face) only(text map[rune]bool) []byte {
	var runes []rune
	last := 0
	for r := range text {
		if g := f.glyph[r]; g != 0 {
			runes = append(runes, r)
			last = max(last, f.last(int(g)))
		}
	}
	slices.Sort(runes)
	cmap := f.characterMap(runes)
	ttf := slices.Concat(f.ttf, make([]byte, -len(f.ttf)&3), cmap)
	entry := directory(ttf, "cmap")
	binary.BigEndian.PutUint32(entry[8:], uint32(len(ttf)-len(cmap)))
	binary.BigEndian.PutUint32(entry[12:], uint32(len(cmap)))
	shorten(ttf, "hhea", 34, last+1)
	shorten(ttf, "maxp", 4, last+1)
	return ttf
}

// shorten lowers a count of glyphs, which stands in a table of the font at the given place, to n.
func shorten(ttf []byte, table string, at, n int) {
	count := ttf[int(binary.BigEndian.Uint32(directory(ttf, table)[8:]))+at:]
	binary.BigEndian.PutUint16(count, uint16(min(n, int(u16(count, 0)))))
}

// last gives the highest number among g and the glyphs that it is made of.
func (f *face) last(g int) int {
	top := g
	for _, part := range f.parts(g) {
		top = max(top, f.last(part))
	}
	return top
}

// parts lists the glyphs that g is made of, if it is a composite (OpenType 1.9, "glyf", composite glyph description).
func (f *face) parts(g int) []int {
	loca := f.table("loca")[4*g:] // in the long form, which both fonts have
	from, to := binary.BigEndian.Uint32(loca), binary.BigEndian.Uint32(loca[4:])
	data := f.table("glyf")[from:to]
	if len(data) == 0 || u16(data, 0) < 1<<15 {
		return nil // empty, or an outline of its own
	}
	var parts []int
	for at, more := 10, true; more; {
		flags := u16(data, at)
		parts = append(parts, int(u16(data, at+2)))
		at += 4 + argumentBytes(flags)
		more = flags&0x0020 != 0
	}
	return parts
}

// argumentBytes gives how many bytes a component with these flags has after its glyph.
func argumentBytes(flags uint16) int {
	n := 2
	if flags&0x0001 != 0 { // arguments are words
		n = 4
	}
	switch {
	case flags&0x0008 != 0: // one scale
		n += 2
	case flags&0x0040 != 0: // one for each axis
		n += 4
	case flags&0x0080 != 0: // a matrix
		n += 8
	}
	return n
}

// characterMap writes a "cmap" table with one segment for each character (OpenType 1.9, "cmap", format 4).
func (f *face) characterMap(runes []rune) []byte {
	n := len(runes) + 1 // the last segment is 0xFFFF, as the format demands
	var end, start, delta []uint16
	for _, r := range runes {
		end, start, delta = append(end, uint16(r)), append(start, uint16(r)), append(delta, f.glyph[r]-uint16(r))
	}
	end, start, delta = append(end, 0xFFFF), append(start, 0xFFFF), append(delta, 1)
	words := slices.Concat(
		[]uint16{0, 1, 3, 1, 0, 12},                              // one map, for Windows and Unicode, after 12 bytes
		[]uint16{4, uint16(16 + 8*n), 0, uint16(2 * n), 0, 0, 0}, // the search hints are for readers that search
		end, []uint16{0}, start, delta, make([]uint16, n),
	)
	var out []byte
	for _, w := range words {
		out = binary.BigEndian.AppendUint16(out, w)
	}
	return out
}

// segments is the part of a format 4 character map that readGlyphs walks through.
type segments struct {
	end, start, delta, offset []byte // two bytes for each segment
	rest                      []byte // from the offsets to the end of the map
}

// readGlyphs reads the character map for the Basic Multilingual Plane: platform 3, encoding 1, format 4, which is the
// one that gofpdf reads. A font without it has no glyphs.
func readGlyphs(ttf []byte) map[rune]uint16 {
	set := map[rune]uint16{}
	table := subtable(ttf)
	if len(table) < 16 || u16(table, 0) != 4 {
		return set
	}
	n := int(u16(table, 6)) // twice the number of segments
	s := segments{table[14 : 14+n], table[16+n : 16+2*n], table[16+2*n : 16+3*n], table[16+3*n : 16+4*n], table[16+3*n:]}
	for i := 0; i < n; i += 2 {
		for c := int(u16(s.start, i)); c <= int(u16(s.end, i)) && c < 0xFFFF; c++ {
			if g := s.glyph(i, c); g != 0 {
				set[rune(c)] = g
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
	cmap := ttf[binary.BigEndian.Uint32(directory(ttf, "cmap")[8:]):]
	for i := range int(u16(cmap, 2)) {
		record := cmap[4+8*i:]
		if u16(record, 0) == 3 && u16(record, 2) == 1 {
			return cmap[binary.BigEndian.Uint32(record[4:]):]
		}
	}
	return nil
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
