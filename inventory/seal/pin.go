package seal

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"keystation/inventory"
)

// A sealed PIN is text in lines, so that it can be read by anyone with the identity and the age program:
//
//	keystation PIN 1
//	run 0199…
//	key 0199…
//	<the PIN>
//
// without a newline at the end.
const pinTitle = "keystation PIN 1"

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
	head := pinHead(run, key)
	plain := make([]byte, 0, len(head)+len(pin)) // it never grows, so it is the only copy
	defer func() { clear(plain[:cap(plain)]) }()
	plain = append(append(plain, head...), pin...)
	return s.close(plain)
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
	return fmt.Sprintf("%s\nrun %s\nkey %s\n", pinTitle, run, key)
}
