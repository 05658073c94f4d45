package inventory

import (
	"fmt"
	"strings"
)

// Audit is what a verification of the ledger found. Audit means the ledger; stock is counted.
type Audit struct {
	Entries     int64     `json:"entries"`      // that were read
	Rows        int64     `json:"rows"`         // that were compared with their last entry
	Root        string    `json:"root"`         // of those entries
	Erased      int64     `json:"erased"`       // payloads that an entry of its own erased
	Signed      int       `json:"signed"`       // checkpoints kept in the database that fit
	Outside     int       `json:"outside"`      // checkpoints kept elsewhere that fit
	OutsideSize int64     `json:"outside_size"` // entries that the latest of them covers
	Findings    []Finding `json:"findings"`     // what does not fit, the first first
	More        int       `json:"more"`         // findings that were left out
}

// Finding is one thing that does not fit.
type Finding struct {
	Entry    int64  `json:"entry"` // that does not fit, or that said last what the row should be; 0: none
	Table    string `json:"table"` // empty when the finding is about the ledger itself
	ID       string `json:"id"`    // of the row
	Sentence string `json:"sentence"`
}

// Holds tells if everything fits.
func (a Audit) Holds() bool { return len(a.Findings) == 0 }

// String says in one sentence what was found, and of a ledger that holds how far that is proven.
func (a Audit) String() string {
	switch {
	case !a.Holds():
		return a.Findings[0].Sentence
	case a.Outside == 0:
		return fmt.Sprintf("%s: consistent with itself, not proven against an outside checkpoint.", a.extent())
	case a.OutsideSize < a.Entries:
		return fmt.Sprintf("%s: consistent with itself, and proven against an outside checkpoint up to entry %d.", a.extent(), a.OutsideSize)
	}
	return fmt.Sprintf("%s: consistent with itself and with an outside checkpoint of all of it.", a.extent())
}

func (a Audit) extent() string {
	parts := []string{fmt.Sprintf("%d entries", a.Entries), fmt.Sprintf("%d rows", a.Rows)}
	if a.Erased > 0 {
		parts = append(parts, fmt.Sprintf("%d erased payloads", a.Erased))
	}
	return strings.Join(parts, ", ")
}
