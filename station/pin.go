package station

import (
	"bytes"
	"fmt"
	"io"

	"keystation/inventory"
	"keystation/station/ctap"
)

// pinLength is how many digits a PIN for this key gets: no fewer than policy, the key or the minimum that policy is
// about to set demand, since a minimum above the length in use forces a change at once (CTAP 2.1 §6.11.4).
func (p Policy) pinLength(info ctap.Info) (int, error) {
	n := max(p.PINLength, p.MinPINLength, info.MinPIN())
	if n > info.MaxPIN() {
		return 0, inventory.Refuse(inventory.Conflict,
			"The key takes PINs of at most %d digits and policy wants %d: use another model.", info.MaxPIN(), n)
	}
	return n, nil
}

// newPIN draws n digits that a key with a complexity rule takes too (CTAP 2.2 member 0x1B) and that nobody would try
// first: no three equal or consecutive digits in a row, no repeated group, not a few digits only. The digits never
// leave the returned slice.
func newPIN(rand io.Reader, n int) (inventory.PIN, error) {
	for {
		pin, err := drawPIN(rand, n)
		if err != nil || !guessable(pin) {
			return pin, err
		}
		pin.Wipe()
	}
}

func drawPIN(rand io.Reader, n int) (inventory.PIN, error) {
	pin := make(inventory.PIN, 0, n)
	var b [1]byte
	defer clear(b[:])
	for len(pin) < n {
		if _, err := io.ReadFull(rand, b[:]); err != nil {
			pin.Wipe()
			return nil, fmt.Errorf("draw PIN: %w", err)
		}
		if b[0] >= 250 { // no modulo bias
			continue
		}
		if d := '0' + b[0]%10; !patterned(pin, d) {
			pin = append(pin, d)
		}
	}
	return pin, nil
}

// guessable tells PINs such as 121212, 13571357 and 112233: a group that repeats, pairs, or too few different digits.
func guessable(pin inventory.PIN) bool {
	n, seen, pairs := len(pin), map[byte]bool{}, 0
	for i, d := range pin {
		seen[d] = true
		if i%2 == 1 && pin[i-1] == d {
			pairs++
		}
	}
	if len(seen) < min(n/2+1, 5) || pairs == n/2 {
		return true
	}
	for period := 1; period <= n/2; period++ {
		if bytes.Equal(pin[period:], pin[:n-period]) {
			return true
		}
	}
	return false
}

// Format keeps a run, and with it the PIN, out of whatever is printed: package fmt does not ask the methods of
// unexported fields.
func (r *run) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "run %s at %s", r.row.ID, r.port.ID) }

// patterned tells if d after pin would be the third of a run such as 777, 456 or 987.
func patterned(pin inventory.PIN, d byte) bool {
	if len(pin) < 2 {
		return false
	}
	a, b := int(pin[len(pin)-2]), int(pin[len(pin)-1])
	step := b - a
	return int(d)-b == step && step >= -1 && step <= 1
}
