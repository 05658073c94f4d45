package softkey

import "io"

// Node is where reports of 64 bytes come and go. Read gives one report a host wrote,
// without the report id; Write takes one report for the host. A pseudo-terminal is
// one; a USB gadget's /dev/hidgN or a pipe in a test can be another.
type Node interface {
	io.ReadWriteCloser
	Path() string // what a host opens
}

// renewer is a Node that can put itself back into the state of a fresh open.
type renewer interface{ Renew() error }

// hangUpper is a Node that can be out without giving up its place: until it is closed
// nobody else's node has its path, and whoever waits there meets only this key.
type hangUpper interface{ HangUp() error }
