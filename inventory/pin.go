package inventory

import (
	"fmt"
	"log/slog"
)

// PIN is the clientPIN of a key: UTF-8 bytes that live in the memory of one run and in a [Seal], nowhere else.
// It prints, logs and encodes as [PIN] whatever the verb, and its owner wipes it. Two things it cannot hide from, since
// package fmt asks no methods then: %w, which go vet finds, and an unexported field, so a struct that keeps a PIN in one
// needs a Format of its own.
type PIN []byte

const hidden = "[PIN]"

// String hides the PIN.
func (PIN) String() string { return hidden }

// GoString hides the PIN from %#v.
func (PIN) GoString() string { return hidden }

// Format hides the PIN from every verb of package fmt, %x and %q among them.
func (PIN) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// LogValue hides the PIN from slog.
func (PIN) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the PIN from encoders.
func (PIN) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalBinary hides the PIN from encoding/gob and CBOR.
func (PIN) MarshalBinary() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the PIN from encoding/json.
func (PIN) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Wipe overwrites the bytes of the PIN. The slice keeps its length and is of no further use.
func (p PIN) Wipe() { clear(p) }
