package station

import "testing"

func TestAttestedSame(t *testing.T) {
	for _, tc := range []struct {
		name, proven, written string
		same                  bool
	}{
		{"bytes", "00ff10a2b3c4d5e6", "00FF10A2B3C4D5E6", true},
		{"other bytes", "00ff10a2b3c4d5e6", "00FF10A2B3C4D5E7", false},
		{"a number", "00bc614e", "12345678", true},
		{"a number with zeros in front", "bc614e", "0012345678", true},
		{"the next number", "bc614e", "12345679", false},
		{"a UUID", "0123456789ab4def8123456789abcdef", "01234567-89AB-4DEF-8123-456789ABCDEF", true},
		{"text", "3732313032393335373830353238", "72102935780528", true},
		{"the end of a text", "3732313032393335373830353238", "…35780528", true},
		{"the end of another number", "4193d6c14910", "…35780528", false},
		{"an end that is not said to be one", "3732313032393335373830353238", "35780528", false},
		{"nothing", "00ff", "", false},
		{"dashes", "00ff", "--", false},
		{"no bytes", "", "0", false},
		{"no hexadecimal", "xyz", "xyz", false},
		{"a sign", "05", "+5", false},
	} {
		if have := attestedSame(tc.proven, tc.written); have != tc.same {
			t.Errorf("%s: %s and %s are the same: %v", tc.name, tc.proven, tc.written, have)
		}
	}
}
