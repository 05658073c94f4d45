package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"keystation/station"
)

// screen is a terminal whose last lines are live: one for each port, written again in place. Everything else that is to
// be read there goes through it too, and comes to stand above them; a question stands below them, with what is typed. It
// is safe for concurrent use.
//
// The cursor rests below the lines, at the left edge, or behind the prompt of the question. Of the terminal it wants no
// more than ECMA-48 cursor movement and erasing, and a cursor that can be saved (DECSC).
type screen struct {
	out   io.Writer
	size  func() (columns, rows int)
	tiles func() []station.Tile
	now   func() time.Time

	mu    sync.Mutex
	lines []int    // how wide the live lines are that stand there now
	asked question // empty: none is open
	ended bool     // there are no live lines any more
}

// question is what a person is asked, and what stands before the answer on a line of its own.
type question struct{ text, prompt string }

// newScreen makes live lines of what the terminal f shows of feed.
func newScreen(f *os.File, feed *station.Feed) *screen {
	size := func() (int, int) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		if err != nil || columns < 1 || rows < 1 {
			return 80, 24
		}
		return columns, rows
	}
	return &screen{out: f, size: size, tiles: func() []station.Tile { return feed.Snapshot().Tiles }, now: time.Now}
}

// canRewrite tells if what w leads to is a terminal that a person looks at and that can move its cursor.
func canRewrite(w io.Writer, getenv func(string) string) (*os.File, bool) {
	f, ok := w.(*os.File)
	kind := getenv("TERM")
	return f, ok && kind != "" && kind != "dumb" && getenv("CI") == "" && term.IsTerminal(int(f.Fd()))
}

// Write puts whole lines above the live ones, for good.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return s.out.Write(p)
	}
	return len(p), s.redraw(string(p))
}

// draw writes the live lines as they are now. Beside an open question they are changed in place, so that what was typed
// stays.
func (s *screen) draw() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	columns, _ := s.size()
	rows := s.render()
	if s.asked == (question{}) || len(rows) != len(s.lines) || slices.Max(append(s.lines, 0)) >= columns {
		return s.redraw("")
	}
	var b strings.Builder
	b.WriteString("\x1b7" + s.home())
	s.put(&b, rows)
	b.WriteString("\x1b8")
	_, err := io.WriteString(s.out, b.String())
	return err
}

// ask opens a question. The live lines go on above it until [screen.answered].
func (s *screen) ask(q question) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	b.WriteString(s.home())
	s.asked = question{printable(q.text), q.prompt}
	s.put(&b, s.render())
	b.WriteString(s.open())
	_, err := io.WriteString(s.out, b.String())
	return err
}

// answered closes the question and leaves it above the live lines with its answer. entered tells if the person pressed
// Enter: the terminal has begun a new line then.
func (s *screen) answered(line string, entered bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	up := ""
	if entered {
		up = "\x1b[A"
	}
	b := up + s.home() + "\x1b[J" + s.asked.text + "\n" + s.asked.prompt + printable(line) + "\n"
	s.asked, s.lines = question{}, nil
	if _, err := io.WriteString(s.out, b); err != nil {
		return err
	}
	return s.redraw("")
}

// end takes the live lines away, or leaves them as they are when nothing else on this terminal says what came of the keys.
func (s *screen) end(leave bool) error {
	err := s.draw()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if err != nil || leave {
		return err
	}
	_, err = io.WriteString(s.out, s.home()+"\x1b[J")
	return err
}

// redraw writes everything anew, with text above it.
func (s *screen) redraw(text string) error {
	var b strings.Builder
	b.WriteString(s.home())
	if text != "" {
		b.WriteString("\x1b[J" + strings.TrimSuffix(text, "\n") + "\n")
	}
	s.put(&b, s.render())
	b.WriteString(s.open())
	_, err := io.WriteString(s.out, b.String())
	return err
}

