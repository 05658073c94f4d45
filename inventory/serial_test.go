package inventory_test

import (
	"strings"
	"testing"

	"keystation/inventory"
)

func TestSameSerial(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"12345678", "12345678", true},
		{"12345678", " 1234-5678\n", true},
		{"12345678", "1234 5678", true},
		{"41544b45-0700", "41544B450700", true},
		{"12–34", "12-34", true},
		{"0012", "12", false},
		{"12345678", "12345679", false},
		{"12345678", "2345678", false},
		{"", "", false},
		{"-", " ", false},
		{inventory.Suffix("35780528"), "72102 9 35780528", true},
		{"72102935780528", inventory.Suffix("35780528"), true},
		{"72102935780529", inventory.Suffix("35780528"), false},
		{"5780528", inventory.Suffix("35780528"), false},
		{inventory.Suffix("35780528"), inventory.Suffix("35780528"), true},
		{inventory.Suffix("35780528"), inventory.Suffix("5780528"), false},
		{inventory.Suffix(""), "35780528", false},
	} {
		if got := inventory.SameSerial(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q are the same: %v", tt.a, tt.b, got)
		}
		if got := inventory.SameSerial(tt.b, tt.a); got != tt.want {
			t.Errorf("%q and %q are the same: %v", tt.b, tt.a, got)
		}
	}
}

func TestLabelSerial(t *testing.T) {
	for text, want := range map[string]string{
		" 0012-34 56 ": "00123456", "sk00014821": "SK00014821", "72102 9 35780528": "72102935780528", "A/1.2_3": "A/1.2_3",
		"": "", "12": "", "1-2": "", strings.Repeat("1", 64): strings.Repeat("1", 64), strings.Repeat("1", 65): "",
		"12\x0034": "", "<b>1234": "", inventory.Suffix("1234"): "", "ключ": "",
	} {
		got, err := inventory.LabelSerial(text)
		if got != want || (err == nil) != (want != "") || err != nil && inventory.KindOf(err) != inventory.Invalid {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
}
