package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"keystation/inventory"
)

// The pairs below carry what a column cannot hold by itself: on the left a value on its way in, on the right a
// sql.Scanner for its way out. Both sides agree, so that a value read back is the value written, and so is its hash.

func at(t time.Time) string { return inventory.FormatTime(t) }

type atInto struct{ to *time.Time }

func (c atInto) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("time column holds %T", v)
	}
	t, err := inventory.ParseTime(text)
	if err != nil {
		return err
	}
	*c.to = t
	return nil
}

// maybeAt writes a missing time as NULL.
func maybeAt(t *time.Time) any {
	if t == nil {
		return nil
	}
	return at(*t)
}

type maybeAtInto struct{ to **time.Time }

func (c maybeAtInto) Scan(v any) error {
	if v == nil {
		*c.to = nil
		return nil
	}
	var t time.Time
	if err := (atInto{&t}).Scan(v); err != nil {
		return err
	}
	*c.to = &t
	return nil
}

// zeroAt writes the zero time as NULL.
func zeroAt(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return at(t)
}

type zeroAtInto struct{ to *time.Time }

func (c zeroAtInto) Scan(v any) error {
	if v == nil {
		*c.to = time.Time{}
		return nil
	}
	return atInto(c).Scan(v)
}

// ref writes an empty id as NULL, so that the foreign key is not asked.
func ref[ID ~string](id ID) any {
	if id == "" {
		return nil
	}
	return string(id)
}

type refInto[ID ~string] struct{ to *ID }

func (c refInto[ID]) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*c.to = ""
	case string:
		*c.to = ID(v)
	default:
		return fmt.Errorf("reference column holds %T", v)
	}
	return nil
}

func intoRef[ID ~string](to *ID) refInto[ID] { return refInto[ID]{to} }

// blob keeps nil out of the database: empty is empty.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// listIn writes a list as a JSON array.
type listIn[T any] []T

func inList[T any](list []T) listIn[T] { return list }

// Value gives the array.
func (c listIn[T]) Value() (driver.Value, error) {
	b, err := inventory.Canonical(append([]T{}, c...))
	return string(b), err
}

// listInto reads what listIn wrote.
type listInto[T any] struct{ to *[]T }

func intoList[T any](to *[]T) listInto[T] { return listInto[T]{to} }

// Scan reads the array.
func (c listInto[T]) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("list column holds %T", v)
	}
	list := []T{}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	*c.to = list
	return nil
}

// actorPart reads one of the columns of an actor who may be missing.
type actorPart struct {
	to  **inventory.Actor
	set func(*inventory.Actor, string)
}

func (c actorPart) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return nil
	}
	if *c.to == nil {
		*c.to = &inventory.Actor{}
	}
	c.set(*c.to, text)
	return nil
}

func maybeActor(a *inventory.Actor) []any {
	if a == nil {
		return []any{nil, nil, nil}
	}
	return []any{a.ID, a.Name, a.Method}
}

func intoMaybeActor(to **inventory.Actor) []any {
	return []any{
		actorPart{to, func(a *inventory.Actor, s string) { a.ID = s }},
		actorPart{to, func(a *inventory.Actor, s string) { a.Name = s }},
		actorPart{to, func(a *inventory.Actor, s string) { a.Method = inventory.Method(s) }},
	}
}
