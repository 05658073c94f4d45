package station

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// Advise gives the sentence for a person about what went wrong at a step: that of an [inventory.Error] in the chain,
// else the row for the key's status in the table of words, else what to do about an I/O fault.
func Advise(step inventory.Step, err error) string {
	if e, ok := errors.AsType[*inventory.Error](err); ok {
		return e.Msg
	}
	if errors.Is(err, context.Canceled) {
		return "The run was stopped before the key was finished. Plug it in again to make it."
	}
	status, ok := errors.AsType[ctap.Status](err)
	if !ok {
		return goneSentence
	}
	r, ok := rowOf(step, status)
	if !ok {
		r.says = oddSentence
	}
	if strings.Contains(r.says, "%s") {
		return fmt.Sprintf(r.says, status.Name())
	}
	return r.says
}

// shownFor is the moment that a tile shows about what a key answered, where it is another than that of the run's end.
// A key that somebody else uses shows the same whether the system says so or the key.
func shownFor(step inventory.Step, err error) moment {
	if errors.Is(err, ErrBusy) {
		return momentWaited
	}
	status, ok := errors.AsType[ctap.Status](err)
	if _, told := errors.AsType[*inventory.Error](err); !ok || told {
		return ""
	}
	r, _ := rowOf(step, status)
	return r.shows
}

// refusedByKey tells an answer of the key (a result) from an I/O fault (an error).
func refusedByKey(err error) bool {
	_, ok := errors.AsType[ctap.Status](err)
	return ok
}

// inWords writes how long something lasts as people do.
func inWords(d time.Duration) string {
	count := func(n int64, unit string) string {
		if n == 1 {
			return "one " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d >= time.Minute && d%time.Minute == 0:
		return count(int64(d/time.Minute), "minute")
	case d >= time.Second:
		return count(int64(d.Round(time.Second)/time.Second), "second")
	}
	return count(d.Milliseconds(), "millisecond")
}
