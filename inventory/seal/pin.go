package seal

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"keystation/inventory"
)

// A sealed PIN is text in lines, so that it can be read by anyone with the identity and the age program:
//
//	keystation PIN 1
//	run 0199…
//	key 0199…
//	--------…
//	<the PIN>
//
// without a newline at the end. The line of hyphens makes room, see [headParts].
const pinTitle = "keystation PIN 1"

// shortestHead is how long the lines before the PIN are at least, and headTail how much of them is written apart.
const (
	shortestHead = 224
	headTail     = 64
)

// longestPIN is what CTAP 2.1 §6.5.1 allows: 63 bytes of UTF-8.
const longestPIN = 63

// Seal closes the PIN that a run made for a key.
func (s Sealer) Seal(run inventory.RunID, key inventory.KeyID, pin inventory.PIN) ([]byte, error) {
	if len(pin) == 0 || len(pin) > longestPIN || bytes.ContainsRune(pin, '\n') {
		return nil, fmt.Errorf("seal PIN: %w", ErrForm)
	}
	if run == "" || key == "" {
		return nil, fmt.Errorf("seal PIN without run or key: %w", ErrForm)
	}
	head, tail := headParts(run, key)
	return s.close(head, tail, pin)
}

// headParts gives what stands before the PIN, to be written in two. age collects what it is given in a buffer that
// grows, and encrypts it there; a buffer that is left for a larger one is not wiped. So it has to have grown for the
// last time before the PIN comes: the second part does not fit into what was allotted for the first (its length and at
// most a fourth more), the buffer at least doubles, and then there is room for the longest PIN and for age's tag.
func headParts(run inventory.RunID, key inventory.KeyID) (head, tail []byte) {
	all := []byte(pinHead(run, key))
	return all[:len(all)-headTail], all[len(all)-headTail:]
}

// Open gives the PIN that was sealed for this run and this key. The caller wipes it.
func (o Opener) Open(blob []byte, run inventory.RunID, key inventory.KeyID) (inventory.PIN, error) {
	plain, err := o.open(blob)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	if !bytes.HasPrefix(plain, []byte(pinTitle+"\n")) {
		return nil, fmt.Errorf("open PIN: %w", ErrForm)
	}
	pin, found := bytes.CutPrefix(plain, []byte(pinHead(run, key)))
	if !found {
		return nil, fmt.Errorf("open PIN of key %s: %w", key, ErrSwapped)
	}
	if len(pin) == 0 || len(pin) > longestPIN || !utf8.Valid(pin) {
		return nil, fmt.Errorf("open PIN: %w", ErrForm)
	}
	return bytes.Clone(pin), nil
}

func pinHead(run inventory.RunID, key inventory.KeyID) string {
	head := fmt.Sprintf("%s\nrun %s\nkey %s\n", pinTitle, run, key)
	return head + strings.Repeat("-", max(0, shortestHead-1-len(head))) + "\n"
}
