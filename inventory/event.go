package inventory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Event is what a rule reports beside the new value. The inventory writes it to the ledger in the same transaction.
// Subjects are opaque ids; names, reasons and free text stand in Payload only, which retention can erase.
type Event struct {
	Action   string // a dotted word such as key.ready; never renamed
	Subjects []string
	Payload  any // encoded with [Canonical]
}

// Header is the clear part of a ledger leaf.
type Header struct {
	Seq      int64     `json:"seq"` // 1 for the first entry
	At       string    `json:"at"`  // [FormatTime]
	Action   string    `json:"action"`
	Subjects []Subject `json:"subjects"`
	ActorID  string    `json:"actor_id"`
	Method   Method    `json:"actor_method"`
	Rows     []RowHash `json:"rows"` // every row the act changed, after it
}

// Subject is a thing an entry is about, with the sequence number of the entry before that named it (0: none).
type Subject struct {
	ID   string `json:"id"`
	Prev int64  `json:"prev"`
}

// RowHash pins a row: table, id and the SHA-256 of its canonical bytes after the act ("" when the act deleted it).
type RowHash struct {
	Table  string `json:"table"`
	ID     string `json:"id"`
	SHA256 string `json:"sha256"`
}

// Leaf is what the ledger's tree is built over: the header and a salted commitment to the payload, in hexadecimal.
type Leaf struct {
	Header     Header `json:"header"`
	Commitment string `json:"commitment"`
}

// Told is what a leaf commits to without telling it: who acted, by name, and the payload of the event.
type Told struct {
	Actor string `json:"actor"`
	What  any    `json:"what"`
}

// Canonical gives the bytes that are hashed: JSON in the order of the struct's fields, no HTML escapes, no newline.
// Values with floats, maps with keys that are not strings, or channels have no place in it. A nil list and an empty one
// are different values with different bytes (null and []): what is hashed twice must be read back the same way.
func Canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("canonical bytes: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Digest is the SHA-256 of the canonical bytes of v in hexadecimal.
func Digest(v any) (string, error) {
	b, err := Canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

// FormatTime writes a time as the database and the ledger keep it: UTC, microseconds, fixed width, so that text order
// is time order.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// ParseTime reads what [FormatTime] wrote.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeLayout, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("parse time: %w", err)
	}
	return t.UTC(), nil
}

// Instant cuts t to what the database keeps: UTC and microseconds. Every clock reading passes through it, so that a
// value read back equals the value written.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
