package fido2

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// Exchange opens and locks the key at path, lets do talk to it report by report, and closes it: for the few questions that
// are asked once, before anybody has the key open. Each Read gives one report of 64 bytes and each Write takes one with
// its report id in front. All of it has [ExchangeLimit]; after that, or when ctx ends, reads and writes fail. A key that
// another program has open is told as [station.ErrBusy].
func Exchange(ctx context.Context, path string, do func(node io.ReadWriter) error) error {
	if err := exchange(ctx, path, lockPatience, do); err != nil {
		return fmt.Errorf("talk to key: %w", err)
	}
	return nil
}

// ExchangeLimit is what a key has for an exchange: some milliseconds are usual.
const ExchangeLimit = time.Second

func exchange(ctx context.Context, path string, patience time.Duration, do func(io.ReadWriter) error) error {
	fd, err := openNode(path, patience)
	if err != nil {
		return err
	}
	defer closeFD(fd)
	ctx, cancel := context.WithTimeout(ctx, ExchangeLimit)
	defer cancel()
	return do(&reports{ctx, fd})
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
