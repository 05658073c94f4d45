package web

import "keystation/inventory"

// commentsPart is what was said about a requisition, with a field to say more.
type commentsPart struct {
	Rows   []inventory.Comment
	Number string
	From   string // the page that shows it: approval or status
}
