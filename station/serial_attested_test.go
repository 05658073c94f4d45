package station

import "testing"

func TestSameSerial(t *testing.T) {
	for _, tc := range []struct {
		name, vendor, proven, written string
		same                          bool
	}{
		{"bytes", "1209", "00ff10a2b3c4d5e6", "00FF10A2B3C4D5E6", true},
		{"other bytes", "1209", "00ff10a2b3c4d5e6", "00FF10A2B3C4D5E7", false},
		{"a number", "1050", "00bc614e", "12345678", true},
		{"a number with zeros in front", "1050", "bc614e", "0012345678", true},
		{"the next number", "1050", "bc614e", "12345679", false},
		{"a UUID", "20a0", "0123456789ab4def8123456789abcdef", "01234567-89AB-4DEF-8123-456789ABCDEF", true},
		{"text", "349e", "3732313032393335373830353238", "72102935780528", true},
		{"the end of a text", "349e", "3732313032393335373830353238", "35780528", true},
		{"the end of a number", "349e", "4193d6c14910", "35780528", false},
		{"the end of another maker's", "1209", "3732313032393335373830353238", "35780528", false},
		{"too short an end", "349e", "3732313032393335373830353238", "528", false},
		{"nothing", "1209", "00ff", "", false},
		{"dashes", "1209", "00ff", "--", false},
		{"no bytes", "1209", "", "0", false},
		{"no hexadecimal", "1209", "xyz", "xyz", false},
		{"a sign", "1209", "05", "+5", false},
	} {
		if have := sameSerial(tc.vendor, tc.proven, tc.written); have != tc.same {
			t.Errorf("%s: %s and %s are the same: %v", tc.name, tc.proven, tc.written, have)
		}
	}
}
