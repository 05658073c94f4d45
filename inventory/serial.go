package inventory

import (
	"strings"
	"unicode"
)

// SerialNumber is a serial number with what it is unique within: one number of a vendor from one source is one key. A
// vendor's models share its numbers; without a vendor they are held apart by model.
type SerialNumber struct {
	Vendor string // the USB vendor id as [Key.Vendor] has it; empty: unknown
	Source SerialSource
	Number string // may be a [Suffix]
}

// suffixMark begins a number of which only the end is known.
const suffixMark = "…"

// Suffix writes the end of a serial number, for a key that says no more: …35780528. It is a claim about the key, but no
// name of it: another may end so too.
func Suffix(end string) string { return suffixMark + end }

// IsSuffix tells if a serial number is only the end of one.
func IsSuffix(number string) bool { return strings.HasPrefix(number, suffixMark) }

// SameSerial tells if two texts name one serial number: spaces, dashes and case do not count, zeros do. Of a number whose
// end alone is known, the end has to be the same.
func SameSerial(a, b string) bool {
	a, b = bareSerial(a), bareSerial(b)
	endA, onlyA := strings.CutPrefix(a, suffixMark)
	endB, onlyB := strings.CutPrefix(b, suffixMark)
	switch {
	case onlyA && !onlyB:
		return endA != "" && strings.HasSuffix(b, endA)
	case onlyB && !onlyA:
		return endB != "" && strings.HasSuffix(a, endB)
	}
	return a == b && a != ""
}

// bareSerial is a serial number without what does not count.
func bareSerial(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, text)
}

// The lengths that a serial number on a label may have: a UUID with a prefix is the longest known.
const (
	shortestLabel = 3
	longestLabel  = 64
)

// LabelSerial reads the serial number on a maker's label as it was scanned or typed. It is kept as it counts, without
// spaces and dashes and in capitals, so that it is found however it is written. Anything but letters, digits and a few
// signs is refused.
func LabelSerial(text string) (string, error) {
	bare := bareSerial(text)
	if len(bare) < shortestLabel || len(bare) > longestLabel {
		return "", Refuse(Invalid, "A serial number has %d to %d letters and digits: scan the one on the key's label again, or type it.", shortestLabel, longestLabel)
	}
	for _, r := range bare {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"'<>&\`, r) {
			return "", Refuse(Invalid, "A serial number has letters and digits only: scan the one on the key's label again, or type it.")
		}
	}
	return bare, nil
}
