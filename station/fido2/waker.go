package fido2

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// waker ends the wait of the C side from any goroutine. Its mutex keeps the descriptor from being closed, and its
// number from being given to another file, while somebody writes to it.
type waker struct {
	mu sync.Mutex
	fd int // -1 once closed
}

func newWaker() (*waker, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("make eventfd: %w", err)
	}
	return &waker{fd: fd}, nil
}

// wake makes the descriptor readable. An eventfd counts in host order and never fills up here.
func (w *waker) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fd >= 0 {
		_, _ = unix.Write(w.fd, []byte{1, 1, 1, 1, 0, 0, 0, 0})
	}
}

func (w *waker) drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fd >= 0 {
		var count [8]byte
		_, _ = unix.Read(w.fd, count[:])
	}
}

func (w *waker) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	closeFD(w.fd)
	w.fd = -1
}

func closeFD(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}
