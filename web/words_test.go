package web

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
)

// TestWords holds the tables against the states there are: each has a word of its own, a tone, and an icon that is
// drawn, and no two states of one kind are told apart by color alone.
func TestWords(t *testing.T) {
	icons, err := templateFiles.ReadFile("templates/parts/icons.html")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range inventory.Edges {
		for _, s := range []inventory.KeyState{e.From, e.To} {
			if texts.of(english, "means.", s) == "" {
				t.Errorf("%s means nothing", s)
			}
		}
	}
	all := map[string][]word{}
	for kind, table := range words {
		for _, w := range table {
			all[kind] = append(all[kind], w)
		}
	}
	for _, k := range keyStates {
		all["key"] = append(all["key"], k.word)
	}
	for kind, ws := range all {
		seen := map[string]bool{}
		for _, w := range ws {
			if seen[w.Name] {
				t.Errorf("%s: two states read %q", kind, w.Name)
			}
			seen[w.Name] = true
			if texts.of(english, "word.", w.Name) != w.Name {
				t.Errorf("%s: nobody wrote the word %q", kind, w.Name)
			}
			if toneIcons[w.Tone] == "" || !strings.Contains(string(icons), `id="i-`+w.Icon+`"`) {
				t.Errorf("%s %s: tone %q, icon %q", kind, w.Name, w.Tone, w.Icon)
			}
		}
	}
	for _, s := range inventory.Steps {
		if texts.of(english, "step.", s) == "" {
			t.Errorf("step %s has no name", s)
		}
	}
}

func TestWords_unknown(t *testing.T) {
	for _, kind := range []string{"key", "run", "nothing"} {
		if w := wordFor(kind, "brand-new"); w.Name != "brand-new" || w.Icon == "" {
			t.Errorf("%s: %+v", kind, w)
		}
	}
	if text := (texts{}).of(english, "step.", "brand-new"); text != "" {
		t.Errorf("an unknown step is %q", text)
	}
}

func TestTimes(t *testing.T) {
	tests := []struct{ name, have, want string }{
		{"milliseconds", took(999), "999 ms"},
		{"seconds", took(4200), "4.2 s"},
		{"minutes", took(125_000), "2 min 05 s"},
		{"hours", took(3_725_000), "1 h 02 min"},
		{"now", ago(59 * time.Second), "just now"},
		{"before now", ago(-time.Hour), "just now"},
		{"one", ago(61 * time.Minute), "1 hour ago"},
		{"many", ago(50 * time.Hour), "2 days ago"},
		{"years", ago(800 * 24 * time.Hour), "2 years ago"},
		{"clock", clock(75), "1:15"},
		{"long clock", clock(3723), "1:02:03"},
		{"one key", plural(1, "key"), "1 key"},
		{"keys", plural(12, "key"), "12 keys"},
		{"short", shortened("abc"), "abc"},
		{"shortened", shortened(strings.Repeat("0123456789", 3)), "0123456789…456789"},
		{"capital", sentenceCase("élan"), "Élan"},
	}
	for _, tt := range tests {
		if tt.have != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.have, tt.want)
		}
	}
}

func TestTimeView(t *testing.T) {
	s := &Site{Config: Config{Now: func() time.Time { return noon }, Zone: time.FixedZone("CET", 3600)}}
	at := noon.Add(-3 * time.Minute)
	for _, v := range []any{at, &at, inventory.FormatTime(at)} {
		if got := s.timeView(v); got != (timeView{"2026-11-03T11:57:00Z", "2026-11-03 12:57:00 CET", "3 minutes ago", "12:57:00"}) {
			t.Errorf("%T: %+v", v, got)
		}
	}
	for _, v := range []any{time.Time{}, (*time.Time)(nil), "never"} {
		if got := s.timeView(v); got != (timeView{}) {
			t.Errorf("%v shows %+v", v, got)
		}
	}
}

// TestContrast computes what people with weak eyes need (WCAG 2.2 §1.4.3: 4.5 to 1; §1.4.11: 3 to 1 for what is not
// text) from the properties of the style sheet, in both lights.
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, _ := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "*, *::before")
	pairs := []struct {
		ink, ground string
		atLeast     float64
	}{
		{"ink", "ground", 4.5}, {"ink", "panel", 4.5}, {"ink", "sunk", 4.5}, {"soft", "ground", 4.5}, {"soft", "panel", 4.5}, {"soft", "sunk", 4.5},
		{"accent", "ground", 4.5}, {"accent", "panel", 4.5}, {"on-accent", "accent", 4.5}, {"on-quiet", "quiet-fill", 4.5},
		{"on-busy", "busy-fill", 4.5}, {"on-hands", "hands-fill", 4.5}, {"on-good", "good-fill", 4.5}, {"on-bad", "bad-fill", 4.5},
		{"quiet", "sunk", 4.5}, {"hands", "hands-tint", 4.5}, {"hands", "ground", 4.5}, {"good", "good-tint", 4.5}, {"bad", "bad-tint", 4.5},
		{"edge", "ground", 3}, {"edge", "panel", 3}, {"ring", "ground", 3}, {"busy", "panel", 3}, {"good", "panel", 3}, {"ground", "ink", 4.5},
	}
	for name, colors := range map[string]map[string]string{"light": properties(light), "dark": properties(dark)} {
		for _, p := range pairs {
			if got := contrast(t, colors[p.ink], colors[p.ground]); got < p.atLeast {
				t.Errorf("%s: %s on %s is %.2f to 1, want %.1f", name, p.ink, p.ground, got, p.atLeast)
			}
		}
	}
}

func properties(css string) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	if err != nil {
		t.Fatalf("color %q: %v", color, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		c := float64(n>>(8*i)&0xff) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
			continue
		}
		sum += weight * math.Pow((c+0.055)/1.055, 2.4)
	}
	return sum
}

func TestTones(t *testing.T) {
	for _, tone := range []station.Tone{station.Quiet, station.Busy, station.Hands, station.Good, station.Bad} {
		if toneIcons[tone] == "" {
			t.Errorf("tone %s has no shape", tone)
		}
	}
	if len(toneIcons) != 5 {
		t.Error(fmt.Sprint("shapes: ", toneIcons))
	}
}