// home moves the cursor to the first live line. A line that has become wider than the terminal was broken by it.
func (s *screen) home() string {
	columns, _ := s.size()
	up := 0
	for _, n := range s.lines {
		up += max(1, (n+columns-1)/columns)
	}
	if s.asked != (question{}) {
		up += max(1, (cells(s.asked.text)+columns-1)/columns)
	}
	if up == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", up)
}

// put writes the live lines from the cursor on.
func (s *screen) put(b *strings.Builder, rows []string) {
	s.lines = s.lines[:0]
	for _, row := range rows {
		b.WriteString(row + "\x1b[K\n")
		s.lines = append(s.lines, cells(row))
	}
}

// open writes the open question below the lines, and erases what else stood there.
func (s *screen) open() string {
	if s.asked == (question{}) {
		return "\x1b[J"
	}
	return "\x1b[J" + s.asked.text + "\n" + s.asked.prompt
}

// render gives the live lines as wide and as many as there is room for.
func (s *screen) render() []string {
	columns, height := s.size()
	room := height - 1
	if s.asked != (question{}) {
		room -= 1 + cells(s.asked.text)/columns
	}
	shown, left := urgent(s.tiles(), max(1, room))
	var rows []string
	for _, t := range shown {
		rows = append(rows, cut(s.row(t), columns-1))
	}
	if len(left) > 0 {
		rows = append(rows, cut(andMore(left), columns-1))
	}
	return rows
}

// row is the line of a port: which, what it needs, since when, what for.
func (s *screen) row(t station.Tile) string {
	since := ""
	if t.Running && !t.Since.IsZero() {
		seconds := max(0, int(s.now().Sub(t.Since).Seconds()))
		since = fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	what := t.Sentence
	if t.For != "" {
		what = t.For + ". " + what
	}
	return fmt.Sprintf("%s %s %5s  %s", padded(cmp.Or(t.Label, t.Port), 12), padded(t.Word, 16), since, what)
}

// urgent chooses the tiles to show when there is no room for all, in their order: those that need hands before those that
// went wrong, before those at work. One line is kept free to say what is left out.
func urgent(tiles []station.Tile, room int) (shown, left []station.Tile) {
	if len(tiles) <= room {
		return tiles, nil
	}
	rank := []station.Tone{station.Hands, station.Bad, station.Busy, station.Good, station.Quiet}
	for _, tone := range rank {
		for _, t := range tiles {
			if t.Tone == tone && len(shown) < room-1 {
				shown = append(shown, t)
			}
		}
	}
	inOrder := func(in bool) (out []station.Tile) {
		for _, t := range tiles {
			if in == slices.ContainsFunc(shown, func(u station.Tile) bool { return u.Port == t.Port }) {
				out = append(out, t)
			}
		}
		return out
	}
	return inOrder(true), inOrder(false)
}

// andMore sums up the ports for which there is no line.
func andMore(tiles []station.Tile) string {
	count := map[string]int{}
	var words []string
	for _, t := range tiles {
		if count[t.Word]++; count[t.Word] == 1 {
			words = append(words, t.Word)
		}
	}
	for i, w := range words {
		words[i] = fmt.Sprintf("%d %s", count[w], w)
	}
	return fmt.Sprintf("and %d more: %s", len(tiles), strings.Join(words, ", "))
}

// printable takes out of text what would move the cursor: names come from keys and from other people's files.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf) {
			return -1
		}
		return r
	}, text)
}

// cells is how much room text takes on a terminal: Han and the like take two cells, combining marks none.
func cells(text string) int {
	n := 0
	for _, r := range text {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// cut makes text printable and shortens it to the room there is.
func cut(text string, room int) string {
	text = strings.TrimRight(printable(text), " ")
	if cells(text) <= room {
		return text
	}
	for cells(text) > room-1 && text != "" {
		runes := []rune(text)
		text = string(runes[:len(runes)-1])
	}
	return text + "…"
}

// padded fills text up to a column.
func padded(text string, column int) string {
	return text + strings.Repeat(" ", max(0, column-cells(text)))
}
