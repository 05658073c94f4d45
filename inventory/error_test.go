package inventory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"
)

// refused asserts that err is a refusal of this kind with this sentence, or no error when no sentence is wanted.
func refused(t *testing.T, err error, kind Kind, sentence string) {
	t.Helper()
	if sentence == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	if KindOf(err) != kind || Sentence(err) != sentence {
		t.Errorf("error is %s %q\n  want %s %q", KindOf(err), Sentence(err), kind, sentence)
	}
	first, _ := firstRune(sentence)
	if !unicode.IsUpper(first) && first != '"' || !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, "%!") {
		t.Errorf("%q is no sentence", sentence)
	}
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

func TestError(t *testing.T) {
	fault := fmt.Errorf("write row: %w", io.ErrShortWrite)
	away := &Error{Kind: Unavailable, Msg: "The printer is away: try again later.", Err: fault}
	tests := []struct {
		name     string
		have     error
		kind     Kind
		sentence string
		text     string
	}{
		{"none", nil, "", "", ""},
		{"refusal", Refuse(Conflict, "Key %s is %s.", "7KQM-3XWM", Lost), Conflict, "Key 7KQM-3XWM is lost.", "Key 7KQM-3XWM is lost."},
		{"with a chain", away, Unavailable, away.Msg, away.Msg + " (write row: short write)"},
		{"wrapped", fmt.Errorf("print packet: %w", away), Unavailable, away.Msg, "print packet: " + away.Msg + " (write row: short write)"},
		{"the outer speaks", &Error{Kind: NotFound, Msg: "There is none.", Err: away}, NotFound, "There is none.",
			"There is none. (" + away.Msg + " (write row: short write))"},
		{"joined", errors.Join(io.EOF, away), Unavailable, away.Msg, "EOF\n" + away.Msg + " (write row: short write)"},
		{"foreign", fault, Internal, "write row: short write", "write row: short write"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := KindOf(tt.have); got != tt.kind {
				t.Errorf("kind = %q, want %q", got, tt.kind)
			}
			if got := Sentence(tt.have); got != tt.sentence {
				t.Errorf("sentence = %q, want %q", got, tt.sentence)
			}
			if tt.have != nil && tt.have.Error() != tt.text {
				t.Errorf("text = %q, want %q", tt.have, tt.text)
			}
		})
	}
	if !errors.Is(away, io.ErrShortWrite) || errors.Is(away, context.Canceled) {
		t.Error("the chain is lost")
	}
}
