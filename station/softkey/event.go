package softkey

import (
	"fmt"

	"keystation/station/ctap"
)

// EventKind is what a key does.
type EventKind int

// The events of a key, as a person beside it would see them.
const (
	Powered   EventKind = iota // plugged in or power-cycled
	Unpowered                  // unplugged
	Working                    // a command has begun
	WaitingForTouch
	Touched
	Done // a command has ended, with Status
	Winked
	Struck // by Fault
)

// Event is one thing that a key did.
type Event struct {
	Kind    EventKind
	Path    string       // of Powered
	U2F     bool         // the command is one of CTAP1, so Command is zero
	Command ctap.Command // of Working, WaitingForTouch, Touched, Done
	Status  ctap.Status  // of Done
	Fault   Fault        // of Struck
}

func (e Event) command() string {
	if e.U2F {
		return "U2F"
	}
	return e.Command.String()
}

// String says the event for a log.
func (e Event) String() string {
	switch e.Kind {
	case Powered:
		return "powered at " + e.Path
	case Unpowered:
		return "unplugged"
	case Working:
		return e.Command.String()
	case WaitingForTouch:
		return e.command() + ": waiting for a touch"
	case Touched:
		return e.command() + ": touched"
	case Done:
		return e.command() + ": " + e.Status.Name()
	case Winked:
		return "winked"
	case Struck:
		return "fault " + e.Fault.String()
	}
	return fmt.Sprintf("event %d", int(e.Kind))
}
