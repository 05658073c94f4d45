package sqlite

import (
	"database/sql"
	"strings"

	"keystation/inventory"
)

// Pages are read with the key of the last row of the page before, not with an offset: page 1000 costs what page 1
// does. One row more than asked for is read, to know whether there is another page.

const (
	defaultRows = 50
	mostRows    = 500
	// past sorts after every time and every id: the first page begins there.
	past = "~"
)

func rowsWanted(n int) int {
	if n <= 0 {
		return defaultRows
	}
	return min(n, mostRows)
}

// cursor is where a page begins: by what the list is sorted, and the id where that is equal.
type cursor struct{ by, id string }

func (c cursor) String() string { return c.id + " " + c.by }

// parseCursor reads Next of the page before; empty text gives first.
func parseCursor(text string, first cursor) (cursor, error) {
	if text == "" {
		return first, nil
	}
	id, by, found := strings.Cut(text, " ")
	if !found || id == "" {
		return first, inventory.Refuse(inventory.Invalid, "This is no page of the list: begin at its first page.")
	}
	return cursor{by, id}, nil
}

// cut takes the row too many off a page and gives the cursor of the last row left, or nothing when it was the last page.
func cut[T any](rows []T, limit int, at func(T) cursor) ([]T, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	rows = rows[:limit]
	return rows, at(rows[limit-1]).String()
}

// fold makes texts that differ in case alone equal, in every script: SQLite's own functions know A to Z only. The way
// through capitals makes one letter of the two small sigmas. Statements call it by the same name.
func fold(text string) string { return strings.ToLower(strings.ToUpper(text)) }

// refColumns and refJoins read an [inventory.OrderRef] beside something that has a line.
const (
	refColumns = "q.id, q.number, p.id, p.name, l.id, l.position, l.purpose"
	refJoins   = " LEFT JOIN requisitions q ON q.id = l.requisition LEFT JOIN people p ON p.id = q.person "
)

// intoOrderRef takes refColumns; without a line it leaves to nil.
func intoOrderRef(to **inventory.OrderRef) []any {
	part := func(set func(*inventory.OrderRef, any)) any { return refPart{to, set} }
	text := func(v any) string { s, _ := v.(string); return s }
	return []any{
		part(func(o *inventory.OrderRef, v any) { o.Requisition = inventory.RequisitionID(text(v)) }),
		part(func(o *inventory.OrderRef, v any) { o.Number = text(v) }),
		part(func(o *inventory.OrderRef, v any) { o.Person = inventory.PersonID(text(v)) }),
		part(func(o *inventory.OrderRef, v any) { o.Name = text(v) }),
		part(func(o *inventory.OrderRef, v any) { o.Line = inventory.LineID(text(v)) }),
		part(func(o *inventory.OrderRef, v any) { n, _ := v.(int64); o.Position = int(n) }),
		part(func(o *inventory.OrderRef, v any) { o.Purpose = inventory.Purpose(text(v)) }),
	}
}

type refPart struct {
	to  **inventory.OrderRef
	set func(*inventory.OrderRef, any)
}

func (c refPart) Scan(v any) error {
	if v == nil {
		return nil
	}
	if *c.to == nil {
		*c.to = &inventory.OrderRef{}
	}
	c.set(*c.to, v)
	return nil
}

var _ sql.Scanner = refPart{}
