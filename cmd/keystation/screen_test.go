package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// window is a real terminal with a program in it.
type window struct {
	*testing.T
	tmux []string
	last string
}

// inWindow runs the program in a terminal of this size; what it prints to standard output goes to file, if there is one.
func inWindow(t *testing.T, columns, rows int, file string, args ...string) *window {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("Needs a terminal that can be looked at: install tmux to run this test.")
	}
	binary, err := exec.LookPath("keystation")
	if err != nil {
		t.Fatal(err)
	}
	command := "env -u CI TERM=screen '" + binary + "' '" + strings.Join(args, "' '") + "'"
	if file != "" {
		command += " > '" + file + "'"
	}
	w := &window{T: t, tmux: []string{"tmux", "-S", t.TempDir() + "/socket", "-f", "/dev/null"}}
	w.do("new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), "echo at first; "+command+"; echo ended with $?; exec cat")
	t.Cleanup(func() { w.do("kill-server") })
	return w
}

func (w *window) do(args ...string) string {
	w.Helper()
	out, err := exec.Command(w.tmux[0], append(w.tmux[1:], args...)...).CombinedOutput()
	if err != nil {
		w.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// until looks at the window until it shows what matches.
func (w *window) until(what, pattern string) string {
	w.Helper()
	return w.when(what+" ("+pattern+")", regexp.MustCompile(pattern).MatchString)
}

func (w *window) when(what string, ok func(string) bool) string {
	w.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	limit := time.After(time.Minute)
	for {
		if w.last = strings.TrimRight(w.do("capture-pane", "-p"), "\n "); ok(w.last) {
			return w.last
		}
		select {
		case <-again.C:
		case <-limit:
			w.Fatalf("the window never shows %s:\n%s", what, w.last)
		}
	}
}

// once says for each text that it stands in the window exactly one time.
func (w *window) once(texts ...string) {
	w.Helper()
	for _, text := range texts {
		if n := strings.Count(w.last, text); n != 1 {
			w.Errorf("%q stands there %d times:\n%s", text, n, w.last)
		}
	}
}

// manual are keys that wait for their touches.
func manual(t *testing.T, n int) (keys []*softkey.Key, flags []string) {
	t.Helper()
	for range n {
		k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual, TouchTimeout: 5 * time.Minute})
		keys, flags = append(keys, k), append(flags, "--device", k.Path())
	}
	return keys, flags
}

// TestProvision_liveLines: in a terminal each port has one line, which is written again in place, also when the window is
// made narrower; at the end only what came of the keys is left.
func TestProvision_liveLines(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	keys, flags := manual(t, 3)
	w := inWindow(t, 100, 24, "", append([]string{"provision", "--db", h.db, "--yes", "--touch-slots", "3", "--wait", "5m"}, flags...)...)
	w.until("all three asking", `(?s)TOUCH.*TOUCH.*TOUCH`)
	w.once("at first", keys[0].Path()+" ", keys[1].Path()+" ", keys[2].Path()+" ")
	first := regexp.MustCompile(`\d:\d\d`).FindString(w.last)
	w.when("time going on", func(s string) bool { return regexp.MustCompile(`\d:\d\d`).FindString(s) > first })
	w.once("at first", keys[0].Path()+" ", keys[1].Path()+" ", keys[2].Path()+" ")

	w.do("resize-window", "-x", "44", "-y", "24") // tmux itself scrolls what stood above out of the window
	w.when("shortened lines", func(s string) bool { return strings.Count(s, "…") == 3 })
	w.once(keys[0].Path()+" ", keys[1].Path()+" ", keys[2].Path()+" ")
	touchAll(t, keys)
	if w.until("the end", `ended with \d`); strings.Contains(w.last, "TOUCH") || strings.Contains(w.last, "…") {
		t.Errorf("a live line is left:\n%s", w.last)
	}
	all := w.do("capture-pane", "-p", "-S", "-")
	for _, k := range keys {
		if n := len(regexp.MustCompile("ready +"+k.Path()+" ").FindAllString(all, -1)); n != 1 {
			t.Errorf("%d reports of %s:\n%s", n, k.Path(), all)
		}
	}
}

// TestProvision_liveLow: what has no room in a window of three rows is summed up.
func TestProvision_liveLow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	keys, flags := manual(t, 3)
	w := inWindow(t, 100, 3, "", append([]string{"provision", "--db", h.db, "--yes", "--touch-slots", "3", "--wait", "5m"}, flags...)...)
	w.until("one port and the rest", `^\S+ +TOUCH .*\nand 2 more: 2 TOUCH$`)
	touchAll(t, keys)
	w.until("the end", `ended with \d`)
}

// touchAll touches keys whenever they ask, until the test ends.
func touchAll(t *testing.T, keys []*softkey.Key) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-again.C:
			case <-done:
				return
			}
			for _, k := range keys {
				if k.Waiting() {
					k.Touch()
				}
			}
		}
	}()
	t.Cleanup(func() { again.Stop(); close(done); <-ended })
}

