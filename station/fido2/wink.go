package fido2

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/station/ctaphid"
)

// ErrCannotWink is a key that has no light to blink with, or does not say so (CTAP 2.1 §11.2.9.1.3).
var ErrCannotWink = errors.New("the key has no CAPABILITY_WINK")

// Wink lets the key at path blink (CTAP 2.1 §11.2.9.2.1). A key that somebody else has open is let alone: it is busy, and
// that is no error.
func Wink(ctx context.Context, path string) error {
	fd, err := openNode(path, 0)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("wink: %w", err)
	}
	defer closeFD(fd)
	ctx, cancel := context.WithTimeout(ctx, winkLimit)
	defer cancel()
	if err := wink(&reports{ctx, fd}); err != nil {
		return fmt.Errorf("wink: %w", err)
	}
	return nil
}

// winkLimit is what a key has to answer INIT and WINK: some milliseconds are usual.
const winkLimit = time.Second

func wink(node *reports) error {
	var nonce [ctaphid.NonceSize]byte
	_, _ = rand.Read(nonce[:]) // it never fails
	c, err := ctaphid.Dial(node, nonce)
	if err != nil {
		return err
	}
	if !c.Can(ctaphid.CapWink) {
		return sentence(inventory.Conflict, ErrCannotWink, "This key cannot blink: find it by its port or its label.")
	}
	_, err = c.Transact(ctaphid.Wink, nil)
	return err
}

// reports reads and writes the reports of an open node, until its context ends.
type reports struct {
	ctx context.Context
	fd  int
}

// readPoll is how often a read looks if its context has ended.
const readPoll = 50 * time.Millisecond

// Read gives one report.
func (r *reports) Read(report []byte) (int, error) {
	for {
		if err := r.ready(unix.POLLIN); err != nil {
			return 0, err
		}
		n, err := unix.Read(r.fd, report)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
}

// Write sends one report.
func (r *reports) Write(report []byte) (int, error) {
	for {
		if err := r.ready(unix.POLLOUT); err != nil {
			return 0, err
		}
		n, err := unix.Write(r.fd, report)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
}

func (r *reports) ready(events int16) error {
	for r.ctx.Err() == nil {
		p := []unix.PollFd{{Fd: int32(r.fd), Events: events}}
		n, err := unix.Poll(p, int(readPoll.Milliseconds()))
		if n > 0 {
			return nil
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	return r.ctx.Err()
}
