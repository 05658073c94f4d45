package inventory

import (
	"regexp"
	"strings"
)

// Scan is what a barcode scanner, or a person, gave: one line of text and what it says. Only the field of its kind is set.
type Scan struct {
	Kind    ScanKind
	Tag     AssetTag // of a key's label
	Number  string   // of a requisition or a parcel, as it is written
	Port    int      // of a port code, counted from 1
	Command Command
	Text    string // of [ScanUnknown] only, trimmed: it may be the serial number on a maker's label
}

// ScanKind says what a [Scan] is.
type ScanKind string

// The kinds of scan.
const (
	ScanUnknown     ScanKind = "unknown"
	ScanTag         ScanKind = "tag"
	ScanRequisition ScanKind = "requisition"
	ScanParcel      ScanKind = "parcel"
	ScanPort        ScanKind = "port"
	ScanCommand     ScanKind = "command"
	ScanOTP         ScanKind = "otp"       // the one-time password that a touched key types; its text is not kept
	ScanUnclear     ScanKind = "ambiguous" // two readings are possible; its text is not kept
)

// ReadScan reads what a scanner typed. A scanner is a keyboard: it presses the keys that give the code in the layout that
// it was set to, and the computer reads them in its own. When the text as it came is none of our codes, it is read through
// every pair of layouts, and a reading counts only in the very form that we print, check character included. Two
// different readings are refused.
func ReadScan(text string) Scan {
	text = strings.TrimSpace(text)
	seen := map[Scan]bool{}
	if len(text) > longestCode {
		return readNoCode(text)
	}
	if s, ok := readTyped(text); ok {
		seen[s] = true
	}
	for _, reading := range readings(text) {
		if s, ok := readPrinted(strings.ToUpper(reading)); ok {
			seen[s] = true
		}
	}
	if len(seen) > 1 {
		return Scan{Kind: ScanUnclear}
	}
	for s := range seen {
		return s
	}
	return readNoCode(text)
}

// longestCode is longer than all that we print.
const longestCode = 300

// readNoCode reads what is none of our codes.
func readNoCode(text string) Scan {
	if isOTP(strings.ToLower(text)) {
		return Scan{Kind: ScanOTP}
	}
	return Scan{Kind: ScanUnknown, Text: text}
}

// readTyped reads text as it came: a person may have typed it, with or without dashes.
func readTyped(text string) (Scan, bool) {
	upper := strings.ToUpper(text)
	if s, ok := readCommand(upper); ok {
		return s, true
	}
	if s, ok := readPrinted(upper); ok {
		return s, true
	}
	if tag, err := ParseAssetTag(text); err == nil {
		return Scan{Kind: ScanTag, Tag: tag}, true
	}
	if digits, ok := numbered(text, "R"); ok {
		return Scan{Kind: ScanRequisition, Number: "R-" + digits}, true
	}
	if number, ok := ParcelNumber(text); ok {
		return Scan{Kind: ScanParcel, Number: number}, true
	}
	return Scan{}, false
}

// readPrinted reads a code, in capitals, in the form in which it is printed.
func readPrinted(text string) (Scan, bool) {
	if m := printedNumber.FindStringSubmatch(text); m != nil {
		return Scan{Kind: map[string]ScanKind{"R": ScanRequisition, "P": ScanParcel}[m[2]], Number: m[1]}, true
	}
	if m := printedLink.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	tag, err := ParseAssetTag(text)
	return Scan{Kind: ScanTag, Tag: tag}, err == nil && string(tag) == text
}

var (
	printedNumber = regexp.MustCompile(`^(([RP])-[0-9]{1,12})(?:-[0-9]{1,3})?$`) // R-1001-2 is line 2 of R-1001
	printedLink   = regexp.MustCompile(`^HTTPS?://.*/A/([^/?]+)/?$`)             // on slips: https://keys.example.com/a/7KQM-3XWM
)

// isOTP tells a one-time password from a barcode: 32 to 48 letters of ModHex, mostly 44, which are the same in every
// layout with Latin letters in the usual places. One that was cut short is still one. In another layout it is 44 signs of
// sixteen kinds at most.
func isOTP(text string) bool {
	letters := strings.TrimLeft(text, modhex) == ""
	if letters && len(text) >= shortestOTP || longestRun(text, modhex) >= wholeOTP {
		return true
	}
	kinds := map[rune]bool{}
	runes := []rune(text)
	for _, r := range runes {
		kinds[r] = true
	}
	return len(runes) == usualOTP && len(kinds) <= len(modhex) && !strings.ContainsAny(text, "0123456789")
}

const (
	modhex      = "cbdefghijklnrtuv" // chosen by the maker to survive keyboard layouts
	shortestOTP = 12                 // its public part alone
	wholeOTP    = 32                 // without a public part
	usualOTP    = 44
)

func longestRun(text, set string) (longest int) {
	n := 0
	for _, r := range text {
		n++
		if !strings.ContainsRune(set, r) {
			n = 0
		}
		longest = max(longest, n)
	}
	return longest
}
