package main

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// The variables that lay a trap at a commit of the database. Each says where: "before 3", "after 3" for the third commit,
// "before run.tag" for the first that writes that entry into the ledger.
const (
	killedAt = "KEYSTATION_TEST_KILLED"  // the process is killed there by SIGKILL
	filledAt = "KEYSTATION_TEST_FILLED"  // the disk is filled there
	heldAt   = "KEYSTATION_TEST_HELD_AT" // the process stops there until standard input ends
	deafAt   = "KEYSTATION_TEST_DEAF"    // from there on, no file takes a write
	filler   = "KEYSTATION_TEST_FILLER"  // the file that fills the disk
)

// trap is what happens at one commit, before or after it reached the disk.
type trap struct {
	at    string // a number or an action
	after bool
	do    func()
}

// traps stand around the commits of a process, and say each on standard error.
type traps struct {
	mu   sync.Mutex
	n    int
	laid []trap
}

func newTraps() *traps {
	t := &traps{}
	for name, do := range map[string]func(){killedAt: die, filledAt: fill, heldAt: hold, deafAt: deafen} {
		when, at, ok := strings.Cut(os.Getenv(name), " ")
		if ok {
			t.laid = append(t.laid, trap{at, when == "after", do})
		}
	}
	return t
}

func (t *traps) commit(actions []string, commit func() error) error {
	t.mu.Lock()
	t.n++
	n := t.n
	t.mu.Unlock()
	fmt.Fprintf(os.Stderr, "commit %d: %s\n", n, strings.Join(actions, " "))
	here := t.spring(n, actions)
	for _, l := range here {
		if !l.after {
			l.do()
		}
	}
	err := commit()
	for _, l := range here {
		if l.after {
			l.do()
		}
	}
	return err
}

// spring gives the traps of a commit. Each springs once.
func (t *traps) spring(n int, actions []string) (here []trap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.laid = slices.DeleteFunc(t.laid, func(l trap) bool {
		sprung := l.at == strconv.Itoa(n) || slices.Contains(actions, l.at)
		if sprung {
			here = append(here, l)
		}
		return sprung
	})
	return here
}

// die ends the process as a power cut would: nothing of it runs any more.
func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// fill takes all room that is left on the disk of the file.
func fill() {
	f, err := os.OpenFile(os.Getenv(filler), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	_ = f.Close()
	fmt.Fprintln(os.Stderr, "the disk is full")
}

// deafen keeps this process from writing to any file, as a disk does that the system has given up.
func deafen() {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{}); err != nil {
		panic(err)
	}
}
