package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"keystation/inventory"
)

// The exit codes, which scripts rely on.
const (
	exitDone    = 0
	exitFailure = 1
	exitUsage   = 2 // nothing was done: the command was not understood
	exitKeys    = 3 // some keys were refused, are waiting, or are quarantined
	exitLedger  = 4 // the ledger does not hold
)

// exitError is an error that knows its exit code. With a nil err the command
// has said everything already and only the code is left to give.
type exitError struct {
	code int
	err  error
}

// Error returns the sentence, or names the code where none is left to say.
func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap returns what happened.
func (e exitError) Unwrap() error { return e.err }

// usagef is a refusal to start: the arguments make no sense together.
func usagef(format string, a ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, a...)}
}

// execute runs the command that the arguments name. Whatever goes wrong before
// a command's own code has started (an unknown flag, a missing argument) is a
// usage error, whichever part of cobra noticed it.
func execute(ctx context.Context, root *cobra.Command) error {
	started := false
	eachCommand(root, func(c *cobra.Command) {
		inner := c.RunE
		if inner == nil {
			return
		}
		c.RunE = func(c *cobra.Command, args []string) error {
			started = true
			return inner(c, args)
		}
	})
	c, err := root.ExecuteContextC(ctx)
	if err == nil || started {
		return err
	}
	return usagef("%s See '%s --help'.", sentence(err.Error()), c.CommandPath())
}

func eachCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, child := range c.Commands() {
		eachCommand(child, do)
	}
}

// report writes the one line that an error gets and returns the exit code.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFailure
	var e exitError
	if errors.As(err, &e) {
		code = e.code
		if e.err == nil {
			return code
		}
	}
	fmt.Fprintln(stderr, sentence(inventory.Sentence(err)))
	return code
}

// sentence gives a message its capital and its period. A file or a key of the
// configuration at its beginning keeps its name. A message that spans lines
// keeps its first line only: what follows is for the log.
func sentence(msg string) string {
	msg, _, _ = strings.Cut(strings.TrimSpace(msg), "\n")
	if word, _, _ := strings.Cut(msg, " "); !strings.ContainsAny(strings.TrimRight(word, ".:,;"), "./_") {
		first, n := utf8.DecodeRuneInString(msg)
		msg = string(unicode.ToUpper(first)) + msg[n:]
	}
	if strings.HasSuffix(msg, ".") || strings.HasSuffix(msg, "?") {
		return msg
	}
	return msg + "."
}
