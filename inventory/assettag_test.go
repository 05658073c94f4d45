package inventory

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// dice is randomness that is the same in every run of the tests.
func dice(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func TestNewAssetTag(t *testing.T) {
	shape := regexp.MustCompile(`^[2-9A-HJ-NP-Y]{4}-[2-9A-HJ-NP-Y]{4}$`)
	seen, count, r := map[AssetTag]bool{}, map[rune]int{}, dice(1)
	const draws = 5000
	for range draws {
		tag, err := NewAssetTag(r)
		if err != nil || !shape.MatchString(string(tag)) || seen[tag] {
			t.Fatalf("NewAssetTag = %q, %v, seen before: %t", tag, err, seen[tag])
		}
		seen[tag] = true
		for _, c := range strings.Replace(string(tag), "-", "", 1) {
			count[c]++
		}
		if back, err := ParseAssetTag(string(tag)); back != tag || err != nil {
			t.Fatalf("ParseAssetTag(%q) = %q, %v", tag, back, err)
		}
	}
	// Each of the 31 characters is as likely as any other, also as check character: within six standard deviations.
	want := draws * tagLength / len(tagAlphabet)
	for _, c := range tagAlphabet {
		if n := count[c]; n < want-220 || n > want+220 {
			t.Errorf("%c was drawn %d times, want about %d", c, n, want)
		}
	}
}

func TestNewAssetTag_withoutBias(t *testing.T) {
	// 248 is the largest multiple of 31 in a byte: what lies above it would favor the first characters.
	tag, err := NewAssetTag(bytes.NewReader([]byte{248, 255, 0, 0, 0, 250, 0, 0, 0, 247}))
	if err != nil || !strings.HasPrefix(string(tag), "2222-22Y") {
		t.Errorf("NewAssetTag = %q, %v", tag, err)
	}
	if tag, err := NewAssetTag(bytes.NewReader([]byte{1, 2, 3})); tag != "" || !errors.Is(err, io.EOF) {
		t.Errorf("without randomness: %q, %v", tag, err)
	}
}

// TestAssetTag_findsEverySlip tries each wrong character at each place, and each swap of any two characters, on many
// tags.
func TestAssetTag_findsEverySlip(t *testing.T) {
	r := dice(2)
	for range 300 {
		tag, err := NewAssetTag(r)
		if err != nil {
			t.Fatal(err)
		}
		bare := strings.Replace(string(tag), "-", "", 1)
		for i := range bare {
			for _, c := range []byte(tagAlphabet) {
				slip := []byte(bare)
				slip[i] = c
				mustNotParse(t, bare, slip)
			}
			for j := range i {
				slip := []byte(bare)
				slip[i], slip[j] = slip[j], slip[i]
				mustNotParse(t, bare, slip)
			}
		}
	}
}

func mustNotParse(t *testing.T, bare string, slip []byte) {
	t.Helper()
	if string(slip) == bare {
		return
	}
	if got, err := ParseAssetTag(string(slip)); KindOf(err) != Invalid {
		t.Fatalf("%s typed as %s gives %q, %v", bare, slip, got, err)
	}
}

// TestAssetTag_weights is the proof of the test above for all tags: modulo the prime 31 no weight is zero, so a single
// slip changes the sum, and no two are equal, so a swap does.
func TestAssetTag_weights(t *testing.T) {
	n, weight, seen := len(tagAlphabet), 1, map[int]bool{}
	for range tagLength { // the check character weighs 1, the others 3, 9, 27 …
		if weight == 0 || seen[weight] {
			t.Errorf("weight %d is zero or used twice", weight)
		}
		seen[weight] = true
		weight = weight * tagRoot % n
	}
	for d := 2; d < n; d++ {
		if n%d == 0 {
			t.Errorf("%d characters are no prime: divisible by %d", n, d)
		}
	}
}

func TestParseAssetTag(t *testing.T) {
	const no = " is no asset tag: scan the label or type its eight characters, such as 7KQM-3XWM."
	tests := []struct {
		name, have string
		want       AssetTag
		refusal    string
	}{
		{"as printed", "7KQM-3XWM", "7KQM-3XWM", ""},
		{"as scanned", "7KQM3XWM", "7KQM-3XWM", ""},
		{"small letters", "7kqm-3xwm", "7KQM-3XWM", ""},
		{"spaces and a newline", " 7K QM 3X WM\r\n", "7KQM-3XWM", ""},
		{"dashes anywhere", "-7-KQM--3XWM-", "7KQM-3XWM", ""},
		{"wrong check character", "7KQM-3XW4", "", `"7KQM-3XW4" has a wrong check character: scan or type the tag again.`},
		{"swapped", "K7QM-3XWM", "", `"K7QM-3XWM" has a wrong check character: scan or type the tag again.`},
		{"empty", "", "", `""` + no},
		{"too short", "7KQM-3XW", "", `"7KQM-3XW"` + no},
		{"too long", "7KQM-3XWM3", "", `"7KQM-3XWM3"` + no},
		{"letter O", "7KQM-3XWO", "", `"7KQM-3XWO"` + no},
		{"digit 1", "1KQM-3XWM", "", `"1KQM-3XWM"` + no},
		{"foreign letters", "Ж́КЯМ", "", `"Ж́КЯМ"` + no},
		{"control character", "7KQM\x003XWM", "", `"7KQM\x003XWM"` + no},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseAssetTag(tt.have)
			if got != tt.want {
				t.Errorf("ParseAssetTag(%q) = %q, want %q", tt.have, got, tt.want)
			}
			refused(t, err, Invalid, tt.refusal)
		})
	}
}

func FuzzParseAssetTag(f *testing.F) {
	for _, s := range []string{"7KQM-3XWM", "7kqm 3xwm", "7KQM-3XW4", "", "ſſſſſſſſ", "\xff-\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tag, err := ParseAssetTag(s)
		if err != nil {
			if tag != "" || KindOf(err) != Invalid {
				t.Fatalf("ParseAssetTag(%q) = %q, %v", s, tag, err)
			}
			return
		}
		if again, err := ParseAssetTag(string(tag)); again != tag || err != nil || len(tag) != tagLength+1 {
			t.Fatalf("ParseAssetTag(%q) = %q, which reads back as %q, %v", s, tag, again, err)
		}
	})
}
