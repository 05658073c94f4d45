package inventory

import (
	"strings"
	"unicode"
)

// layout is what the keys of a keyboard give, row by row, in the order of the keys on a US keyboard, without and with
// shift. A space stands for a key that gives nothing, or only an accent for the next letter.
type layout struct {
	name           string
	plain, shifted []rune
	shiftLock      bool // its caps lock also shifts digits and signs (Windows does so for German and French)
}

// layouts are those of ISO/IEC 9995 keyboards in the United States, Germany (DIN 2137, T1) and France (AZERTY).
var layouts = []layout{
	{"US", []rune("`1234567890-=" + `qwertyuiop[]\` + `asdfghjkl;'` + `zxcvbnm,./`),
		[]rune("~!@#$%^&*()_+" + `QWERTYUIOP{}|` + `ASDFGHJKL:"` + `ZXCVBNM<>?`), false},
	{"DE", []rune(" 1234567890ß " + `qwertzuiopü+#` + `asdfghjklöä` + `yxcvbnm,.-`),
		[]rune(`°!"§$%&/()=? ` + `QWERTZUIOPÜ*'` + `ASDFGHJKLÖÄ` + `YXCVBNM;:_`), true},
	{"FR", []rune(`²&é"'(-è_çà)=` + `azertyuiop $*` + `qsdfghjklmù` + `wxcvbn,;:!`),
		[]rune(` 1234567890°+` + `AZERTYUIOP £µ` + `QSDFGHJKLM%` + `WXCVBN?./§`), true},
}

// readings gives what a scanner may have meant that was set to one layout, on a computer that is set to another, with
// caps lock off, on for letters (é becomes É, and ö, which may stand for a colon, Ö), or on for all keys.
func readings(text string) []string {
	var out []string
	swapped := strings.Map(otherCase, text)
	for _, computer := range layouts {
		for _, scanner := range layouts {
			if scanner.name != computer.name {
				out = appendUndone(out, text, scanner, computer, false)
				out = appendUndone(out, swapped, scanner, computer, false)
			}
			if computer.shiftLock {
				out = appendUndone(out, text, scanner, computer, true)
			}
		}
	}
	return out
}

func otherCase(r rune) rune {
	if unicode.IsUpper(r) {
		return unicode.ToLower(r)
	}
	return unicode.ToUpper(r)
}

// appendUndone appends the reading of text through one pair of layouts, unless a character of it is on no key.
func appendUndone(out []string, text string, scanner, computer layout, lock bool) []string {
	var b strings.Builder
	for _, r := range text {
		key, shift := computer.key(r)
		if key < 0 {
			return out
		}
		b.WriteRune(scanner.gives(key, shift != lock))
	}
	return append(out, b.String())
}

// key finds the key that gives r.
func (l layout) key(r rune) (key int, shift bool) {
	for i := range l.plain {
		if r != ' ' && (l.plain[i] == r || l.shifted[i] == r) {
			return i, l.shifted[i] == r
		}
	}
	return -1, false
}

// gives is what the key gives.
func (l layout) gives(key int, shift bool) rune {
	if shift {
		return l.shifted[key]
	}
	return l.plain[key]
}
