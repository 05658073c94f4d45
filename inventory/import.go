package inventory

import (
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// RequisitionColumns are those that the header of a file of requisitions may name, in any order.
var RequisitionColumns = []string{"person", "reason", "keys", "connector", "tier", "recipient", "company", "street", "street2",
	"street3", "city", "region", "postal_code", "country", "phone", "approved_by", "reference"}

// ImportedRequisition is one row of a file of requisitions.
type ImportedRequisition struct {
	Line       int
	Reference  string // the file's own name for it: a second import knows it again
	Person     string // e-mail or external id
	Reason     string
	Keys       int  // 1: a primary; 2: a primary and a spare
	KeysGiven  bool // the row says how many; else they are two
	Connector  string
	Tier       Tier
	Address    Address // zero: picked up at the desk
	ApprovedBy string  // a name: recorded as claimed; empty: it still has to be approved
	Err        error
}

// RowOutcome says what became of an imported row.
type RowOutcome string

// The outcomes of a row. A refused row leaves nothing of itself; the other rows of its file go in.
const (
	RowCreated   RowOutcome = "created"
	RowUpdated   RowOutcome = "updated"
	RowUnchanged RowOutcome = "unchanged"
	RowRefused   RowOutcome = "refused"
)

// RowResult says what became of the row at Line.
type RowResult struct {
	Line     int            `json:"line"`
	Outcome  RowOutcome     `json:"outcome"`
	What     string         `json:"what"`              // name of the person, number of the requisition
	Sentence string         `json:"sentence"`          // why refused or unchanged, or what is entered
	Warning  string         `json:"warning,omitempty"` // what should be mended though the row went in
	Changes  []ColumnChange `json:"changes,omitempty"` // of somebody who was known, column by column
}

// ColumnChange is what becomes of one column. Of an address it says nothing but that there is one.
type ColumnChange struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// ReadRequisitions reads a CSV file whose header names columns of [RequisitionColumns]: person and reason at least. An
// empty keys cell means two, a primary and a spare.
func ReadRequisitions(r io.Reader) ([]ImportedRequisition, error) {
	sheet, err := readSheet(r, RequisitionColumns, "person", "reason")
	if err != nil {
		return nil, err
	}
	rows := make([]ImportedRequisition, 0, len(sheet.records))
	for _, rec := range sheet.records {
		row := ImportedRequisition{
			Line: rec.line, Err: rec.err, Reference: rec.cell("reference"), Person: rec.cell("person"), Reason: rec.cell("reason"),
			Connector: strings.ToLower(rec.cell("connector")), Tier: Tier(strings.ToLower(rec.cell("tier"))),
			ApprovedBy: rec.cell("approved_by"), Address: rec.address("country"), KeysGiven: rec.cell("keys") != "",
		}
		if row.Err == nil {
			var err error
			row.Keys, err = wanted(rec.cell("keys"))
			row.Err = together(err, row.check())
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func wanted(cell string) (int, error) {
	if cell == "" {
		return 2, nil
	}
	n, err := strconv.Atoi(cell)
	if err != nil || n < 1 || n > 2 {
		return 0, Refuse(Invalid, "%q is no number of keys: give 1 (a primary) or 2 (a primary and a spare).", cell)
	}
	return n, nil
}

// check refuses what is wrong whoever is asked for, all of it.
func (r ImportedRequisition) check() error {
	errs := []error{checkTexts(named{"person", r.Person}, named{"reason", r.Reason}, named{"connector", r.Connector},
		named{"approved_by", r.ApprovedBy}, named{"reference", r.Reference})}
	if r.Person == "" {
		errs = append(errs, Refuse(Invalid, "The row names no person: fill the person column with an e-mail address or external id."))
	}
	if r.Reason == "" {
		errs = append(errs, Refuse(Invalid, "The row gives no reason: say in a few words what the keys are for."))
	}
	// Separation of duties counts only who is known to be who they are, and critical keys are guarded by it.
	if r.Tier == Critical && r.ApprovedBy != "" {
		errs = append(errs, refuseClaimed())
	}
	errs = append(errs, checkConnector(r.Connector), checkTier(r.Tier))
	if !r.Address.IsZero() {
		errs = append(errs, r.Address.Check())
	}
	return together(errs...)
}

func refuseClaimed() error {
	return Refuse(Forbidden, "A critical requisition cannot be approved by a name in a file: leave approved_by empty and have two people approve it.")
}

// Approves refuses when the row may not approve what an earlier one asked for: was, with these lines and this
// address. A cell that the row leaves empty says nothing; one that says something else than what was submitted would
// have approved what nobody reads.
func (r ImportedRequisition) Approves(was Requisition, lines []Line, to Address) error {
	if was.Tier == Critical {
		return refuseClaimed()
	}
	var differ []string
	for _, f := range []struct {
		name string
		is   bool
	}{
		{"keys", r.KeysGiven && r.Keys != len(lines)},
		{"connector", r.Connector != "" && slices.ContainsFunc(lines, func(l Line) bool { return l.Connector != r.Connector })},
		{"tier", r.Tier != "" && r.Tier != was.Tier},
		{"address", !r.Address.IsZero() && !reflect.DeepEqual(r.Address, to)},
	} {
		if f.is {
			differ = append(differ, f.name)
		}
	}
	if len(differ) == 0 {
		return nil
	}
	return Refuse(Conflict, "Requisition %s was submitted with other %s than this row has: approve it with the row it was submitted with.",
		was.Number, strings.Join(differ, " and "))
}

// ImportChoices say how a file of people is to be taken.
type ImportChoices struct {
	DryRun       bool   // say what would come of it and change nothing
	AllOrNothing bool   // one refused row refuses the file
	Leavers      bool   // whoever is missing from the file has left
	Confirmed    int    // how many leavers somebody confirmed: more than [LeaversAtOnce] do not leave without
	Seen         string // [ImportReport.Digest] of the preview that this is to come to; empty: nobody saw one
}

// ImportReport says what came, or would come, of a file of people.
type ImportReport struct {
	Rows    []RowResult
	Missing []Person // whom the file does not name: they left, where that was chosen
	Limit   int      // how many may leave by this file without being confirmed
	Digest  string   // of all this: what two previews with the same one come to is the same
}

// Sum counts the rows with an outcome.
func (r ImportReport) Sum(o RowOutcome) int {
	n := 0
	for _, row := range r.Rows {
		if row.Outcome == o {
			n++
		}
	}
	return n
}

// Allow refuses what the choices do not allow.
func (r ImportReport) Allow(c ImportChoices) error {
	refused, missing := r.Sum(RowRefused), len(r.Missing)
	switch {
	case c.DryRun:
		return nil
	case c.Seen != "" && c.Seen != r.Digest:
		return Refuse(Conflict, "The directory has changed since the preview, and the file would come to something else now: nothing was changed. Look at the new preview.")
	case c.AllOrNothing && refused > 0:
		return Refuse(Conflict, "Rows that are refused: %d. All or nothing was chosen, so nothing was changed: mend them and import the file again.", refused)
	case c.Leavers && missing > r.Limit && c.Confirmed != missing:
		return Refuse(Conflict, "People who are missing from the file and would have left: %d, which is more than %d. Is it the whole file? If so confirm the number; nothing was changed.", missing, r.Limit)
	}
	return nil
}
