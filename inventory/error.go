package inventory

import (
	"errors"
	"fmt"
)

// Kind says to the program what sort of refusal or fault an [Error] is. Pages and exit codes are chosen by it.
type Kind string

// The kinds of error.
const (
	Invalid     Kind = "invalid"     // what was given cannot be right, whoever gives it
	NotFound    Kind = "not-found"   // there is no such thing
	Conflict    Kind = "conflict"    // it cannot be done in the state things are in
	Forbidden   Kind = "forbidden"   // not by this actor
	Unavailable Kind = "unavailable" // something needed is away: try again later
	Internal    Kind = "internal"    // our fault; the chain is for the log
)

// Error is a refusal or fault with its three readers: Kind for the program, Msg for the person (one sentence that
// says what to do), Err for the log. Form and Args are what Msg was made of, for a reader of another language; Form is
// empty where it was made otherwise.
type Error struct {
	Kind Kind
	Msg  string
	Err  error
	Form string // of fmt
	Args []any
}

// Error gives the sentence, followed by the chain when there is one.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return fmt.Sprintf("%s (%v)", e.Msg, e.Err)
}

// Unwrap gives the chain for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// Refuse makes an Error without a chain: a rule said no.
func Refuse(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...), Form: format, Args: args}
}

// KindOf gives the kind of err: Internal when nobody gave it one, empty for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Sentence gives what a person should read of err: the sentence of the first [Error] in its chain, else its text.
func Sentence(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Msg
	}
	return err.Error()
}
