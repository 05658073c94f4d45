// Command keystation is the desk from which a company hands out FIDO2
// security keys: a bench that makes them, an inventory that knows them, and
// the papers that travel with them, in one program that needs no internet.
//
// This package is the only one that reads flags, files of configuration and
// the environment, the only one that exits, and the place where the rooms are
// wired together: the bench's journal to the database, its sealer to the
// recipient, packets to the printer. It holds no rule of its own; what may
// happen to a key is decided in inventory and station.
//
// Two things to know before reading on. Each command has a file of its own
// with one constructor, and root.go holds the table of them: that table is the
// help's order, too. And a command reports by returning an error; exit.go is
// the one place that turns errors into a sentence and an exit code.
//
// Guaranteed: an interrupt or a SIGTERM cancels the context that every command
// gets; results go to standard output and nothing else does; no secret is
// ever taken from an argument.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, seams{}, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: everything it touches comes in by its arguments,
// save the environment and the file system.
func run(ctx context.Context, s seams, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return report(stderr, execute(ctx, root))
}