// TestProvision_liveQuestion: while a question is open, the lines above it go on, and what is typed stays as it is.
func TestProvision_liveQuestion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	keys, flags := manual(t, 1)
	w := inWindow(t, 100, 40, "", append([]string{"provision", "--db", h.db, "--wait", "5m"}, flags...)...)
	w.until("the question", `(?m)^\[y1/N\]$`)
	w.do("send-keys", "y")
	w.until("what is typed", `(?m)^\[y1/N\] y$`)
	before := regexp.MustCompile(`\d:\d\d`).FindString(w.last)
	w.when("time going on beside it", func(s string) bool {
		return regexp.MustCompile(`\d:\d\d`).FindString(s) > before && strings.HasSuffix(s, "\n[y1/N] y")
	})
	w.do("send-keys", "1", "Enter")
	w.until("the next thing", `TOUCH`)
	w.until("the answer, kept", `(?m)^\[y1/N\] y1$`)
	w.once("at first", "[y1/N]")
	if question, line := strings.Index(w.last, "[y1/N]"), strings.Index(w.last, "TOUCH"); question > line {
		t.Errorf("the answered question stands below the live line:\n%s", w.last)
	}
	touchAll(t, keys)
	w.until("the second question", `\n\[y2/N\]$`)
	w.do("send-keys", "n", "Enter")
	w.until("the end", `(?s)\[y2/N\] n\n.*ended with \d`)
	w.once("at first", "[y1/N] y1", "[y2/N] n")
}

// TestProvision_liveBeside: when the reports go to a file, the lines are left as they were at the end.
func TestProvision_liveBeside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := stationtest.Key(t, softkey.Config{})
	file := t.TempDir() + "/reports"
	w := inWindow(t, 100, 24, file, "provision", "--db", h.db, "--yes", "--json", "--device", k.Path())
	w.until("the end", `ended with \d`)
	w.once(k.Path() + " ")
	b, err := os.ReadFile(file)
	if err != nil || len(reports(t, string(b))) != 1 || bytes.ContainsRune(b, '\x1b') {
		t.Errorf("the file has %q (%v)", b, err)
	}
}

// TestCanRewrite: plain lines on what is no terminal, or is none that can do more.
func TestCanRewrite(t *testing.T) {
	t.Parallel()
	terminal := newTypist(t).line
	for name, tt := range map[string]struct {
		env  map[string]string
		want bool
	}{
		"a terminal":    {map[string]string{"TERM": "xterm"}, true},
		"a dumb one":    {map[string]string{"TERM": "dumb"}, false},
		"one unknown":   {nil, false},
		"a build robot": {map[string]string{"TERM": "xterm", "CI": "true"}, false},
	} {
		if _, got := canRewrite(terminal, func(k string) string { return tt.env[k] }); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	xterm := func(string) string { return "" }
	if _, ok := canRewrite(&bytes.Buffer{}, xterm); ok {
		t.Error("a pipe is no terminal")
	}
}

// TestScreen_rows: what a port's line says, how it is shortened, and that no name moves the cursor.
func TestScreen_rows(t *testing.T) {
	t.Parallel()
	at := time.Date(2028, 9, 30, 20, 0, 0, 0, time.UTC)
	tile := station.Tile{Port: "1-2", Label: "Port 2", Running: true, Tone: station.Hands, Word: "TOUCH", Sentence: "It blinks.", For: "Ada Lovelace · R-1003 spare", Since: at}
	s := &screen{now: func() time.Time { return at.Add(75 * time.Second) }}
	if got, want := s.row(tile), "Port 2       TOUCH             1:15  Ada Lovelace · R-1003 spare. It blinks."; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, tt := range []struct {
		text, want string
		room       int
	}{
		{"Port 2", "Port 2", 6}, {"Port 2", "Port…", 5}, {"李清照 fits", "李清…", 6}, {"Zoe\u0308", "Zoe\u0308", 3},
		{"a\x1b[2J\nb\u202ec\u009b", "a[2J bc", 20}, {"", "", 3}, {"x", "x", 1},
	} {
		if got := cut(tt.text, tt.room); got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.text, tt.room, got, tt.want)
		}
	}
}

// TestScreen_urgent: with more ports than rows, whoever needs hands is shown, in the order of the ports.
func TestScreen_urgent(t *testing.T) {
	t.Parallel()
	var tiles []station.Tile
	for i, tone := range []station.Tone{station.Good, station.Busy, station.Hands, station.Good, station.Bad, station.Hands} {
		tiles = append(tiles, station.Tile{Port: fmt.Sprint(i), Tone: tone, Word: strings.ToUpper(string(tone))})
	}
	shown, left := urgent(tiles, 4)
	var ports []string
	for _, t := range shown {
		ports = append(ports, t.Port)
	}
	if got := strings.Join(ports, " "); got != "2 4 5" || andMore(left) != "and 3 more: 2 GOOD, 1 BUSY" {
		t.Errorf("shown %s, %s", got, andMore(left))
	}
	if shown, left := urgent(tiles, 6); len(shown) != 6 || left != nil {
		t.Errorf("%d shown where there is room for all", len(shown))
	}
	if shown, left := urgent(tiles, 1); len(shown) != 0 || len(left) != 6 {
		t.Errorf("%d shown in one row", len(shown))
	}
}
