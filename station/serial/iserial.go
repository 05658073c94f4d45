package serial

import (
	"slices"
	"strings"
)

// shared are iSerialNumbers that every unit of a model carries.
var shared = []string{
	"A00000000000", // eWBM, OctatcO (google/CTAP2-test-tool results)
	"A00000000017", // TrustKey (the same)
	"1000000000",   // OnlyKey (framefilter/keyroost issue 37)

	// What sample code of USB stacks has, and products forget to replace.
	"1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890",
	"0123456789", "0123456789AB", "123456789ABC", "0123456789ABCDEF", "123456789ABCDEF",
}

// Usable tells if an iSerialNumber can tell one key from another: it is text, and none of those that whole series carry.
func Usable(iSerial string) bool {
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.:", r) {
			return -1
		}
		return r
	}, strings.ToUpper(iSerial))
	return printable([]byte(iSerial)) != "" && !monotonous(bare) && !slices.Contains(shared, bare)
}

// monotonous tells text of one character only, or of none: numbers that were never given.
func monotonous(s string) bool { return s == "" || strings.Trim(s, s[:1]) == "" }
