package ledger

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrNotCheckpoint says that the bytes are not a checkpoint of this version.
var ErrNotCheckpoint = errors.New("not a ledger checkpoint")

const (
	checkpointTitle = "keystation ledger checkpoint v1"
	checkpointTime  = "2006-01-02T15:04:05Z"
	longestOrigin   = 200 // bytes; it is printed on paper
)

// A Checkpoint says what a log was at one time. Two checkpoints of one size and
// origin with different roots prove that somebody rewrote the log.
type Checkpoint struct {
	Origin string    // which log: one printable line, chosen when the log is made
	Size   int64     // how many leaves
	Root   Hash      // the root of those leaves
	Time   time.Time // when it was taken, by the clock of whoever signed; whole seconds
}

// Text is what is signed: five lines, each ended by a newline, in exactly one
// form for each checkpoint. It fails when the checkpoint cannot be written
// that way.
//
//	keystation ledger checkpoint v1
//	origin keys.example.com
//	size 1234
//	root FvBtvJeGnNrnNHSmVoy3lGSFnBJVY7Nfo5KLYfcLmi8=
//	time 2026-11-20T08:15:00Z
func (c Checkpoint) Text() (string, error) {
	if !isOrigin(c.Origin) {
		return "", fmt.Errorf("write checkpoint: origin %q is not one printable line of 1 to %d bytes", c.Origin, longestOrigin)
	}
	if c.Size < 0 {
		return "", fmt.Errorf("write checkpoint of size %d: %w", c.Size, ErrSize)
	}
	if c.Size == 0 && c.Root != EmptyRoot() {
		return "", errors.New("write checkpoint: size 0 with the root of something")
	}
	at := c.Time.UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return "", fmt.Errorf("write checkpoint: year %d has not four digits", at.Year())
	}
	return fmt.Sprintf("%s\norigin %s\nsize %d\nroot %s\ntime %s\n",
		checkpointTitle, c.Origin, c.Size, c.Root, at.Format(checkpointTime)), nil
}

// ParseText reads what Text writes and nothing else: a text that would be
// written differently is ErrNotCheckpoint. It proves nothing; OpenCheckpoint
// checks who signed.
func ParseText(text string) (Checkpoint, error) {
	c, err := parseLines(text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrNotCheckpoint, err)
	}
	if again, err := c.Text(); err != nil || again != text {
		return Checkpoint{}, fmt.Errorf("%w: not in the one form that is signed", ErrNotCheckpoint)
	}
	return c, nil
}

func parseLines(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] != checkpointTitle || lines[5] != "" {
		return Checkpoint{}, fmt.Errorf("it has not the five lines that begin with %q", checkpointTitle)
	}
	values := make([]string, 0, 4)
	for i, name := range []string{"origin ", "size ", "root ", "time "} {
		value, found := strings.CutPrefix(lines[i+1], name)
		if !found {
			return Checkpoint{}, fmt.Errorf("line %d does not begin with %q", i+2, name)
		}
		values = append(values, value)
	}
	size, err := strconv.ParseInt(values[1], 10, 64)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read size: %w", err)
	}
	root, err := ParseHash(values[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read root: %w", err)
	}
	at, err := time.Parse(checkpointTime, values[3])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read time: %w", err)
	}
	return Checkpoint{Origin: values[0], Size: size, Root: root, Time: at}, nil
}

func isOrigin(s string) bool {
	if s == "" || len(s) > longestOrigin || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
