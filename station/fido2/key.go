package fido2

// #cgo CFLAGS: -std=gnu11 -Wall -Wextra -Wno-unused-parameter
// #cgo pkg-config: libfido2
// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

// openLimit is what a key has to answer INIT and getInfo, unless keepalives say that it works on it. Tens of
// milliseconds are usual.
const openLimit = 3 * time.Second

// busyPause is how long a busy key is left alone before it is asked again.
const busyPause = 100 * time.Millisecond

// Key is an open key: a [station.Authenticator]. It is safe for concurrent use; calls wait for each other, and Close
// cancels the one that is running.
type Key struct {
	path    string
	heard   func(ctap.Keepalive)
	self    cgo.Handle
	wake    *waker
	closing atomic.Bool

	mu     sync.Mutex
	c      *C.ks_key // nil once closed
	broken error     // the fault after which only Close is left
	first  []byte    // the getInfo answer that came with the opening, until anything else is asked
}

var (
	_ station.Authenticator   = (*Key)(nil)
	_ station.EnterpriseAsker = (*Key)(nil)
)

// Open opens the key at path, a hidraw node or a pseudo-terminal, for itself alone. heard gets every keepalive of the
// key and must not block; it may be nil. Open is a [station.Opener].
func Open(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
	k, err := open(ctx, path, heard)
	if err != nil {
		return nil, fmt.Errorf("open key: %w", err)
	}
	return k, nil
}

func open(ctx context.Context, path string, heard func(ctap.Keepalive)) (*Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fd, err := openNode(path, lockPatience)
	if err != nil {
		return nil, err
	}
	k, err := newKey(fd, path, heard)
	if err != nil {
		return nil, err
	}
	if err := k.connect(ctx); err != nil {
		_ = k.Close()
		return nil, err
	}
	return k, nil
}

// newKey owns fd from the start, whatever comes of it.
func newKey(fd int, path string, heard func(ctap.Keepalive)) (*Key, error) {
	wake, err := newWaker()
	if err != nil {
		closeFD(fd)
		return nil, err
	}
	k := &Key{path: path, heard: heard, wake: wake}
	k.self = cgo.NewHandle(k)
	if k.c = C.ks_new(C.int(fd), C.int(wake.fd), C.uintptr_t(k.self)); k.c == nil {
		closeFD(fd)
		wake.close()
		k.self.Delete()
		return nil, errNoMemory
	}
	return k, nil
}

// connect asks for a channel and for getInfo (CTAP 2.1 §11.2.9.1.3, §6.4), which libfido2 does in one call. A key that
// is busy is asked again: it may still be at what a program that died has left it with.
func (k *Key) connect(ctx context.Context) error {
	for end := time.Now().Add(openLimit); ; {
		unwatch := k.watch(ctx)
		r := C.ks_open(k.c, C.int(max(0, time.Until(end).Milliseconds())))
		unwatch()
		if r == C.FIDO_OK {
			break
		}
		err := k.notOpened(ctx, r)
		if !errors.Is(err, ctaphid.ErrChannelBusy) || time.Until(end) < busyPause || !pause(ctx, busyPause) {
			return err
		}
	}
	if !C.fido_dev_is_fido2(k.c.dev) {
		return sentence(inventory.Invalid, ErrNotFIDO2, "The key at %s speaks only U2F, not FIDO2, and can have no PIN: put it aside.", k.path)
	}
	first, err := k.answer()
	k.first = first
	return err
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// watch lets the end of ctx cancel the call that follows, until the function that it gives is called.
func (k *Key) watch(ctx context.Context) (unwatch func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		k.wake.wake()
		close(done)
	})
	return func() {
		if !stop() {
			<-done
		}
		k.wake.drain()
	}
}

// do makes one call to the key and says what came of it.
func (k *Key) do(ctx context.Context, act string, call func(*C.ks_key) C.int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.locked(ctx, act, call)
}

func (k *Key) locked(ctx context.Context, act string, call func(*C.ks_key) C.int) error {
	err := k.usable()
	if err == nil {
		err = ctx.Err() // nothing was sent: the key is as it was
	}
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	k.first = nil
	unwatch := k.watch(ctx)
	defer unwatch()
	if r := call(k.c); r != C.FIDO_OK {
		return fmt.Errorf("%s: %w", act, k.result(ctx, r))
	}
	return nil
}

func (k *Key) usable() error {
	if k.c == nil || k.closing.Load() {
		return ErrClosed
	}
	if k.broken != nil {
		return sentence(inventory.Unavailable, fmt.Errorf("%w by: %w", ErrBroken, k.broken),
			"The connection to the key is broken: unplug the key and plug it in again.")
	}
	return nil
}

// answer is the last CTAP2 answer as it came: a status byte, then CBOR (CTAP 2.1 §8.2).
func (k *Key) answer() ([]byte, error) {
	n := k.c.io.have
	if n == 0 || n != k.c.io.want || k.c.io.answer[0] != C.FIDO_OK {
		return nil, k.breakDown(errAnswerLost)
	}
	return C.GoBytes(unsafe.Pointer(&k.c.io.answer[1]), C.int(n-1)), nil
}

// breakDown leaves the key usable for Close only.
func (k *Key) breakDown(err error) error {
	k.broken = err
	return err
}

// Info asks the key what it is (CTAP 2.1 §6.4). Members that this libfido2 does not know are there as well. The first
// Info after Open is what the key said in answer to Open, so that opening costs no second question.
func (k *Key) Info(ctx context.Context) (ctap.Info, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	raw, err := k.askInfo(ctx)
	if err != nil {
		return ctap.Info{}, err
	}
	info, err := ctap.ParseInfo(raw)
	if err != nil {
		return ctap.Info{}, fmt.Errorf("get info: %w", k.breakDown(garbled(err)))
	}
	return info, nil
}

func (k *Key) askInfo(ctx context.Context) ([]byte, error) {
	if k.first != nil && k.usable() == nil {
		raw := k.first
		k.first = nil
		return raw, nil
	}
	err := k.locked(ctx, "get info", func(c *C.ks_key) C.int { return C.ks_info(c) })
	if err != nil {
		return nil, err
	}
	raw, err := k.answer()
	if err != nil {
		return nil, fmt.Errorf("get info: %w", err)
	}
	return raw, nil
}

// Reset takes the key back to factory state (CTAP 2.1 §6.6). It waits for a touch.
func (k *Key) Reset(ctx context.Context) error {
	return k.do(ctx, "reset", func(c *C.ks_key) C.int { return C.ks_reset(c) })
}

// Close gives the key back. It may be called twice.
func (k *Key) Close() error {
	k.closing.Store(true)
	k.wake.wake()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.c == nil {
		return nil
	}
	C.ks_free(k.c)
	k.c = nil
	k.wake.close()
	k.self.Delete()
	return nil
}

// bytesOf gives C a view of b for one call.
func bytesOf(b []byte) (*C.uchar, C.size_t) {
	return (*C.uchar)(unsafe.SliceData(b)), C.size_t(len(b))
}

// clone copies what C owns.
func clone(p *C.uchar, n C.size_t) []byte {
	if p == nil {
		return nil
	}
	return bytes.Clone(unsafe.Slice((*byte)(p), int(n)))
}
