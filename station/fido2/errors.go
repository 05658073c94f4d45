package fido2

// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

// Errors that are no answer of the key.
var (
	ErrClosed   = errors.New("the key was closed")
	ErrBroken   = errors.New("the connection was broken")
	ErrNotFIDO2 = errors.New("the key does not speak CTAP2")

	errNoMemory   = errors.New("libfido2 is out of memory")
	errAnswerLost = errors.New("the answer did not come whole")
)

// result turns a code of libfido2 into an error. Positive codes are the status byte of the answer (CTAP 2.1 §8.2),
// negative ones mean that there was none to rely on.
func (k *Key) result(ctx context.Context, r C.int) error {
	if r < 0 || r > 0xFF {
		return k.breakDown(k.fault(ctx, r))
	}
	status := ctap.Status(r)
	switch status {
	case ctap.ErrKeepaliveCancel:
		if err := k.why(ctx); err != nil {
			return fmt.Errorf("%w: %w", err, status)
		}
	case ctap.ErrPINInvalid, ctap.ErrPINBlocked, ctap.ErrPINAuthBlocked:
		return k.withRetries(status)
	}
	return status
}

// why says who canceled.
func (k *Key) why(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if k.closing.Load() {
		return ErrClosed
	}
	return nil
}

// withRetries asks how many tries are left (CTAP 2.1 §6.5.5.2). It costs none.
func (k *Key) withRetries(status ctap.Status) error {
	var left C.int
	r := C.ks_retries(k.c, &left)
	if r < 0 {
		_ = k.breakDown(k.fault(context.Background(), r))
	}
	if r != C.FIDO_OK {
		return status
	}
	return &ctap.PINError{Status: status, Retries: int(left)}
}

// fault describes what broke the connection, from the errno and the CTAPHID error that our reads and writes kept.
func (k *Key) fault(ctx context.Context, r C.int) error {
	chain := fmt.Errorf("libfido2 says %s (%d)", C.GoString(C.fido_strerr(r)), int(r))
	hid, errno := ctaphid.Error(k.c.io.hid_error), unix.Errno(k.c.io.err)
	if hid != 0 {
		chain = fmt.Errorf("%w: %w", chain, hid)
	}
	if errno != 0 {
		chain = fmt.Errorf("%w: %w", chain, errno)
	}
	if err := k.why(ctx); err != nil && k.c.io.canceled {
		return fmt.Errorf("%w: %w", err, chain)
	}
	switch {
	case hid == ctaphid.ErrChannelBusy:
		return stillBusy(k.path, chain)
	case unplugged(errno):
		return sentence(inventory.Unavailable, chain, "The key was unplugged: plug it in again.")
	case errno == unix.ETIMEDOUT:
		return sentence(inventory.Unavailable, chain, "The key does not answer: unplug it and plug it in again.")
	case errno == unix.EBADMSG, r == C.FIDO_ERR_RX_INVALID_CBOR, r == C.FIDO_ERR_RX_NOT_CBOR:
		return garbled(chain)
	case hid == ctaphid.ErrInvalidCommand:
		return sentence(inventory.Unavailable, chain, "The key denies a command that it said it knows: plug it in again, and if it does so again use another model.")
	case k.c.io.want > C.FIDO_MAXMSG: // it gives no room to a longer answer
		return sentence(inventory.Unavailable, chain, "The key's answer is longer than libfido2 can read: unplug it and use another model.")
	}
	return sentence(inventory.Unavailable, chain, "The key stopped talking: unplug it and plug it in again.")
}

// notOpened says why there is no connection. Whoever named the path reads it.
func (k *Key) notOpened(ctx context.Context, r C.int) error {
	if ctap.Status(r) == ctap.ErrChannelBusy {
		return stillBusy(k.path, ctap.ErrChannelBusy)
	}
	if r > 0 {
		return sentence(inventory.Unavailable, ctap.Status(r), "The key at %s does not say what it is: unplug it and plug it in again.", k.path)
	}
	err := k.fault(ctx, r)
	switch errno := unix.Errno(k.c.io.err); {
	case errno == unix.ETIMEDOUT:
		return sentence(inventory.Unavailable, err, "What is at %s does not answer as a FIDO key does: check the path, or unplug the key and plug it in again.", k.path)
	case unplugged(errno):
		return sentence(inventory.NotFound, err, "Nothing is at %s any more: plug the key in or check the path.", k.path)
	}
	return err
}

// stillBusy is for a key that says it is busy for as long as it is asked: at what it was asked before, or for somebody
// else.
func stillBusy(path string, err error) error {
	return sentence(inventory.Unavailable, fmt.Errorf("%w: %w", station.ErrBusy, err),
		"The key at %s is busy and does not come to an end: unplug it and plug it in again, and close other programs that use it.", path)
}

func garbled(err error) error {
	return sentence(inventory.Unavailable, err, "The key's answer makes no sense: unplug it, plug it in again and try once more.")
}
