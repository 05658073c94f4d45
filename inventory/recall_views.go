package inventory

import "time"

// RecallRow is a recall in a list, with how far it is.
type RecallRow struct {
	Recall     Recall
	Due        int // keys that are still out
	Returned   int
	WrittenOff int
}

// Overdue tells that keys are still out though the deadline has passed.
func (r RecallRow) Overdue(at time.Time) bool { return r.Due > 0 && at.After(r.Recall.Deadline) }

// RecallQuery asks for the keys of a recall, those of one person side by side, and first those that were with nobody.
type RecallQuery struct {
	State RecallItemState // empty: all
	After string          // Next of the page before; empty: the first
	Limit int             // 0: 50
}

// RecallItemRow is one key of a recall with what became of it and of its replacement.
type RecallItemRow struct {
	Item             RecallItem
	Tag              AssetTag
	Model            string
	KeyState         KeyState
	Name             string           // of the person; empty: nobody had it
	Requisition      string           // number of the one that replaces it; empty: none
	RequisitionState RequisitionState // of that one
	LineState        LineState        // of its line
}

// RecallDossier is a recall with a page of its keys.
type RecallDossier struct {
	RecallRow
	Items []RecallItemRow
	Next  string // empty: this is the last page
}

// RecallOpened is what came of opening a recall.
type RecallOpened struct {
	Recall       Recall
	Keys         int      // that are recalled
	Requisitions []string // numbers of those that replace keys
	Submitted    []string // of those, the numbers that still have to be approved
	Left         []string // sentences: keys that were left out, at most [ForecastRows]
	LeftOut      int      // how many those are
	PickUps      int      // replacements that are picked up because no address could be read
}

// IncidentQuery asks for incidents, the newest first.
type IncidentQuery struct {
	Closed bool // those too that are closed
	After  string
	Limit  int // 0: 50
}

// IncidentRow is an incident in a list.
type IncidentRow struct {
	Incident Incident
	Tag      AssetTag
	Model    string
	KeyState KeyState
	Name     string // of the person; empty: nobody
	Recall   string // its number; empty: none yet
}

// IncidentPage is one page of incidents.
type IncidentPage struct {
	Rows []IncidentRow
	Next string
}

// AffectedQuery asks for refused keys that people have or are about to get, in the order in which the keys were made.
type AffectedQuery struct {
	After string
	Limit int // 0: 50
}

// AffectedRow is a refused key with whoever has it.
type AffectedRow struct {
	Key      Key
	Person   PersonID // who has it, or whom it is on its way to; empty: nobody known
	Name     string
	Reason   Reason // for which it is refused
	Incident string // number of its open incident; empty: none
	Recall   string // number of the recall that it is due in; empty: none
}

// AffectedPage is one page of refused keys in people's hands.
type AffectedPage struct {
	Rows []AffectedRow
	Keys int // on all pages
	Next string
}
