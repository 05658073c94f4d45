package inventory

import (
	"unicode"
	"unicode/utf8"
)

// CheckText refuses control, line-breaking and text-direction characters in text, naming character, place and field:
// what cannot be seen must not be stored, and a direction override could reorder a printed line. Joiners (U+200C,
// U+200D) stay, since names in some scripts need them.
func CheckText(field, text string) error {
	if !utf8.ValidString(text) {
		return Refuse(Invalid, "The %s is not valid UTF-8: save the file as UTF-8 and try again.", field)
	}
	for i, r := range []rune(text) {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) || r == byteOrderMark || isDirection(r) {
			return Refuse(Invalid, "The %s has the control character U+%04X at place %d: remove it.", field, r, i+1)
		}
	}
	return nil
}

// byteOrderMark begins files; inside text nobody sees it.
const byteOrderMark = 0xFEFF

// isDirection tells the explicit formatting characters of the Unicode bidirectional algorithm (UAX #9 §2).
func isDirection(r rune) bool {
	return r == 0x061C || r == 0x200E || r == 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}
