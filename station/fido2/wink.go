package fido2

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/station/ctaphid"
)

// ErrCannotWink is a key that has no light to blink with, or does not say so (CTAP 2.1 §11.2.9.1.3).
var ErrCannotWink = errors.New("the key has no CAPABILITY_WINK")

// Wink lets the key at path blink (CTAP 2.1 §11.2.9.2.1). A key that somebody else has open is let alone: it is busy, and
// that is no error.
func Wink(ctx context.Context, path string) error {
	err := exchange(ctx, path, 0, wink)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("wink: %w", err)
	}
	return nil
}

func wink(node io.ReadWriter) error {
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
