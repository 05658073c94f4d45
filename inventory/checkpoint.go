package inventory

import "time"

// Checkpoint is a signed note of how far the ledger went and what its root was. It protects only where it is kept by
// somebody else.
type Checkpoint struct {
	Size int64     `json:"size"` // entries that it covers
	At   time.Time `json:"at"`
	Note string    `json:"note"` // as signed
}
